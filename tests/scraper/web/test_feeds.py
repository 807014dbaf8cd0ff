"""Atom feeds, as a feed reader reads them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus

import feedparser
import pytest

from tests.scraper.web.visiting import Site


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


def test_feeds_have_identities_of_their_own_wherever_they_are_served(demo_site: Site) -> None:
    addresses = "changes.atom changes.atom?site=suara search.atom?q=batik search.atom?q=pasar"
    ids = {read(demo_site, f"/feed/{address}").feed.id for address in addresses.split()}
    assert len(ids) == 4
    elsewhere = demo_site.get("/feed/changes.atom", host="127.0.0.1:8010")
    assert feedparser.parse(elsewhere.body).feed.id in ids


@pytest.mark.parametrize("words", ["100%25", "50%25+naik", "%25(a)s", "Edits&lang=id"])
def test_words_with_percent_signs_are_words(demo_site: Site, words: str) -> None:
    title = read(demo_site, f"/feed/search.atom?q={words}").feed.title
    assert title == unquote_plus(words.partition("&")[0])


def test_an_unknown_story_has_no_feed(demo_site: Site) -> None:
    assert demo_site.get("/feed/article/999.atom").status == 404
