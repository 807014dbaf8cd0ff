"""Search in the web view: words marked, filters, pages, feeds, and anything that is typed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Archive
from archive.maintenance.compact import compact
from tests.archive.invented import NOW, keep, story
from tests.scraper.web.visiting import Site


def test_finds_have_their_words_marked_and_their_total(demo_site: Site) -> None:
    page = demo_site.get("/search?q=batik")
    assert "<mark>batik</mark>" in page.text.lower()
    total = page.words.partition(" stories")[0].rpartition(" ")[2]
    assert int(total) == demo_site.get("/search.json?q=batik").json["total"] > 1


def test_filters_narrow_and_time_sorts(demo_site: Site) -> None:
    hits = demo_site.get("/search.json?q=batik&site=suara").json["hits"]
    assert {hit["site"] for hit in hits} == {"suara"}
    assert demo_site.get("/search.json?q=batik&from=2027-01-01").json["total"] == 0
    newest = [hit["listed_at"] for hit in demo_site.get("/search.json?q=di&sort=time").json["hits"]]
    assert newest == sorted(newest, reverse=True)
    assert demo_site.get("/search?q=batik&sort=xx").status == 400


def test_other_forms_and_earlier_texts_are_found_on_request(demo_site: Site) -> None:
    plain = demo_site.get("/search.json?q=perbaiki").json["total"]
    pytest.importorskip("Sastrawi", reason="the stemmer needs warta[stem]")
    assert demo_site.get("/search.json?q=perbaiki&stem=1").json["total"] > plain
    earlier = demo_site.get("/search.json?q=headline:dibuka+isfandar&revisions=1").json["hits"]
    assert [hit["is_newest"] for hit in earlier] == [False]


def test_a_long_list_has_pages(path: Path, serve: Callable[..., Site]) -> None:
    with Archive(path) as archive:
        for number in range(1, 46):
            keep(archive, story(number, headline=f"Pasar nomor {number}"), at=NOW)
    site = serve(path)
    seen = [
        hit["article_id"]
        for page in (1, 2, 3)
        for hit in site.get(f"/search.json?q=pasar&page={page}").json["hits"]
    ]
    assert sorted(seen) == list(range(1, 46))
    assert 'rel="next"' in site.get("/search?q=pasar&page=2").text
    assert 'rel="next"' not in site.get("/search?q=pasar&page=3").text


def test_a_search_has_a_feed(demo_site: Site) -> None:
    feed = feedparser.parse(demo_site.get("/feed/search.atom?q=batik").body)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.feed.title == "batik"
    updated = [entry.updated for entry in feed.entries]
    assert updated == sorted(updated, reverse=True)
    assert feedparser.parse(demo_site.get("/feed/search.atom").body).entries == []


@pytest.mark.parametrize(
    "query",
    ['"', "AND", "OR", "NOT", "c++", "NEAR(a b)", "*", "-", "^a", "a:b", "{a}", "\x00", "' OR 1=1"],
)
def test_signs_of_fts_are_a_page_not_an_error(demo_site: Site, query: str) -> None:
    page = demo_site.get(f"/search?q={quote(query)}")
    assert page.status == 200
    assert "fts5" not in page.text.lower()


def test_a_query_that_is_not_well_formed_is_searched_by_its_words(demo_site: Site) -> None:
    found = demo_site.get(f"/search.json?q={quote('(batik')}").json
    assert found["total"] == demo_site.get("/search.json?q=batik").json["total"] > 1
    assert found["note"].endswith("searched for: batik")
    assert "searched for: batik" in demo_site.get(f"/search?q={quote('(batik')}").words
    assert demo_site.get(f"/feed/search.atom?q={quote('(batik')}").status == 200
    assert demo_site.get("/search.json?q=batik").json["note"] is None


@given(st.text(max_size=40))
@settings(max_examples=25)
def test_any_query_is_a_page(demo_site: Site, query: str) -> None:
    assert demo_site.get(f"/search?q={quote(query.encode('utf-8', 'replace'))}").status < 500


def test_ten_kilobytes_are_a_page(demo_site: Site) -> None:
    assert demo_site.get(f"/search?q={'kapal+' * 2_000}").status in (200, 400)


def test_a_page_waits_for_no_writer(demo_copy: Path, serve: Callable[..., Site]) -> None:
    """A writer holds its lock; then the archive is rewritten under the site's feet."""
    site = serve(demo_copy)
    with closing(sqlite3.connect(demo_copy, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert site.get("/search?q=batik").status == 200
        assert site.get("/news/latest.json?_shape=array&_size=1").status == 200
        writer.execute("ROLLBACK")

    def rewrite() -> None:
        with Archive(demo_copy) as archive:
            compact(archive, now=NOW)

    compacting = threading.Thread(target=rewrite)
    compacting.start()
    while compacting.is_alive():
        reply = site.get("/search?q=batik")
        assert reply.status in (200, 503)
        assert "Traceback" not in reply.text
    compacting.join()
    assert site.get("/search?q=batik").status == 200
