"""Workers: one a name, seen by the server's clock, drained from anywhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from archive.errors import Locked
from scraper.configuration import Fleet

pytest.importorskip("psycopg", reason="the extra `fleet` is not installed")

from scraper.fleet.database import Database
from scraper.fleet.records import FleetError
from scraper.fleet.schema import set_up
from scraper.fleet.workers import Presence, all_workers, drain, drained
from tests.fleet.machines.network import Link


@pytest.fixture
def fleet_db(dsn: str) -> Iterator[Database]:
    with Database.of(Fleet(dsn=SecretStr(dsn)), purpose="tests") as made:
        set_up(made)
        yield made


def presence(database: Database, name: str = "jakarta-1", schema: int = 8) -> Presence:
    return Presence(database=database, name=name, schema=schema)


def age(database: Database, seconds: int) -> None:
    database.rows(
        "UPDATE warta_workers SET seen_at = seen_at - %(by)s", by=timedelta(seconds=seconds)
    )


def test_a_name_has_one_worker(fleet_db):
    presence(fleet_db).begin()
    with pytest.raises(Locked, match=r"a worker named jakarta-1 is running .*`--name`"):
        presence(fleet_db).begin()
    presence(fleet_db, "jakarta-2").begin()
    assert [worker.name for worker in all_workers(fleet_db)] == ["jakarta-1", "jakarta-2"]


def test_the_name_of_a_worker_that_ended_or_was_silent_is_free(fleet_db):
    first = presence(fleet_db)
    first.begin()
    first.end()
    second = presence(fleet_db)
    second.begin()
    age(fleet_db, 60)
    assert [worker.is_stalled for worker in all_workers(fleet_db)] == [True]
    third = presence(fleet_db)
    third.begin()
    with pytest.raises(Locked, match="another worker is named jakarta-1 now"):
        second.report()
    assert third.report() is None


def test_workers_that_ended_long_ago_are_forgotten(fleet_db):
    for name in ("jakarta-1", "jakarta-2", "jakarta-3"):
        presence(fleet_db, name).begin()
    fleet_db.rows("UPDATE warta_workers SET ended_at = warta_now() WHERE name != 'jakarta-3'")
    fleet_db.rows(
        "UPDATE warta_workers SET ended_at = ended_at - interval '31 days',"
        " seen_at = seen_at - interval '31 days' WHERE name != 'jakarta-2'"
    )
    presence(fleet_db, "jakarta-4").begin()
    assert [worker.name for worker in all_workers(fleet_db)] == [
        "jakarta-2",
        "jakarta-3",
        "jakarta-4",
    ]


def test_the_name_of_a_worker_that_was_killed_on_this_machine_is_free_at_once(fleet_db):
    died = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    presence(fleet_db).begin()
    fleet_db.rows("UPDATE warta_workers SET pid = %(pid)s", pid=int(died.stdout))
    presence(fleet_db).begin()


def test_the_name_of_a_worker_of_another_machine_with_the_same_name_is_not_free(fleet_db):
    presence(fleet_db).begin()
    fleet_db.rows("UPDATE warta_workers SET pid = 4194304, born = 'other-boot pid:[1] 17'")
    with pytest.raises(Locked):
        presence(fleet_db).begin()


def test_a_clock_that_is_hours_off_is_reported_and_harmless(fleet_db, monkeypatch):
    from datetime import UTC, datetime

    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz or UTC) + timedelta(hours=5)

    monkeypatch.setattr("scraper.fleet.workers.datetime", Wrong)
    presence(fleet_db).begin()
    (worker,) = all_workers(fleet_db)
    assert timedelta(hours=4.9) < worker.clock_off < timedelta(hours=5.1)
    assert abs(worker.seen_at - fleet_db.now()) < timedelta(minutes=5)


def test_a_report_that_arrives_late_is_no_wrong_clock(fleet_db, postgresql, database):
    with Link(postgresql.port) as link:
        dsn = SecretStr(postgresql.dsn(database, port=link.port))
        with Database.of(Fleet(dsn=dsn), purpose="tests") as slow:
            here = presence(slow)
            link.delay = 0.2
            here.begin()
            here.report()
            here.report()
    (worker,) = all_workers(fleet_db)
    assert worker.clock_off == timedelta()


def test_a_worker_is_drained_once_it_has_ended(fleet_db):
    here = presence(fleet_db)
    here.begin()
    assert drain(fleet_db, "jakarta-1", "finish")
    assert here.report() == "finish"
    assert drained(fleet_db, "jakarta-1") == 0
    assert drain(fleet_db, "jakarta-1", "stop")
    assert here.report() == "stop"
    here.end()
    assert drained(fleet_db, "jakarta-1") is None
    assert not drain(fleet_db, "jakarta-1", "finish")
    again = presence(fleet_db)  # starting it makes it take crawls again
    again.begin()
    assert again.report() is None


def test_draining_a_dead_worker_ends_it_and_an_unknown_one_is_one_sentence(fleet_db):
    presence(fleet_db).begin()
    age(fleet_db, 60)
    assert not drain(fleet_db, "jakarta-1", "finish")
    assert not all_workers(fleet_db)[0].is_stalled
    with pytest.raises(FleetError, match="no worker named bandung; there are jakarta-1"):
        drain(fleet_db, "bandung", "finish")
