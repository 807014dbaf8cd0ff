"""Leases of sites in PostgreSQL: taken, renewed by a thread of the crawl's process, released."""

import logging
import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any

from archive.errors import Locked
from archive.ledger.wording import plain_time
from archive.printable import one_line
from scraper.configuration import Fleet
from scraper.fleet.database import Database
from scraper.fleet.records import FleetError
from scraper.fleet.schema import check

logger = logging.getLogger("warta.fleet")

WAIT = 5.0
"""Seconds that a process waits for a site that is about to be free."""
_MARGIN, _LEAST_MARGIN = 0.1, 0.5
"""Share of a lease, at least so many seconds, that its holder gives up at the end of it: clocks do
not run at the same speed.
"""
_RENEWALS = 4
"""In the time of a lease: so many may be lost."""
_NEW_PAUSE = 1.0
"""Seconds by which a pause ends later than the one before, if it is another."""
_AGAIN = 1.0
"""Seconds between two attempts to reach a database that does not answer."""

_KNOW = "INSERT INTO warta_leases (site) VALUES (%(site)s) ON CONFLICT DO NOTHING"
_TAKE = """\
UPDATE warta_leases SET
    token = token + 1, holder = %(holder)s, taken_at = warta_now(), renewed_at = warta_now(),
    ends_at = warta_now() + %(lease)s
WHERE site = %(site)s AND warta_free_from(warta_leases) <= warta_now()
RETURNING token, warta_now() AS now"""
_HELD = """\
SELECT holder, taken_at, warta_now() AS now, warta_free_from(warta_leases) AS until
FROM warta_leases WHERE site = %(site)s"""
_RENEW = """\
UPDATE warta_leases SET
    renewed_at = warta_now(), ends_at = warta_now() + %(lease)s, delay = %(delay)s,
    free_at = greatest(free_at, warta_now() + %(pause)s)
WHERE site = %(site)s AND token = %(token)s AND holder IS NOT NULL
RETURNING warta_now() AS now"""
_EXCEED = """\
UPDATE warta_leases SET token = %(above)s + 1 WHERE site = %(site)s AND token = %(token)s
RETURNING token"""
_RELEASE = """\
UPDATE warta_leases SET
    holder = NULL, ends_at = warta_now(), delay = %(delay)s,
    free_at = greatest(free_at, warta_now() + greatest(%(delay)s, %(pause)s))
WHERE site = %(site)s AND token = %(token)s"""


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Runs while the machine is suspended: on Linux the first, on macOS and the BSDs the second."""


def _boottime() -> float:
    """Return seconds of a clock that also runs while the machine is suspended."""
    return time.clock_gettime(_CLOCK)


def holder() -> str:
    """Return what others see of this process."""
    worker = os.environ.get(WORKER)
    place = f"{socket.gethostname()}, PID {os.getpid()}"
    return one_line(f"worker {worker} ({place})" if worker else place)[:200]


WORKER = "WARTA_FLEET_WORKER"
"""The variable by which a crawl knows the worker that started it."""


class PostgresClaim:
    """A lease; see `politeness.leases.Claim`."""

    def __init__(
        self, database: Database, site: str, fleet: Fleet, *, clock: Callable[[], float] = _boottime
    ) -> None:
        """Take the seconds of a clock that runs while the machine is suspended."""
        self.site = site
        self.token = 0
        self.ahead = timedelta(0)
        self._lost = False
        self.database = database
        self._clock = clock
        self._lease = fleet.lease
        self._patience = fleet.patience
        self._until = 0.0
        self._delay, self._paused_until = 1.0, 0.0
        self._problem = ""
        self._over = False
        self._wake = Event()
        self._answering = Lock()
        self._thread = Thread(target=self._renew_on, name=f"lease {site}", daemon=True)

    def take(self) -> None:
        """Take the site, waiting if it is about to be free. Raises Locked, FleetError."""
        deadline = self._clock() + WAIT
        self.database.rows(_KNOW, site=self.site)
        while not self._taken():
            held = self.database.row(_HELD, site=self.site)
            assert held is not None
            left = (held["until"] - held["now"]).total_seconds()
            if self._clock() + left > deadline:
                raise Locked(_refusal(self.site, held))
            time.sleep(min(max(left, 0.05), WAIT))
        self._thread.start()

    def is_lost(self) -> bool:
        """Whether another process has the site, or the database was silent for too long."""
        return self._lost

    def is_held(self) -> bool:
        """Whether a request may be sent now."""
        return not self._lost and self._clock() < self._until

    def note(self, *, delay: float, pause: float) -> None:
        """Note what the next holder waits for; sent with the next renewal, a pause at once."""
        until = self._clock() + pause
        is_new = until > self._paused_until + _NEW_PAUSE
        self._delay, self._paused_until = delay, until
        if is_new and pause > 0:
            self._wake.set()

    def release(self) -> None:
        """Give the site to others; where the database does not answer, they wait for its end."""
        self._over = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=WAIT)
        try:
            if not self._lost:
                self.database.rows(_RELEASE, **self._given())
        except FleetError as error:
            logger.warning("%s: the lease is not released: %s", self.site, error)
        finally:
            self._until = 0.0
            self.database.close()

    def renew(self) -> bool:
        """Renew it; False where another process has it. Raises FleetError."""
        with self._answering:
            before = self._clock()
            row = self.database.row(_RENEW, **self._given())
            if row is None:
                self._lose("another process has taken the site")
                return False
            self._count_from(before, row["now"])
            return True

    def exceed(self, above: int) -> None:
        """Take a token above one of the store, whose database was lost. Raises FleetError."""
        with self._answering:
            given = {"site": self.site, "token": self.token, "above": above}
            row = self.database.row(_EXCEED, **given)
            if row is None:
                raise FleetError(f"{self.site}: another process has taken the site")
            self.token = row["token"]

    def _taken(self) -> bool:
        before = self._clock()
        given = {**self._given(), "holder": holder()}
        row = self.database.row(_TAKE, **given)
        if row is not None:
            self.token = row["token"]
            self._count_from(before, row["now"])
        return row is not None

    def _count_from(self, before: float, now: datetime) -> None:
        """Count the lease from before it was requested: the server began later."""
        margin = max(_LEAST_MARGIN, _MARGIN * self._lease)
        self._until = before + self._lease - margin
        self.ahead = now - datetime.now(UTC)

    def _given(self) -> dict[str, Any]:
        return {
            "site": self.site,
            "token": self.token,
            "lease": timedelta(seconds=self._lease),
            "delay": timedelta(seconds=self._delay),
            "pause": timedelta(seconds=max(0.0, self._paused_until - self._clock())),
        }

    def _renew_on(self) -> None:
        wait = self._lease / _RENEWALS
        while True:
            self._wake.wait(wait)
            self._wake.clear()
            if self._over:
                return
            try:
                if not self.renew():
                    return
            except FleetError as error:
                wait = min(_AGAIN, self._lease / _RENEWALS)
                self._report(error)
                if self._clock() > self._until + self._patience:
                    self._lose("the database did not answer")
                    return
            else:
                wait = self._lease / _RENEWALS
                self._recovered()

    def _report(self, error: FleetError) -> None:
        """Log once how long a crawl goes on without its database."""
        if not self._problem:
            logger.warning(
                "%s: the lease cannot be renewed: %s; requests go on for %.0f s, then wait for it",
                self.site,
                error,
                max(0.0, self._until - self._clock()),
            )
        self._problem = str(error)

    def _recovered(self) -> None:
        if self._problem:
            logger.warning("%s: the lease is renewed again", self.site)
        self._problem = ""

    def _lose(self, why: str) -> None:
        self._lost = True
        logger.warning("%s: the lease is lost: %s", self.site, why)


def _refusal(site: str, held: dict[str, Any]) -> str:
    """Return why a site is not free, as a sentence."""
    if held["holder"] is None:
        return f"{site}: no request before {plain_time(held['until'])}, as the site was promised"
    holder, since = one_line(held["holder"]), plain_time(held["taken_at"])
    return f"{site}: another machine is crawling this site ({holder}, since {since})"


class PostgresLeases:
    """The leases of a fleet, found by name; see `politeness.leases.Claims`.

    Each lease has a connection of its own.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def take(self, site: str) -> PostgresClaim:
        """Take a site; raises Locked, FleetError."""
        database = Database.of(self._fleet, purpose=f"crawl of {site}")
        try:
            check(database)
            claim = PostgresClaim(database, site, self._fleet)
            claim.take()
        except BaseException:
            database.close()
            raise
        return claim
