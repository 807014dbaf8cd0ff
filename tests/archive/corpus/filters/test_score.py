"""The quality score: what it is made of, and that it falls with every measure that gets worse."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.corpus.filters.score import MEASURES, above, below, margins, mean, quality
from archive.corpus.filters.thresholds.loading import load_thresholds
from tests.archive.corpus.filters.filter_cases import ENGLISH, LINES, NEWS, PRICES, SCHEDULE

NEWS_SET = load_thresholds()
SHARES = st.floats(0, 1)
LIMITS = st.floats(0, 1)


@given(SHARES, SHARES, LIMITS)
def test_a_margin_never_grows_as_its_measure_gets_worse(
    one: float, other: float, limit: float
) -> None:
    low, high = sorted((one, other))
    assert 0 <= above(low, limit) <= above(high, limit) <= 1
    assert 1 >= below(low, limit) >= below(high, limit) >= 0


@given(SHARES, LIMITS)
def test_a_measure_that_a_filter_would_drop_has_no_margin(measure: float, limit: float) -> None:
    if measure < limit:
        assert above(measure, limit) == 0
    if measure > limit:
        assert below(measure, limit) == 0


@given(st.lists(SHARES, min_size=1, max_size=8), st.integers(0, 7), SHARES)
def test_the_score_never_grows_as_a_margin_shrinks(
    found: list[float], place: int, factor: float
) -> None:
    worse = list(found)
    worse[place % len(found)] *= factor
    assert 0 <= mean(worse) <= mean(found) <= 1


WORSE: dict[str, Callable[[int], str]] = {
    "numbers": lambda step: NEWS + " 2026" * (3 * step),
    "symbols": lambda step: NEWS + " #" * (3 * step),
    "lists": lambda step: "\n\n".join([*LINES, *_short(2 * step)]),
    "repeated lines": lambda step: "\n\n".join([*LINES, *["Air naik."] * step]),
    "top phrase": lambda step: NEWS + " Desa Lambur." * (2 * step),
    "repeated phrases": lambda step: f"{NEWS} {' '.join(LINES[0].split()[: 5 * step])}",
    "prose": lambda step: "\n\n".join([*LINES, *SCHEDULE.split("\n\n")[: 3 * step]]),
}


def _short(lines: int) -> list[str]:
    return [f"Warga {number} pindah." for number in range(lines)]


@pytest.mark.parametrize("measure", WORSE)
def test_a_text_that_gets_worse_has_less_of_that_margin(measure: str) -> None:
    found = [margins(WORSE[measure](step), 0.9, NEWS_SET)[measure] for step in range(5)]
    assert all(before >= after for before, after in pairwise(found))
    assert found[0] > found[-1]


def test_a_likelier_language_scores_higher() -> None:
    scores = [quality(NEWS, score, NEWS_SET) for score in (0.5, 0.7, 0.9, 1.0)]
    assert scores == sorted(scores)
    assert scores[0] == 0


def test_clean_news_scores_high_and_what_a_filter_drops_scores_nothing() -> None:
    assert quality(NEWS, 0.99, NEWS_SET) > 0.85
    assert quality(PRICES, 0.99, NEWS_SET) == 0
    assert quality(SCHEDULE, 0.99, NEWS_SET) == 0
    assert quality(ENGLISH, 0.99, NEWS_SET) == 0  # the same sentence five times
    assert quality("", None, NEWS_SET) == quality("…\n\n—", 0.9, NEWS_SET) == 0


def test_thresholds_of_disabled_filters_count_too() -> None:
    assert quality(NEWS, None, load_thresholds("none")) == quality(NEWS, None, NEWS_SET)


def test_every_measure_and_its_threshold_is_on_the_card() -> None:
    assert margins(NEWS, 0.9, NEWS_SET).keys() == MEASURES.keys()
    for _, place in MEASURES.values():
        table, key = place.split(".")
        assert hasattr(getattr(NEWS_SET, table), key)


def test_a_rule_that_is_off_is_no_measure(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("gopher_repetition.top_n_grams = []\ngopher_quality.max_symbol_word_ratio = 0")
    assert not {"top phrase", "symbols"} & margins(NEWS, 0.9, load_thresholds(str(own))).keys()


def test_a_text_shorter_than_an_n_gram_has_a_score() -> None:
    assert 0 <= quality("Banjir", 0.9, NEWS_SET) <= 1
