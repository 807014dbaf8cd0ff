"""Fields of the five sites that no layout has a class for: mark-up in miniature."""

from __future__ import annotations

import pytest

import scraper
from archive.records import Article

PROSE = "".join(
    f"<p>{text}</p>"
    for text in (
        "Warga kampung memanen padi sejak pagi di sawah milik desa, lalu mengangkutnya ke lumbung.",
        "Kepala desa mengatakan panen tahun ini lebih awal dua minggu karena hujan turun teratur.",
        "Sebagian padi disimpan sebagai benih, sisanya dijual ke pasar kecamatan di hilir sungai.",
    )
)
SUARA = "https://www.suara.com/news/2026/07/24/070859/panen-raya"
RMOL = "https://rmol.id/nusantara/read/2024/11/21/645691/panen-raya"
MEDCOM = "https://www.medcom.id/nasional/daerah/3NO0Ba3b-panen-raya"


def read(url: str, body: str, head: str = "") -> Article:
    page = f"<html><head><title>Panen Raya di Lereng</title>{head}</head><body>{body}</body></html>"
    return scraper.extract(page, url)


def rmol(below: str, head: str = "") -> Article:
    headline = "<div class='single_post_heading'><h1>Panen Raya di Lereng</h1></div>"
    content = f"<div class='single_post_content'>{PROSE}</div>"
    return read(RMOL, headline + content + below, head)


def medcom(below: str = "", above: str = "", head: str = "") -> Article:
    headline = "<h1>Panen Raya di Lereng</h1>"
    return read(MEDCOM, f"{above}{headline}<div id='articleBody'>{PROSE}</div>{below}", head)


TRENDS = "<div><h4>TRENDING TAG</h4><a href='/tag/9/pasar'>pasar</a></div>"
# (mark-up below the text, meta tag `keywords`, tags)
TAGS = [
    ("<div><a href='/tag/1/padi'>padi</a> <a href='/tag/2/sawah'>sawah</a></div>", "", True),
    (
        "<ul><li><a href='/tag/padi'>padi</a></li><li><a href='/tag/sawah'># sawah</a></li></ul>",
        "",
        True,
    ),
    ("<p><a href='/tag/padi'>padi</a><a href='/tag/sawah'>sawah</a></p>", "kopi, panen", True),
    ("", "padi, panen, sawah", None),
    ("", "padi, sawah, panen raya di lereng", None),
    ("", "berita, politik, nusantara", False),
    ("", "", False),
]


@pytest.mark.parametrize(("below", "keywords", "linked"), TAGS)
@pytest.mark.parametrize("site", [rmol, medcom])
def test_tags_are_the_first_links_to_tags_below_the_text_else_keywords_of_the_story(
    site: object, below: str, keywords: str, linked: bool | None
) -> None:
    head = f'<meta name="keywords" content="{keywords}">'
    article = rmol(below + TRENDS if below else "", head)
    if site is medcom:
        article = medcom(below + TRENDS if below else "", head=head)
    expected = ("padi", "sawah") if linked else ()
    if linked is None:
        expected = tuple(keywords.split(", "))
    assert article.tags == expected


@pytest.mark.parametrize(
    ("above", "kicker"),
    [
        ("<span>Terpopuler Nasional</span>", "Terpopuler Nasional"),
        ("<h4>Kilas Desa:</h4>", "Kilas Desa"),
        ("<ul><li><a href='/nasional'>Nasional</a></li></ul>", None),
        ("<div><img src='a.jpg'> Foto</div>", None),
        (f"<p>{'Ringkasan panjang ' * 5}</p>", None),
        ("", None),
    ],
)
def test_a_short_line_right_above_the_headline_is_medcom_s_kicker(
    above: str, kicker: str | None
) -> None:
    assert medcom(above=above).kicker == kicker


@pytest.mark.parametrize(
    "caption",
    [
        "<figure><img src='a.jpg'><figcaption>{}</figcaption></figure>",
        "<p class='photo-caption'>{}",
    ],
)
def test_a_caption_is_known_by_its_tag_or_class(caption: str) -> None:
    text = "Warga di sawah. [Lereng/Galih]"
    assert medcom(above=caption.format(text)).caption == text


PAGER = (
    "<ul class='pagination-custom'><li><a href='?page=1'>1</a></li>"
    "<li><a href='?page=2'>2</a></li><li><a href='?page=3'>3</a></li></ul>"
)
SCRIPT = "<script>dataLayer = [{'articleTotalPages': '4', 'articleEditor': 'x'}];</script>"


@pytest.mark.parametrize(
    ("query", "pager", "pages"),
    [
        ("?page=all", PAGER, 3),
        ("?page=all", SCRIPT, 4),
        ("?page=all", "", 1),
        ("?page=allah", PAGER, 1),
        ("?page=2", PAGER, 1),
        ("", PAGER, 1),
    ],
)
def test_a_page_that_shows_all_pages_says_how_many_it_has(
    query: str, pager: str, pages: int
) -> None:
    article = read(SUARA + query, f"<div class='article-content'>{PROSE}</div>{pager}")
    assert article.page_count == pages


# (a sentence of the text, the wire service that wrote the text)
REPORTS = [
    ("Panen dimulai pekan depan, begitu laporan ANTARA.", "ANTARA"),
    ("Demikian dilaporkan Antara, Jumat.", "ANTARA"),
    ("Demikian seperti dilaporkan kantor berita AFP.", "AFP"),
    ("Kantor berita Xinhua melaporkan panen itu dimulai pekan depan.", "Xinhua"),
    ("Kantor berita resmi China, Xinhua, melaporkan panen itu.", "Xinhua"),
    ("Kantor berita negara Malaysia Bernama melaporkan panen itu.", "Bernama"),
    ("Demikian dilaporkan Associated Press.", "AP"),
    # quoted for a fact, or no wire service at all
    ("Harganya naik, seperti dikutip dari Reuters.", None),
    ("Hal itu pernah diberitakan kantor berita Xinhua.", None),
    ("Kantor berita Tasnim melaporkan panen itu dimulai pekan depan.", None),
    ("Begitu laporan antara desa dan kecamatan disusun.", None),
    ("Seorang pria bernama Reuters datang.", None),
]


@pytest.mark.parametrize(("sentence", "agency"), REPORTS)
def test_a_wire_service_that_reports_the_story_is_named(sentence: str, agency: str | None) -> None:
    article = medcom()
    assert article.agency is None
    body = f"<h1>Panen Raya di Lereng</h1><div id='articleBody'>{PROSE}<p>{sentence}</p></div>"
    assert read(MEDCOM, body).agency == agency
