"""A field that is lost shows within a dozen articles; an ordinary newsroom's weekends, runs and
small crawls do not.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.monitoring.drift_test import (
    MIN_REFERENCE,
    MIN_SAMPLE,
    Observation,
    find_increase,
    tail_probability,
    wilson_upper,
)
from tests.archive.ordinary_life import FIELDS, KINDS, Story, cases, run_of, stories

PAST = 500


def alarms(window: list[Story], past: list[Story]) -> list[str]:
    return [
        field
        for field in FIELDS
        if find_increase(cases(window, field), cases(past, field)) is not None
    ]


@pytest.mark.parametrize("size", [8, 12, 40, 150])
def test_ordinary_life_raises_no_alarm(size: int) -> None:
    lot = Random(size)
    crawls = false = 0
    for _newsroom in range(15):
        life = stories(PAST + 6 * size, lot)
        for start in range(PAST, len(life) - size + 1, size):
            crawls += 1
            false += bool(alarms(life[start : start + size], life[start - PAST : start]))
    assert crawls == 90
    assert false == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_dozen_stories_of_one_kind_raise_hardly_any_alarm(kind: str) -> None:
    lot = Random(kind)
    assert sum(bool(alarms(run_of(kind, 12, lot), stories(PAST, lot))) for _ in range(60)) <= 1


def test_a_field_that_is_lost_shows_within_a_dozen_articles() -> None:
    lot = Random(3)
    caught = 0
    for turn in range(60):
        life, lost = stories(PAST + 12, lot), FIELDS[turn % len(FIELDS)]
        window = [Story(each.kind, each.length, each.lacks | {lost}) for each in life[PAST:]]
        caught += lost in alarms(window, life[:PAST])
    assert caught >= 54  # the rest are fields that many stories lack anyway


def test_it_says_how_many_and_from_where_on() -> None:
    past = [Observation(number % 50 == 0, 2000 + number) for number in range(200)]
    window = [Observation(number >= 4, 2000 + number) for number in range(16)]
    found = find_increase(window, past)
    assert found is not None
    assert (found.count, found.total, found.start) == (12, 16, 4)
    assert 0 <= found.expected < 0.1


def test_photo_stories_are_held_against_photo_stories() -> None:
    past = [
        Observation(number % 10 == 0, 400 if number % 10 == 0 else 2500) for number in range(PAST)
    ]
    assert find_increase([Observation(True, 400)] * 12, past) is None
    assert find_increase([Observation(True, 2500)] * 12, past) is not None


def test_what_the_past_had_in_a_row_is_no_departure() -> None:
    past = [Observation(100 <= number < 112, None) for number in range(PAST)]
    assert find_increase([Observation(True, None)] * 12, past) is None


@pytest.mark.parametrize(
    ("window", "past"),
    [(MIN_SAMPLE - 1, PAST), (3, PAST), (0, PAST), (12, MIN_REFERENCE - 1), (12, 0)],
)
def test_too_little_is_not_judged(window: int, past: int) -> None:
    assert (
        find_increase([Observation(True, 100)] * window, [Observation(False, 100)] * past) is None
    )


@given(
    st.lists(st.booleans(), min_size=MIN_SAMPLE, max_size=60),
    st.lists(st.booleans(), min_size=MIN_REFERENCE, max_size=200),
)
def test_what_is_no_more_frequent_than_before_never_departs(
    window: list[bool], past: list[bool]
) -> None:
    if sum(window) * len(past) <= sum(past) * len(window):
        assert (
            find_increase(
                [Observation(each) for each in window], [Observation(each) for each in past]
            )
            is None
        )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_the_chances_of_all_counts_are_one(chances: list[float]) -> None:
    tails = [1.0, *(tail_probability(count, chances) for count in range(1, len(chances) + 1))]
    assert all(more <= less + 1e-9 for less, more in pairwise(tails))
    assert sum(tails[1:]) == pytest.approx(sum(chances))  # the expected number


@given(st.integers(0, 100))
def test_wilsons_upper_end_lies_above_the_share(count: int) -> None:
    assert count / 100 <= wilson_upper(count, 100) <= 1
