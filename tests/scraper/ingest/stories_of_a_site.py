"""Invented stories of rmol.id with the same words on many of their pages: furniture, refrains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from archive import Archive, Page
from scraper.spiders.rmol import SITE
from tests.scraper.ingest.reextraction.kept import crawled
from tests.scraper.ingest.reextraction.kept import page_of as rmol_page

CHANNELS = "nusantara politik bisnis olahraga hukum".split()
WHO = "Petani Nelayan Guru Pedagang Perajin Peternak Penyair Bidan Pelukis Sopir".split()
WHAT = "Memanen Melepas Menjahit Menghitung Merawat Membangun Mencatat Menyusun Mengecat".split()
THINGS = "padi perahu seragam ternak jalan gudang lumbung sumur pagar jembatan tenun kopi".split()
PLACES = "Damar Lambur Sangkala Amparan Lembayung Sukarimba Mekar Tanjung Randu Wangi".split()

BOX_TEXT = (
    "Redaksi mengirim kabar desa setiap pagi kepada pembaca yang mendaftarkan nomor teleponnya di"
    " kantor kami, tanpa biaya dan tanpa syarat apa pun."
)
BOX = f'<div class="ajakan-baca"><p>{BOX_TEXT}</p></div>'
LINE_TEXT = "Tulisan ini dimuat juga dalam edisi cetak mingguan kami."
LINE = f"<p>{LINE_TEXT}</p>"
REFRAIN_TEXT = "Begitulah nenek menutup ceritanya, dan kami pun tidur."
REFRAIN = f"<p>{REFRAIN_TEXT}</p>"


def headline_of(number: int) -> str:
    chance = Random(number)
    return f"{chance.choice(WHO)} {chance.choice(WHAT)} {chance.choice(THINGS).title()} {number}"


def prose_of(number: int) -> list[str]:
    """Five paragraphs that no other story has."""
    chance = Random(number)
    return [
        f"{chance.choice(WHO)} di {chance.choice(PLACES)} {chance.choice(WHAT).lower()}"
        f" {chance.choice(THINGS)} ke-{number}.{place} bersama {chance.choice(WHO).lower()} dari"
        f" {chance.choice(PLACES)}, lalu mereka makan siang di balai desa."
        for place in range(5)
    ]


def story_page(
    number: int,
    *,
    among: str = "",
    below: str = "",
    headline: str | None = None,
    channel: str | None = None,
    prose: Iterable[str] | None = None,
) -> Page:
    """A page of a story; `among` stands between its paragraphs, `below` after them."""
    paragraphs = [f"<p>{text}</p>" for text in (prose_of(number) if prose is None else prose)]
    whole = "".join((*paragraphs[:2], among, *paragraphs[2:], below))
    template = rmol_page(number, headline=headline or headline_of(number), prose=("ISI",))
    body = template.body.decode().replace(f"<p>ISI ({number})</p>", whole)
    url = template.url.replace("nusantara", channel or Random(number).choice(CHANNELS))
    return replace(template, requested_url=url, url=url, body=body.encode())


def keep_all(archive: Archive, pages: Iterable[Page]) -> None:
    """Keep pages as a crawl does that has learnt nothing."""
    for page in pages:
        crawled(archive, page, site=SITE)
