"""A story that is taken down while a crawl or a replay has it under way does not come back; and a
clock that jumps back.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive import Archive
from archive.maintenance.takedown import take_down
from archive.revisions.reread_queue import Evidence
from scraper.cli.demo.proxy import Answer
from scraper.ingest.reread import reread
from scraper.ingest.writing import write_reread
from scraper.spiders import sites
from tests.scraper.crawling.conftest import rows, small_site, story, story_url

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
RMOL = sites()["rmol"]


def taken_down(news, number=1):
    with Archive(news) as archive:
        entry = archive.ledger.entry(story_url(number), site="rmol")
        take_down(archive, "rmol", entry.key, url=entry.url, reason="diminta", now=NOW)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "answer", [story(1, headline="Judul Baru"), None, Answer(body=b"<html><p>Tunggu.</p></html>")]
)
def test_a_page_under_way_does_not_bring_a_story_back(serve, crawl, news, known, answer):
    proxy = serve(small_site(1, 2))
    if known:
        crawl(proxy, "rmol")

    def under_way(url):
        if url == story_url(1):
            taken_down(news)
            return answer
        return small_site(1, 2).get(url)

    proxy.answers = under_way
    done = crawl(proxy, "rmol", "--recheck", "all")
    assert done.returncode == 0, done.stderr
    assert rows(news, "SELECT url FROM history") == [{"url": story_url(2)}]
    assert rows(news, "SELECT state, reason FROM ledger WHERE url = ?", story_url(1)) == [
        {"state": "refused", "reason": "taken_down"}
    ]
    assert rows(news, "SELECT count(*) AS n FROM snapshots")[0]["n"] == 1
    assert len(rows(news, "SELECT * FROM tombstones")) == 1


def test_another_address_of_it_is_never_requested(serve, crawl, news):
    proxy = serve(small_site(1))
    crawl(proxy, "rmol")
    taken_down(news)
    other = story_url(1, slug="judul-lain")
    proxy.answers = {
        **small_site(1),
        other: story(1),
        "https://rmol.id/": Answer(body=f'<a href="{other}">x</a>'.encode()),
    }
    crawl(proxy, "rmol", "--recheck", "all")
    assert [proxy.requested(url) for url in (story_url(1), other)] == [1, 0]
    assert rows(news, "SELECT reason FROM ledger WHERE url = ?", other) == [
        {"reason": "taken_down"}
    ]


@pytest.mark.parametrize("newest", [True, False])
def test_a_replay_that_has_read_its_page_already_does_not_bring_it_back(serve, crawl, news, newest):
    crawl(serve(small_site(1)), "rmol")
    with Archive(news) as archive:
        key = archive.ledger.entry(story_url(1), site="rmol").key
        evidence = Evidence(snapshot_id=1, key=key, url=story_url(1), newest=newest)
        again = reread(archive.snapshots.page(1), RMOL, evidence)
        assert again.article is not None
        taken_down(news)
        with archive.transaction(NOW):
            assert write_reread(archive, RMOL, again, None) is None
        assert rows(news, "SELECT count(*) AS n FROM history")[0]["n"] == 0


def test_a_clock_that_went_back_is_reported_and_loses_nothing(serve, crawl, news):
    proxy = serve(small_site(1, 2))
    crawl(proxy, "rmol", "-s", "NOW=2026-11-22T06:00:00+00:00")
    proxy.answers = small_site(1, 2, 3)
    done = crawl(proxy, "rmol", "-s", "NOW=2026-11-21T06:00:00+00:00")
    assert done.returncode == 0
    assert (
        "rmol: the system clock says 2026-11-21T06:00:00+00:00, but the archive was last written at"
        " 2026-11-22T06:00:00+00:00: what is kept now gets the archive's time" in done.stderr
    )
    assert {row["observed_at"] for row in rows(news, "SELECT observed_at FROM latest")} == {
        "2026-11-22T06:00:00+00:00"
    }
    assert len(rows(news, "SELECT * FROM latest")) == 3
