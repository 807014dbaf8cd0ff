"""Crawls that are killed with SIGKILL at random moments and run again: in the end the archive is
what it would have been.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from scraper.cli.demo.proxy import ReplayProxy
from tests.scraper.crawling.conftest import rows
from tests.scraper.crawling.contents import (
    ARTICLES,
    LEDGER,
    PAGES,
    REVISIONS,
    STATES,
    assert_whole,
    differences,
)
from tests.scraper.crawling.killing import Gate, Killed, kill_again_and_again, moments
from tests.scraper.crawling.newsroom import is_story, newsrooms

FIRST_DAY, NEXT_DAY = "NOW=2026-11-21T06:00:00+00:00", "NOW=2026-11-22T09:00:00+00:00"
SITES = ("rmol", "suara")
CAUGHT = 3 * len(SITES)
"""Answers that a kill can cost: at each site a page that is written and one under way, which may
have been redirected there.
"""


def crawling(archive: Path, *arguments: str) -> list[str]:
    settings = ("-s", "DOWNLOAD_DELAY=0", "-s", "SLOWEST_DELAY=0", "-s", "CONTACT=uji@example.org")
    return [
        sys.executable,
        "-m",
        "scraper",
        "crawl",
        *SITES,
        "--archive",
        str(archive),
        *settings,
        *arguments,
    ]


def asked(proxy: ReplayProxy) -> int:
    """Requests for stories and their further pages."""
    return sum(count for (url, _status), count in proxy.requests.items() if is_story(url))


def kill(
    seed: int,
    kills: int,
    proxy: ReplayProxy,
    gate: Gate,
    archive: Path,
    *arguments: str,
    most_answers: int,
) -> Killed:
    chosen = moments(seed, kills, most_answers=most_answers)
    killed = kill_again_and_again(
        crawling(archive, *arguments), proxy, gate, chosen, first_file=archive
    )
    assert killed.kills == kills
    for word in ("Traceback", "locked", "Error"):
        assert word not in killed.errors
    return killed


def finish(crawl, proxy: ReplayProxy, archive: Path, *arguments: str) -> None:
    done = crawl(proxy, *SITES, *arguments, archive=archive)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("kills", "rmol", "suara"), [(2, 40, 12), pytest.param(20, 230, 90, marks=pytest.mark.slow)]
)
def test_a_crawl_that_is_killed_again_and_again_ends_with_the_archive_of_an_undisturbed_one(
    serve, crawl, news, tmp_path, kills, rmol, suara
):
    gate = Gate(newsrooms(1, rmol=rmol, suara=suara))
    proxy, calm = serve(gate), serve(gate.answers)
    kill(1, kills, proxy, gate, news, "-s", FIRST_DAY, most_answers=36)
    finish(crawl, proxy, news, "-s", FIRST_DAY)
    undisturbed = tmp_path / "undisturbed.db"
    finish(crawl, calm, undisturbed, "-s", FIRST_DAY)
    everything = (ARTICLES, REVISIONS, STATES, LEDGER, PAGES)
    assert differences(news, undisturbed, *everything) == []
    assert_whole(news)
    assert asked(calm) <= asked(proxy) <= asked(calm) + kills * CAUGHT
    ends = [row["end_reason"] for row in rows(news, "SELECT end_reason FROM crawls ORDER BY id")]
    assert ends[-len(SITES) :] == ["finished"] * len(SITES)
    assert set(ends[: -len(SITES)]) == {"broke_off"}  # each written down by the one after it


@pytest.mark.slow
@pytest.mark.parametrize("recheck", ["due", "all"])
def test_kills_while_edited_stories_are_read_again_make_no_other_revisions(
    serve, crawl, news, tmp_path, recheck
):
    undisturbed = tmp_path / "undisturbed.db"
    first, second = (newsrooms(edition, rmol=130, suara=50) for edition in (1, 2))
    calm = serve(first)
    finish(crawl, calm, undisturbed, "-s", FIRST_DAY)
    shutil.copy(undisturbed, news)
    calm.answers, gate = second, Gate(second)
    calm.requests.clear()
    proxy = serve(gate)
    kill(
        2,
        8,
        proxy,
        gate,
        news,
        "--recheck",
        recheck,
        "-s",
        NEXT_DAY,
        most_answers=130 if recheck == "all" else 45,
    )
    finish(crawl, proxy, news, "--recheck", recheck, "-s", NEXT_DAY)
    finish(crawl, calm, undisturbed, "--recheck", recheck, "-s", NEXT_DAY)
    everything = (ARTICLES, REVISIONS, STATES, PAGES) + ((LEDGER,) if recheck == "due" else ())
    assert differences(news, undisturbed, *everything) == []
    assert_whole(news)
    assert recheck == "all" or asked(proxy) <= asked(calm) + 8 * CAUGHT
    kinds = {row["kind"] for row in rows(news, "SELECT kind FROM history WHERE number > 1")}
    assert kinds == {"publisher", "removed"}
