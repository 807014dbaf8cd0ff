"""Alerts of a fleet: raised once, ended once, sent once for all workers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from scraper.fleet.monitoring.incidents import FleetIncident
from scraper.monitoring.alerts.targets import Webhook
from tests.fleet.alerts.clock import START, advance, simulated_time
from tests.fleet.servers import Server
from tests.scraper.monitoring.alerts.receivers import Receiver

pytest.importorskip("psycopg")

from scraper.fleet.database import Database
from scraper.fleet.monitoring import alerts


@pytest.fixture
def database(postgresql: Server) -> Iterator[Database]:
    with simulated_time(postgresql) as name:
        yield (opened := Database(postgresql.dsn(name), purpose="test"))
        opened.close()


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def incident(kind: str = "worker_stalled", worker: str | None = "utama") -> FleetIncident:
    return FleetIncident(kind=kind, worker=worker, since=START, why=f"{kind} of {worker}")


def told(hook: Receiver) -> list[tuple[str, str]]:
    return [(body["kind"], body["state"]) for body in hook.bodies]


def look(database: Database, hook: Receiver, *found: FleetIncident) -> int:
    targets = [Webhook(url=hook.url)]
    alerts.note(database, found, targets)
    return alerts.send_due(database, targets)


def test_an_incident_is_reported_when_it_begins_and_when_it_ends(
    database: Database, hook: Receiver
) -> None:
    for _look in range(3):
        look(database, hook, incident())
    assert [each.worker for each in alerts.lasting(database)] == ["utama"]
    for _look in range(3):
        look(database, hook)
    assert told(hook) == [("worker_stalled", "began"), ("worker_stalled", "ended")]
    assert alerts.lasting(database) == []
    (began, ended) = hook.bodies
    assert began["text"].startswith("[warta] fleet: stalled worker began: worker_stalled of utama")
    assert ended["text"].startswith("[warta] fleet: stalled worker is over; it lasted ")


def test_two_workers_are_two_incidents(database: Database, hook: Receiver) -> None:
    look(database, hook, incident(worker="utama"), incident(worker="cadangan"))
    look(database, hook, incident(worker="cadangan"))
    assert told(hook) == [("worker_stalled", state) for state in ("began", "began", "ended")]


def test_workers_that_look_at_once_send_one_message(
    postgresql: Server, database: Database, hook: Receiver
) -> None:
    row = database.row("SELECT current_database() AS name")
    assert row is not None

    def one(_worker: int) -> int:
        own = Database(postgresql.dsn(row["name"]), purpose="test")
        sent = look(own, hook, incident("no_worker", None))
        own.close()
        return sent

    with ThreadPoolExecutor(8) as workers:
        assert sum(workers.map(one, range(8))) == 1
    assert told(hook) == [("no_worker", "began")]


def test_a_target_that_is_down_gets_it_later(database: Database, hook: Receiver) -> None:
    hook.status = 503
    assert look(database, hook, incident()) == 0
    assert look(database, hook, incident()) == 0
    assert hook.asked == 1, "tried again before its pause was over"
    hook.status = 200
    advance(database, timedelta(minutes=1))
    assert look(database, hook, incident()) == 1
    assert told(hook) == [("worker_stalled", "began")]


def test_an_incident_that_ended_before_it_could_be_reported_is_one_message(
    database: Database, hook: Receiver
) -> None:
    hook.status = 503
    look(database, hook, incident())
    hook.status = 200
    look(database, hook)
    (body,) = hook.bodies
    assert (body["state"], body["began_told"]) == ("ended", False)


def test_an_incident_that_flaps_is_held_back_for_an_hour(
    database: Database, hook: Receiver
) -> None:
    look(database, hook, incident())
    for _turn in range(4):
        look(database, hook)
        advance(database, timedelta(minutes=5))
        look(database, hook, incident())
        advance(database, timedelta(minutes=5))
    assert [body["state"] for body in hook.bodies] == ["began", "ended"]
    advance(database, timedelta(hours=1))
    look(database, hook, incident())
    assert [body["state"] for body in hook.bodies] == ["began", "ended", "began"]


def test_a_target_that_is_new_is_notified_of_what_lasts(database: Database, hook: Receiver) -> None:
    alerts.note(database, [incident("no_worker", None)], [])
    alerts.note(database, [incident("store_unreachable", None)], [])
    look(database, hook, incident("store_unreachable", None))
    assert told(hook) == [("store_unreachable", "began")]


def test_a_message_is_given_up_after_two_weeks(database: Database, hook: Receiver) -> None:
    hook.status = 503
    look(database, hook, incident())
    advance(database, timedelta(days=15))
    look(database, hook, incident())
    hook.status = 200
    advance(database, timedelta(hours=2))
    assert look(database, hook, incident()) == 0
