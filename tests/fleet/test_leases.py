"""Leases in PostgreSQL: one holder at a time, by the server's clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr

from archive.errors import Locked
from scraper.configuration import Fleet
from tests.waiting import until

pytest.importorskip("psycopg", reason="the extra `fleet` is not installed")

from scraper.fleet.database import Database, dsn_of
from scraper.fleet.leases import PostgresClaim, PostgresLeases
from scraper.fleet.records import FleetError, FleetUnavailable
from scraper.fleet.schema import set_up


@pytest.fixture
def fleet(dsn: str) -> Fleet:
    """A fleet whose database is set up."""
    found = Fleet(dsn=SecretStr(dsn), lease=30)
    with Database.of(found, purpose="tests") as database:
        set_up(database)
    return found


class Clock:
    """A clock that runs while the machine is suspended."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def claim(fleet: Fleet, clock: Clock, site: str = "suara") -> PostgresClaim:
    return PostgresClaim(Database(dsn_of(fleet), purpose="a test"), site, fleet, clock=clock)


def execute(fleet: Fleet, statement: str) -> None:
    import psycopg

    with psycopg.connect(dsn_of(fleet), autocommit=True) as connection:
        connection.execute(statement)


def test_a_site_has_one_holder_and_is_free_after_its_delay(fleet):
    first = PostgresLeases(fleet).take("suara")
    assert first.is_held()
    with pytest.raises(Locked, match="suara: another machine is crawling this site"):
        PostgresLeases(fleet).take("suara")
    other = PostgresLeases(fleet).take("rmol")
    other.release()
    first.note(delay=0.3, pause=0)
    first.release()
    assert not first.is_held()
    again = PostgresLeases(fleet).take("suara")  # waits for the delay
    assert again.token == first.token + 1
    with Database(dsn_of(fleet), purpose="a test") as database:
        row = database.row(
            "SELECT taken_at - free_at AS after FROM warta_leases WHERE site = 'suara'"
        )
    again.release()
    assert row is not None
    assert row["after"] >= timedelta(0)


def test_a_pause_that_the_site_requested_holds_for_the_next_holder(fleet):
    first = PostgresLeases(fleet).take("suara")
    first.note(delay=1, pause=3600)
    first.release()
    with pytest.raises(Locked, match="suara: no request before "):
        PostgresLeases(fleet).take("suara")


def test_a_pause_is_not_longer_because_its_holder_keeps_the_lease(fleet):
    clock = Clock()
    first = claim(fleet, clock)
    first.take()
    first.note(delay=1, pause=600)
    clock.now += 590  # it pushes its archive meanwhile
    assert first._given()["pause"] == timedelta(seconds=10)
    first.release()


def test_a_lease_that_ran_out_lapses_and_is_lost_once_another_has_taken_the_site(fleet):
    clock = Clock()
    first = claim(fleet, clock)
    first.take()
    clock.now += 26
    assert first.is_held()
    clock.now += 1.1  # within the margin
    assert not first.is_held()
    assert first.renew()  # nobody else came
    assert first.is_held()
    execute(fleet, "UPDATE warta_leases SET ends_at = warta_now() - interval '2 s'")
    second = claim(fleet, clock)
    second.take()
    assert first.is_held()  # it cannot know yet; by its own clock it has not run out
    assert not first.renew()
    assert (first.is_held(), first.is_lost()) == (False, True)
    first.release()  # changes nothing
    assert second.renew()
    second.release()


def test_a_lease_counts_from_before_it_was_requested(fleet):
    clock = Clock()
    first = claim(fleet, clock)
    database = first.database
    rows = database.rows

    def slow(*given, **named):
        found = rows(*given, **named)
        clock.now += 20
        return found

    database.rows = slow  # type: ignore[method-assign]
    first.take()
    assert first._until <= clock.now + 7
    database.rows = rows  # type: ignore[method-assign]
    first.release()


def test_a_site_whose_holder_died_is_free_after_the_lease_and_the_delay(fleet):
    clock = Clock()
    first = claim(fleet, clock)
    first.note(delay=7, pause=0)
    first.take()
    assert first.renew()
    execute(fleet, "UPDATE warta_leases SET ends_at = warta_now() - interval '1 s'")
    with pytest.raises(Locked):
        PostgresLeases(fleet).take("suara")
    execute(fleet, "UPDATE warta_leases SET ends_at = warta_now() - interval '8 s'")
    second = claim(fleet, clock)
    second.take()
    second.release()
    first.release()


def test_a_crawl_outlives_a_database_that_is_gone_for_a_while(dsn, postgresql, database):
    fleet = Fleet(dsn=SecretStr(dsn), lease=2, patience=60)
    with Database.of(fleet, purpose="tests") as made:
        set_up(made)
    held = PostgresLeases(fleet).take("suara")
    with postgresql.connect() as connection:
        connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,)
        )
        until(lambda: not held.is_held())
        assert not held.is_lost()
        connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
    until(held.is_held)
    held.release()


@pytest.mark.parametrize(
    ("dsn", "why"),
    [
        ("kata sandi", "fleet.dsn: expected a connection string of PostgreSQL"),
        ("postgresql://warta:sandi@127.0.0.1:1/warta", "nothing answers there"),
        ("postgresql://warta:san@di@127.0.0.1/warta", "its host has no address"),
        ("postgresql:///x?sslmode=sandi", "the fleet's database: "),
        ("postgresql:///x?sandi=1", "fleet.dsn: expected a connection string"),
    ],
)
def test_a_dsn_that_is_wrong_is_one_sentence_without_it(dsn, why):
    with pytest.raises(FleetError, match=why) as raised:
        PostgresLeases(Fleet(dsn=SecretStr(dsn))).take("suara")
    assert "sandi" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_database_without_a_fleet_or_of_another_version_is_one_sentence(dsn, fleet):
    execute(fleet, "UPDATE warta_fleet SET needs = 9, version = 9")
    with pytest.raises(FleetError, match=r"of a later warta .* upgrade warta"):
        PostgresLeases(fleet).take("suara")
    execute(fleet, "UPDATE warta_fleet SET version = 0, needs = 0")
    with pytest.raises(FleetError, match=r"of an earlier warta .* run `warta fleet init`"):
        PostgresLeases(fleet).take("suara")
    execute(fleet, "DROP TABLE warta_fleet")
    with pytest.raises(FleetError, match="holds no fleet: run `warta fleet init`"):
        PostgresLeases(fleet).take("suara")
    with (
        Database.of(fleet, purpose="tests") as database,
        pytest.raises(FleetError, match="jobs of another program"),
    ):
        set_up(database)


def test_a_server_that_accepts_and_never_answers_cannot_hang_a_command(monkeypatch):
    import socket

    monkeypatch.setattr("scraper.fleet.database._CONNECT", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(FleetUnavailable, match="timeout"):
            Database(dsn_of(Fleet(dsn=SecretStr(f"host=127.0.0.1 port={port}"))), purpose="x").now()


def test_a_statement_that_is_never_answered_breaks_the_connection(fleet, monkeypatch):
    monkeypatch.setattr("scraper.fleet.database.DEADLINE", 0.2)
    database = Database.of(fleet, purpose="tests")
    with pytest.raises(FleetUnavailable, match="nothing answered in time"):
        database.rows("SELECT pg_sleep(5)")
    assert database.now()
    database.close()
