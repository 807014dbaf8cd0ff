"""From a response to a page, and to the addresses of the story's further pages."""

from datetime import UTC, datetime

import pytest
from scrapy.http import HtmlResponse

from archive.records import Page
from scraper.crawling.pages import headers_of, page_of
from scraper.ingest.parts import part_urls
from scraper.spiders import sites

NOW = datetime(2026, 7, 24, tzinfo=UTC)
SUARA = "https://www.suara.com/news/2026/07/24/070859/warga-tanam-bakau"
REPUBLIKA = "https://republika.co.id/berita/t9try5484/kisah-perajin-anyaman"


def shown(site: str, url: str, pager: str) -> Page:
    html = f"<html><body><article><p>Warga.</p></article>{pager}</body></html>"
    return Page(
        site=site,
        requested_url=url,
        url=url,
        status=200,
        headers={},
        body=html.encode(),
        fetched_at=NOW,
    )


def pager(*links: str) -> str:
    return (
        "<ul class='pagination'>"
        + "".join(f"<li><a href='{link}'>x</a></li>" for link in links)
        + "</ul>"
    )


# (site, address, pager, further pages)
PAGERS = [
    ("suara", SUARA, "", []),
    (
        "suara",
        SUARA,
        pager("?page=1", "?page=2", "?page=3"),
        [f"{SUARA}?page=2", f"{SUARA}?page=3"],
    ),
    (
        "suara",
        SUARA,
        pager(f"{SUARA}?page=3", f"{SUARA}?page=2", f"{SUARA}?page=2"),
        [f"{SUARA}?page=2", f"{SUARA}?page=3"],
    ),
    ("suara", SUARA, pager("?page=2", "?page=all"), [f"{SUARA}?page=2"]),
    # A long pager leaves pages out.
    (
        "suara",
        SUARA,
        pager("?page=2", "?page=5"),
        [f"{SUARA}?page={number}" for number in (2, 3, 4, 5)],
    ),
    # The pager of something else
    ("suara", SUARA, pager("https://www.suara.com/indeks?page=2"), []),
    ("suara", SUARA, pager("https://www.suara.com/news/2026/07/24/091500/cerita-lain?page=2"), []),
    (
        "suara",
        SUARA,
        pager("https://example.com/x?page=2", "http://[::1?page=2", "javascript:buka(page=2)"),
        [],
    ),
    ("suara", SUARA, "<div class='berita'><a href='?page=2'>x</a></div>", []),
    ("suara", "https://www.suara.com/indeks", pager("?page=2"), []),
    (
        "republika",
        REPUBLIKA,
        pager(f"{REPUBLIKA}-part2", f"{REPUBLIKA}-part3"),
        [f"{REPUBLIKA}-part2", f"{REPUBLIKA}-part3"],
    ),
    (
        "republika",
        REPUBLIKA,
        pager("/berita/t9try5484/kisah-perajin-anyaman-part2"),
        [f"{REPUBLIKA}-part2"],
    ),
    ("republika", REPUBLIKA, pager("/berita/t8abcd412/cerita-lain-part2"), []),
    ("rmol", "https://rmol.id/politik/read/2024/11/21/645691/dewan", pager("?page=2"), []),
]


@pytest.mark.parametrize(("site", "url", "markup", "expected"), PAGERS)
def test_a_pager_names_the_further_pages_of_the_same_story_in_order(
    site: str, url: str, markup: str, expected: list[str]
) -> None:
    assert part_urls(shown(site, url, markup), sites()[site]) == expected


def test_headers_have_names_in_lower_case_and_repeated_ones_are_joined() -> None:
    response = HtmlResponse(SUARA, headers={"X-Robots-Tag": ["noai", "noindex"], "ETag": '"a1"'})
    assert headers_of(response) == {"x-robots-tag": "noai, noindex", "etag": '"a1"'}


def test_a_page_keeps_what_was_requested_and_where_the_answer_came_from() -> None:
    response = HtmlResponse(SUARA, status=203, headers={"ETag": '"a1"'}, body=b"<p>Warga.</p>")
    page = page_of(response, site="suara", requested_url=SUARA + "?page=all", fetched_at=NOW)
    assert (page.requested_url, page.url, page.status, page.body) == (
        SUARA + "?page=all",
        SUARA,
        203,
        b"<p>Warga.</p>",
    )
    assert (page.headers, page.fetched_at, page.parts) == ({"etag": '"a1"'}, NOW, ())
