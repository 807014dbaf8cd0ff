"""Which source is requested next, and how many requests and how much time a crawl has for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from scrapy.settings import Settings

from scraper.crawling import source_queue
from scraper.crawling.source_queue import GROUP, TURN, TURN_SECONDS, Budget, SourceQueue
from scraper.sites.sources import Sitemap, Step, Window

NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Clock:
    """Seconds that pass only where a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def address(name: object) -> str:
    return f"https://rmol.id/{name}"


def steps(*names: object, depth: int = 0) -> list[Step]:
    return [Step(source=Sitemap(address(name)), url=address(name), depth=depth) for name in names]


def queue(
    requests: int = 1000,
    seconds: float = 3600.0,
    clock: Callable[[], float] | None = None,
    **more: Any,
) -> SourceQueue:
    given = {"gave": {}, "last_checked": lambda _url: None, "rests": lambda _url, _at: False}
    budget = Budget(requests=requests, seconds=seconds)
    return SourceQueue(budget=budget, clock=clock or Clock(), **given | more)


def taken(of: SourceQueue, limit: int = 10_000) -> list[str]:
    """The sources in the order of their requests, turn by turn."""
    names: list[str] = []
    of.begin_turn()
    while len(names) < limit and not of.is_spent and of:
        step = of.take()
        if step is None:
            of.begin_turn()
            continue
        names.append(step.url.removeprefix("https://rmol.id/"))
        of.spend(requests=1)
    return names


def test_sources_come_in_the_order_of_what_they_gave() -> None:
    waiting = queue(gave={address("c"): 5, address("a"): 9})
    waiting.add(steps("a", "b", "c", "d"))
    assert taken(waiting) == ["a", "c", "b", "d"]


def test_every_fourth_request_is_for_a_source_that_gave_nothing_yet() -> None:
    waiting = queue(gave={address(f"old-{number}"): 50 - number for number in range(9)})
    waiting.add(steps(*(f"old-{number}" for number in range(9)), "new-1", "new-2", "new-3"))
    assert [name.startswith("new") for name in taken(waiting)][:8] == [
        *[False, False, False, True],
        *[False, False, False, True],
    ]


def test_thousands_of_sources_of_one_place_delay_no_other_place() -> None:
    waiting = queue()
    waiting.add(steps(*(f"robots-{number}" for number in range(3000))))
    waiting.add(steps("rss", "home"))
    assert taken(waiting)[: GROUP + 2][-2:] == ["rss", "home"]


def test_a_chain_without_an_end_delays_no_other_source() -> None:
    waiting = queue(requests=500)
    waiting.add(steps("chain-0", *(f"map-{number}" for number in range(100))))
    waiting.begin_turn()
    names = []
    for depth in range(1, 400):
        step = waiting.take()
        if step is None:
            waiting.begin_turn()
            continue
        names.append(step.url.removeprefix("https://rmol.id/"))
        if "chain" in step.url:
            waiting.add(steps(f"chain-{depth}", depth=step.depth + 1))
    assert {f"map-{number}" for number in range(100)} <= set(names[:120])


def test_those_that_were_never_requested_come_first_then_the_longest_ago() -> None:
    checked = {address("a"): NOW, address("b"): NOW - timedelta(days=2)}
    waiting = queue(last_checked=checked.get)
    waiting.add(steps("a", "b", "c"))
    assert taken(waiting) == ["c", "b", "a"]


def test_a_source_waits_once_and_not_while_it_rests() -> None:
    checked = {address("gone"): NOW}
    waiting = queue(last_checked=checked.get, rests=lambda url, _at: url == address("gone"))
    waiting.add(steps("a", "gone", "a"))
    waiting.add(steps("a", "b"))
    assert taken(waiting) == ["a", "b"]
    assert waiting.left_out == 0


def test_the_budget_of_requests_ends_the_sources_and_the_rest_is_counted() -> None:
    waiting = queue(requests=40)
    waiting.add(steps(*range(100)))
    assert len(taken(waiting)) == 40
    assert waiting.left_out == 60
    assert len(list(waiting.names_left_out())) == 60


def test_redirects_and_retries_are_in_the_budget() -> None:
    waiting = queue(requests=40)
    waiting.add(steps(*range(100)))
    waiting.begin_turn()
    while waiting.take() is not None:
        waiting.spend(requests=4)
    assert waiting.left_out == 90


def test_the_budget_of_time_counts_the_time_of_sources_only() -> None:
    clock = Clock()
    waiting = queue(seconds=100.0, clock=clock)
    waiting.add(steps(*range(10)))
    for _turn in range(3):
        waiting.begin_turn()
        waiting.take()
        clock.seconds += 30
        waiting.spend(requests=1)
        clock.seconds += 10_000  # of stories
    assert not waiting.is_spent
    waiting.begin_turn()
    waiting.take()
    clock.seconds += 30
    waiting.spend(requests=1)
    assert waiting.is_spent
    assert waiting.left_out == 6


def test_links_without_end_are_in_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_queue, "MAX_ANNOUNCED", 100)
    waiting = queue()
    waiting.add(steps(*range(10)))
    waiting.begin_turn()
    while waiting.take() is not None:
        waiting.spend(requests=1, announced=60)
    assert waiting.left_out == 8


def test_more_sources_than_may_wait_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_queue, "MAX_WAITING", 20)
    monkeypatch.setattr(source_queue, "MAX_CUT", 20)
    waiting = queue()
    waiting.add(steps(*range(100)))
    assert (len(waiting), waiting.left_out) == (20, 80)
    assert len(list(waiting.names_left_out())) == 20


def test_stories_have_their_turn_after_some_requests_or_some_time() -> None:
    clock = Clock()
    waiting = queue(clock=clock)
    waiting.add(steps(*range(2 * TURN)))
    waiting.begin_turn()
    assert sum(waiting.take() is not None for _request in range(2 * TURN)) == TURN
    waiting.begin_turn()
    assert waiting.take() is not None
    clock.seconds += TURN_SECONDS
    assert waiting.take() is None


@pytest.mark.parametrize(
    ("since", "requests", "minutes"),
    [(None, 1000, 60), (date(2026, 11, 20), 1000, 60), (date(2026, 11, 10), 2000, 120)],
)
def test_a_walk_back_has_more_for_each_of_its_days(
    since: date | None, requests: int, minutes: int
) -> None:
    window = Window(today=date(2026, 11, 20), since=since)
    expected = Budget(requests=requests, seconds=minutes * 60)
    settings = Settings({"SOURCE_REQUESTS": 1000, "SOURCE_MINUTES": "60"})
    assert Budget.of(settings, window) == expected


@pytest.mark.parametrize("name", ["SOURCE_REQUESTS", "SOURCE_MINUTES"])
@pytest.mark.parametrize("value", ["0", "-3", "banyak", "nan", "inf"])
def test_a_budget_that_is_none_is_one_sentence(name: str, value: str) -> None:
    settings = Settings({"SOURCE_REQUESTS": 1000, "SOURCE_MINUTES": 60, name: value})
    with pytest.raises(ValueError, match=f"^{name}={value}: expected a number above 0$"):
        Budget.of(settings, Window(today=date(2026, 11, 20)))
