"""The workers of a fleet as its database knows them: their names, signs of life, and draining."""

import os
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from archive.errors import Locked
from archive.ledger.wording import plain_time
from archive.printable import one_line
from scraper.fleet.database import Database, reason
from scraper.fleet.jobs import STALLED
from scraper.fleet.records import FleetError, Worker
from scraper.politeness.lock_notes import birth_of

_PRESENT = """\
SELECT run, host, pid, born, seen_at, ended_at IS NULL AND seen_at > warta_now() - %(stalled)s
    AS is_alive FROM warta_workers WHERE name = %(name)s"""
_REGISTER = """\
INSERT INTO warta_workers (name, run, host, pid, born, version, schema, clock_off)
VALUES (%(name)s, %(run)s, %(host)s, %(pid)s, %(born)s, %(version)s, %(schema)s,
    %(clock_off)s)
ON CONFLICT (name) DO UPDATE SET
    run = excluded.run, host = excluded.host, pid = excluded.pid, born = excluded.born,
    version = excluded.version, schema = excluded.schema, clock_off = excluded.clock_off,
    started_at = warta_now(), seen_at = warta_now(), ended_at = NULL, draining = NULL,
    store_problem = NULL, store_problem_since = NULL
WHERE warta_workers.run IS NOT DISTINCT FROM %(earlier)s
RETURNING run"""
_REPORT = """\
UPDATE warta_workers SET seen_at = warta_now(), clock_off = %(clock_off)s
WHERE name = %(name)s AND run = %(run)s RETURNING draining, warta_now() AS now"""
_LEAVE = """\
UPDATE warta_workers SET ended_at = warta_now(), draining = NULL
WHERE name = %(name)s AND run = %(run)s"""
_DRAIN = """\
UPDATE warta_workers SET draining = %(how)s WHERE name = %(name)s AND ended_at IS NULL
RETURNING run"""
_GONE = """\
UPDATE warta_workers SET ended_at = warta_now() WHERE name = %(name)s AND ended_at IS NULL
    AND seen_at <= warta_now() - %(stalled)s"""
_FORGET = "DELETE FROM warta_workers WHERE ended_at <= warta_now() - interval '30 days'"
_CRAWLS = """\
SELECT count(*) AS crawls FROM warta_sites s JOIN warta_workers w ON w.name = s.worker
WHERE w.name = %(name)s AND s.ended_at IS NULL AND s.began_at >= w.started_at"""
_ALL = """\
SELECT name, host, pid, version, schema, started_at, seen_at, ended_at, draining, clock_off,
    ended_at IS NULL AND seen_at <= warta_now() - %(stalled)s AS is_stalled
FROM warta_workers ORDER BY name"""
_STORE = """\
UPDATE warta_workers SET store_problem = %(why)s, store_problem_since =
    CASE WHEN %(why)s::text IS NULL THEN NULL ELSE coalesce(store_problem_since, warta_now()) END
WHERE name = %(worker)s"""

_AFTER = timedelta(seconds=STALLED)


@dataclass(slots=True, kw_only=True)
class Presence:
    """This process as a worker of the fleet."""

    database: Database
    name: str
    schema: int
    """Of the archives that it writes."""
    run: UUID = field(default_factory=uuid4)
    clock_off: timedelta = field(default=timedelta(), init=False)
    """How far the clock here is ahead of the database's, as far as the last answer tells."""

    def begin(self) -> None:
        """Take the name, and forget workers that ended long ago: hosts may have a new name each
        time. Raises Locked where another worker has it, and FleetError.
        """
        self.database.rows(_FORGET)
        row = self.database.row(_PRESENT, name=self.name, stalled=_AFTER)
        if row is not None and row["is_alive"] and not _is_dead(row):
            raise Locked(
                f"a worker named {self.name} is running ({one_line(row['host'])}, PID {row['pid']},"
                f" seen {plain_time(row['seen_at'])}); `--name` gives this one another name"
            )
        asked = datetime.now(UTC)
        self._compare(asked, self.database.now())
        given = {
            "host": socket.gethostname()[:100],
            "pid": os.getpid(),
            "born": _born(os.getpid()),
            "version": version("warta"),
            "schema": self.schema,
            "earlier": row["run"] if row is not None else None,
            "clock_off": self.clock_off,
        }
        if not self.database.rows(_REGISTER, **self._who, **given):
            raise Locked(f"a worker named {self.name} was started at the same time")

    def report(self) -> str | None:
        """Show that it is alive; return how it is to end, None if it is not.

        Raises Locked where another worker has its name now, and FleetError.
        """
        asked = datetime.now(UTC)
        row = self.database.row(_REPORT, **self._who, clock_off=self.clock_off)
        if row is None:
            raise Locked(f"another worker is named {self.name} now; this one ends")
        self._compare(asked, row["now"])
        how: str | None = row["draining"]
        return how

    def end(self) -> None:
        """Leave. Raises FleetError."""
        self.database.rows(_LEAVE, **self._who)

    def _compare(self, asked: datetime, now: datetime) -> None:
        """Take the least difference that explains an answer: a statement may be minutes under way,
        and arrive when nobody waits for it any more.
        """
        least, most = asked - now, datetime.now(UTC) - now
        self.clock_off = max(least, min(most, timedelta()))

    @property
    def _who(self) -> dict[str, Any]:
        return {"name": self.name, "run": self.run}


def all_workers(database: Database) -> list[Worker]:
    """Return all workers that run, stalled, or ended in the last 30 days, by name.

    Raises FleetError.
    """
    return [Worker(**row) for row in database.rows(_ALL, stalled=_AFTER)]


def drain(database: Database, name: str, how: str) -> bool:
    """Let a worker end: `finish` its crawls, or `stop` them; False if it does not run.

    Raises FleetError.
    """
    found = {worker.name: worker for worker in all_workers(database)}
    if name not in found:
        known = ", ".join(found) or "none"
        raise FleetError(f"the fleet has no worker named {one_line(name)}; there are {known}")
    database.rows(_GONE, name=name, stalled=_AFTER)
    return bool(database.rows(_DRAIN, name=name, how=how))


def drained(database: Database, name: str) -> int | None:
    """Return how many crawls of a worker are left; None once it has ended, or is dead."""
    worker = next((each for each in all_workers(database) if each.name == name), None)
    if worker is None or worker.ended_at is not None or worker.is_stalled:
        return None
    row = database.row(_CRAWLS, name=name)
    return int(row["crawls"]) if row is not None else 0


def is_stalled(database: Database, name: str) -> bool:
    """Whether a worker shows no sign of life, without having ended. Raises FleetError."""
    return any(worker.name == name and worker.is_stalled for worker in all_workers(database))


def note_store(database: Database, worker: str | None, why: str | None) -> None:
    """Note why a worker cannot use the store, or that it can. Raises FleetError."""
    if worker is not None:
        database.rows(_STORE, worker=worker, why=why and reason(why))


def _is_dead(row: dict[str, Any]) -> bool:
    """Whether a worker was a process of this machine, and is none any more."""
    machine, _space, began = str(row["born"]).rpartition(" ")
    return machine == _machine() and (birth_of(row["pid"]) or "") != began


def _born(pid: int) -> str:
    return f"{_machine()} {birth_of(pid) or ''}"


def _machine() -> str:
    """Return what no other machine, boot of it, or container has."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"unknown {uuid4()}"
