"""What costs much is computed once for the readers of a few seconds, for each archive apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from archive import Archive
from archive.maintenance.takedown import take_down
from archive.monitoring.coverage import SETTLED, Period
from scraper.web import recent as module
from scraper.web.recent import MAX_AGE, MAX_RESULTS, recent, recent_counts
from tests.archive.invented import SITE, announce, keep, link, story, url_of

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_was_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_results", {})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "news.db").touch()
    return tmp_path / "news.db"


@pytest.fixture
def numbers() -> Iterator[int]:
    return count()


def test_a_result_is_used_for_seconds_and_computed_anew_then(
    path: Path, numbers: Iterator[int]
) -> None:
    times = [timedelta(), MAX_AGE / 2, MAX_AGE, MAX_AGE * 1.5, MAX_AGE * 2]
    found = [recent(lambda: next(numbers), path, "a", now=NOW + after) for after in times]
    assert found == [0, 0, 1, 1, 2]


def test_a_clock_that_went_back_computes_anew(path: Path, numbers: Iterator[int]) -> None:
    times = [NOW, NOW - timedelta(hours=1)]
    assert [recent(lambda: next(numbers), path, now=now) for now in times] == [0, 1]


def test_other_arguments_and_another_file_have_their_own(
    path: Path, tmp_path: Path, numbers: Iterator[int]
) -> None:
    def of(name: str) -> int:
        return recent(lambda: next(numbers), path, name, now=NOW)

    assert [of("a"), of("b"), of("a")] == [0, 1, 0]
    (tmp_path / "other.db").touch()
    (tmp_path / "other.db").replace(path)  # as an archive is compacted or restored
    assert of("a") == 2


def test_days_that_are_settled_are_counted_once_an_hour_and_newer_ones_for_every_reader(
    tmp_path: Path,
) -> None:
    last = NOW.date()
    with Archive(tmp_path / "news.db") as archive:

        def counted(after: timedelta, period: Period) -> int:
            period = replace(period, now=NOW + after)
            return sum(number for *_, number, _late in recent_counts(archive, period, SITE))

        for number, age in enumerate((30, 31, 1, 2)):
            announce(archive, link(number), at=NOW - timedelta(days=age))
        old = Period(first=last - timedelta(days=60), last=last - SETTLED, now=NOW)
        new = Period(first=last - timedelta(days=13), last=last, now=NOW)
        assert [counted(timedelta(), old), counted(timedelta(), new)] == [2, 2]
        announce(archive, link(8, published_at=NOW - timedelta(days=32)), link(9))
        assert [counted(MAX_AGE, old), counted(MAX_AGE, new)] == [2, 3]
        assert counted(timedelta(hours=1), old) == 3


def test_a_story_that_was_taken_down_is_counted_on_no_day_at_once(tmp_path: Path) -> None:
    with Archive(tmp_path / "news.db") as archive:
        long_ago = NOW - timedelta(days=30)
        for number in (1, 2):
            announce(archive, link(number), at=long_ago)
            keep(archive, story(number, published_at=long_ago), at=long_ago)
        last = NOW.date() - SETTLED
        period = Period(first=last - timedelta(days=60), last=last, now=NOW)
        assert [number for *_, number, _late in recent_counts(archive, period, SITE)] == [2]
        take_down(archive, SITE, f"{SITE}-1", url=url_of(1), reason="diminta", now=NOW)
        assert [number for *_, number, _late in recent_counts(archive, period, SITE)] == [1]


def test_what_failed_is_computed_again(path: Path, numbers: Iterator[int]) -> None:
    with pytest.raises(ZeroDivisionError):
        recent(lambda: 1 // next(numbers), path, now=NOW)
    assert recent(lambda: next(numbers), path, now=NOW) == 1


def test_readers_at_once_compute_it_once(path: Path, numbers: Iterator[int]) -> None:
    start, found = threading.Barrier(8), []

    def read() -> None:
        start.wait()
        found.append(recent(lambda: next(numbers), path, now=NOW))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0] * 8


def test_few_results_are_kept(path: Path) -> None:
    for number in range(3 * MAX_RESULTS):
        recent(lambda: "", path, number, now=NOW)
        assert len(module._results) <= MAX_RESULTS
