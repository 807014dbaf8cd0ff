"""Boxes within the text that no profile lists, and the story's own parts that look like them."""

from __future__ import annotations

import pytest

import scraper

STORY = [
    "Warga kampung memanen padi sejak pagi di sawah milik desa, lalu mengangkutnya ke lumbung.",
    "Kepala desa mengatakan panen tahun ini lebih awal dua minggu karena hujan turun teratur.",
    "Sebagian padi disimpan sebagai benih, sisanya dijual ke pasar kecamatan di hilir sungai.",
    "Pemuda desa akan memperbaiki saluran air sebelum musim tanam agar sawah tidak kering lagi.",
    "Panen raya itu ditutup dengan makan siang bersama di tepi saluran yang baru diperbaiki.",
    "Musim tanam berikutnya dimulai pada bulan Februari, sesudah benih dibagikan kepada warga.",
]
PAGES = {
    "suara S5": (
        "https://www.suara.com/news/2026/04/16/091204/panen-raya",
        "<div class='article-image'><h1>Panen Raya</h1></div><div class='article-content'>{}</div>",
    ),
    "rmol R4": (
        "https://rmol.id/nusantara/read/2026/04/16/729812/panen-raya",
        "<div class='single_post_heading'><h1>Panen Raya</h1></div>"
        "<div id='fontResizableText'>{}</div>",
    ),
    "medcom M4": (
        "https://www.medcom.id/nasional/daerah/3NO0Ba3b-panen-raya",
        "<h1>Panen Raya</h1><div id='articleBody'>{}</div>",
    ),
    "unknown": (
        "https://www.harianrawa.example/desa/panen-raya",
        "<h1>Panen Raya</h1><div class='isi'>{}</div>",
    ),
}


def read(layout: str, within: str) -> list[str]:
    """Read the paragraphs of a story with some mark-up in its middle."""
    url, around = PAGES[layout]
    prose = [f"<p>{text}</p>" for text in STORY]
    text = "".join((*prose[:3], within, *prose[3:]))
    page = f"<html><head><title>Panen Raya</title></head><body>{around.format(text)}</body></html>"
    return scraper.extract(page, url).body.split("\n\n")


BOXES = [
    "<div class='kabar-pagi'><h4>Kabar Pagi</h4><p>Dapatkan kabar pilihan di surel Anda.</p></div>",
    "<div class='jajak'><p>Harga beras turun?</p><ul><li>Ya</li><li>Tidak</li></ul></div>",
    "<div class='unduh'><p>Baca tanpa gangguan di aplikasi.</p><a href='/x'>Unduh</a></div>",
    "<div class='pilihan'><h4>Pilihan</h4><ul><li><a href='/x'>Pasar Ramai</a></li></ul></div>",
    "<div class='pemutar'><p>Video: Panen raya di lereng</p></div>",
    "<section id='dukung'><p>Dukung jurnalisme warga mulai Rp 10.000 per bulan.</p></section>",
    "<div class='kurs'><span>USD 16.200</span> <span>SGD 12.100</span></div>",
    "<div class='lanjut'><div class='isi-lanjut'><p>Lanjut membaca</p></div><p>di bawah</p></div>",
]


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("layout", PAGES)
def test_a_box_that_holds_no_statement_is_none_of_the_story(layout: str, box: str) -> None:
    assert read(layout, box) == STORY


OWN = [
    ("<h2 class='sub'>Pembagian Benih</h2>", "Pembagian Benih"),
    ("<p class='sub'>Pembagian Benih</p>", "Pembagian Benih"),
    ("<ul class='daftar'><li>Benih padi</li></ul>", "Benih padi"),
    (
        "<blockquote class='kutip'><p>“Kami menanam bersama.”</p></blockquote>",
        "“Kami menanam bersama.”",
    ),
    (
        "<div class='ralat'><p>Ralat: panen itu dimulai Senin.</p></div>",
        "Ralat: panen itu dimulai Senin.",
    ),
    (
        f"<div class='apa'><p>Mengapa?</p><p>{STORY[0].replace('padi', 'jagung')}</p></div>",
        "Mengapa?",
    ),
]


@pytest.mark.parametrize(("part", "text"), OWN)
@pytest.mark.parametrize("layout", sorted(set(PAGES) - {"unknown"}))
def test_a_part_of_the_story_stays_whatever_its_class(layout: str, part: str, text: str) -> None:
    found = read(layout, part)
    assert text in found
    assert [paragraph for paragraph in found if paragraph in STORY] == STORY


@pytest.mark.parametrize("layout", sorted(set(PAGES) - {"unknown"}))
def test_a_container_that_stands_there_several_times_is_the_story_s_own(layout: str) -> None:
    part = "<div class='butir'>Benih padi</div><p>Dan satu lagi:</p><div class='butir'>Pupuk</div>"
    assert {"Benih padi", "Pupuk"} <= set(read(layout, part))
