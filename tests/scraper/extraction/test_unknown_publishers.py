"""The fields of a page whose publisher has no profile."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from scraper.extraction import Reading, read

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
