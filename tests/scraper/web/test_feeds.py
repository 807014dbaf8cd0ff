"""Atom feeds, as a feed reader reads them."""

from __future__ import annotations

import re
from typing import Any

import feedparser
import pytest

from tests.scraper.web.visiting import Site

pytestmark = pytest.mark.xdist_group("demo")


def read(site: Site, address: str) -> Any:
    reply = site.get(address)
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(reply.body)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def test_edits_have_permanent_tags_and_whole_addresses(demo_site: Site) -> None:
    feed = read(demo_site, "/feed/changes.atom")
    assert len(feed.entries) == 10
    for entry in feed.entries:
        assert re.fullmatch(r"tag:[a-z.]+,2026:\S+/revision-\d+", entry.id)
        assert entry.link.startswith("http://localhost/article/")
        assert entry.updated.endswith("Z")
    assert len({entry.id for entry in feed.entries}) == 10


def test_a_story_has_a_feed_of_its_revisions(demo_site: Site) -> None:
    feed = read(demo_site, "/feed/article/1.atom")
    assert [tag.term for entry in feed.entries for tag in entry.tags] == ["publisher", "first"]
    assert feed.feed.title == "Pameran Kitab Langka di Isfandar Diperpanjang Jadi Tiga Bulan"


def test_edits_of_one_site_have_a_feed(demo_site: Site) -> None:
    feed = read(demo_site, "/feed/changes.atom?site=suara")
    assert {entry.author for entry in feed.entries} == {"suara"}


def test_an_unknown_story_has_no_feed(demo_site: Site) -> None:
    assert demo_site.get("/feed/article/999.atom").status == 404
