"""What stands within a text and is none of it: quotations shown twice, words about the author; and
texts like them that are the story's own.
"""

from __future__ import annotations

import pytest

from scraper.extraction import Reading, read
from scraper.extraction.dom.unread import is_statement
from scraper.extraction.text.blocks import Block
from scraper.extraction.text.boilerplate import is_unlinked_statement
from scraper.spiders import site_of

STORY = [
    "Warga kampung memanen padi sejak pagi di sawah milik desa, lalu mengangkutnya ke lumbung.",
    "“Kami menanam bersama, jadi kami memanen bersama sampai petak yang terakhir,” kata lurah.",
    "Sebagian padi disimpan sebagai benih, sisanya dijual ke pasar kecamatan di hilir sungai.",
    "Pemuda desa akan memperbaiki saluran air sebelum musim tanam agar sawah tidak kering lagi.",
    "Musim tanam berikutnya dimulai pada bulan Februari, sesudah benih dibagikan kepada warga.",
]
QUOTE = "Kami menanam bersama, jadi kami memanen bersama sampai petak yang terakhir"
AUTHOR = "<meta name='author' content='Ratri Handayani'>"
SITES = {
    "known": ("https://www.suara.com/news/2026/04/16/091204/panen-raya", "article-content"),
    "unknown": ("https://www.harianrawa.example/desa/panen-raya", "isi"),
}


def story(where: str, within: str = "", below: str = "", head: str = AUTHOR) -> Reading:
    """Read a story with mark-up in its middle and below its last paragraph."""
    url, container = SITES[where]
    prose = [f"<p>{text}</p>" for text in STORY]
    text = "".join((*prose[:3], within, *prose[3:], below))
    page = (
        f"<html><head><title>Panen Raya</title>{head}</head><body><h1>Panen Raya di Lereng</h1>"
        f"<div class='{container}'>{text}</div></body></html>"
    )
    return read(page, url, site_of(url))


def paragraphs(reading: Reading) -> list[str]:
    return reading.article.body.split("\n\n")


@pytest.mark.parametrize("where", SITES)
@pytest.mark.parametrize(
    "quote",
    [
        f"<blockquote>{QUOTE}.</blockquote>",
        f"<blockquote><p>“{QUOTE}”</p></blockquote>",
        f"<div class='kutipan'><p>“{QUOTE}”</p></div>",
        f"<blockquote><p>„{QUOTE}.“</p></blockquote>",
    ],
)
def test_a_quotation_that_the_text_has_too_stands_there_once(where: str, quote: str) -> None:
    assert paragraphs(story(where, quote)) == STORY


def test_what_was_taken_out_is_named() -> None:
    assert story("known", f"<blockquote>{QUOTE}.</blockquote>").taken == (
        ("pull_quote", f"{QUOTE}."),
    )


@pytest.mark.parametrize("where", SITES)
@pytest.mark.parametrize(
    ("within", "text"),
    [
        ("<blockquote>Kami menanam bersama.</blockquote>", "Kami menanam bersama."),
        (f"<p>“{QUOTE}.”</p>", f"“{QUOTE}.”"),
        (f"<h2>“{QUOTE}”</h2>", f"“{QUOTE}”"),
        (
            "<blockquote>Kami membagikan benih kepada semua warga sebelum hujan turun lagi."
            "</blockquote>",
            "Kami membagikan benih kepada semua warga sebelum hujan turun lagi.",
        ),
    ],
)
def test_refrains_headings_and_quotations_of_their_own_stay(
    where: str, within: str, text: str
) -> None:
    assert paragraphs(story(where, within)) == [*STORY[:3], text, *STORY[3:]]


BIOS = [
    "Ratri Handayani adalah penulis yang tinggal di lereng dan meneliti irigasi desa.",
    "Ratri Handayani's book about terraces, “Lereng” (2024), is out now.",
    "Punya kabar? Hubungi Ratri Handayani di ratri@harianrawa.example.",
    "Follow Ratri Handayani at @ratri.",
]


@pytest.mark.parametrize("where", SITES)
@pytest.mark.parametrize("bio", BIOS)
def test_what_a_text_says_at_its_end_about_its_author_is_none_of_it(where: str, bio: str) -> None:
    reading = story(where, below=f"<p><em>{bio}</em></p>")
    assert paragraphs(reading) == STORY
    assert reading.taken == (("author_bio", bio),)


@pytest.mark.parametrize(
    ("below", "head"),
    [
        ("Ratri Handayani membawa benih itu ke sawah bersama para pemuda desa.", ""),
        ("Benih itu dibawa Ratri Handayani ke sawah bersama para pemuda desa.", AUTHOR),
        ("Desa Lereng Hijau menanam lagi.", "<meta name='author' content='Desa'>"),
        ("Ratri Handayaningrat membawa benih itu ke sawah.", AUTHOR),
    ],
)
def test_a_story_may_end_with_a_person(below: str, head: str) -> None:
    assert paragraphs(story("unknown", below=f"<p>{below}</p>", head=head)) == [*STORY, below]


PERSON = "“Benih itu kami bagikan,” kata Ratri Handayani, ketua kelompok tani di lereng itu."
LAST = "Ratri Handayani akan menanam lagi pada bulan Februari bersama para pemuda desa."


@pytest.mark.parametrize("where", SITES)
@pytest.mark.parametrize("below", [(LAST,), ("Hujan turun sore itu.", LAST)])
def test_a_person_of_the_story_is_none_of_its_bios_whoever_wrote_it(
    where: str, below: tuple[str, ...]
) -> None:
    last = "".join(f"<p>{text}</p>" for text in below)
    assert paragraphs(story(where, f"<p>{PERSON}</p>", last))[-len(below) :] == [*below]
    assert paragraphs(story(where, below=f"<p>{PERSON}</p>{last}"))[-len(below) :] == [*below]


def test_an_institution_that_writes_about_itself_stays_at_the_end_of_its_text() -> None:
    head = "<meta name='author' content='Dinas Pertanian'>"
    first = "<p>Dinas Pertanian membagikan benih padi kepada warga sebelum musim tanam tiba.</p>"
    last = "Dinas Pertanian akan memperbaiki saluran air sebelum musim tanam berikutnya."
    assert paragraphs(story("unknown", first, f"<p>{last}</p>", head))[-1] == last


def test_a_title_behind_an_authors_name_is_part_of_it() -> None:
    head = "<meta name='author' content='Ratri Handayani, S.P.'>"
    bio = "Ratri Handayani, S.P. adalah penyuluh yang tinggal di lereng."
    assert paragraphs(story("unknown", below=f"<p>{bio}</p>", head=head)) == STORY


def test_a_paragraph_that_a_summary_above_has_too_is_no_pull_quote() -> None:
    quote = "Kami membagikan benih kepada semua warga lereng sebelum hujan turun lagi"
    summary = f"<div class='ringkasan'><p>Lurah berkata: “{quote},” di sawah desa.</p></div>"
    text = f"<div class='isi-berita'><p>“{quote}.”</p></div>"
    assert f"“{quote}.”" in paragraphs(story("known", summary + text))


def test_an_author_is_named_in_a_story_before_its_end() -> None:
    text = "Ratri Handayani ikut memanen padi bersama warga."
    assert text in paragraphs(story("unknown", f"<p>{text}</p><p>Hujan turun sore itu.</p>"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "きのうの大雨で村の川が増水し、住民二百人が体育館に避難したと村役場が明らかにした。",
            True,
        ),
        (
            "어제 내린 비로 강물이 불어나 주민 이백 명이 학교 체육관으로 대피했다고 군청이 밝혔다.",
            True,
        ),
        ("村の川が増水した。", False),
        ("きのうの大雨で村の川が増水し、住民二百人が体育館に避難したと村役場が明らかにした", False),
        ("कल की बारिश से नदी में पानी बढ़ गया और दो सौ लोग विद्यालय में चले गए, अधिकारी ने बताया।", True),
    ],
)
def test_a_statement_is_as_long_as_a_reader_finds_it(text: str, expected: bool) -> None:
    assert is_statement(text) is expected
    assert is_unlinked_statement(Block(text=text)) is expected
