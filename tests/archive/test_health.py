"""Health: for each site whether it is well and since when not, why, and which addresses show it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive
from archive.drift import evaluate
from archive.health import Limits, incidents
from archive.incidents import KINDS, Incident
from tests.archive.invented import DAY, HOUR, NOW, SITE, announce, check, keep, link, story, url_of

ROOM = 10_000_000_000


def found(archive: Archive, *, at: datetime, free: int = ROOM, **limits: object) -> list[Incident]:
    return incidents(archive, now=at, limits=Limits(**limits), free=lambda _path: free)


def crawled(archive: Archive, at: datetime, *, site: str = SITE, reason: str | None = "finished") -> int:
    """A crawl of an hour; without a reason it never wrote down its end."""
    number = archive.begin_crawl(site, now=at, version="0.1.0", arguments={})
    if reason is not None:
        archive.end_crawl(number, now=at + HOUR, counts={}, received=0, reason=reason)
    return number


# Crawls


def test_a_site_that_was_crawled_and_finished_is_well(archive: Archive) -> None:
    crawled(archive, NOW)
    assert found(archive, at=NOW + 2 * HOUR) == []


def test_a_site_that_was_never_crawled_is_not_asked_about(archive: Archive) -> None:
    announce(archive, link(1))
    assert found(archive, at=NOW + 99 * DAY) == []
    (one,) = incidents(archive, now=NOW, sites=["lain"], free=lambda _path: ROOM)
    assert (one.kind, one.site, one.why) == ("no_crawl", "lain", "it was never crawled to the end")


def test_a_site_that_is_to_be_crawled_from_now_on_is_silent_only_after_its_rhythm(archive: Archive) -> None:
    limits = Limits(silences={"lain": 4 * HOUR}, expected_since=NOW)
    given = {"limits": limits, "sites": ["lain"], "free": lambda _path: ROOM}
    assert incidents(archive, now=NOW, **given) == []
    assert incidents(archive, now=NOW + 4 * HOUR, **given) == []
    (one,) = incidents(archive, now=NOW + 5 * HOUR, **given)
    assert (one.kind, one.since, one.why) == ("no_crawl", NOW + 4 * HOUR, "it was never crawled to the end")


def test_failed_crawls_are_one_incident_since_the_first_of_them(archive: Archive) -> None:
    crawled(archive, NOW - DAY, reason="nothing_announced")
    crawled(archive, NOW)
    crawled(archive, NOW + 6 * HOUR, reason="nothing_announced")
    crawled(archive, NOW + 12 * HOUR, reason="robots_unavailable")
    (one,) = found(archive, at=NOW + 14 * HOUR)
    assert (one.kind, one.since) == ("crawl_failed", NOW + 7 * HOUR)
    assert one.why.startswith("the last 2 crawls failed: robots.txt could not be had")
    crawled(archive, NOW + 18 * HOUR)
    assert found(archive, at=NOW + 20 * HOUR) == []


def test_a_failed_crawl_names_the_sources_that_failed(archive: Archive) -> None:
    crawled(archive, NOW, reason="nothing_announced")
    check(archive, "https://www.kabar.example/peta.xml", "source", at=NOW + HOUR, reason="http_5xx")
    check(archive, "https://www.kabar.example/umpan", "source", at=NOW + HOUR, reason="announced")
    (one,) = found(archive, at=NOW + 2 * HOUR)
    assert one.urls == ("https://www.kabar.example/peta.xml",)


def test_a_crawl_without_an_end_runs_while_the_site_answers_and_is_broken_afterwards(archive: Archive) -> None:
    crawled(archive, NOW, reason=None)
    assert found(archive, at=NOW + HOUR) == []
    announce(archive, link(1))
    check(archive, url_of(1), "kept", at=NOW + 30 * HOUR)
    assert found(archive, at=NOW + 31 * HOUR) == []
    (one,) = found(archive, at=NOW + 33 * HOUR)
    assert (one.kind, one.since) == ("crawl_failed", NOW)
    assert "it broke off" in one.why


def test_a_crawl_without_an_end_before_another_one_is_broken_even_if_that_one_runs(archive: Archive) -> None:
    crawled(archive, NOW, reason=None)
    crawled(archive, NOW + HOUR, reason=None)
    (one,) = found(archive, at=NOW + 2 * HOUR)
    assert (one.kind, one.since) == ("crawl_failed", NOW)


def test_a_crawl_that_someone_stopped_has_not_failed(archive: Archive) -> None:
    crawled(archive, NOW)
    crawled(archive, NOW + 2 * HOUR, reason="shutdown")
    assert found(archive, at=NOW + 4 * HOUR) == []
    (one,) = found(archive, at=NOW + 60 * HOUR)
    assert one.kind == "no_crawl"


def test_a_site_without_a_crawl_within_its_rhythm_is_told_from_when_it_was_due(archive: Archive) -> None:
    crawled(archive, NOW)
    crawled(archive, NOW, site="warta")
    (one,) = found(archive, at=NOW + 10 * HOUR, silences={"warta": timedelta(hours=6)})
    assert (one.kind, one.site, one.since) == ("no_crawl", "warta", NOW + 7 * HOUR)
    assert one.why == "no crawl since 2026-11-20T04:04:05+00:00; there should be one every 6 hours"
    assert {each.site for each in found(archive, at=NOW + 3 * DAY)} == {SITE, "warta"}


# Layouts, coverage, the disk


def test_a_drift_that_lasts_is_an_incident_with_its_pages(archive: Archive) -> None:
    crawled(archive, NOW - 2 * HOUR)
    for number in range(1, 61):
        keep(archive, story(number))
    for number in range(61, 73):
        keep(archive, story(number, layout="fallback"), at=NOW + HOUR)
    with archive.transaction():
        evaluate(archive, SITE, now=NOW + HOUR, extractor="warta/0.1.0/kabar-1")
    (one,) = found(archive, at=NOW + 2 * HOUR)
    assert (one.kind, one.layout, one.since) == ("drift", "fallback", NOW + HOUR)
    assert "12 of 12 pages have none of the site's layouts any more" in one.why
    assert one.urls[0] == url_of(72)


def test_missing_stories_are_an_incident_since_the_first_day_of_the_loss(archive: Archive) -> None:
    for day in range(5):
        at = NOW + day * DAY
        crawled(archive, at)
        announce(archive, *(link(100 * day + n, published_at=at - HOUR) for n in range(10)), at=at)
        for n in range(10):
            outcome = "failed" if day >= 1 and n < 6 else "kept"
            if outcome == "failed":
                check(archive, url_of(100 * day + n), "failed", at=at, reason="http_403")
            else:
                keep(archive, story(100 * day + n), at=at)
    (one,) = found(archive, at=NOW + 4 * DAY + HOUR)
    assert (one.kind, one.since) == ("coverage", datetime(2026, 11, 20, 17, tzinfo=UTC))  # 21 November in Jakarta
    assert "6 of 10 stories missing, mostly as the server refused the request (403)" in one.why
    assert len(one.urls) == 5
    assert found(archive, at=NOW + 4 * DAY + HOUR, missing_share=0.7) == []


def test_a_full_disk_concerns_the_whole_archive(archive: Archive) -> None:
    (one,) = found(archive, at=NOW, free=123)
    assert (one.kind, one.site, one.since) == ("disk", None, NOW)
    assert one.why == "only 123 B are left on the disk; it should have 953.7 MB"


def test_every_kind_is_known(archive: Archive) -> None:
    crawled(archive, NOW, reason="nothing_announced")
    assert {each.kind for each in found(archive, at=NOW + 9 * DAY, free=0)} <= set(KINDS)


def test_looking_writes_nothing(path: Path, archive: Archive) -> None:
    crawled(archive, NOW)
    archive.close()
    before = path.read_bytes()
    with Archive(path, read_only=True) as reader:
        found(reader, at=NOW + 9 * DAY)
    assert path.read_bytes() == before


# The command

NO_DISK = ("--disk-free", "0")


def test_the_command_tells_who_is_well_and_who_is_not_and_ends_with_3(path: Path, warta) -> None:
    now = datetime.now(UTC)
    with Archive(path) as archive:
        crawled(archive, now - 2 * HOUR)
        crawled(archive, now - 2 * HOUR, site="warta", reason="robots_forbidden")
    told = warta("health", options=NO_DISK)
    assert told.exit_code == 3
    well, ill, why = told.stdout.splitlines()
    assert well.startswith(f"{SITE}: well; the last crawl ended ")
    assert ill.startswith("warta: not well since ")
    assert why.endswith("the last crawl failed: robots.txt forbids this address for us")
    assert warta("health", options=("--site", SITE, *NO_DISK)).exit_code == 0


def test_json_is_a_row_a_site_and_one_for_the_disk(path: Path, warta) -> None:
    with Archive(path) as archive:
        crawled(archive, datetime.now(UTC) - 2 * HOUR)
    rows = [json.loads(line) for line in warta("health", options=("--json", "--disk-free", "1e15")).stdout.splitlines()]
    assert [(row["site"], row["well"]) for row in rows] == [(SITE, True), (None, False)]
    assert rows[1]["incidents"][0]["kind"] == "disk"


def test_an_archive_that_was_never_crawled_says_so(path: Path, warta) -> None:
    Archive(path).close()
    told = warta("health", options=NO_DISK)
    assert (told.exit_code, told.stdout) == (0, "")
    assert told.stderr == "No site was ever crawled into this archive.\n"


@pytest.mark.parametrize("option", [("--silence", "0"), ("--missing-share", "2"), ("--disk-free", "-1")])
def test_an_impossible_limit_is_wrong_usage(path: Path, warta, option: tuple[str, str]) -> None:
    Archive(path).close()
    assert warta("health", options=option).exit_code == 2
