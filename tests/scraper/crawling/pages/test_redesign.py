"""A site is redesigned overnight: the next crawl says so, its articles are marked, and reading them
again with a new profile mends them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from archive import Archive
from archive.monitoring.drift import drifted_articles
from tests.scraper.crawling.conftest import rows, run
from tests.scraper.crawling.pages.redesign import site_of

BEFORE, AFTER = range(1, 53), range(41, 65)


@pytest.fixture
def redesigned(serve, crawl):
    """A site that was crawled once, an hour ago, and has another look since; twelve stories are
    new.
    """
    proxy = serve(site_of(BEFORE))
    first = crawl(proxy, "rmol", "-s", f"NOW={datetime.now(UTC) - timedelta(hours=1)}")
    assert first.returncode == 0, first.stderr
    proxy.answers = site_of(AFTER, new_layout=True)
    return proxy


def health(news, proxy, module="scraper"):
    told = run(
        proxy,
        module,
        "health",
        "--archive",
        str(news),
        "--site",
        "rmol",
        "--json",
        "--disk-free",
        "0",
    )
    return told.returncode, [json.loads(line) for line in told.stdout.splitlines()]


def marked(news):
    with Archive(news, read_only=True) as archive:
        return len(drifted_articles(archive))


def test_new_stories_show_it_and_are_marked_until_they_are_read_again(redesigned, crawl, news):
    assert health(news, redesigned)[0] == 0
    told = crawl(redesigned, "rmol", "--recheck", "none")
    assert told.returncode == 3
    assert "layout fallback drifted: 12 of 12 pages match none of the site's layouts" in told.stderr
    assert marked(news) == 12
    code, (site,) = health(news, redesigned)
    assert (code, site["well"], site["articles_marked"]) == (3, False, 12)
    (incident,) = site["incidents"]
    assert (incident["kind"], incident["layout"]) == ("drift", "fallback")
    assert all(url.startswith("https://rmol.id/nusantara/read/") for url in incident["urls"])

    read = run(
        redesigned,
        "tests.scraper.ingest.reextraction.new_layout",
        "reextract",
        "--archive",
        str(news),
        "--site",
        "rmol",
    )
    assert read.returncode == 0, read.stderr
    assert marked(news) == 0
    code, (site,) = health(news, redesigned, "tests.scraper.ingest.reextraction.new_layout")
    assert (code, site["well"], site["incidents"]) == (0, True, [])
    again = run(
        redesigned,
        "tests.scraper.ingest.reextraction.new_layout",
        "crawl",
        "--archive",
        str(news),
        "-s",
        "DOWNLOAD_DELAY=0",
        "rmol",
    )
    assert again.returncode == 0, again.stderr


def test_known_stories_alone_show_it(redesigned, crawl, news):
    redesigned.answers = site_of(BEFORE, new_layout=True)
    told = crawl(redesigned, "rmol", "--recheck", "all", "--limit", "15")
    assert told.returncode == 3
    assert "15 of 15 pages match none of the site's layouts" in told.stderr
    assert marked(news) == 0  # what was kept of them was read before
    run(
        redesigned,
        "tests.scraper.ingest.reextraction.new_layout",
        "reextract",
        "--archive",
        str(news),
        "--site",
        "rmol",
    )
    assert rows(news, "SELECT count(*) AS lasting FROM drifts WHERE ended_at IS NULL") == [
        {"lasting": 0}
    ]


def test_an_archive_without_its_view_of_drifts_keeps_the_stories_and_says_what_is_missing(
    serve, crawl, news
):
    proxy = serve(site_of(range(1, 3)))
    crawl(proxy, "rmol")
    with Archive(news) as archive, archive.transaction(datetime.now(UTC)):
        archive.db.conn.execute("DROP VIEW drifted")
    proxy.answers = site_of(range(1, 5))
    told = crawl(proxy, "rmol", "--json")
    assert told.returncode == 1
    assert "no such table: drifted" in told.stderr
    assert "Traceback" not in told.stderr
    with Archive(news, read_only=True) as archive:
        assert archive.db.conn.execute("SELECT count(*) FROM articles").fetchone() == (4,)
