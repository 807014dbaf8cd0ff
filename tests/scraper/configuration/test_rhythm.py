"""When a site is crawled: crontabs as cron reads them, in a time zone, with a delay that is always
the same.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.configuration.rhythm import CronSchedule, checked, parsed, shortest_gap

JAKARTA = ZoneInfo("Asia/Jakarta")
SUNDAY = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # 08:00 in Jakarta

moments = st.integers(0, 4 * 365 * 24 * 3600).map(
    lambda seconds: SUNDAY + timedelta(seconds=seconds)
)
lines = (
    st.tuples(
        st.sampled_from(["0", "*/20", "5,35", "10-40/15", "*"]),
        st.sampled_from(["*", "*/6", "0", "5-23", "22,3"]),
        st.sampled_from(["*", "1", "31", "1-7", "*/9"]),
        st.sampled_from(["*", "feb", "1-6", "12"]),
        st.sampled_from(["*", "sun", "mon-fri", "7", "0,3"]),
    )
    .map(" ".join)
    .filter(lambda text: " 31 feb *" not in text)
)


def rhythm(
    text: str, *, jitter: float = 0, zone: str = "Asia/Jakarta", site: str = "suara"
) -> CronSchedule:
    return CronSchedule(site=site, crontab=checked(text), zone=ZoneInfo(zone), jitter=jitter)


def runs(text: str, count: int, **given: object) -> list[str]:
    return [
        run.astimezone(JAKARTA).strftime("%a %d %H:%M")
        for run in islice(rhythm(text, **given).runs(SUNDAY), count)
    ]  # type: ignore[arg-type]


def test_the_hours_are_those_of_the_zone():
    assert runs("17 */2 * * *", 3) == ["Sun 22 08:17", "Sun 22 10:17", "Sun 22 12:17"]
    assert runs("0 5 * * *", 2, zone="UTC") == ["Sun 22 12:00", "Mon 23 12:00"]


def test_sunday_is_0_and_7_and_monday_is_1_as_in_cron():
    assert (
        runs("0 9 * * 0", 2)
        == runs("0 9 * * 7", 2)
        == runs("0 9 * * sun", 2)
        == ["Sun 22 09:00", "Sun 29 09:00"]
    )
    assert runs("0 9 * * 1-5", 6)[4:] == ["Fri 27 09:00", "Mon 30 09:00"]


def test_a_day_or_a_weekday_is_enough_where_both_are_given():
    assert runs("0 9 26 * mon", 3) == ["Mon 23 09:00", "Thu 26 09:00", "Mon 30 09:00"]


def test_a_run_that_begins_now_is_not_after_now():
    at = datetime(2026, 11, 22, 8, 17, tzinfo=JAKARTA)
    assert rhythm("17 */2 * * *").next_after(at) == at + timedelta(hours=2)
    assert rhythm("17 */2 * * *").next_after(at - timedelta(microseconds=1)) == at


@given(lines, moments, st.floats(0, 3000))
def test_a_run_is_late_by_its_jitter_at_most_and_always_by_the_same(text, moment, jitter):
    plain, late = rhythm(text), rhythm(text, jitter=jitter)
    planned = plain.next_after(moment)
    assert moment < planned <= late.next_after(moment) <= planned + timedelta(seconds=jitter)
    assert late.next_after(moment) == rhythm(text, jitter=jitter).next_after(moment)


@given(lines, moments)
def test_the_next_run_is_the_first_minute_that_the_crontab_names(text, moment):
    crontab, found = parsed(text), rhythm(text).next_after(moment)

    def named(at: datetime) -> bool:
        weekdays = {int(day) % 7 for day in crontab.weekdays}
        day = at.day in crontab.days, at.isoweekday() % 7 in weekdays
        agreed = all(day) if crontab.day_and else any(day)
        return (
            at.minute in crontab.minutes
            and at.hour in crontab.hours
            and at.month in crontab.months
            and agreed
        )

    assert named(found.astimezone(JAKARTA))
    minute = moment.astimezone(JAKARTA).replace(second=0, microsecond=0)
    between = (minute + timedelta(minutes=step) for step in range(1, 600))
    assert not any(named(at) for at in between if moment < at < found)


def test_sites_of_one_rhythm_take_turns():
    delays = {
        rhythm("0 * * * *", jitter=300, site=site).next_after(SUNDAY)
        for site in ("suara", "rmol", "medcom", "republika")
    }
    assert len(delays) == 4


# When clocks change


CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
    ),  # by half an hour
    "America/Havana": (
        datetime(2026, 3, 8, 5, tzinfo=UTC),
        datetime(2026, 11, 1, 5, tzinfo=UTC),
    ),  # there is no midnight, or two
}
"""Zone -> when clocks go forward and back in 2026."""
RHYTHMS = (
    "17 */2 * * *",
    "*/30 * * * *",
    "17 * * * *",
    "30 2 * * *",
    "0 1 * * *",
    "0 0 * * *",
    "*/20 1-3 * * *",
    "45 0-22 * * sun",
)
MINUTE = timedelta(minutes=1)

zones = st.sampled_from(sorted(CHANGES))


def expected(text: str, zone: str, first: datetime, minutes: int) -> list[datetime]:
    """Minute by minute, what a person would say who looks at the clock on the wall."""
    crontab, found = parsed(text), []
    hourly = len(crontab.hours) == 24

    def named(at: datetime) -> bool:
        return (
            at.minute in crontab.minutes
            and at.hour in crontab.hours
            and at.month in crontab.months
            and crontab.match_day(at.date())
        )

    before = (first - MINUTE).astimezone(ZoneInfo(zone))
    for number in range(minutes):
        at = (first + number * MINUTE).astimezone(ZoneInfo(zone))
        shown, last = at.replace(tzinfo=None), before.replace(tzinfo=None)
        skipped = [last + step * MINUTE for step in range(1, int((shown - last) / MINUTE))]
        if (hourly and named(at)) or (
            not hourly and not at.fold and any(map(named, [at, *skipped]))
        ):
            found.append(at.astimezone(UTC))
        before = at
    return found


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("text", RHYTHMS)
def test_around_a_change_of_the_clocks_each_run_comes_once_and_none_lies_behind(text, zone):
    own = rhythm(text, zone=zone)
    for change in CHANGES[zone]:
        first = change - timedelta(hours=4)
        planned = expected(text, zone, first, 60 * 36)
        assert [
            run.astimezone(UTC) for run in islice(own.runs(first - MINUTE), len(planned))
        ] == planned
        for number in range(60 * 3):
            at = change + (number - 90) * MINUTE
            run = own.next_after(at).astimezone(UTC)
            assert run > at
            assert run == next(later for later in planned if later > at)


@given(
    st.sampled_from(RHYTHMS),
    zones,
    st.booleans(),
    st.integers(-40 * 3600, 40 * 3600),
    st.floats(0, 3000),
)
def test_a_run_lies_ahead_whatever_clocks_do(text, zone, back, seconds, jitter):
    own, moment = (
        rhythm(text, zone=zone, jitter=jitter),
        CHANGES[zone][back] + timedelta(seconds=seconds),
    )
    planned, late = (
        own.planned_after(moment).astimezone(UTC),
        own.next_after(moment).astimezone(UTC),
    )
    assert moment < planned <= late <= planned + timedelta(seconds=jitter)
    assert own.planned_after(moment.astimezone(ZoneInfo(zone))).astimezone(UTC) == planned
    assert planned - moment < 2 * own.longest_gap()


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("text", RHYTHMS)
def test_a_site_that_is_crawled_when_it_is_due_is_not_crawled_more_often_than_its_rhythm_has_runs(
    text, zone
):
    own = rhythm(text, zone=zone, jitter=300)
    for change in CHANGES[zone]:
        last = first = change - timedelta(hours=30)
        crawls = 0
        while (run := own.next_after(last).astimezone(UTC)) < first + timedelta(hours=60):
            last = max(run, last + MINUTE)  # the schedule looks each minute
            crawls += 1
        assert abs(crawls - len(expected(text, zone, first + MINUTE, 60 * 60))) <= 1


def test_a_skipped_hour_is_made_up_for_and_a_repeated_one_counts_once():
    berlin = rhythm("30 2 * * *", zone="Europe/Berlin")
    spring = [
        run.strftime("%d %H:%M")
        for run in islice(berlin.runs(datetime(2026, 3, 27, 12, tzinfo=UTC)), 3)
    ]
    assert spring == ["28 02:30", "29 03:00", "30 02:30"]
    autumn = [
        run.strftime("%d %H:%M %Z")
        for run in islice(berlin.runs(datetime(2026, 10, 23, 12, tzinfo=UTC)), 3)
    ]
    assert autumn == ["24 02:30 CEST", "25 02:30 CEST", "26 02:30 CET"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 0 31 2 *", "bad day-of-month"),
        ("0 0 31 4,6 *", "bad day-of-month"),
        ("* * * *", "4 fields"),
        ("0 0 * * * *", "6 fields"),
        ("@reboot", "bad field '@reboot'"),
        ("60 * * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 0 0 * *", "bad day-of-month"),
        ("0 0 * foo *", "bad month"),
        ("0 5-3 * * *", "bad hour"),
        ("5/10 * * * *", "bad field '5/10'"),
        ("5-5/10 * * * *", "bad field '5-5/10'"),
        ("*/0 * * * *", "bad minute"),
        ("1,, * * * *", "bad field '1,,'"),
        ("-1 * * * *", "bad field '-1'"),
        ("0 0 L * *", "bad field 'L'"),
        ("0 0 * * mon#1", "bad field 'mon#1'"),
    ],
)
def test_what_is_no_crontab_is_reported_in_one_sentence(text, reason):
    with pytest.raises(ValueError, match=r".") as told:
        checked(text)
    assert (
        str(told.value) == f"{text!r} is not a crontab that can run ({reason}); "
        "expected minute, hour, day, month and weekday, like 17 */2 * * *"
    )


def test_a_day_that_never_comes_does_no_harm_where_a_weekday_is_enough():
    assert runs("0 9 30 2 mon", 1) == ["Mon 01 09:00"]  # of February


def test_the_29th_of_february_comes():
    assert rhythm("0 0 29 2 *").next_after(SUNDAY).date().isoformat() == "2028-02-29"


@pytest.mark.parametrize(
    ("alias", "text"),
    [("@hourly", "0 * * * *"), (" @Daily ", "0 0 * * *"), ("@weekly", "0 0 * * 0")],
)
def test_the_words_that_cron_has_for_a_whole_line_are_known(alias, text):
    assert checked(alias) == checked(text)


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("17 */2 * * *", timedelta(hours=2)),
        ("*/5 5-23 * * *", timedelta(hours=5, minutes=5)),
        ("0 6-20 * * mon-fri", timedelta(days=2, hours=10)),
        ("0 9 1 * *", timedelta(days=31)),
        ("0 9 1 * mon", timedelta(days=7)),
        ("*/5 * * 6 *", timedelta(days=336, minutes=5)),  # over a 29 February
        ("0 0 29 2 *", timedelta(days=1461)),
    ],
)
def test_the_longest_gap_is_that_of_nights_weekends_and_seasons(text, gap):
    assert rhythm(text).longest_gap() == gap
    assert rhythm(text, jitter=600).longest_gap() == gap + timedelta(minutes=10)


@given(lines, moments)
def test_no_two_runs_are_further_apart_than_the_longest_gap(text, moment):
    longest = rhythm(text).longest_gap()
    assert all(
        later - sooner <= longest
        for sooner, later in pairwise(islice(rhythm(text).runs(moment), 8))
    )


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("17 */2 * * *", timedelta(hours=2)),
        ("*/5 5-23 * * *", timedelta(minutes=5)),
        ("0,50 * * * *", timedelta(minutes=10)),
        ("0 1,22 * * *", timedelta(hours=3)),  # over midnight
        ("0 1,22 1,15 * *", timedelta(hours=21)),
        ("30 6 * * mon-fri", timedelta(days=1)),
        ("0 9 1 * *", timedelta(days=28)),
    ],
)
def test_the_shortest_gap_is_within_an_hour_a_day_or_over_midnight(text, gap):
    assert shortest_gap(checked(text)) == gap


@given(lines, moments)
def test_no_two_runs_are_closer_than_the_shortest_gap(text, moment):
    shortest = shortest_gap(checked(text))
    assert all(
        later - sooner >= shortest
        for sooner, later in pairwise(islice(rhythm(text).runs(moment), 8))
    )
