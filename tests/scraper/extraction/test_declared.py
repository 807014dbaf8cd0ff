"""Which story a page says that it is, by its links, its JSON-LD and the site's own code."""

from __future__ import annotations

import json

import pytest

from archive.records import Page
from scraper.extraction import read_page
from scraper.extraction.article import read, refusal_of_article
from scraper.spiders import sites
from tests.scraper.crawling.conftest import DAY, story, story_url
from tests.scraper.crawling.newsroom import prose

RMOL = story_url(7)
SUARA = "https://www.suara.com/news/2026/11/20/071512/panen-raya-di-lembayung"
REPUBLIKA = "https://republika.co.id/berita/t8abcd409/panen-raya-di-lembayung"
MEDCOM = "https://www.medcom.id/nasional/daerah/K0000007-panen-raya"
ISLAMTIMES = "https://www.islamtimes.org/id/news/1273482/panen-raya"


def refusal(site: str, url: str, head: str = "", body: str = "") -> str | None:
    page = f"<html><head><title>Panen Raya</title>{head}</head><body><h1>Panen Raya</h1>{body}"
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in prose(7))
    profile = sites()[site]
    article = read(f"{page}<article>{paragraphs}</article></body></html>", url, profile).article
    return refusal_of_article(article)


def canonical(url: str) -> str:
    return f'<link rel="canonical" href="{url}">'


def og_url(url: str) -> str:
    return f'<meta property="og:url" content="{url}">'


def json_ld(*articles: tuple[str, str], key: str = "url") -> str:
    nodes = [{"@type": "NewsArticle", "headline": title, key: url} for title, url in articles]
    return f'<script type="application/ld+json">{json.dumps(nodes)}</script>'


OTHERS = [
    ("rmol", RMOL, canonical(story_url(3))),
    ("rmol", RMOL, og_url(story_url(3))),
    ("rmol", RMOL, canonical(story_url(3).removeprefix("https://rmol.id"))),
    ("rmol", RMOL, canonical("https://rmol.id/") + og_url(story_url(3))),
    ("rmol", RMOL, json_ld(("Panen Raya", story_url(3)))),
    ("rmol", RMOL, json_ld(("Panen Raya", story_url(3)), key="mainEntityOfPage")),
    ("suara", SUARA, canonical(SUARA.replace("071512", "081512").replace("raya", "ikan"))),
    ("suara", SUARA, canonical(SUARA.replace("071512", "081512"))),
    ("republika", REPUBLIKA, canonical("https://republika.co.id/berita/t8abce409/pasar-lama")),
    ("republika", REPUBLIKA, og_url("https://republika.co.id/share/t8abce409")),
    ("medcom", MEDCOM, canonical(MEDCOM.replace("K0000007", "K0000003"))),
    ("islamtimes", ISLAMTIMES, canonical(ISLAMTIMES.replace("1273482", "1273483"))),
]


@pytest.mark.parametrize(("site", "url", "head"), OTHERS)
def test_a_page_that_names_another_story_is_refused(site: str, url: str, head: str) -> None:
    assert refusal(site, url, head) == "names_another_story"


def test_a_page_that_shows_another_story_code_is_refused() -> None:
    code = '<div id="docDocID">Story Code : {}</div>'
    assert refusal("islamtimes", ISLAMTIMES, body=code.format(1273483)) == "names_another_story"
    assert refusal("islamtimes", ISLAMTIMES, body=code.format(1273482)) is None


OWN = [
    # its own addresses, also of other generations, hosts and forms
    ("rmol", RMOL, canonical(RMOL)),
    ("rmol", RMOL, canonical(f"http://www.rmol.id/amp/{DAY:%Y/%m/%d}/700007/apa-saja")),
    ("rmol", RMOL, canonical(RMOL.replace("nusantara", "politik").replace("saluran-air", "baru"))),
    ("suara", SUARA, canonical(SUARA.replace("www.", "amp.") + "?page=all")),
    ("republika", REPUBLIKA, og_url("https://republika.co.id/share/t8abcd409")),
    (
        "republika",
        REPUBLIKA,
        canonical("http://nasional.republika.co.id/berita/nasional/umum/26/11/20/t8abcd409-panen"),
    ),
    ("medcom", MEDCOM, canonical("https://m.medcom.id/nasional/politik/K0000007-judul-baru")),
    ("islamtimes", ISLAMTIMES, canonical("http://islamtimes.org/id/doc/news/1273482/")),
    # a story that moved to another section, and one that a network's hosts share
    ("suara", SUARA, canonical(SUARA.replace("/news/", "/bisnis/"))),
    (
        "suara",
        SUARA,
        canonical("https://jogja.suara.com/read/2026/11/20/081512/panen-raya-di-lembayung"),
    ),
    # addresses that are no story of the site: a fault of its template, or a partner's site
    ("rmol", RMOL, canonical("https://rmol.id/")),
    ("rmol", RMOL, canonical("https://rmol.id/nusantara") + og_url("/tag/desa")),
    ("rmol", RMOL, canonical("https://www.mitra.example/berita/123/panen-raya")),
    ("rmol", RMOL, canonical("") + og_url("http://[") + json_ld(("Panen Raya", "javascript:x"))),
    # one of several names it, or JSON-LD is about a story beside it
    ("rmol", RMOL, canonical(story_url(3)) + og_url(RMOL)),
    ("rmol", RMOL, json_ld(("Pasar Lama", story_url(3)), ("Panen Raya", RMOL))),
    ("rmol", RMOL, json_ld(("Pasar Lama", story_url(3)))),
]


@pytest.mark.parametrize(("site", "url", "head"), OWN)
def test_a_page_that_names_its_own_story_or_none_is_read(site: str, url: str, head: str) -> None:
    assert refusal(site, url, head) is None


def test_a_canonical_address_that_is_no_story_is_a_warning() -> None:
    def warnings(head: str) -> tuple[str, ...]:
        page = f"<html><head>{head}</head><body><p>{prose(7)[0]}</p></body></html>"
        return read(page, RMOL, sites()["rmol"]).article.warnings

    for home in ("https://rmol.id/", "https://rmol.id/nusantara", "/tag/desa"):
        assert "canonical_no_story" in warnings(canonical(home))
    for other in (RMOL, story_url(3), "https://www.mitra.example/1", "http://[", ""):
        assert "canonical_no_story" not in warnings(canonical(other))


def test_a_further_page_of_another_story_is_a_missing_one() -> None:
    def page(number: int, named: int, *parts: Page) -> Page:
        told = story(number, prose=prose(number)).body.decode()
        body = told.replace("</head>", canonical(story_url(named)) + "</head>").encode()
        return Page(
            site="rmol",
            requested_url=RMOL,
            url=RMOL,
            status=200,
            headers={},
            body=body,
            fetched_at=None,  # type: ignore[arg-type]
            parts=parts,
        )

    article = read_page(page(7, 7, page(3, 3), page(8, 7)), sites()["rmol"]).article
    assert article.page_count == 2
    assert "missing_parts" in article.warnings
    assert prose(3)[0] not in article.body
    assert prose(8)[0] in article.body
