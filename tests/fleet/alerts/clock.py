"""The clock of a fleet as the tests set it: `warta_now()` of its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from scraper.fleet.database import Database
from scraper.fleet.schema import TABLES
from tests.fleet.servers import Server, filled

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
_FLEET = "INSERT INTO warta_fleet (version, needs, jobs_version) VALUES (1, 1, '')"
_CLOCK = """
CREATE TABLE simulated_clock (now timestamptz NOT NULL);
CREATE OR REPLACE FUNCTION warta_now() RETURNS timestamptz
    LANGUAGE sql VOLATILE AS 'SELECT now FROM simulated_clock';
"""


def _fill(server: Server, database: str) -> None:
    with server.connect(database) as connection:
        connection.execute(TABLES)
        connection.execute(
            "INSERT INTO warta_fleet (version, needs, jobs_version) VALUES (1, 1, '')"
        )
        connection.execute(_CLOCK)
        connection.execute("INSERT INTO simulated_clock VALUES (%s)", (START,))


@contextmanager
def simulated_time(server: Server) -> Iterator[str]:
    """A new database with the tables of a fleet, whose clock stands at START until it is set."""
    with filled(server, _fill) as name:
        yield name


def advance(database: Database, by: timedelta) -> None:
    database.rows("UPDATE simulated_clock SET now = now + %(by)s", by=by)
