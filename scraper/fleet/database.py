"""The fleet's database: one connection, a deadline for everything, errors in plain words.

The DSN may hold a password, and what libpq says of a DSN may quote it: its sentences are never
shown, only what is known of them.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import RLock, Timer
from typing import Any, LiteralString, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from archive.printable import one_line
from scraper.configuration import Fleet
from scraper.fleet.records import FleetError, FleetUnavailable

Connection = psycopg.Connection[dict[str, Any]]

DEADLINE = 10.0
"""Seconds that a statement may take, its way there and back included."""
_CONNECT = 5
"""Seconds that each address of the server has to answer."""
_MAX_REASON = 500
"""Characters."""

NAMED = (
    """expected a connection string of PostgreSQL, like postgresql://warta@db.example.org/warta"""
)

_ALIVE = {
    "connect_timeout": _CONNECT,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Of libpq: a server that vanished is noticed."""
SESSION = (
    "SELECT set_config('statement_timeout', '10s', false), set_config('lock_timeout', '5s', false),"
    " set_config('idle_in_transaction_session_timeout', '30s', false),"
    " set_config('timezone', 'UTC', false), set_config('intervalstyle', 'postgres', false)"
)
"""Limits that the server keeps, and how it writes times."""
_STATES = {
    "28P01": "it refuses the password",
    "28000": "it refuses the user",
    "3D000": "it has no database of that name",
    "42501": "the user may not do that there",
    "42P01": "it holds no fleet: run `warta fleet init`",
    "42883": "it holds no fleet: run `warta fleet init`",
    "25006": "it can only be read: is it a standby?",
    "53300": "it has no connection left",
    "53100": "its disk is full",
    "57014": "it took too long",
    "55P03": "it took too long",
    "57P01": "it is shutting down",
    "57P03": "it is starting or shutting down",
}
"""SQLSTATE of an error -> what it means."""
_LASTING = ("22", "23", "28", "3D", "3F", "42")
"""Classes of SQLSTATE that do not pass by themselves."""
_UNREACHED = {
    "password authentication failed": _STATES["28P01"],
    "no pg_hba.conf entry": _STATES["28000"],
    "no password supplied": "it requires a password",
    "does not exist": "it has no such database or user",
    "too many clients": _STATES["53300"],
    "starting up": _STATES["57P03"],
    "shutting down": _STATES["57P03"],
    "Connection refused": "nothing answers there (connection refused)",
    "could not translate host name": "its host has no address (DNS)",
    "failed to resolve host": "its host has no address (DNS)",
    "timeout": "nothing answers there (timeout)",
    "No route to host": "there is no way to it (no route to host)",
    "Network is unreachable": "there is no way to it (network is unreachable)",
    "No such file or directory": "nothing answers there (no socket)",
    "SSL": "no secure connection could be made (TLS)",
    "certificate": "no secure connection could be made (TLS)",
}
"""Words of libpq -> what it means that no connection came about."""


def dsn_of(fleet: Fleet) -> str:
    """Return the DSN, with what libpq is to do about dead connections; raises FleetError."""
    text = fleet.dsn.get_secret_value() if fleet.dsn is not None else _read(fleet)
    try:
        given = conninfo_to_dict(text)
    except psycopg.Error:
        source = "fleet.dsn" if fleet.dsn is not None else str(fleet.dsn_file)
        raise FleetError(f"{source}: {NAMED}") from None
    return psycopg.conninfo.make_conninfo("", **{**_ALIVE, **given, "connect_timeout": _CONNECT})


def _read(fleet: Fleet) -> str:
    file = fleet.dsn_file
    assert file is not None
    try:
        with file.open("rb") as opened:
            text = opened.read(10_000).decode().strip()
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        reason = error.strerror
        raise FleetError(f"{file}: the file of fleet.dsn_file cannot be read ({reason})") from None
    if not text or not text.isprintable():
        raise FleetError(f"{file}: {NAMED}, in one line")
    return text


class Database:
    """A connection that is made when it is needed, and again after it broke; thread-safe."""

    def __init__(self, dsn: str, *, purpose: str) -> None:
        """Take the DSN of `dsn_of`, and what the connection is for, which its server shows."""
        self._dsn = dsn
        self._purpose = purpose
        self._connection: Connection | None = None
        self._one_at_a_time = RLock()

    @classmethod
    def of(cls, fleet: Fleet, *, purpose: str) -> Self:
        """Return the database of a configured fleet; raises FleetError."""
        return cls(dsn_of(fleet), purpose=f"warta {purpose}"[:63])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def rows(self, statement: LiteralString, **given: Any) -> list[dict[str, Any]]:
        """Run one statement, which commits; repeated once if a kept connection turns out broken.

        Raises FleetUnavailable, FleetError.
        """
        with self._one_at_a_time:
            kept = self._connection is not None
            try:
                return self._run(statement, given)
            except FleetUnavailable:
                if not kept:
                    raise
            return self._run(statement, given)

    def row(self, statement: LiteralString, **given: Any) -> dict[str, Any] | None:
        """Run a statement as `rows`; return its first row, None without one."""
        return next(iter(self.rows(statement, **given)), None)

    def now(self) -> datetime:
        """Return the fleet's time."""
        row = self.row("SELECT warta_now() AS now")
        assert row is not None
        now: datetime = row["now"]
        return now

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield the connection in a transaction. Raises FleetUnavailable, FleetError."""
        with self._one_at_a_time, self._used() as connection, connection.transaction():
            yield connection

    def close(self) -> None:
        """Close the connection; it is made again if it is needed."""
        with self._one_at_a_time:
            if self._connection is not None:
                with suppress(psycopg.Error):
                    self._connection.close()
                self._connection = None

    def _run(self, statement: LiteralString, given: dict[str, Any]) -> list[dict[str, Any]]:
        with self._used() as connection:
            found = connection.execute(statement, given)
            return found.fetchall() if found.description is not None else []

    @contextmanager
    def _used(self) -> Iterator[Connection]:
        try:
            connection = self._opened()
            with _deadline(connection):
                yield connection
        except psycopg.Error as error:
            if self._connection is None or self._connection.broken:
                self.close()
            raise explained(error) from None

    def _opened(self) -> Connection:
        if self._connection is None:
            connection: Connection = psycopg.connect(
                self._dsn, autocommit=True, row_factory=dict_row, application_name=self._purpose
            )
            self._connection = connection
            with _deadline(connection):
                connection.execute(SESSION)
        return self._connection


@contextmanager
def _deadline(connection: Connection) -> Iterator[None]:
    """Cut the connection if its server does not answer in time: it may be anything."""
    with socket.socket(fileno=os.dup(connection.fileno())) as wire:
        timer = Timer(DEADLINE, _cut, (wire,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _cut(wire: socket.socket) -> None:
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)


def reason(text: str) -> str | None:
    """Return what was said as the database keeps it: one line, cut; None for nothing."""
    return one_line(text)[:_MAX_REASON] or None


def explained(error: psycopg.Error) -> FleetError:
    """Return an error in our own words: those of others may quote the DSN."""
    state, words = error.sqlstate, str(error)
    if isinstance(error, psycopg.DataError) and state is None:  # of psycopg itself
        return FleetError("the fleet's database: it holds times that cannot be read")
    if state is None:
        found = (meaning for part, meaning in _UNREACHED.items() if part in words)
        why = next(found, "the connection broke, or nothing answered in time")
    else:
        why = _STATES.get(state, f"error {state}")
    lasting = state is not None and state[:2] in _LASTING
    return (FleetError if lasting else FleetUnavailable)(f"the fleet's database: {why}")
