"""The place that opens a text ("REPUBLIKA.CO.ID, BEIJING -- ", "Moskow: "), and what only looks
like one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from scraper.extraction.blocks import Block
from scraper.sites.site import Site

# Words that stand before a colon at the start of a text and are no place.
_LABELS = frozenset(
    "catatan ralat koreksi update info breaking pertanyaan jawaban tanya jawab tips simak foto video opini sinopsis judul penulis oleh "
    "editor reporter narasumber moderator ingat perhatian penting kesimpulan jadwal hasil skor sumber lokasi waktu tempat tanggal harga "
    "daftar berikut pengumuman peringatan pembaca redaksi disclaimer note question answer q a satu pertama kedua ketiga klarifikasi fakta "
    "klaim hoaks kata saksi hakim jaksa terdakwa presiden menteri gubernur bupati wali warga "
    "kronologi soal hari pengantar pakar polisi pengamat ahli".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opens a text, and the text without it."""

    blocks: list[Block]
    place: str | None = None
    author: str | None = None
    """Of a column: "REPUBLIKA.CO.ID,Oleh: Name/Post"."""


_SPEAKERS = ("Saya ", "Kami ", "Kita ", "Aku ")


def split_dateline(blocks: list[Block], site: Site) -> Opening:
    """The dateline's place and the blocks without the dateline; all of them where none opens the
    text.
    """
    if not blocks or not site.dateline:
        return Opening(blocks=blocks)
    first = blocks[0]
    match = _compiled(site.dateline).match(first.text)
    if match is None:
        return Opening(blocks=blocks)
    groups = match.groupdict()
    place = (groups.get("place") or "").strip(" ,-–—:/")
    if site.dateline_bold and not _is_place(place, first, first.text[match.end() :]):
        return Opening(blocks=blocks)
    rest = first.text[match.end() :].strip()
    kept = [replace(first, text=rest), *blocks[1:]] if rest else blocks[1:]
    author = (groups.get("author") or "").partition("/")[0].strip(" ,-–—")
    return Opening(blocks=kept, place=place or None, author=author or None)


def _is_place(place: str, block: Block, rest: str) -> bool:
    """Bold, or at least written like a place and no word that usually labels something."""
    if not place:
        return True  # the newsroom's own name alone
    words = place.split()
    if words[0].lower() in _LABELS:
        return False
    if place in block.opening:
        return True
    if (
        not rest[:1].isupper()
        or rest.startswith(_SPEAKERS)
        or place.count("(") != place.count(")")
        or (place.isupper() and len(place) <= 5)
    ):
        return False  # somebody speaks, or an abbreviation is explained
    return len(words) <= 4 and all(word[0].isupper() or word[0] == "(" for word in words)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
