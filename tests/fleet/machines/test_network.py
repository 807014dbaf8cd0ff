"""The tests' own network: what is cut off, and what heals."""

from __future__ import annotations

import time

import pytest

from tests.fleet.machines.network import Link
from tests.fleet.servers import Server


def test_a_connection_leads_to_the_server(postgresql: Server) -> None:
    import psycopg

    with (
        Link(postgresql.port) as link,
        psycopg.connect(postgresql.dsn("postgres", port=link.port)) as connection,
    ):
        assert connection.execute("SELECT 42").fetchone() == (42,)


def test_nothing_comes_through_a_cut_and_everything_after_it(postgresql: Server) -> None:
    import psycopg

    with Link(postgresql.port) as link:
        dsn = postgresql.dsn("postgres", port=link.port)
        with psycopg.connect(dsn) as connection:
            link.cut()
            with pytest.raises(psycopg.errors.ConnectionTimeout):
                psycopg.connect(dsn, connect_timeout=2)
            link.heal()
            assert connection.execute("SELECT 42").fetchone() == (42,)


def test_a_server_that_is_down_resets_connections(postgresql: Server) -> None:
    import psycopg

    with Link(postgresql.port) as link:
        dsn = postgresql.dsn("postgres", port=link.port)
        with psycopg.connect(dsn) as connection:
            link.refuse()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 42")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(dsn)
        link.heal()
        psycopg.connect(dsn).close()


def test_a_slow_network_delays_each_word(postgresql: Server) -> None:
    import psycopg

    with (
        Link(postgresql.port) as link,
        psycopg.connect(postgresql.dsn("postgres", port=link.port)) as connection,
    ):
        link.delay = 0.1
        begun = time.monotonic()
        connection.execute("SELECT 42")
        assert time.monotonic() - begun >= 0.2
