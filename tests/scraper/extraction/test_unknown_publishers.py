"""The fields of a page whose publisher has no profile."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from scraper.extraction import Reading, read
from scraper.spiders import suara

URL = "https://www.harianrawa.example/desa/panen-raya"
PROSE = "".join(
    f"<p>{text}</p>"
    for text in (
        "Warga kampung memanen padi sejak pagi di sawah milik desa, lalu mengangkutnya ke lumbung "
        "dengan gerobak.",
        "Kepala desa mengatakan panen tahun ini lebih awal dua minggu karena hujan turun tepat "
        "pada waktunya.",
        "Sebagian padi disimpan sebagai benih, sisanya dijual ke pasar kecamatan dengan harga "
        "yang disepakati.",
    )
)


def story(above: str = "", *, head: str = "", below: str = "", tag: str = "<html>") -> Reading:
    """Read a page with one story; `above` stands between the headline's place and the prose."""
    page = f"{tag}<head>{head}</head><body>{above}<div class='isi'>{PROSE}</div>{below}</body>"
    return read(page, URL, None)


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


def json_ld(**fields: Any) -> str:
    data = {"@type": "NewsArticle", **fields}
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


# (JSON-LD's headline, og:title, markup above the prose, the headline)
TITLES = [
    # what a heading shows
    ("Panen 2026: Semua Fakta", "Panen Raya di Lereng", "<h1>Panen Raya di Lereng</h1>", "og"),
    ("Panen 2026: Semua Fakta", "Panen Raya di Lereng", "<h2>Panen Raya di Lereng</h2>", "og"),
    ("Panen 2026: Semua Fakta", "Panen Raya di Lereng", "<h1>Panen 2026: Semua Fakta</h1>", "ld"),
    ("Panen 2026: Semua Fakta", "Panen Raya", "<h1>Panen 2026 – Semua Fakta</h1>", "ld"),
    # the shorter one where the rest of the heading is a kicker
    (
        "Musim Hujan: Panen Raya di Lereng",
        "Panen Raya di Lereng",
        "<h2><span>Musim Hujan</span> <span>Panen Raya di Lereng</span></h2>",
        "og",
    ),
    # navigation and lists repeat what a page is for search engines
    (
        "Panen Raya di Lereng",
        "Panen 2026: Semua Fakta",
        "<nav><h1>Panen 2026: Semua Fakta</h1></nav><h2>Panen Raya di Lereng</h2>",
        "ld",
    ),
    (
        "Panen Raya di Lereng",
        "Panen 2026: Semua Fakta",
        "<ol class='breadcrumb'><li><h1>Panen 2026: Semua Fakta</h1></li></ol>",
        "ld",
    ),
    (
        "Panen Raya di Lereng",
        "Panen 2026: Semua Fakta",
        "<h2><a href='/x'>Panen 2026: Semua Fakta</a></h2>",
        "ld",
    ),
    # the publisher's description where no heading shows either
    ("Panen 2026: Semua Fakta", "Panen Raya di Lereng", "", "ld"),
    ("Panen 2026: Semua Fakta", "Panen Raya di Lereng", "<h1>Warta Desa Kita</h1>", "ld"),
]


@pytest.mark.parametrize(("described", "shared", "above", "which"), TITLES)
def test_the_headline_is_the_title_that_readers_see(
    described: str, shared: str, above: str, which: str
) -> None:
    head = json_ld(headline=described) + meta("og:title", shared)
    headline = story(above, head=head).article.headline
    assert headline == {"ld": described, "og": shared}[which]


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("Panen Raya di Lereng - Harian Rawa", "Panen Raya di Lereng"),
        ("Panen Raya di Lereng ㅣ Harian Rawa", "Panen Raya di Lereng"),
        ("Panen Raya di Lereng｜Harian Rawa", "Panen Raya di Lereng"),
        ("Panen Raya di Lereng - harianrawa.example", "Panen Raya di Lereng"),
        ("Desa - Panen Raya di Lereng", "Desa - Panen Raya di Lereng"),
    ],
)
def test_the_publisher_s_name_is_no_part_of_a_headline(title: str, headline: str) -> None:
    head = meta("og:title", title) + meta("og:site_name", "Harian Rawa")
    assert story(head=head).article.headline == headline


@pytest.mark.parametrize("title", ["Warga Mendengar Suara-Suara", "Nelayan dan suara-rawa"])
@pytest.mark.parametrize("name", ["Suara", "Rawa"])
def test_a_hyphen_within_a_word_is_no_bar_before_the_publisher_s_name(
    title: str, name: str
) -> None:
    head = meta("og:title", title) + meta("og:site_name", name)
    assert story(head=head).article.headline == title


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("Panen Raya di Lereng - Desa - Harian Rawa", "Panen Raya di Lereng"),
        ("Panen Raya di Lereng-Desa｜Harian Rawa", "Panen Raya di Lereng"),
        ("Panen Raya di Lereng - Kota - Harian Rawa", "Panen Raya di Lereng - Kota"),
        ("Panen Raya di Lereng - Desa", "Panen Raya di Lereng - Desa"),
    ],
)
def test_the_section_before_the_publisher_s_name_is_no_part_of_a_headline(
    title: str, headline: str
) -> None:
    metas = {"og:title": title, "og:site_name": "Harian Rawa", "article:section": "Desa"}
    head = "".join(meta(*item) for item in metas.items())
    assert story(head=head).article.headline == headline


def test_of_a_title_with_a_kicker_the_part_of_the_heading_is_the_headline() -> None:
    title = "Kabar dari Lereng: Panen Raya Lebih Awal"
    shown = "<h1><span>Pertanian</span><span>Panen Raya Lebih Awal</span></h1>"
    head = f"<head><meta property='og:title' content='{title}'></head>"
    for heading, headline in (
        (shown, "Panen Raya Lebih Awal"),
        (shown.replace("Pertanian", "Kabar dari Lereng: "), title),
    ):
        page = f"<html>{head}<body>{heading}<div class='isi'>{PROSE}</div></body></html>"
        assert read(page, URL, None).article.headline == headline


def test_a_desk_that_is_named_after_the_publisher_is_no_author() -> None:
    people = "<p class='byline'>Ratri Wulandari - <span>rawaNews</span></p>"
    page = f"<body><h1>Panen Raya di Lereng</h1>{people}<div class='isi'>{PROSE}</div></body>"
    article = read(page, "https://www.rawa.example/berita/panen-raya", None).article
    assert article.authors == ("Ratri Wulandari",)


def test_what_stands_before_a_heading_is_cut_off_only_if_it_is_the_publisher_s_name() -> None:
    heading = "<h1>Panen Raya di Lereng</h1>"
    for title, headline in (
        ("Harian Rawa - Panen Raya di Lereng", "Panen Raya di Lereng"),
        ("Musim Hujan - Panen Raya di Lereng", "Musim Hujan - Panen Raya di Lereng"),
    ):
        assert story(heading, head=json_ld(headline=title)).article.headline == headline


# (markup between headline and prose, authors, editors)
BYLINES = [
    ("<span itemprop='author'>Rina Wijaya</span>", ["Rina Wijaya"], []),
    (
        "<p itemprop='author'>Penulis: <span itemprop='name'>Rina Wijaya dan Bagas Wirayuda"
        "</span></p>",
        ["Rina Wijaya", "Bagas Wirayuda"],
        [],
    ),
    ("<p>Oleh <a rel='author' href='/x'>Rina Wijaya</a></p>", ["Rina Wijaya"], []),
    ("<p><a href='/penulis/rina-wijaya'>Rina Wijaya</a></p>", ["Rina Wijaya"], []),
    (
        "<ul><li><a href='/authors/rina'>Rina Wijaya</a></li>"
        "<li><a href='/authors/bagas'>Bagas Wirayuda</a></li></ul>",
        ["Rina Wijaya", "Bagas Wirayuda"],
        [],
    ),
    ("<div class='byline'>By Rina Wijaya</div>", ["Rina Wijaya"], []),
    ("<div class='article__author'>Von Lea Holm, Harianrawa Kota</div>", ["Lea Holm"], []),
    ("<div class='post-author'><span class='author-name'>Lea Holm</span></div>", ["Lea Holm"], []),
    ("<p class='author'>Lea Holm | 24 Juli 2026 07:15</p>", ["Lea Holm"], []),
    ("<p class='author'>Editor: Lea Holm</p>", [], ["Lea Holm"]),
    ("<p>Penulis: Rina Wijaya</p>", ["Rina Wijaya"], []),
    ("<p class='author'>Text: Lea Holm</p>", ["Lea Holm"], []),
    # codes of people, the publisher itself and what is no byline
    ("<p class='author'>rwj</p>", [], []),
    ("<p class='author'>Harian Rawa</p>", [], []),
    (f"<div class='author'>{PROSE}</div>", [], []),
    ("<div class='author-photo'>Foto Rina Wijaya</div>", [], []),
]


@pytest.mark.parametrize(("byline", "authors", "editors"), BYLINES)
def test_people_are_read_from_the_mark_up_above_the_prose(
    byline: str, authors: list[str], editors: list[str]
) -> None:
    article = story(f"<h1>Panen Raya di Lereng</h1>{byline}").article
    assert article.authors == tuple(authors)
    assert article.editors == tuple(editors)


@pytest.mark.parametrize("name", ["parsely-author", "sailthru.author", "cXenseParse:author"])
def test_people_are_read_from_the_meta_tags_of_measuring_services(name: str) -> None:
    assert story(head=meta(name, "Rina Wijaya")).article.authors == ("Rina Wijaya",)


def test_people_whom_the_mark_up_names_within_the_prose_are_no_authors() -> None:
    article = story(f"<h1>Panen Raya di Lereng</h1><div>{PROSE}<a href='/author/x'>Lea Holm</a>")
    assert article.article.authors == ()


def test_the_authors_of_other_stories_are_nobody() -> None:
    teaser = "<h3>Sawah Kering</h3><a rel='author' href='/author/x'>Lea Holm</a>"
    assert story(f"{teaser}<h1>Panen Raya di Lereng</h1>", below=teaser).article.authors == ()


# (head, markup between headline and prose, time)
TIMES = [
    (meta("date", "2026-07-24T07:15:12+02:00"), "", "2026-07-24T07:15:12+02:00"),
    (meta("DC.Date", "2026-07-24T07:15+02:00"), "", "2026-07-24T07:15:00+02:00"),
    (meta("parsely-pub-date", "2026-07-24T00:15:12Z"), "", "2026-07-24T00:15:12+00:00"),
    (meta("cXenseParse:publishtime", "2026-07-24T00:15:12Z"), "", "2026-07-24T00:15:12+00:00"),
    ("", "<time datetime='2026-07-24T07:15:12+07:00'>x</time>", "2026-07-24T07:15:12+07:00"),
    # A visible time counts where it names its zone.
    ("", "<p>Jumat, 24 Juli 2026 | 07:15 WIB</p>", "2026-07-24T07:15:00+07:00"),
    ("", "<p>Jumat, 24 Juli 2026 | 07:15 WITA</p>", "2026-07-24T07:15:00+08:00"),
    ("", "<p>24/07/2026 07:15 WIT</p>", "2026-07-24T07:15:00+09:00"),
    ("", "<p>Jumat, 24 Juli 2026 | 07:15</p>", None),
    (json_ld(datePublished="2026-07-24T07:15:12"), "", None),
    (
        json_ld(datePublished="2026-07-24T07:15:12"),
        "<p>Jumat, 24 Juli 2026, 07:15 WIB</p>",
        "2026-07-24T07:15:00+07:00",
    ),
]


@pytest.mark.parametrize(("head", "above", "time"), TIMES)
def test_a_time_of_publication_names_its_zone(head: str, above: str, time: str | None) -> None:
    found = story(f"<h1>Panen Raya di Lereng</h1>{above}", head=head).article.published_at
    assert found == (time and datetime.fromisoformat(time))


def blocks(*data: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in data)


TIME = "2026-07-24T07:15:12+07:00"
ARTICLE = {"@type": "NewsArticle", "headline": "Panen Raya di Lereng"}
# (the page's JSON-LD, time of publication)
DESCRIBED = [
    ([{"@type": "WebPage", "mainEntity": {**ARTICLE, "datePublished": TIME}}], TIME),
    ([{"@type": "ItemPage", "mainEntity": [{**ARTICLE, "datePublished": TIME}]}], TIME),
    ([{"@type": "WebPage", "datePublished": TIME}], TIME),
    ([{"@type": "WebPage", "datePublished": TIME}, ARTICLE], TIME),
    ([{"@graph": [ARTICLE, {"@type": ["WebPage", "FAQPage"], "datePublished": TIME}]}], TIME),
    # The article's own time wins; what a page is about may have another.
    (
        [
            {"@type": "WebPage", "datePublished": "2020-01-01T00:00:00+07:00"},
            {**ARTICLE, "datePublished": TIME},
        ],
        TIME,
    ),
    ([{"@type": "WebPage", "about": {"@type": "Event", "datePublished": TIME}}], None),
]


@pytest.mark.parametrize(("described", "time"), DESCRIBED)
def test_the_time_of_publication_is_the_article_s_else_the_page_s(
    described: list[Any], time: str | None
) -> None:
    found = story("<h1>Panen Raya di Lereng</h1>", head=blocks(*described)).article.published_at
    assert found == (time and datetime.fromisoformat(time))


# (beginning of the page, head, language)
LANGUAGES = [
    ("<html lang='de'>", "", "de"),
    ("<html lang='en-US'>", meta("og:locale", "id_ID"), "en"),
    ("<html xml:lang='PT_br'>", "", "pt"),
    ("<html lang='in'>", "", "id"),
    ("<html lang='zul'>", "", "zul"),
    ("<html>", "<meta http-equiv='Content-Language' content='de-CH'>", "de"),
    ("<html lang=''>", meta("og:locale", "nb_NO"), "nb"),
    # nothing, or nonsense: an archive of Indonesian news
    ("<html>", "", "id"),
    ("<html lang='Deutsch'>", "", "id"),
]


@pytest.mark.parametrize(("tag", "head", "language"), LANGUAGES)
def test_the_language_is_the_one_that_the_page_names(tag: str, head: str, language: str) -> None:
    assert story(tag=tag, head=head).article.language == language


def test_the_language_of_a_known_site_is_its_profile_s() -> None:
    page = f"<html lang='en'><body><div class='article-content'>{PROSE}</div></body></html>"
    url = "https://www.suara.com/news/2026/07/24/071512/panen-raya"
    assert read(page, url, suara.SITE).article.language == "id"


def crumbs(*names: str) -> str:
    entries = [{"@type": "ListItem", "name": name} for name in names]
    return blocks({"@type": "BreadcrumbList", "itemListElement": entries})


@pytest.mark.parametrize(
    ("head", "section"),
    [
        (json_ld(articleSection="Desa"), "Desa"),
        (crumbs("Beranda", "Desa", "Panen Raya di Lereng"), "Desa"),
        (crumbs("Startseite", "Desa"), "Desa"),
        (crumbs("Harian Rawa", "Desa"), "Desa"),
        (crumbs("www.harianrawa.example", "Desa"), "Desa"),
        (crumbs("Home", "Panen Raya di Lereng"), None),
        (json_ld(articleSection=["Harian Rawa", "Desa"]), "Desa"),
        (meta("article:section", "Home") + meta("content_category", "Desa"), "Desa"),
        (meta("article:section", "Harian Rawa"), None),
    ],
)
def test_a_section_is_neither_the_home_page_nor_the_publisher_nor_the_story(
    head: str, section: str | None
) -> None:
    head += meta("og:site_name", "Harian Rawa") + meta("og:title", "Panen Raya di Lereng")
    assert story(head=head).article.section == section


@pytest.mark.parametrize(
    "above",
    [
        "<ul class='breadcrumb'><li><a href='/'>Beranda</a></li><li><a href='/desa'>Desa</a></li>",
        "<div class='bread-list'><a href='/'>Home</a> <a href='/desa'>Desa</a></div>",
        "<ol class='crumbs'><li>Harian Rawa</li><li>Desa</li><li>Panen Raya di Lereng</li></ol>",
    ],
)
def test_a_section_is_read_from_a_breadcrumb(above: str) -> None:
    head = meta("og:site_name", "Harian Rawa")
    assert story(f"{above}<h1>Panen Raya di Lereng</h1>", head=head).article.section == "Desa"


def test_a_part_of_the_host_may_be_a_section() -> None:
    page = f"<html><head>{json_ld(articleSection='Desa')}</head><body>{PROSE}</body></html>"
    article = read(page, "https://desa.harianrawa.co.id/panen-raya", None).article
    assert article.section == "Desa"


@pytest.mark.parametrize(
    ("metas", "authors", "editors"),
    [
        ({"content_author": "Rina Wijaya", "content_editor": "Lea Holm"}, ["Rina Wijaya"], True),
        ({"content_editor": "Lea Holm"}, [], True),
        ({"content_author": "Lea Holm"}, ["Lea Holm"], False),
        ({}, ["Lea Holm"], False),
    ],
)
def test_the_author_of_json_ld_is_the_editor_whom_meta_tags_name(
    metas: dict[str, str], authors: list[str], editors: bool
) -> None:
    head = json_ld(author={"name": "Lea Holm"}) + "".join(meta(*item) for item in metas.items())
    article = story(head=head).article
    assert article.authors == tuple(authors)
    assert article.editors == (("Lea Holm",) if editors else ())


LAST = "Panen berikutnya ditunggu pada bulan Februari tahun depan oleh seluruh warga desa."
# (the end of the text, what is left of it)
ENDINGS = [
    (f"<p>{LAST}</p><p>(abc/def)</p>", LAST),
    (f"<p>{LAST}</p><p><strong>(abc/def/ghi)</strong></p>", LAST),
    (f"<p>{LAST} (abc/def)</p>", LAST),
    (f"<p>{LAST} (E-2)</p>", LAST),
    (f"<p>{LAST}</p><p>(H-13)</p>", LAST),
    (f"<p>{LAST} (Ant/E-2)</p>", LAST),
    (f"<p>{LAST} [abc/def]</p>", LAST),
    (f"<p>{LAST} (red)</p>", LAST),
    (f"<p>{LAST}</p><p>(Ratri Wulandari)</p>", LAST),
    (f"<p>{LAST}</p><p>(Harianrawa.example/Ratri Wulandari)</p>", LAST),
    (f"<p>{LAST} (Ratri Wulandari)</p>", f"{LAST} (Ratri Wulandari)"),
    # A sentence ends with its own bracket.
    (
        f"<p>{LAST} Panen itu milik desa (adat/negeri).</p>",
        f"{LAST} Panen itu milik desa (adat/negeri).",
    ),
    (f"<p>{LAST} Hasilnya dicatat dinas (E-2)</p>", f"{LAST} Hasilnya dicatat dinas (E-2)"),
    (f"<p>{LAST} (satu hari/dua malam)</p>", f"{LAST} (satu hari/dua malam)"),
]


@pytest.mark.parametrize(("end", "left"), ENDINGS)
def test_initials_at_the_end_are_no_prose(end: str, left: str) -> None:
    page = f"<body><h1>Panen Raya di Lereng</h1><div class='isi'>{PROSE}{end}</div></body>"
    assert read(page, URL, None).article.body.split("\n\n", 3)[3] == left


@pytest.mark.parametrize(
    ("opening", "place"),
    [
        ("<p><strong>Lereng</strong> -</p>", "Lereng"),
        ("<strong>Lereng</strong> - <br><br>", "Lereng"),
        ("<p>Lereng Barat —</p>", "Lereng Barat"),
        ("<p>Lereng, Rawa -</p>", "Lereng, Rawa"),
        ("<p>Harianrawa.com, Lereng Barat -</p>", "Lereng Barat"),
        ("<p>Harianrawa.co.id -</p>", ""),
        ("<p>panen raya -</p>", None),
        ("<p>Panen - raya</p>", None),
        ("<p>Harianrawa.com Panen Raya</p>", None),
    ],
)
def test_a_place_and_a_dash_alone_are_the_dateline(opening: str, place: str | None) -> None:
    page = f"<body><h1>Panen Raya di Lereng</h1><div class='isi'>{opening}{PROSE}</div></body>"
    article = read(page, URL, None).article
    assert (article.dateline or "") == (place or "")
    assert article.body.startswith("Warga kampung") is (place is not None)


@pytest.mark.parametrize(
    ("opening", "place"),
    [
        ("Harianrawa.com - ", None),
        ("<b>Harianrawa.com</b> – ", None),
        ("Harianrawa.com, Lereng - ", "Lereng"),
        ("<b>Harianrawa.com, Kota Lereng</b> - ", "Kota Lereng"),
    ],
)
def test_the_publisher_s_host_before_the_first_sentence_is_the_dateline(
    opening: str, place: str | None
) -> None:
    page = f"<body><h1>Panen Raya di Lereng</h1><p>{opening}{LAST}</p>{PROSE}</body>"
    article = read(page, URL, None).article
    assert article.body.startswith(LAST)
    assert article.dateline == place
