"""Eight simulated days of the five sites, with outages, overload, a redesign, poisoned pages, a
wrong cache, a captcha, sources without an answer or an end, a power cut and kills;
tests.benchmarks.soak is the month.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import Archive
from archive.maintenance.verify import verify
from tests.scraper.monitoring.alerts.receivers import Postbox, Receiver
from tests.scraper.monitoring.looking import metrics, warta
from tests.scraper.schedule import claims
from tests.scraper.schedule.month import Month
from tests.scraper.schedule.newsrooms import HOSTS, Newsrooms
from tests.scraper.schedule.trouble import Plan, week
from tests.scraper.schedule.world import Request, World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.processes,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc"),
    pytest.mark.xdist_group("soak"),
]
BACKFILL = 6
"""Days of stories before the first crawl."""
A_DAY = 6


@dataclass(kw_only=True)
class Lived:
    """The days, seen from their end."""

    archive: Path
    plan: Plan
    rooms: Newsrooms
    log: list[Request]
    bodies: list[dict[str, Any]]
    letters: list[str]
    kills: Counter[str]
    killed: list[str]
    by_hand: str
    seen: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return live(week(), tmp_path_factory.mktemp("soak"))


def live(plan: Plan, folder: Path) -> Lived:
    """Through the plan, looking around twice on the way and once at the end."""
    rooms = Newsrooms(
        plan.begins.date() - timedelta(days=BACKFILL),
        (plan.ends - plan.begins).days + BACKFILL + 2,
        a_day=A_DAY,
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.delenv(name, raising=False)
        with World(rooms, plan) as world, Receiver() as hook, Postbox() as post:
            month = Month(folder, world, hook, post)
            seen = {
                name: _look(month, at)
                for name, at in (("outage", _day(plan, 3, 10)), ("drift", _day(plan, 7, 6)))
            }
            seen["drift"]["dropped"] = _dropped_from_a_corpus(month)
            month.live()
            seen["end"] = _look(month, month.now) | {"dropped": _dropped_from_a_corpus(month)}
    return Lived(
        archive=month.archive,
        plan=plan,
        rooms=rooms,
        log=world.log,
        bodies=hook.bodies,
        letters=post.subjects,
        kills=month.kills,
        killed=month.killed,
        by_hand=month.refused_by_hand,
        seen=seen,
    )


def _day(plan: Plan, day: int, hour: int) -> datetime:
    return plan.begins.replace(hour=hour) + timedelta(days=day - 1)


def _look(month: Month, moment: datetime) -> dict[str, Any]:
    """What the program says of itself at a moment."""
    month.live(moment)
    named = ["--archive", str(month.archive)]
    configured = ["--config", str(month.config)]
    return {
        "health": warta(month.now, "health", *configured, *named, "--disk-free", "0"),
        "coverage": warta(
            month.now, "coverage", *named, "--since", f"{month.plan.begins:%Y-%m-%d}"
        ),
        "alerts": warta(month.now, "alerts", *named, "list"),
        "show": warta(month.now, "schedule", "show", *configured, *named),
        "metrics": metrics(month.metrics),
        "manners": claims.read(month.archive, "SELECT site, delay, quiet_until FROM manners"),
    }


def _dropped_from_a_corpus(month: Month) -> dict[str, int]:
    """Reason -> articles, as `warta corpus build` tells."""
    build = [
        "corpus",
        "build",
        str(month.folder / "corpus"),
        "--overwrite",
        "--filters",
        "none",
        "--dedup",
        "none",
        "-j",
        "1",
        "--json",
    ]
    command = [sys.executable, "-m", "scraper", *build, "--archive", str(month.archive)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found: dict[str, int] = json.loads(done.stdout)["dropped"]
    return found


def wrong(seen: dict[str, Any]) -> dict[str, list[str]]:
    """Site -> kinds of incidents, as `warta health` tells."""
    return {
        row["site"]: [each["kind"] for each in row["incidents"]]
        for row in seen["health"][1]
        if not row["well"]
    }


# At the end


def test_no_story_that_stood_while_its_site_was_up_is_missing(lived):
    assert claims.lost(lived.archive, lived.rooms) == []


def test_every_text_is_the_one_that_stood_when_it_was_last_requested(lived):
    assert claims.misread(lived.archive, lived.rooms) == []
    assert claims.invented_revisions(lived.archive, lived.rooms) == []


def test_every_incident_was_reported_once_and_cleared_once(lived):
    assert claims.told_wrongly(lived.bodies, claims.expected(lived.archive, lived.plan)) == []
    assert len(lived.letters) == len(lived.bodies)


def test_a_target_that_was_down_was_reported_when_it_was_up_again(lived):
    assert lived.plan.hook_down is not None
    down, up = lived.plan.hook_down
    begun = next(
        body for body in lived.bodies if (body["state"], body["site"]) == ("began", "medcom")
    )
    assert (
        down
        < datetime.fromisoformat(begun["since"])
        < up
        <= datetime.fromisoformat(begun["sent_at"])
        < up + timedelta(hours=3)
    )
    alert = next(
        row
        for row in lived.seen["end"]["alerts"][1]
        if (row["kind"], row["site"]) == ("crawl_failed", "medcom")
    )
    assert alert["told_at"] == begun["since"]  # the mail, meanwhile


def test_crawls_and_the_schedule_were_killed_and_the_archive_is_sound(lived):
    assert lived.kills == {"crawl": 2, "schedule": 1}
    with Archive(lived.archive, read_only=True) as archive:
        assert [finding for finding in verify(archive) if not finding.ok] == []


def test_what_was_wrong_with_pages_and_sources_is_written_down(lived):
    reasons = claims.read(lived.archive, "SELECT DISTINCT reason FROM checks")
    assert {row["reason"] for row in reasons} >= {
        "names_another_story",
        "same_body_elsewhere",
        "challenge_page",
        "reading_broke_off",
        "timeout",
    }


# Manners


def test_no_two_crawls_of_a_site_overlapped(lived):
    assert claims.overlapping(lived.log) == []
    refusal = r"another process is crawling \w+; one crawl of a site at a time"
    assert re.search(refusal, lived.by_hand)


def test_no_address_was_requested_again_before_it_was_due(lived):
    assert claims.asked_again(lived.log) == []
    assert claims.too_soon(lived.log, lived.rooms, lived.plan, lived.killed) == []


def test_limits_and_pauses_that_sites_requested_were_kept(lived):
    assert claims.impatient(lived.log, lived.plan) == []
    assert claims.over_limit(lived.log, lived.rooms, "islamtimes", 40) == []


# On the way


def test_an_outage_shows_wherever_one_looks(lived):
    seen = lived.seen["outage"]
    assert (seen["health"][0], wrong(seen)) == (
        3,
        {"islamtimes": ["crawl_failed"], "medcom": ["crawl_failed"]},
    )
    assert {row["site"]: row["ended"] for row in seen["show"][1]} == {
        **dict.fromkeys(HOSTS, "finished"),
        "islamtimes": "overloaded",
        "medcom": "connection_failed",
    }
    assert {row["site"] for row in seen["alerts"][1] if row["ended_at"] is None} == {
        "islamtimes",
        "medcom",
    }
    assert seen["metrics"]["warta_incident"] == {
        ("crawl_failed", "", "islamtimes"): 1,
        ("crawl_failed", "", "medcom"): 1,
    }
    assert seen["metrics"]["warta_crawls_total"]["connection_failed", "medcom"] == 3
    assert [(row["site"], row["delay"] > 0) for row in seen["manners"]] == [("islamtimes", True)]


def test_a_redesign_and_broken_pages_show_and_marked_articles_are_in_no_corpus(lived):
    seen = lived.seen["drift"]
    assert wrong(seen) == {"rmol": ["drift"], "suara": ["coverage"]}
    (rmol,) = (row for row in seen["health"][1] if row["site"] == "rmol")
    assert rmol["articles_marked"] > 0
    assert seen["metrics"]["warta_incident"]["drift", "fallback", "rmol"] == 1
    (suara,) = (
        row for row in seen["coverage"][1] if row["site"] == "suara" and row["day"] == "2026-12-06"
    )
    assert (suara["marks"], suara["reasons"].keys()) == (["missing"], {"http_5xx"})
    assert seen["dropped"]["drifted"] == rmol["articles_marked"]


def test_in_the_end_all_is_well(lived):
    seen = lived.seen["end"]
    assert (seen["health"][0], wrong(seen)) == (0, {})
    assert all(row["articles_marked"] == 0 for row in seen["health"][1])
    assert all(row["end_told_at"] and not row["waiting"] for row in seen["alerts"][1])
    assert "warta_incident" not in seen["metrics"]
    assert seen["metrics"]["warta_collect_success"][()] == 1
    assert all(row["missing"] == 0 for row in seen["coverage"][1])
    assert seen["manners"] == []
    assert "drifted" not in seen["dropped"]
