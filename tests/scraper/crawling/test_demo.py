"""`warta demo` is the same at any time: its stories were published in one week, and the clock of
the machine goes on. Its wire story is one text on three sites, labelled while it is crawled.
"""

from __future__ import annotations

import json
from itertools import groupby

import pytest
from click.testing import CliRunner

from archive import Archive
from scraper.cli.demo.world import SITES, crawled_at, world
from scraper.cli.main import main
from tests.scraper.crawling.conftest import rows

pytestmark = pytest.mark.processes


@pytest.fixture
def news(demo):
    return demo[0]


def counted(archive):
    """What each crawl counted of its stories, by its turn and site."""
    names = ("asked", "revisions/first", "revisions/publisher", "not_modified")
    found = [
        (row["site"], json.loads(str(row["counts"])))
        for row in rows(archive, "SELECT site, counts FROM crawls ORDER BY id")
    ]
    return [(site, *(counts.get(name, 0) for name in names)) for site, counts in found]


def test_it_shows_the_same_at_any_time(news):
    assert counted(news)[:5] == [(site, 7, 7, 0, 0) for site in sorted(SITES)]
    assert counted(news)[5:] == [
        (site, 7, 0, 1, not_modified)
        for site, not_modified in {
            "islamtimes": 4,
            "medcom": 4,
            "republika": 3,
            "rmol": 4,
            "suara": 3,
        }.items()
    ]


def test_it_is_crawled_when_its_stories_were_new_so_that_they_are_due_again(demo, news):
    """By the clock of the machine they would all be settled from three months later on, and the
    index of the day not there.
    """
    started = [row["started_at"] for row in rows(news, "SELECT started_at FROM crawls ORDER BY id")]
    assert started == [crawled_at(1).isoformat()] * 5 + [crawled_at(2).isoformat()] * 5
    due = rows(
        news,
        "SELECT due_reason, count(*) AS n FROM urls WHERE state NOT IN ('source', 'refused') GROUP"
        " BY 1",
    )
    assert {row["due_reason"]: row["n"] for row in due} == {
        "age": 5,
        "may_come_back": 5,
        "quiet": 20,
        "settled": 5,
    }
    _archive, proxy = demo
    newest = f"https://republika.co.id/index/0/{crawled_at(1):%Y/%m/%d}"
    assert newest in world(1)
    assert proxy.requested(newest) == 2


def shown(*command):
    result = CliRunner().invoke(main, [*command, "--json"])
    assert (result.exit_code, result.stderr) == (0, "")
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_wire_story_is_one_cluster_on_its_three_sites(news):
    archive = str(news)
    (cluster,) = shown("clusters", "--archive", archive)
    assert (cluster["members"], cluster["sites"], cluster["agency"]) == (
        3,
        ["medcom", "republika", "suara"],
        "ANTARA",
    )
    assert [
        (row["site"], row["relation"], row["minutes"])
        for row in shown("cluster", cluster["url"], "--archive", archive)
    ] == [("suara", None, 0), ("republika", "copy", 34), ("medcom", "copy", 162)]
    assert (
        CliRunner().invoke(main, ["clusters", "rebuild", "--archive", archive]).stderr
        == "0 memberships changed.\n"
    )


def test_its_sites_are_crawled_in_turn_so_that_articles_have_the_same_numbers_each_time(news):
    with Archive(news, read_only=True) as opened:
        sites = [kept.article.site for kept in opened.articles()]
    assert [site for site, _stories in groupby(sites)] == sorted(SITES)
