"""Saved pages of every site and layout, and what must be read from them.

A case is CASE.html beside CASE.json; every key of the JSON must be read exactly so. The pages are
hand-made in each site's mark-up, their prose is invented. How to add one: CONTRIBUTING.md.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import scraper
from archive.records import Article
from scraper.crawling.discovery import read_feed, read_links
from scraper.sites.site import Identity, Layout
from scraper.spiders import sites

HERE = Path(__file__).parent / "cases"
CASES = sorted(HERE.glob("*/*.json"))
FEWEST_CASES = 4
LAYOUTS = [(site.name, layout) for site in sites().values() for layout in site.layouts]

SHARED = Path(os.environ.get("WARTA_SHARED") or HERE.parents[3].parent / "shared")
PAGES = SHARED / "pages" / "republika"
needs_real_pages = pytest.mark.skipif(
    not PAGES.is_dir(),
    reason=f"no real pages at {PAGES}: they are publishers' texts and not in the repository; "
    f"WARTA_SHARED names their folder",
)


def expected(case: Path) -> dict[str, Any]:
    return json.loads(case.read_text("utf-8"))


def name_of(value: object) -> str:
    return (
        f"{value.parent.name}/{value.stem}"
        if isinstance(value, Path)
        else value.name
        if isinstance(value, Layout)
        else str(value)
    )


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_saved_page_is_read_exactly_as_its_case_says(case: Path) -> None:
    wanted = expected(case)
    article = scraper.extract(case.with_suffix(".html").read_bytes(), wanted["url"]).as_dict()
    assert {key: article[key] for key in wanted} == wanted


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_case_says_enough(case: Path) -> None:
    wanted = expected(case)
    assert {
        "url",
        "site",
        "story_id",
        "layout",
        "headline",
        "body",
        "dateline",
        "authors",
        "published_at",
    } <= wanted.keys()
    assert wanted["site"] == case.parent.name


@pytest.mark.parametrize("page", sorted(HERE.glob("*/*.html")), ids=name_of)
def test_a_saved_page_has_its_case(page: Path) -> None:
    assert page.with_suffix(".json").is_file()


@pytest.mark.parametrize("site", sorted(sites()))
def test_a_site_has_cases_enough(site: str) -> None:
    assert len([case for case in CASES if case.parent.name == site]) >= FEWEST_CASES


@pytest.mark.parametrize(("site", "layout"), LAYOUTS, ids=name_of)
def test_a_layout_has_a_case(site: str, layout: Layout) -> None:
    assert layout.name in {expected(case)["layout"] for case in CASES if case.parent.name == site}


# Real pages: short facts only, the texts stay where they are.
# -------------------------------------------------------------

ARTICLES = [
    {
        "file": "anpandu_singlepage_2015-11-05_48ca9c70.html",
        "url": "http://nasional.republika.co.id/berita/nasional/hukum/15/11/05/nxc181330",
        "story_id": "nxc181330",
        "layout": "R1",
        "headline": "541702a04eeddec3",
        "authors": ["Issha Harruma"],
        "editors": ["Bilal Ramadhan"],
        "dateline": "MEDAN",
        "published_at": "2015-11-05T15:07:00+07:00",
        "first": "Dua hari pasca ditetapkan sebagai",
        "last": "juga ditetapkan menjadi tersangka.",
        "words": 217,
    },
    {
        "file": "anpandu_singlepage_2015-11-18_6391631d.html",
        "url": "http://bola.republika.co.id/berita/sepakbola/liga-inggris/15/11/18/nxzqjd348",
        "story_id": "nxzqjd348",
        "layout": "R2",
        "headline": "f7d12c11b4fa30ff",
        "authors": ["C31"],
        "editors": ["Israr Itah"],
        "dateline": "MANCHESTER",
        "published_at": "2015-11-18T10:18:00+07:00",
        "first": "Sebelum menjadi gelandang Manchester City,",
        "last": "mencetak gol saat melawan Sevilla.",
        "words": 162,
    },
    {
        "file": "anpandu_singlepage2_2016-02-23_88c48763.html",
        "url": "http://www.republika.co.id/berita/inpicture/nasional-inpicture/16/02/23/o2zwha283",
        "story_id": "o2zwha283",
        "layout": "R2-photo",
        "headline": "4b1b5c5263ffe443",
        "authors": [],
        "editors": ["Mohamad Amin Madani"],
        "dateline": "JAKARTA",
        "published_at": "2016-02-23T17:15:00+07:00",
        "first": "Kasubdit Kasasi dan Peninjauan Kembali",
        "last": "yang didapatkan dari serangkaian penggeledahan.",
        "words": 56,
    },
]
FURNITURE = (
    "REPUBLIKA.CO.ID",
    "Baca Juga",
    "Berita Terkait",
    "Redaktur",
    "Rep:",
    "KOMENTAR",
    "Sumber :",
    "(adsbygoogle",
    "function(",
)


def real(facts: dict[str, Any]) -> Article:
    return scraper.extract((PAGES / facts["file"]).read_bytes(), facts["url"])


@needs_real_pages
@pytest.mark.parametrize("facts", ARTICLES, ids=lambda facts: facts["layout"])
def test_a_real_page_of_republika_is_read_whole(facts: dict[str, Any]) -> None:
    article = real(facts)
    assert sha256((article.headline or "").encode()).hexdigest()[:16] == facts["headline"]
    read = article.as_dict()
    for name in ("story_id", "layout", "authors", "editors", "dateline", "published_at"):
        assert read[name] == facts[name], name
    assert article.warnings == ()


@needs_real_pages
@pytest.mark.parametrize("facts", ARTICLES, ids=lambda facts: facts["layout"])
def test_the_text_of_a_real_page_begins_and_ends_where_the_story_does(
    facts: dict[str, Any],
) -> None:
    body = real(facts).body
    assert body.startswith(facts["first"])
    assert body.endswith(facts["last"])
    assert len(body.split()) == facts["words"]
    assert not [furniture for furniture in FURNITURE if furniture in body]


@needs_real_pages
def test_a_real_feed_of_republika_announces_its_ten_stories() -> None:
    found = read_feed(
        (PAGES / "anpandu_mainpage_2015-11-05_48ca9c70.html").read_bytes(),
        "http://www.republika.co.id/rss",
    )
    named = [sites()["republika"].identify(link.url) for link in found.links]
    assert found.problem is None
    assert (
        len({identity.key for identity in named if isinstance(identity, Identity)})
        == len(found.links)
        == 10
    )
    assert found.links[0].published_at == datetime(2015, 11, 5, 8, 7, 13, tzinfo=UTC)
    assert all(link.published_at for link in found.links)


@needs_real_pages
def test_the_times_in_the_codes_of_a_real_feed_are_those_that_it_tells() -> None:
    found = read_feed(
        (PAGES / "anpandu_mainpage_2015-11-05_48ca9c70.html").read_bytes(),
        "http://www.republika.co.id/rss",
    )
    named = [sites()["republika"].identify(link.url) for link in found.links]
    apart = [
        link.published_at == identity.published_at
        for link, identity in zip(found.links, named, strict=True)
        if isinstance(identity, Identity)
    ]
    assert Counter(apart)[True] == 7  # the other three were scheduled for a round minute


@needs_real_pages
def test_a_real_home_page_of_republika_announces_its_stories() -> None:
    found = read_links(
        (PAGES / "home_2020-03_kemfest.html").read_bytes(),
        "https://republika.co.id/",
        "text/html; charset=utf-8",
        now=datetime(2020, 3, 9, 12, tzinfo=UTC),
    )
    named = [sites()["republika"].identify(link.url) for link in found.links]
    assert Counter(
        "story" if isinstance(identity, Identity) else identity.reason for identity in named
    ) == {
        "story": 103,  # five of them with a code of the older kind, which ends in 15000
        "index_page": 141,
        "not_an_article": 22,
        "foreign_site": 8,
        "tag_page": 6,
        "author_page": 1,
    }
