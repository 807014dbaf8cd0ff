"""Coverage: what was announced against what is kept, a site and day of publication; days that
announced far less; the picture.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.maintenance.takedown import take_down as remove
from archive.monitoring.coverage import Coverage, Period, coverage, far_less, lost, sites, urls
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    check,
    keep,
    link,
    story,
    take_down,
    url_of,
)

TODAY = date(2026, 11, 20)
PUBLISHED = NOW - 2 * HOUR


def days(
    archive: Archive,
    *,
    first: date = TODAY,
    last: date = TODAY,
    now: datetime = NOW,
    **options: object,
) -> list[Coverage]:
    given = {name: options.pop(name) for name in ("zone", "late") if name in options}
    return coverage(archive, Period(first=first, last=last, now=now, **given), **options)


def only(archive: Archive, **options: object) -> Coverage:
    (found,) = days(archive, **options)
    return found


def counts(found: Coverage) -> tuple[int, int, int, int, int, int]:
    return found.announced, found.kept, found.missing, found.waiting, found.late, found.skipped


def published(number: int, **fields: object):
    return link(number, **{"published_at": PUBLISHED} | fields)


def crawled(archive: Archive, at: datetime, *, site: str = SITE, reason: str = "finished") -> None:
    with archive.transaction(at):
        number = archive.crawls.begin(site, version="0.1.0", arguments={})
    with archive.transaction(at + HOUR):
        archive.crawls.end(number, counts={}, received=0, reason=reason)


# What is counted


def test_a_story_is_kept_missing_or_waiting(archive: Archive) -> None:
    announce(archive, *map(published, range(1, 6)), at=NOW - HOUR)
    keep(archive, story(1))
    check(archive, url_of(2), "failed", reason="timeout", next_check_at=NOW + HOUR)
    check(archive, url_of(3), "gone", reason="http_404")
    check(archive, url_of(4), "refused", reason="robots_forbidden")
    found = only(archive)
    assert counts(found) == (5, 1, 3, 1, 0, 0)
    assert found.reasons == {"timeout": 1, "http_404": 1, "robots_forbidden": 1}


def test_what_was_never_requested_is_missing_after_a_day(archive: Archive) -> None:
    announce(archive, published(1), at=NOW - HOUR)
    assert counts(only(archive, now=NOW + 22 * HOUR)) == (1, 0, 0, 1, 0, 0)
    found = only(archive, now=NOW + 24 * HOUR)
    assert (counts(found), found.reasons) == ((1, 0, 1, 0, 0, 0), {"new": 1})


def test_a_story_counts_once_whatever_its_addresses(archive: Archive) -> None:
    announce(archive, published(1), at=NOW - 2 * HOUR)
    announce(archive, published(7, key=f"{SITE}-1"), at=NOW - HOUR)
    keep(archive, story(1))
    assert counts(only(archive)) == (1, 1, 0, 0, 0, 0)
    take_down(archive, story(1), at=NOW + HOUR)
    assert counts(only(archive)) == (
        1,
        1,
        0,
        0,
        0,
        0,
    )  # it is in the archive, though the site removed it


def test_a_story_that_is_announced_again_at_another_address_stays_on_its_day(
    archive: Archive,
) -> None:
    long_ago = NOW - 20 * DAY
    announce(archive, link(1), at=long_ago)
    check(archive, url_of(1), "gone", reason="http_404", at=long_ago + HOUR)
    announce(archive, link(7, key=f"{SITE}-1"), at=NOW - 3 * DAY)
    found = days(archive, first=TODAY - timedelta(days=30), now=NOW)
    assert [day.day for day in found if day.announced] == [TODAY - timedelta(days=3)]


def test_what_is_no_story_by_its_address_is_not_counted_and_what_is_out_of_the_window_is_skipped(
    archive: Archive,
) -> None:
    announce(
        archive,
        published(1, refused="video_page"),
        published(2, refused="foreign_site"),
        published(3, skipped="before_since"),
    )
    assert counts(only(archive)) == (0, 0, 0, 0, 0, 1)


def test_an_imported_story_and_one_that_was_taken_down_were_not_announced(archive: Archive) -> None:
    announce(archive, published(1), source="import koleksi.jsonl")
    announce(archive, published(2), published(3))
    keep(archive, story(2))
    keep(archive, story(3))
    remove(archive, SITE, f"{SITE}-3", url=url_of(3), reason="diminta keluarga", now=NOW)
    assert counts(only(archive)) == (1, 1, 0, 0, 0, 0)


def test_a_story_is_late_when_it_came_a_day_after_its_announcement(archive: Archive) -> None:
    announce(archive, published(1), published(2))
    keep(archive, story(1), at=NOW + 23 * HOUR)
    keep(archive, story(2), at=NOW + 25 * HOUR)
    assert only(archive, now=NOW + 2 * DAY).late == 1
    assert only(archive, now=NOW + 2 * DAY, late=timedelta(hours=1)).late == 2


def test_a_story_that_was_skipped_at_first_is_late_by_what_passed_since_it_was_wanted(
    archive: Archive,
) -> None:
    announce(archive, published(1, skipped="before_since"), published(2, skipped="before_since"))
    announce(archive, published(1), published(2), at=NOW + 9 * DAY)
    keep(archive, story(1), at=NOW + 9 * DAY + HOUR)
    keep(archive, story(2), at=NOW + 11 * DAY)
    assert only(archive, now=NOW + 12 * DAY).late == 1


def test_the_day_is_that_of_publication_in_the_zone(archive: Archive) -> None:
    evening = datetime(
        2026, 11, 19, 18, 30, tzinfo=UTC
    )  # 01:30 of the next day in Jakarta, 22:00 in Tehran
    announce(archive, published(1, published_at=evening))
    assert only(archive, first=date(2026, 11, 1)).day == TODAY
    assert days(archive, first=date(2026, 11, 1), zone=ZoneInfo("Asia/Tehran"))[0].day == date(
        2026, 11, 19
    )


@pytest.mark.parametrize(
    ("zone", "midnight"),  # UTC; before and after clocks are put forward
    [
        ("Asia/Jakarta", "2026-11-19T17:00"),
        ("Asia/Kolkata", "2026-11-19T18:30"),
        ("Asia/Kathmandu", "2026-11-19T18:15"),
        ("Pacific/Chatham", "2026-09-26T11:15"),
        ("Pacific/Chatham", "2026-09-27T10:15"),
    ],
)
def test_a_day_begins_to_the_minute(archive: Archive, zone: str, midnight: str) -> None:
    begin = datetime.fromisoformat(midnight).replace(tzinfo=UTC)
    minutes = [begin + timedelta(minutes=number) for number in range(-60, 60)]
    announce(archive, *(published(n, published_at=at) for n, at in enumerate(minutes, start=1)))
    found = days(archive, first=date(2026, 9, 1), zone=ZoneInfo(zone))
    day = begin.astimezone(ZoneInfo(zone)).date()
    assert {each.day: each.announced for each in found if each.announced} == {
        day - DAY: 60,
        day: 60,
    }


def test_every_site_that_announced_anything_is_named_once_in_order(archive: Archive) -> None:
    assert sites(archive) == []
    for name in ("suara", "medcom", "republika", "medcom"):
        announce(archive, link(1), link(2), site=name)
    assert sites(archive) == ["medcom", "republika", "suara"]


def test_without_an_announced_time_the_storys_own_counts_else_when_it_was_first_seen(
    archive: Archive,
) -> None:
    announce(archive, link(1), link(2))
    keep(archive, story(1, published_at=datetime(2026, 11, 17, 8, tzinfo=UTC)))
    found = days(archive, first=date(2026, 11, 1))
    assert {each.day: each.announced for each in found if each.announced} == {
        date(2026, 11, 17): 1,
        TODAY: 1,
    }


def test_days_without_a_story_are_there_too(archive: Archive) -> None:
    announce(archive, published(1, published_at=NOW - 3 * DAY), published(2))
    assert [each.announced for each in days(archive, first=date(2026, 11, 1))] == [1, 0, 0, 1]


def test_days_without_a_story_are_there_too_after_one_that_is_older_than_what_they_compare_with(
    archive: Archive,
) -> None:
    announce(archive, published(1, published_at=NOW - 200 * DAY), published(2))
    found = days(archive, first=TODAY - timedelta(days=2))
    assert [each.announced for each in found] == [0, 0, 1]


def test_a_day_counts_as_looked_at_between_the_first_crawl_and_the_last_that_requested_every_source(
    archive: Archive,
) -> None:
    crawled(archive, NOW - 4 * DAY)
    crawled(archive, NOW - DAY)
    announce(
        archive,
        published(1, published_at=NOW - 6 * DAY),
        published(2, published_at=NOW + 2 * DAY),
        at=NOW,
    )
    crawled(archive, NOW + DAY, reason="robots_unavailable")
    found = days(archive, first=date(2026, 11, 1), last=date(2026, 11, 30), now=NOW + 2 * DAY)
    assert [each.looked for each in found] == [
        False,
        False,
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_each_missing_or_late_story_is_named_with_its_reason(archive: Archive) -> None:
    announce(archive, *map(published, (1, 2, 3)))
    keep(archive, story(1))
    keep(archive, story(2), at=NOW + 30 * HOUR)
    check(archive, url_of(3), "failed", reason="http_5xx")
    found = urls(archive, Period(first=TODAY, last=TODAY, now=NOW + 2 * DAY))
    assert [(row["url"], row["outcome"], row["reason"]) for row in found] == [
        (url_of(2), "late", None),
        (url_of(3), "missing", "http_5xx"),
    ]


def test_the_past_reads_as_it_was_covered_then(archive: Archive) -> None:
    announce(archive, published(1), at=NOW)
    keep(archive, story(1), at=NOW + DAY)
    with archive.as_of(NOW + HOUR) as past:
        (found,) = coverage(past, Period(first=TODAY, last=TODAY, now=NOW + HOUR))
    assert counts(found) == (1, 0, 0, 1, 0, 0)


# Days that announced far less


def weeks(archive: Archive, *, each: int = 12, last: int, count: int = 6) -> None:
    """So many stories on `count` Fridays before TODAY, and `last` of them today; a crawl looked
    every time, and once more tomorrow.
    """
    number = 0
    for week in range(count, -1, -1):
        for _story in range(each if week else last):
            number += 1
            at = NOW - timedelta(weeks=week)
            announce(archive, link(number, published_at=at), at=at)
        crawled(archive, NOW - timedelta(weeks=week))
    crawled(archive, NOW + DAY)


@pytest.mark.parametrize(
    ("last", "marks"), [(0, True), (3, True), (6, False), (12, False), (30, False)]
)
def test_a_day_that_announced_far_less_than_its_weekday_does_is_marked(
    archive: Archive, last: int, marks: bool
) -> None:
    weeks(archive, last=last)
    found = only(archive, now=NOW + 2 * DAY)
    assert found.usual == 12
    assert ("few" in found.marks) is marks


def test_with_little_history_no_day_is_marked(archive: Archive) -> None:
    weeks(archive, last=0, count=3)
    assert only(archive, now=NOW + 2 * DAY).usual is None


def test_the_day_in_progress_and_a_day_that_no_crawl_has_looked_at_since_are_not_judged(
    archive: Archive,
) -> None:
    weeks(archive, last=0)
    assert only(archive, now=NOW).marks == ()
    with archive.transaction(NOW):
        archive.db.conn.execute(
            "UPDATE crawls SET end_reason = 'robots_unavailable' WHERE started_at > ?",
            ((NOW + HOUR).isoformat(),),
        )
    assert only(archive, now=NOW + 2 * DAY).marks == ()


@given(st.floats(0, 500), st.integers(0, 500))
def test_half_of_the_usual_number_is_never_far_less_and_fewer_are_not_less_so(
    usual: float, number: int
) -> None:
    assert not (far_less(number, usual) and number >= usual / 2)
    if number and far_less(number, usual):
        assert far_less(number - 1, usual)


def test_some_missing_stories_are_no_loss_many_are() -> None:
    assert not lost(20, 4)
    assert lost(20, 5)
    assert not lost(100, 10)


# The command


@pytest.fixture
def gap(path: Path) -> Path:
    """Today 6 of 12 stories are missing."""
    now = datetime.now(UTC)
    with Archive(path) as archive:
        announce(
            archive,
            *(link(number, published_at=now - HOUR) for number in range(1, 13)),
            at=now - HOUR,
        )
        for number in range(1, 7):
            keep(archive, story(number), at=now - HOUR)
        for number in range(7, 13):
            check(archive, url_of(number), "failed", at=now - HOUR, reason="http_403")
    return path


def test_the_table_tells_a_row_a_day_with_reasons_and_totals_and_ends_with_3(
    gap: Path, warta
) -> None:
    told = warta("coverage", options=("--zone", "UTC"))
    assert told.exit_code == 3
    assert "too many missing; 6 http_403" in told.stdout
    assert "all" in told.stdout.splitlines()[-1]


def test_several_sites_may_be_named_and_their_stories_are_listed(gap: Path, warta) -> None:
    with Archive(gap) as archive:
        announce(archive, link(101, key="101"), site="warta")
        announce(archive, link(102, key="102"), site="berita")
    options = ("--site", "warta", "--site", "Kabar", "--json")
    rows = [json.loads(line) for line in warta("coverage", options=options).stdout.splitlines()]
    assert {row["site"] for row in rows} == {"kabar", "warta"}
    listed = warta("coverage", options=(*options, "--urls")).stdout.splitlines()
    assert {json.loads(line)["site"] for line in listed} == {"kabar", "warta"}
    assert warta("coverage", options=("--site", "warta", "--site", "lain")).exit_code == 2


def test_a_long_stretch_of_empty_days_is_one_row_of_the_table(path: Path, warta) -> None:
    now = datetime.now(UTC)
    with Archive(path) as archive:
        crawled(archive, now - 5 * DAY)
        announce(archive, link(1, published_at=now - 12 * DAY), link(2, published_at=now), at=now)
        crawled(archive, now)
    ago = [(now - number * DAY).date().isoformat() for number in range(13)]
    first, early, late, today, whole = warta(
        "coverage", options=("--zone", "UTC", "--until", ago[0])
    ).stdout.splitlines()[1:]
    assert first.split()[1] == ago[12]
    assert f"{ago[11]} to {ago[6]}" in early
    assert early.endswith("not checked")
    assert f"{ago[5]} to {ago[1]}" in late
    assert (today.split()[1], whole.split()[1]) == (ago[0], "all")
    assert len(warta("coverage", options=("--json",)).stdout.splitlines()) == 13


def test_json_is_a_row_a_day_or_a_row_an_address(gap: Path, warta) -> None:
    rows = [json.loads(line) for line in warta("coverage", options=("--json",)).stdout.splitlines()]
    (row,) = (row for row in rows if row["announced"])
    assert (row["site"], row["announced"], row["missing"], row["reasons"], row["marks"]) == (
        SITE,
        12,
        6,
        {"http_403": 6},
        ["missing"],
    )
    named = [
        json.loads(line)
        for line in warta("coverage", options=("--json", "--urls")).stdout.splitlines()
    ]
    assert [each["reason"] for each in named] == ["http_403"] * 6


def test_what_may_be_missing_and_whose_days_they_are_come_from_the_configuration(
    gap: Path, warta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("warta.toml").write_text(
        '[health]\nmissing_share = 0.6\n[schedule]\ntimezone = "Pacific/Kiritimati"\n'
    )
    told = warta("coverage", options=("--json", "--urls"))
    assert told.exit_code == 0
    published = datetime.fromisoformat(json.loads(told.stdout.splitlines()[0])["first_seen_at"])
    assert (
        json.loads(told.stdout.splitlines()[0])["day"]
        == published.astimezone(ZoneInfo("Pacific/Kiritimati")).date().isoformat()
    )
    assert warta("coverage", options=("--missing-share", "0.1")).exit_code == 3


def test_what_may_be_missing_is_an_option(gap: Path, warta) -> None:
    assert warta("coverage", options=("--missing-share", "0.6")).exit_code == 0
    typo = warta("coverage", options=("--site", "lain"))
    assert typo.exit_code == 2
    assert f"no site is called lain; there are {SITE}" in typo.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--since", "2026-11-21", "--until", "2026-11-20"), "no day is left"),
        (("--zone", "Asia/Lambur"), "unknown time zone"),
        (("--since", "kemarin"), "expected a day like 2026-01-31"),
        (("--late", "-1"), "not in the range"),
        (("--late", "1e300"), "not in the range"),
        (("--late", "nan"), "expected a number"),
        (("--missing-share", "nan"), "expected a number"),
    ],
)
def test_wrong_usage_is_reported_plainly(
    gap: Path, warta, options: tuple[str, ...], said: str
) -> None:
    told = warta("coverage", options=options)
    assert told.exit_code == 2
    assert said in told.stderr


def test_the_oldest_and_the_newest_day_do_no_harm(gap: Path, warta) -> None:
    assert (
        warta("coverage", options=("--since", "0001-01-01", "--until", "9999-12-31")).exit_code == 3
    )
    assert warta("coverage", options=("--until", "0001-01-01")).exit_code in (0, 2)


# The picture


def pictured(weeks: int, sites: tuple[str, ...] = ("kabar", "warta")) -> list[Coverage]:
    first = TODAY - timedelta(weeks=weeks)
    return [
        Coverage(
            site=site,
            day=first + timedelta(days=number),
            kept=number % 9,
            missing=number % 3,
            waiting=4 if number >= 7 * weeks - 2 else 0,
            looked=number >= 9,
            marks=("few",) if number % 11 == 5 else ("missing",) if number % 13 == 4 else (),
        )
        for site in sites
        for number in range(7 * weeks)
    ]


@pytest.mark.parametrize("length", [0, 1, 14, 30, 120])
def test_a_picture_of_any_time_is_a_png(tmp_path: Path, length: int) -> None:
    pytest.importorskip("matplotlib")
    from archive.monitoring.coverage_plot import draw

    draw(pictured(length), tmp_path / "liputan.png")
    assert (tmp_path / "liputan.png").read_bytes().startswith(b"\x89PNG")


def test_a_day_whose_stories_still_wait_is_no_loss() -> None:
    pytest.importorskip("matplotlib")
    from archive.monitoring.coverage_plot import _share

    day = Coverage(site=SITE, day=TODAY, kept=2, missing=2, waiting=36)
    assert _share(day) == 0.5
    assert _share(Coverage(site=SITE, day=TODAY, waiting=40)) is None


def test_the_title_tells_the_period_and_whose_days_they_are() -> None:
    pytest.importorskip("matplotlib")
    from archive.monitoring.coverage_plot import _title

    assert (
        _title(pictured(2), ZoneInfo("Asia/Tehran"))
        == "Coverage from 2026-11-06 to 2026-11-19, days in Asia/Tehran"
    )


def test_the_command_draws_it_and_says_where_it_cannot(gap: Path, warta, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "liputan.png"
    told = warta("coverage", options=("--plot", str(picture)))
    assert picture.exists()
    assert told.stderr == f"{picture}: 1 calendar.\n"
    nowhere = warta("coverage", options=("--plot", str(tmp_path / "tidak-ada" / "liputan.png")))
    assert nowhere.exit_code == 1
    assert "the plot cannot be written there" in nowhere.stderr


@pytest.mark.parametrize("name", ["liputan.bmpp", "liputan", "liputan.svg", ".png"])
def test_a_picture_that_is_to_be_no_png_is_refused_before_anything_is_read(
    warta, tmp_path: Path, name: str
) -> None:
    told = warta(
        "coverage",
        options=("--plot", str(tmp_path / name), "--archive", str(tmp_path / "tiada.db")),
    )
    assert told.exit_code == 2
    expected = "the plot is a PNG; expected a name like coverage.png"
    assert f"Invalid value for '--plot': {tmp_path / name}: {expected}" in told.stderr


def test_without_matplotlib_one_line_says_what_to_install(
    gap: Path, warta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "archive.monitoring.coverage_plot", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    told = warta("coverage", options=("--plot", str(tmp_path / "liputan.png")))
    assert told.exit_code == 1
    (line,) = told.stderr.splitlines()
    assert line.endswith("pip install 'warta[plots]'")
