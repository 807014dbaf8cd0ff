"""What the worker reads of a page: the story, and its text as the archive compares it."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from archive.records import Page
from archive.syndication.texts import Fingerprint
from scraper.cli.demo.world import world
from scraper.extraction.article import read_story
from scraper.ingest.reading import read_with_fingerprint
from scraper.sites.site import Identity
from scraper.spiders import site_of

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def page_of(url: str, body: bytes) -> Page:
    return Page(
        site="kabar",
        requested_url=url,
        url=url,
        status=200,
        headers={"content-type": "text/html"},
        body=body,
        fetched_at=NOW,
    )


def a_story() -> tuple[str, bytes]:
    for url, answer in world(1).items():
        site = site_of(url)
        if site is not None and isinstance(site.identify(url), Identity):
            return url, answer.body
    raise AssertionError("the demo has no story")


def test_a_story_comes_with_the_fingerprint_of_its_text() -> None:
    url, body = a_story()
    page, site = page_of(url, body), site_of(url)
    assert site is not None
    reading, fingerprint = pickle.loads(pickle.dumps(read_with_fingerprint(page, site)))
    assert reading == read_story(page, site)
    assert fingerprint == Fingerprint.of(reading.article.body)


@pytest.mark.parametrize("body", [b"", b"<p>404", b"<h1>Halaman tidak ditemukan</h1>"])
def test_a_page_without_a_story_has_no_text_to_compare(body: bytes) -> None:
    url, _body = a_story()
    site = site_of(url)
    assert site is not None
    reading, fingerprint = read_with_fingerprint(page_of(url, body), site)
    assert reading.refusal is not None
    assert fingerprint is None
