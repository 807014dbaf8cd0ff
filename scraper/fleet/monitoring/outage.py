"""A database that does not answer: it cannot hold that incident, so the store does.

Each worker that cannot reach the database leaves a note in the store, and of those that did, the
first by name notifies the targets, once. Where the store does not answer either, every worker
speaks for itself.
"""

import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from archive.ledger.wording import word, worded
from archive.monitoring.incidents import Incident
from scraper.fleet.monitoring.incidents import DATABASE
from scraper.fleet.records import FleetError
from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.notify import deliver
from scraper.monitoring.alerts.targets import Target

logger = logging.getLogger("warta.fleet")

FOLDER = "fleet.outages"
"""Of the notes in the store, which no site can be called."""
AFTER = timedelta(seconds=30)
"""How long the database may be silent: a restart of it is no news."""
_LIMIT = 10_000


class Notes(Protocol):
    """What a note needs of a store; see scraper.fleet.store.objects. All raise FleetError."""

    def read(self, name: str, *, limit: int) -> bytes | None:
        """Return an object; None if there is none."""

    def write(self, name: str, pieces: Sequence[bytes]) -> int:
        """Write an object."""

    def names(self, folder: str = "") -> list[str]:
        """Return the names in a folder, sorted."""

    def delete(self, name: str) -> None:
        """Delete an object."""


@dataclass(slots=True, kw_only=True)
class Outage:
    """What a worker knows of the database's silence; survives its end in the store."""

    worker: str
    notes: Notes | None
    """None: there is no store."""
    targets: Sequence[Target]
    since: datetime | None = None
    """Aware, UTC; the worker's clock, there is no other. None: the database answers."""
    _notified: set[str] = field(default_factory=set)
    _noted: bool = False

    @property
    def _name(self) -> str:
        return f"{FOLDER}/{self.worker}"

    def recall(self) -> None:
        """Read what an earlier run of this worker noted."""
        with suppress(FleetError, ValueError, KeyError, TypeError):
            found = self.notes and self.notes.read(self._name, limit=_LIMIT)
            if found:
                known = json.loads(found)
                self.since = datetime.fromisoformat(known["since"])
                self._notified, self._noted = set(map(str, known["notified"])), True

    def silent(self, why: str, now: datetime) -> None:
        """Note that the database did not answer, and notify the targets that do not know it."""
        if self.since is None:
            self.since = now
        if not self._noted:
            self._keep()
        missing = [target for target in self.targets if target.name not in self._notified]
        if now - self.since < AFTER or not missing or not self._speaks():
            return
        self._notified |= self._deliver("began", missing, now, _why(self.worker, why))
        self._keep()

    def answered(self, now: datetime) -> None:
        """Note that the database answers again, and notify those that know of the silence."""
        if self.since is None:
            return
        known = [target for target in self.targets if target.name in self._notified]
        self._notified -= self._deliver("ended", known, now, _over(self.worker))
        if self._notified & {target.name for target in self.targets}:
            return  # tried again at the next answer
        with suppress(FleetError):
            if self.notes is not None:
                self.notes.delete(self._name)
        self.since, self._noted = None, False
        self._notified.clear()

    def _keep(self) -> None:
        if self.notes is None or self.since is None:
            return
        note = {"since": self.since.isoformat(), "notified": sorted(self._notified)}
        with suppress(FleetError):
            self.notes.write(self._name, [json.dumps(note).encode()])
            self._noted = True

    def _speaks(self) -> bool:
        """Whether this worker is the one that notifies."""
        if self.notes is None:
            return True
        try:
            return self.notes.names(FOLDER)[:1] in ([], [self.worker])
        except FleetError:
            return True

    def _deliver(self, state: str, to: Sequence[Target], now: datetime, why: str) -> set[str]:
        """Send a message; return the names of the targets that accepted it."""
        since = self.since or now
        message = Message(
            id=f"{DATABASE}-{self.worker}-{int(since.timestamp())}-{state}",
            state=state,
            incident=Incident(kind=DATABASE, site=None, since=since, why=why),
            ended_at=now if state == "ended" else None,
            archive="fleet",
            sent_at=now,
        )
        problems = deliver(dict.fromkeys(to, message))
        for target, problem in problems.items():
            logger.warning("alerts: %s: %s; it will be retried", target.name, problem)
        return {target.name for target in to if target not in problems}


def _why(worker: str, problem: str) -> str:
    return worded(
        "worker {name} cannot reach the fleet's database: {why}; crawls that run pause when their"
        " leases end, and none begins",
        name=word(worker),
        why=word(problem),
    )


def _over(worker: str) -> str:
    return worded("worker {name} reaches the fleet's database again", name=word(worker))
