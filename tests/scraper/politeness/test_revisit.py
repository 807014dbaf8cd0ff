"""When a story is due again: a fifth of its age, longer with every quiet check, one day never."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ledger.ledger import IGNORES_CONDITIONAL_AFTER
from archive.ledger.wording import REASONS
from scraper.politeness.revisit import (
    LONGEST,
    PROBE_EVERY,
    SHORTEST,
    next_check,
    next_check_of_failed,
    next_check_of_gone,
    sends_validators,
)

NOW = datetime(2026, 7, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# (age, quiet checks, wait)
RULE = [
    (timedelta(0), 0, HOUR),  # at the earliest after an hour
    (HOUR, 0, HOUR),
    (5 * HOUR, 0, HOUR),
    (10 * HOUR, 0, 2 * HOUR),  # a fifth of the age
    (5 * DAY, 0, DAY),
    (10 * HOUR, 1, 3 * HOUR),  # half as long again for each quiet check
    (10 * HOUR, 2, 4.5 * HOUR),
    (HOUR, 1, 1.5 * HOUR),
    (10 * HOUR, 6, 16 * HOUR),  # up to eight-fold
    (10 * HOUR, 60, 16 * HOUR),
    (30 * DAY, 0, 6 * DAY),
    (70 * DAY, 0, 14 * DAY),
    (89 * DAY, 0, LONGEST),  # never longer than two weeks
    (90 * DAY, 2, LONGEST),
    (90 * DAY + HOUR, 0, None),  # after 90 days never again
    (30 * DAY, 3, LONGEST),
    (30 * DAY + HOUR, 2, 2.25 * (6 * DAY + HOUR / 5)),
    (30 * DAY + HOUR, 3, None),  # after 30 days if nothing changed in three checks
]

AGES = st.timedeltas(timedelta(0), timedelta(days=400))
QUIET = st.integers(0, 50)


def wait(age: timedelta, quiet_checks: int = 0) -> timedelta | None:
    due = next_check(
        now=NOW, published_at=NOW - age, first_seen_at=NOW, quiet_checks=quiet_checks
    ).at
    return due - NOW if due else None


@pytest.mark.parametrize(("age", "quiet_checks", "expected"), RULE)
def test_a_story_is_due_after_a_fifth_of_its_age(
    age: timedelta, quiet_checks: int, expected: timedelta | None
) -> None:
    assert wait(age, quiet_checks) == expected


def test_a_story_that_does_not_tell_its_age_is_as_old_as_we_know_it() -> None:
    due = next_check(now=NOW, published_at=None, first_seen_at=NOW - 10 * HOUR, quiet_checks=0).at
    assert due == NOW + 2 * HOUR


@pytest.mark.parametrize("ahead", [-10 * HOUR, timedelta(0), 3 * DAY, 73 * 365 * DAY])
def test_a_story_is_at_least_as_old_as_we_know_it(ahead: timedelta) -> None:
    due = next_check(now=NOW, published_at=NOW + ahead, first_seen_at=NOW - DAY, quiet_checks=0).at
    assert due == NOW + DAY / 5


def test_a_story_of_the_future_that_never_changes_is_settled_like_any_other() -> None:
    now, checks = NOW, 0
    while (
        due := next_check(
            now=now,
            published_at=datetime(2099, 1, 1, tzinfo=UTC),
            first_seen_at=NOW,
            quiet_checks=checks,
        ).at
    ) is not None:
        now, checks = due, checks + 1
    assert checks < 20
    assert now - NOW < 45 * DAY


@pytest.mark.parametrize("checks", [6, 1_751, 10**9])
def test_any_number_of_quiet_checks_has_a_wait(checks: int) -> None:
    assert wait(10 * HOUR, checks) == 16 * HOUR


def test_a_check_that_finds_a_change_starts_anew() -> None:
    assert wait(10 * HOUR, 0) < wait(10 * HOUR, 1)  # type: ignore[operator]


@given(age=AGES, quiet_checks=QUIET)
def test_a_story_is_never_due_in_the_past_nor_after_more_than_two_weeks(
    age: timedelta, quiet_checks: int
) -> None:
    waited = wait(age, quiet_checks)
    assert waited is None or SHORTEST <= waited <= LONGEST


@given(age=AGES, quiet_checks=QUIET)
def test_each_quiet_check_lengthens_the_wait_or_leaves_it(
    age: timedelta, quiet_checks: int
) -> None:
    shorter, longer = wait(age, quiet_checks), wait(age, quiet_checks + 1)
    assert longer is None or (shorter is not None and shorter <= longer)


@given(age=AGES, older=AGES, quiet_checks=QUIET)
def test_an_older_story_is_not_requested_sooner(
    age: timedelta, older: timedelta, quiet_checks: int
) -> None:
    young, old = wait(age, quiet_checks), wait(age + older, quiet_checks)
    assert old is None or (young is not None and young <= old)


@given(published_at=st.datetimes(timezones=st.just(UTC)), quiet_checks=QUIET)
def test_whatever_a_publisher_says_of_its_clock_the_next_check_is_to_come(
    published_at: datetime, quiet_checks: int
) -> None:
    due = next_check(
        now=NOW, published_at=published_at, first_seen_at=NOW, quiet_checks=quiet_checks
    ).at
    assert due is None or due > NOW


@pytest.mark.parametrize(("times_gone", "expected"), [(1, DAY), (2, 7 * DAY), (3, None), (9, None)])
def test_a_story_that_was_taken_down_is_requested_twice_more(
    times_gone: int, expected: timedelta | None
) -> None:
    due = next_check_of_gone(now=NOW, times_gone=times_gone).at
    assert (due - NOW if due else None) == expected


@pytest.mark.parametrize(
    ("failures", "expected"),
    [(1, HOUR), (2, 6 * HOUR), (3, DAY), (4, 3 * DAY), (5, 7 * DAY), (6, None), (50, None)],
)
def test_an_address_that_fails_is_tried_five_times_more_and_then_given_up(
    failures: int, expected: timedelta | None
) -> None:
    due = next_check_of_failed(now=NOW, failures=failures).at
    assert (due - NOW if due else None) == expected


def test_every_answer_says_why_in_words_that_can_be_looked_up() -> None:
    for age, quiet_checks, _wait in RULE:
        for costly in (False, True):
            due = next_check(
                now=NOW,
                published_at=NOW - age,
                first_seen_at=NOW,
                quiet_checks=quiet_checks,
                costly=costly,
            )
            assert due.reason in REASONS
    for number in range(1, 9):
        assert next_check_of_gone(now=NOW, times_gone=number).reason in REASONS
        assert next_check_of_failed(now=NOW, failures=number).reason in REASONS


@given(age=AGES, quiet_checks=QUIET)
def test_a_site_that_never_answers_304_is_requested_less_often(
    age: timedelta, quiet_checks: int
) -> None:
    cheap = next_check(
        now=NOW, published_at=NOW - age, first_seen_at=NOW, quiet_checks=quiet_checks
    ).at
    costly = next_check(
        now=NOW, published_at=NOW - age, first_seen_at=NOW, quiet_checks=quiet_checks, costly=True
    ).at
    assert (cheap is None) == (costly is None)
    assert cheap is None or costly is None or cheap <= costly <= NOW + LONGEST


def test_validators_are_sent_until_a_site_proves_deaf_and_then_as_a_probe() -> None:
    assert all(
        sends_validators(unanswered=IGNORES_CONDITIONAL_AFTER - 1, turn=turn) for turn in range(30)
    )
    probes = [
        turn
        for turn in range(30)
        if sends_validators(unanswered=IGNORES_CONDITIONAL_AFTER, turn=turn)
    ]
    assert probes == [0, PROBE_EVERY, 2 * PROBE_EVERY]
