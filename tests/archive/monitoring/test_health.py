"""Health: for each site whether it is well and since when not, why, and which addresses show it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from archive import Archive
from archive.monitoring.alert_log import Alerts, listed
from archive.monitoring.drift import evaluate
from archive.monitoring.health import Limits, incidents
from archive.monitoring.incidents import KINDS, Incident
from tests.archive.invented import DAY, HOUR, NOW, SITE, announce, check, keep, link, story, url_of

ROOM = 10_000_000_000


def found(archive: Archive, *, at: datetime, free: int = ROOM, **limits: object) -> list[Incident]:
    return incidents(archive, now=at, limits=Limits(**limits), free=lambda _path: free)


def crawled(
    archive: Archive, at: datetime, *, site: str = SITE, reason: str | None = "finished"
) -> int:
    """A crawl of an hour; without a reason it never wrote down its end."""
    with archive.transaction(at):
        number = archive.crawls.begin(site, version="0.1.0", arguments={})
    if reason is not None:
        with archive.transaction(at + HOUR):
            archive.crawls.end(number, counts={}, received=0, reason=reason)
    return number


# Crawls


def test_a_site_that_was_crawled_and_finished_is_well(archive: Archive) -> None:
    crawled(archive, NOW)
    assert found(archive, at=NOW + 2 * HOUR) == []


def test_a_site_that_was_never_crawled_is_silent_only_where_it_is_named(archive: Archive) -> None:
    announce(archive, link(1))
    assert found(archive, at=NOW + 99 * DAY) == []
    (one,) = incidents(archive, now=NOW, sites=["lain"], free=lambda _path: ROOM)
    assert (one.kind, one.site, one.why) == ("no_crawl", "lain", "it was never crawled")


def test_a_site_that_is_to_be_crawled_from_now_on_is_silent_only_after_its_rhythm(
    archive: Archive,
) -> None:
    limits = Limits(silences={"lain": 4 * HOUR}, expected_since=NOW)
    given = {"limits": limits, "sites": ["lain"], "free": lambda _path: ROOM}
    assert incidents(archive, now=NOW, **given) == []
    assert incidents(archive, now=NOW + 4 * HOUR, **given) == []
    (one,) = incidents(archive, now=NOW + 5 * HOUR, **given)
    assert (one.kind, one.since, one.why) == ("no_crawl", NOW + 4 * HOUR, "it was never crawled")


def test_failed_crawls_are_one_incident_since_the_first_of_them(archive: Archive) -> None:
    crawled(archive, NOW - DAY, reason="nothing_announced")
    crawled(archive, NOW)
    crawled(archive, NOW + 6 * HOUR, reason="nothing_announced")
    crawled(archive, NOW + 12 * HOUR, reason="robots_unavailable")
    (one,) = found(archive, at=NOW + 14 * HOUR)
    assert (one.kind, one.since) == ("crawl_failed", NOW + 7 * HOUR)
    assert one.why.startswith("the last 2 crawls failed: robots.txt was unavailable")
    crawled(archive, NOW + 18 * HOUR)
    assert found(archive, at=NOW + 20 * HOUR) == []


def test_a_failed_crawl_names_the_sources_that_failed(archive: Archive) -> None:
    crawled(archive, NOW, reason="nothing_announced")
    check(archive, "https://www.kabar.example/peta.xml", "source", at=NOW + HOUR, reason="http_5xx")
    check(archive, "https://www.kabar.example/umpan", "source", at=NOW + HOUR, reason="announced")
    (one,) = found(archive, at=NOW + 2 * HOUR)
    assert one.urls == ("https://www.kabar.example/peta.xml",)


def test_a_crawl_without_an_end_runs_while_the_site_answers_and_is_broken_afterwards(
    archive: Archive,
) -> None:
    crawled(archive, NOW, reason=None)
    assert found(archive, at=NOW + HOUR) == []
    announce(archive, link(1))
    check(archive, url_of(1), "kept", at=NOW + 30 * HOUR)
    assert found(archive, at=NOW + 31 * HOUR) == []
    (one,) = found(archive, at=NOW + 33 * HOUR)
    assert (one.kind, one.since) == ("crawl_failed", NOW)
    assert "it was killed" in one.why


def test_a_crawl_without_an_end_before_another_one_is_broken_even_if_that_one_runs(
    archive: Archive,
) -> None:
    crawled(archive, NOW, reason=None)
    crawled(archive, NOW + HOUR, reason=None)
    (one,) = found(archive, at=NOW + 2 * HOUR)
    assert (one.kind, one.since) == ("crawl_failed", NOW)


def test_a_crawl_that_was_killed_is_reported_since_it_began_and_breaks_no_silence(
    archive: Archive,
) -> None:
    crawled(archive, NOW)
    crawled(archive, NOW + DAY, reason=None)
    with archive.transaction(NOW + 4 * DAY):
        archive.crawls.end_interrupted(SITE)
    failed, silent = found(archive, at=NOW + 4 * DAY)
    assert (failed.kind, failed.since) == ("crawl_failed", NOW + DAY)
    assert "it was killed" in failed.why
    assert (silent.kind, silent.since) == ("no_crawl", NOW + 3 * DAY)


def test_a_crawl_that_begins_ends_the_one_before_it_that_was_killed(archive: Archive) -> None:
    crawled(archive, NOW, reason=None)
    crawled(archive, NOW + DAY, reason=None)
    rows = list(archive.db.query("SELECT ended_at, end_reason FROM crawls ORDER BY id"))
    assert [row["end_reason"] for row in rows] == ["broke_off", None]


def test_a_crawl_that_someone_stopped_has_not_failed(archive: Archive) -> None:
    crawled(archive, NOW)
    crawled(archive, NOW + 2 * HOUR, reason="shutdown")
    assert found(archive, at=NOW + 4 * HOUR) == []
    (one,) = found(archive, at=NOW + 60 * HOUR)
    assert one.kind == "no_crawl"


def test_a_site_without_a_crawl_within_its_rhythm_is_reported_from_when_it_was_due(
    archive: Archive,
) -> None:
    crawled(archive, NOW)
    crawled(archive, NOW, site="warta")
    (one,) = found(archive, at=NOW + 10 * HOUR, silences={"warta": timedelta(hours=6)})
    assert (one.kind, one.site, one.since) == ("no_crawl", "warta", NOW + 7 * HOUR)
    assert (
        one.why
        == "no crawl since 2026-11-20T11:04:05+07:00; there should be one at least every 6 hours"
    )
    assert {each.site for each in found(archive, at=NOW + 3 * DAY)} == {SITE, "warta"}


def test_a_crawl_that_failed_breaks_the_silence_and_one_that_was_stopped_does_not(
    archive: Archive,
) -> None:
    rhythm = {SITE: timedelta(hours=6)}
    crawled(archive, NOW)
    crawled(archive, NOW + 6 * HOUR, reason="no_source")
    assert [one.kind for one in found(archive, at=NOW + 10 * HOUR, silences=rhythm)] == [
        "crawl_failed"
    ]
    crawled(archive, NOW + 12 * HOUR, reason="shutdown")
    assert [one.kind for one in found(archive, at=NOW + 14 * HOUR, silences=rhythm)] == [
        "crawl_failed",
        "no_crawl",
    ]


def test_a_site_that_is_being_crawled_is_not_silent_however_long_it_takes(archive: Archive) -> None:
    crawled(archive, NOW - 9 * HOUR)
    crawled(archive, NOW, reason=None)
    announce(archive, link(1))
    check(archive, url_of(1), "kept", at=NOW + 9 * HOUR)
    rhythm = {SITE: timedelta(hours=4, minutes=10)}
    assert found(archive, at=NOW + 10 * HOUR, silences=rhythm) == []
    failed, silent = found(archive, at=NOW + 12 * HOUR, silences=rhythm)
    assert (failed.kind, silent.kind) == ("crawl_failed", "no_crawl")
    assert silent.why.endswith("there should be one at least every 4 hours 10 minutes")


def test_a_clock_that_was_ahead_is_reported_as_nothing_can_be_said_of_silence_then(
    archive: Archive,
) -> None:
    crawled(archive, datetime(2031, 5, 1, tzinfo=UTC))
    (one,) = found(archive, at=NOW + 30 * DAY)
    assert (one.kind, one.site, one.since) == ("clock", None, NOW + 30 * DAY)
    assert one.why.startswith(
        "the archive's clock is ahead: its newest entry is dated 2031-05-01T08:00:00+07:00"
    )
    assert (
        found(archive, at=datetime(2031, 5, 1, 0, 30, tzinfo=UTC)) == []
    )  # half an hour is no matter


# Layouts, coverage, the disk


def test_a_drift_that_lasts_is_an_incident_with_its_pages(archive: Archive) -> None:
    crawled(archive, NOW - 2 * HOUR)
    for number in range(1, 61):
        keep(archive, story(number))
    for number in range(61, 73):
        keep(archive, story(number, layout="fallback"), at=NOW + HOUR)
    with archive.transaction(NOW + HOUR):
        evaluate(archive, SITE, extractor="warta/0.1.0/kabar-1")
    (one,) = found(archive, at=NOW + 2 * HOUR)
    assert (one.kind, one.layout, one.since) == ("drift", "fallback", NOW + HOUR)
    assert "12 of 12 pages match none of the site's layouts" in one.why
    assert one.urls[0] == url_of(72)


def lossy(archive: Archive, days: int = 5) -> None:
    """Ten stories a day, from the second day on six of them refused."""
    for day in range(days):
        at = NOW + day * DAY
        crawled(archive, at)
        announce(archive, *(link(100 * day + n, published_at=at - HOUR) for n in range(10)), at=at)
        for n in range(10):
            outcome = "failed" if day >= 1 and n < 6 else "kept"
            if outcome == "failed":
                check(archive, url_of(100 * day + n), "failed", at=at, reason="http_403")
            else:
                keep(archive, story(100 * day + n), at=at)


def test_missing_stories_are_an_incident_a_day(archive: Archive) -> None:
    lossy(archive)
    days = found(archive, at=NOW + 4 * DAY + HOUR)
    assert {(each.kind, each.over) for each in days} == {("coverage", False)}
    assert [each.day for each in days] == [
        date(2026, 11, 22),
        date(2026, 11, 23),
        date(2026, 11, 24),
    ]
    assert days[0].since == datetime(2026, 11, 21, 17, tzinfo=UTC)  # midnight in Jakarta
    assert (
        days[0].why
        == "2026-11-22: 6 of 10 stories are missing, mostly because the server refused the request"
        " (403)"
    )
    assert days[0].urls == tuple(url_of(number) for number in range(200, 205))
    assert found(archive, at=NOW + 4 * DAY + HOUR, missing_share=0.7) == []


def told(archive: Archive, at: datetime) -> list[tuple[date | None, str]]:
    """Tell nobody of what is found, and give the days that this ended with their last words."""
    before = {(row["id"]) for row in listed(archive.db) if row["ended_at"] is None}
    incidents = found(archive, at=at)
    with archive.transaction(at):
        Alerts(archive).note(incidents, [])
    return [
        (row["day"], row["why"])
        for row in listed(archive.db)
        if row["id"] in before and row["ended_at"] is not None
    ]


def test_a_loss_that_nobody_mended_ends_with_the_words_that_it_stays(archive: Archive) -> None:
    lossy(archive, 2)
    assert told(archive, NOW + DAY + HOUR) == []
    assert told(archive, NOW + 3 * DAY + HOUR) == []
    ended = (
        "2026-11-21",
        (
            "2026-11-21: no longer watched; 6 of 10 stories remain missing, mostly because the"
            " server refused the request (403)"
        ),
    )
    assert told(archive, NOW + 30 * DAY) == [ended]  # nothing ran meanwhile
    assert [
        each for each in found(archive, at=NOW + 30 * DAY + HOUR) if each.kind == "coverage"
    ] == []


def test_a_loss_that_was_mended_ends_with_the_words_that_it_is(archive: Archive) -> None:
    lossy(archive, 2)
    told(archive, NOW + DAY + HOUR)
    for number in range(100, 105):
        keep(archive, story(number), at=NOW + DAY + 2 * HOUR)
    assert told(archive, NOW + DAY + 3 * HOUR) == [
        ("2026-11-21", "2026-11-21: 9 of 10 stories are in the archive now")
    ]


def test_a_full_disk_concerns_the_whole_archive(archive: Archive) -> None:
    (one,) = found(archive, at=NOW, free=123)
    assert (one.kind, one.site, one.since) == ("disk", None, NOW)
    assert one.why == "the disk has only 123 B free; 1.0 GB are required"


def test_room_that_wavers_around_the_limit_is_one_incident(archive: Archive) -> None:
    kinds = []
    for turn, free in enumerate((90, 101, 99, 109, 111, 101)):
        now = NOW + turn * HOUR
        seen = [
            each for each in found(archive, at=now, free=free, disk_free=100) if each.kind == "disk"
        ]
        kinds.append(bool(seen))
        with archive.transaction(now):
            Alerts(archive).note(seen, [])
    assert kinds == [True, True, True, True, False, False]


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
