"""How a site that has too much to do is left in peace: rules of seconds and moments."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.politeness.rules import LONGEST_QUIET, Pace, quiet_until

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
STATUSES = st.lists(st.sampled_from((200, 304, 404, 429, 500, 503)), max_size=60)


def after(pace: Pace, *statuses: int) -> Pace:
    for status in statuses:
        pace = pace.after(status)
    return pace


def test_each_429_or_503_doubles_the_delay_up_to_the_bound():
    pace = Pace.of(usual=1.0, slowest=60.0)
    assert [pace := pace.after(status) for status in (429, 503)][-1].delay == 4.0
    assert after(pace, *[429] * 20).delay == 60.0


def test_a_site_without_a_delay_gets_one():
    assert Pace.of(usual=0.0, slowest=60.0).after(429).delay == 1.0


@pytest.mark.parametrize("status", [200, 301, 304, 404, 403, 500])
def test_other_answers_slow_nothing_down(status):
    assert after(Pace.of(usual=1.0, slowest=60.0), status).delay == 1.0


def test_failures_are_counted_by_address_until_one_answers_and_speed_nothing_up():
    slowed = after(Pace.of(usual=1.0, slowest=60.0), 503, 500, 502)
    assert (slowed.delay, slowed.failing, slowed.in_a_row) == (2.0, 2, 1)
    failing = slowed.after_failure().after(500, again=True).after_failure(again=True)
    assert (failing.failing, failing.good) == (3, 0)
    assert failing.after(404).failing == 0


def test_the_delay_grows_back_only_slowly():
    slowed = after(Pace.of(usual=1.0, slowest=60.0), *[503] * 6)
    assert slowed.delay == 60.0
    assert after(slowed, *[200] * 30).delay > 30.0
    assert after(slowed, *[200] * 250).delay == 1.0


def test_a_longer_usual_delay_stands_whatever_the_bound():
    pace = Pace.of(usual=90.0, slowest=60.0).after(429)
    assert pace.delay == 90.0
    assert pace.remembered() == 0.0


def test_a_crawl_that_was_requested_fewer_requests_leaves_at_least_one_step_to_the_next():
    pace = after(Pace.of(usual=1.0, slowest=60.0), 429, *[200] * 500)
    assert pace.delay == 1.0
    assert pace.remembered() == 2.0


def test_the_next_crawl_begins_with_what_is_remembered_and_forgets_half_when_all_was_well():
    pace = Pace.of(usual=1.0, slowest=60.0, remembered=16.0)
    assert pace.delay == 16.0
    assert pace.after(200).remembered() == 8.0


def test_what_is_remembered_is_forgotten_after_a_few_crawls_without_trouble():
    remembered = 60.0
    for _crawl in range(6):
        remembered = Pace.of(usual=1.0, slowest=60.0, remembered=remembered).after(200).remembered()
    assert remembered == 0.0


def test_a_crawl_without_an_answer_forgets_nothing():
    assert Pace.of(usual=1.0, slowest=60.0, remembered=16.0).remembered() == 16.0


def test_with_a_bound_of_zero_nothing_is_slowed_down():
    pace = Pace.of(usual=0.0, slowest=0.0, remembered=30.0).after(429)
    assert (pace.delay, pace.remembered()) == (0.0, 0.0)


def test_only_addresses_that_were_not_requested_before_count_as_overloaded_in_a_row():
    pace = Pace.of(usual=1.0, slowest=60.0).after(503).after(503, again=True).after(503, again=True)
    assert (pace.in_a_row, pace.overloaded, pace.delay) == (1, 3, 8.0)
    assert pace.after(200).in_a_row == 0


@given(STATUSES, st.floats(0, 10), st.floats(0, 200))
def test_the_delay_never_falls_below_the_usual_one_nor_rises_above_the_bound(
    statuses, usual, remembered
):
    pace = after(Pace.of(usual=usual, slowest=60.0, remembered=remembered), *statuses)
    assert usual <= pace.delay <= max(usual, 60.0)
    assert 0.0 <= pace.remembered() <= 60.0


@given(STATUSES)
def test_a_further_429_never_makes_the_pace_faster(statuses):
    pace = after(Pace.of(usual=1.0, slowest=60.0), *statuses)
    assert pace.after(429).delay >= pace.delay
    assert pace.after(429).remembered() >= pace.remembered()


@pytest.mark.parametrize(
    ("seconds", "end"), [(90, NOW + timedelta(seconds=90)), (-5, NOW), (1e300, NOW + LONGEST_QUIET)]
)
def test_a_pause_ends_when_it_was_requested_to_within_reason(seconds, end):
    assert quiet_until(seconds, now=NOW) == end
