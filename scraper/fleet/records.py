"""The records of a fleet, and the interface of its store."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from archive.errors import ArchiveError


class FleetError(ArchiveError):
    """The fleet's database or store cannot be used; the text is one sentence for the user."""


class FleetUnavailable(FleetError):
    """The database or the store does not answer, or not in time; it may later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A site's archive in the store, verified."""

    site: str
    token: int
    """Of the lease under which it was pushed: the highest is the newest."""
    schema: int
    """Number of migrations that the archive has, see archive.database.connection."""
    digest: str
    """SHA-256 of the archive's file as it was pushed, in hexadecimal."""
    bytes: int
    """Of that file."""
    pushed_at: datetime
    """Aware, UTC; by the clock of the fleet."""


class Store(Protocol):
    """Where the archives of all sites are kept: a folder that all machines see, or an object store.

    Every method raises FleetUnavailable where the store does not answer in time, and FleetError
    where it is full, read-only, or holds what is none of its own. None waits forever.
    """

    def identity(self) -> str | None:
        """Return the id of the fleet that uses the store; None if none does yet."""

    def claim(self, fleet: str) -> None:
        """Write the id of the fleet into a store that has none."""

    def push(
        self,
        site: str,
        archive: Path,
        token: int,
        *,
        now: datetime,
        publish: Callable[[Replica], None] | None = None,
    ) -> Replica:
        """Put the archive there and verify it; a replica with a higher token is never replaced.

        `publish` is called once the copy is there, and only if it returns does it become the newest
        replica: it notes it in the database in one transaction with the check that the token is
        still the site's newest, else it raises FleetError. Raises FleetError where there is a
        replica with a higher token: the lease was lost meanwhile.
        """

    def fetch(self, site: str, into: Path, *, published: int | None = None) -> Replica | None:
        """Make the archive at `into` the newest replica, verified; None if the store has none.

        `published` is the token of the newest one that the database noted: its pusher may have been
        killed before it wrote the manifest, which is done then.

        Nothing is copied where `into` is that replica, or has crawls on top of it. Otherwise it is
        replaced in one step; if it has crawls that the replica lacks, it is set aside and put into
        the store as an orphan. Raises FleetError where a replica does not check.
        """

    def streaming(self, site: str, archive: Path, token: int) -> AbstractContextManager[None]:
        """Replicate an archive while its site is crawled, where Litestream is installed."""

    def newest(self, site: str) -> Replica | None:
        """Return the newest replica without fetching it; None if the store has none."""

    def schema(self, site: str) -> int:
        """Return the schema of the newest replica; 0 if the store has none."""


WORKER_STATES = ("running", "draining", "stalled", "ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker, as the database knows it. Times are the server's."""

    name: str
    host: str
    pid: int
    version: str
    """Of warta."""
    schema: int
    """Of the archives that it writes; it gets no archive of a later one."""
    started_at: datetime
    seen_at: datetime
    """When it last reported."""
    ended_at: datetime | None
    """When it ended by itself; None if it runs, or was killed."""
    draining: str | None
    """How it ends: `finish` its crawls, or `stop` them; None if it does not."""
    clock_off: timedelta
    """How far its clock is ahead of the server's."""
    is_stalled: bool
    """Whether it neither ended nor reported for too long."""

    @property
    def state(self) -> str:
        """What it does: one of WORKER_STATES."""
        if self.ended_at is not None:
            return "ended"
        if self.is_stalled:
            return "stalled"
        return "draining" if self.draining else "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """A site of the fleet. Times are the server's."""

    site: str
    holder: str | None
    """The worker, or the host and process, whose lease has not ended; None if it is free."""
    taken_at: datetime | None
    """Since when."""
    free_at: datetime | None
    """No request before that time; None if it was never crawled."""
    began_at: datetime | None
    """When its last crawl began."""
    ended_at: datetime | None
    """When that ended; None while it runs, or if it was killed."""
    ended: str | None
    """Why: finished, shutdown, lease_lost …; None as for `ended_at`."""
    exit_code: int | None
    """Of `warta crawl`; None as for `ended_at`."""
    why: str | None
    """The last line that a failed crawl said."""
    worker: str | None
    """Which worker ran it."""
    failures: int
    """Crawls in a row that failed."""
    schema: int
    """Of its archive in the store; 0 if there is none."""
    replica_token: int | None
    """Of its newest replica; None if there is none."""
    replica_at: datetime | None
    """When that was pushed."""
    is_queued: bool
    """Whether a job waits for a worker, or one has taken it."""
    lost_at: datetime | None = None
    """When a crawl lost its lease, until another one has finished; None if none did."""
