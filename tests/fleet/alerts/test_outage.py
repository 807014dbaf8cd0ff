"""A database that is down: reported once by all workers together, and once when it is back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from scraper.fleet.monitoring.outage import AFTER, FOLDER, Outage
from scraper.fleet.records import FleetUnavailable
from scraper.monitoring.alerts.targets import Webhook
from tests.fleet.alerts.clock import START
from tests.scraper.monitoring.alerts.receivers import Receiver

WHY = "the fleet's database: nothing answers there (timeout)"


class Shared:
    """The notes of a store that may be out of reach."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.is_down = False

    def _check(self) -> None:
        if self.is_down:
            raise FleetUnavailable("the store does not answer")

    def read(self, name: str, *, limit: int) -> bytes | None:
        self._check()
        return self.kept.get(name)

    def write(self, name: str, pieces: Sequence[bytes]) -> int:
        self._check()
        self.kept[name] = b"".join(pieces)
        return len(self.kept[name])

    def names(self, folder: str = "") -> list[str]:
        self._check()
        return sorted(name.removeprefix(f"{folder}/") for name in self.kept)

    def delete(self, name: str) -> None:
        self._check()
        self.kept.pop(name, None)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def workers(hook: Receiver, store: Shared | None, *names: str) -> list[Outage]:
    targets = [Webhook(url=hook.url)]
    found = [Outage(worker=name, notes=store, targets=targets) for name in names]
    for each in found:
        each.recall()
    return found


def said(hook: Receiver) -> list[tuple[str, str]]:
    return [(body["kind"], body["state"]) for body in hook.bodies]


BOTH = [("database_unreachable", "began"), ("database_unreachable", "ended")]


def test_of_many_workers_one_reports_it_and_its_end(hook: Receiver) -> None:
    fleet = workers(hook, Shared(), "cadangan", "utama", "ketiga")
    for minute in range(5):
        for each in fleet:
            each.silent(WHY, START + minute * AFTER)
    assert said(hook) == BOTH[:1]
    for minute in range(5, 7):
        for each in fleet:
            each.answered(START + minute * AFTER)
    assert said(hook) == BOTH
    assert "worker cadangan cannot reach the fleet's database" in hook.bodies[0]["text"]
    assert "it lasted 2 minutes" in hook.bodies[1]["text"]


def test_a_short_silence_is_no_news(hook: Receiver) -> None:
    store = Shared()
    (worker,) = workers(hook, store, "utama")
    worker.silent(WHY, START)
    worker.silent(WHY, START + AFTER - timedelta(seconds=1))
    worker.answered(START + AFTER)
    assert said(hook) == []
    assert store.kept == {}


def test_a_worker_that_starts_again_meanwhile_repeats_nothing(hook: Receiver) -> None:
    store = Shared()
    for minute in range(4):
        (worker,) = workers(hook, store, "utama")  # each time killed
        worker.silent(WHY, START + minute * AFTER)
    (worker,) = workers(hook, store, "utama")
    worker.answered(START + 5 * AFTER)
    assert said(hook) == BOTH


@pytest.mark.parametrize("store", [None, Shared()])
def test_without_a_store_each_worker_speaks_for_itself(
    hook: Receiver, store: Shared | None
) -> None:
    if store is not None:
        store.is_down = True
    for worker in workers(hook, store, "cadangan", "utama"):
        worker.silent(WHY, START)
        worker.silent(WHY, START + AFTER)
        worker.answered(START + 2 * AFTER)
    assert said(hook) == BOTH * 2


def test_a_target_that_is_down_hears_of_it_later(hook: Receiver) -> None:
    (worker,) = workers(hook, Shared(), "utama")
    hook.status = 503
    worker.silent(WHY, START)
    worker.silent(WHY, START + AFTER)
    hook.status = 200
    worker.silent(WHY, START + 2 * AFTER)
    hook.status = 503
    worker.answered(START + 3 * AFTER)
    hook.status = 200
    worker.answered(START + 4 * AFTER)
    worker.answered(START + 5 * AFTER)
    assert said(hook) == BOTH


def test_what_strangers_leave_in_the_store_is_no_note(hook: Receiver) -> None:
    store = Shared()
    for text in (b"{", b"[]", b'{"since": 5, "notified": 3}', b"\xff"):
        store.kept[f"{FOLDER}/utama"] = text
        (worker,) = workers(hook, store, "utama")
        assert worker.since is None
