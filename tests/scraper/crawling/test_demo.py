"""`warta demo` is the same at any time: its stories were published in one week, and the clock of
the machine goes on.
"""

from __future__ import annotations

import json
from importlib import import_module

import pytest
from click.testing import CliRunner

from scraper.cli.demo.proxy import ReplayProxy
from scraper.cli.demo.world import SITES, crawled_at, world
from scraper.cli.main import main
from tests.scraper.crawling.conftest import rows

pytestmark = pytest.mark.processes


@pytest.fixture
def proxies(monkeypatch):
    """The proxies of the demos of a test."""
    made: list[ReplayProxy] = []

    def noted(answers):
        made.append(ReplayProxy(answers))
        return made[-1]

    monkeypatch.setattr(import_module("scraper.cli.demo.command"), "ReplayProxy", noted)
    return made


@pytest.fixture
def demo(tmp_path, proxies):
    """The archive of a demo that ended well."""
    archive = tmp_path / "demo.db"
    done = CliRunner().invoke(main, ["demo", "--archive", str(archive)])
    assert done.exit_code == 0, done.output
    assert "Every story was read in its site's own layout." in done.stdout
    return archive


def told(archive):
    """What each crawl counted of its stories, by its turn and site."""
    names = ("asked", "revisions/first", "revisions/publisher", "not_modified")
    found = [
        (row["site"], json.loads(str(row["counts"])))
        for row in rows(archive, "SELECT site, counts FROM crawls ORDER BY id")
    ]
    return [(site, *(counts.get(name, 0) for name in names)) for site, counts in found]


def test_it_shows_the_same_at_any_time(demo):
    assert told(demo)[:5] == [(site, 7, 7, 0, 0) for site in sorted(SITES)]
    assert told(demo)[5:] == [
        (site, 7, 0, 1, not_modified)
        for site, not_modified in {
            "islamtimes": 4,
            "medcom": 4,
            "republika": 3,
            "rmol": 4,
            "suara": 3,
        }.items()
    ]


def test_it_is_crawled_when_its_stories_were_new_so_that_they_are_due_again(demo, proxies):
    """By the clock of the machine they would all be settled from three months later on, and the
    index of the day not there.
    """
    started = [row["started_at"] for row in rows(demo, "SELECT started_at FROM crawls ORDER BY id")]
    assert started == [crawled_at(1).isoformat()] * 5 + [crawled_at(2).isoformat()] * 5
    due = rows(
        demo,
        "SELECT due_reason, count(*) AS n FROM urls WHERE state NOT IN ('source', 'refused') GROUP"
        " BY 1",
    )
    assert {row["due_reason"]: row["n"] for row in due} == {
        "age": 5,
        "may_come_back": 5,
        "quiet": 20,
        "settled": 5,
    }
    (proxy,) = proxies
    newest = f"https://republika.co.id/index/0/{crawled_at(1):%Y/%m/%d}"
    assert newest in world(1)
    assert proxy.asked(newest) == 2
