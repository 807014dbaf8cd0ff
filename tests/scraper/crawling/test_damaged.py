"""Crawls of an archive in which another program broke values: one line, no traceback."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from shutil import copyfile

import pytest

from scraper.cli.demo.proxy import ReplayProxy
from tests.scraper.cli.hostile.material import damage
from tests.scraper.crawling.conftest import FAST, run, small_site

DAMAGES = {
    "a due date": ("urls", "published_at", "'kemarin'"),
    "a last check": ("urls", "last_checked_at", "'kemarin'"),
    "an address": ("urls", "url", "CAST(x'ff1b5b' AS TEXT)"),
    "no clock": ("clock", "id", "2"),
    "a clock of the year 9999": ("clock", "latest", "'9999-12-31T23:59:59+00:00'"),
    "a text": ("revisions", "body", "CAST(x'ff' AS TEXT)"),
    "authors": ("revisions", "authors", "'bukan daftar'"),
    "a crawl's start": ("crawls", "started_at", "NULL"),
    "a backoff": ("manners", "quiet_until", "'kemarin'"),
}


HARMLESS = ("a clock of the year 9999", "a crawl's start", "an address")


SITE = small_site(*range(1, 4))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """An archive of that site, to be copied."""
    path = tmp_path_factory.mktemp("crawled") / "news.db"
    with ReplayProxy(SITE) as proxy:
        done = run(proxy, "scraper", "crawl", "rmol", "--archive", str(path), *FAST)
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize("what", DAMAGES)
def test_a_crawl_names_the_value_in_one_line(serve, crawl, crawled, news, what):
    copyfile(crawled, news)
    table, column, wrong = DAMAGES[what]
    if table == "manners":
        with closing(sqlite3.connect(news)) as connection, connection:
            connection.execute("INSERT INTO manners VALUES ('rmol', 0, '', 'http_429', '')")
        connection.close()
    damage(news, table, column, wrong)
    done = crawl(serve(SITE), "rmol", "--recheck", "all")
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if what in HARMLESS else 1)
    if done.returncode:
        (line,) = (line for line in done.stderr.splitlines() if line.startswith("Error: "))
        assert table in line or what == "a backoff"
    assert "\x1b" not in done.stderr + done.stdout
