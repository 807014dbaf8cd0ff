"""`warta stats --forecast`: bytes a day by the archive's own history, and when the disk is full."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.monitoring.forecast import LEAST, WINDOW, forecast
from scraper.cli.main import main
from tests.archive.invented import DAY, NOW, keep, story

Warta = Callable[..., Result]
GIGABYTE = 10**9


def kept(path: Path, counts: list[int], *, sites: tuple[str, ...] = ("kabar",)) -> Path:
    """An archive to which so many stories came on each day, in turns from the sites."""
    number = 0
    with Archive(path) as archive:
        for day, count in enumerate(counts):
            for _turn in range(count):
                number += 1
                body = f"Kabar nomor {number}. " + "sawah " * 400
                site = sites[number % len(sites)]
                keep(archive, story(number, site=site, body=body), at=NOW + day * DAY)
    return path


def foreseen(path: Path, days: int, *, free: int = GIGABYTE):
    with Archive(path, read_only=True) as archive:
        return forecast(archive, free=free, now=NOW + days * DAY)


def test_the_mean_of_complete_days_without_the_first_says_when_the_disk_is_full(path: Path) -> None:
    kept(path, [20, *[2] * 10, 1])
    found = foreseen(path, 11)
    used = path.stat().st_size
    assert (found.days, found.since, found.until) == (
        10,
        (NOW + DAY).date(),
        (NOW + 10 * DAY).date(),
    )
    assert found.growth is not None
    assert found.growth.mean == pytest.approx(used * 2 / 41, rel=0.2)
    assert found.growth.busiest_week == found.growth.mean
    assert found.full_at == NOW + 11 * DAY + timedelta(days=GIGABYTE / found.growth.mean)
    assert list(found.sites) == ["kabar"]


def test_a_busy_week_gives_the_earliest_day(path: Path) -> None:
    found = foreseen(kept(path, [1, *[1] * 7, *[4] * 7, *[1] * 7]), 22)
    assert found.growth is not None
    assert found.growth.busiest_week == pytest.approx(2 * found.growth.mean, rel=0.01)
    assert found.full_at is not None
    assert found.full_at_earliest is not None
    assert found.full_at_earliest < found.full_at


def test_sites_add_up_to_all(path: Path) -> None:
    found = foreseen(kept(path, [1, *[3] * 8], sites=("kabar", "berita", "warta")), 9)
    assert sorted(found.sites) == ["berita", "kabar", "warta"]
    assert found.growth is not None
    total = sum(growth.mean for growth in found.sites.values())
    assert total == pytest.approx(found.growth.mean, abs=3)


def test_only_the_last_four_weeks_count(path: Path) -> None:
    kept(path, [9] * 5 + [0] * 40)
    found = foreseen(path, 45)
    assert (found.days, found.since) == (WINDOW, (NOW + 17 * DAY).date())
    assert found.growth is not None
    assert (found.growth.mean, found.full_at, found.full_at_earliest) == (0, None, None)


def test_days_without_a_crawl_count_as_days(path: Path) -> None:
    kept(path, [1, 7, *[0] * 6])
    found, dense = foreseen(path, 8), foreseen(kept(path.with_name("lain.db"), [1, *[1] * 7]), 8)
    assert found.growth is not None
    assert dense.growth is not None
    assert found.growth.mean == pytest.approx(dense.growth.mean, rel=0.02)


@pytest.mark.parametrize(("days", "complete"), [(-3, 0), (0, 0), (1, 0), (2, 1), (7, 6)])
def test_with_too_little_history_nothing_is_foreseen(path: Path, days: int, complete: int) -> None:
    found = foreseen(kept(path, [1, 1, 1]), days)
    assert (found.days, found.growth, found.full_at) == (complete, None, None)


def test_an_empty_archive_foresees_nothing(path: Path) -> None:
    Archive(path).close()
    assert foreseen(path, 100).growth is None


def test_a_disk_that_is_not_full_within_a_hundred_years_is_given_no_day(path: Path) -> None:
    assert foreseen(kept(path, [1] * 9), 9, free=10**18).full_at is None


@given(free=st.integers(0, 10**20))
def test_any_free_space_has_an_answer(free: int, steady: Path) -> None:
    found = foreseen(steady, 9, free=free)
    if found.full_at is not None and found.full_at_earliest is not None:
        assert NOW <= found.full_at_earliest <= found.full_at


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(tmp_path_factory.mktemp("steady") / "news.db", [1] * 9)


# As a command


class Later(datetime):
    """A clock of the command."""

    @classmethod
    def now(cls, tz=None):
        return NOW + 9 * DAY


@pytest.fixture
def stats(steady: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr("scraper.cli.reading.stats.datetime", Later)
    monkeypatch.setattr("scraper.cli.reading.stats.free_bytes", lambda _path: GIGABYTE)
    return lambda *words: CliRunner().invoke(
        main, ["stats", "--forecast", "--archive", str(steady), *words]
    )


def test_the_command_says_it_in_sentences(stats: Callable[..., Result], steady: Path) -> None:
    first, growth, *table, last = stats().stdout.splitlines()
    assert first.startswith(f"{steady}: ")
    assert first.endswith("; 1.0 GB of its disk are free.")
    assert growth == "Growth in 8 days, from 2026-11-21 to 2026-11-28 (UTC):"
    assert [line.split()[0] for line in table if line] == ["site", "kabar", "all"]
    assert last.startswith("At this pace the disk is full on 2")


def test_as_json_the_last_line_is_about_the_whole(stats: Callable[..., Result]) -> None:
    site, whole = map(json.loads, stats("--json").stdout.splitlines())
    assert (site["site"], whole["site"]) == ("kabar", None)
    assert whole["bytes_a_day"] == site["bytes_a_day"] > 0
    assert (whole["free"], whole["days"], whole["since"]) == (GIGABYTE, 8, "2026-11-21")
    assert whole["full_at"] >= whole["full_at_earliest"]


def test_too_little_history_is_said(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        keep(archive, story(1), at=datetime.now(NOW.tzinfo))
    last = warta("stats", options=("--forecast",)).stdout.splitlines()[-1]
    assert last == (
        f"Too little history for a forecast: 0 complete days after the first; it takes {LEAST}."
    )


def test_weeks_without_a_crawl_are_no_pace(warta: Warta, path: Path) -> None:
    with Archive(path) as archive:
        keep(archive, story(1), at=datetime.now(NOW.tzinfo) - 60 * DAY)
    last = warta("stats", options=("--forecast",)).stdout.splitlines()[-1]
    assert last == "Nothing was crawled in these days: there is no pace to go by."
