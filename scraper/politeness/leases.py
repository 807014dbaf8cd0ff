"""Who may request pages of a site: the process that holds its lease.

A lease is the site's lock on this machine, and with a fleet (`[fleet]`) also one in its database.
Whatever requests pages takes one first, and looks at it before each request is sent. Within a
process leases are re-entrant.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Protocol, Self

from archive.errors import PackageMissing
from scraper.configuration import Fleet
from scraper.configuration.loading import fleet_alone
from scraper.politeness.locks import site_lock, writer_lock


class Claim(Protocol):
    """What a fleet says of a site that this process may crawl."""

    @property
    def token(self) -> int:
        """The number of this lease among all of its site; it grows."""

    @property
    def ahead(self) -> timedelta:
        """How far the fleet's clock is ahead of this machine's."""

    def is_lost(self) -> bool:
        """Whether another process has taken the site, or too much time has passed."""

    def is_held(self) -> bool:
        """Whether a request may be sent now; False also while the database does not answer."""

    def note(self, *, delay: float, pause: float) -> None:
        """Note the seconds between two requests, and those left of a pause: the next holder waits
        for them.
        """

    def release(self) -> None:
        """Give the site to others."""


class Claims(Protocol):
    """The leases of a fleet, see `scraper.fleet.leases`."""

    def take(self, site: str) -> Claim:
        """Take a site; raises Locked where another process has it, and ArchiveError."""


class Lease:
    """The right to request pages of a site; closing it gives it back."""

    def __init__(self, site: str, lock: ExitStack, claim: Claim | None) -> None:
        self.site = site
        self._lock = lock
        self._claim = claim
        self._holders = 1

    @property
    def claim(self) -> Claim | None:
        """What the fleet says; None without a fleet: then the lease is held until it is closed."""
        return self._claim

    def is_lost(self) -> bool:
        """Whether no request may be sent any more."""
        return self._claim is not None and self._claim.is_lost()

    @property
    def ahead(self) -> timedelta:
        """How far the clock that counts is ahead of this machine's."""
        if self._claim is not None:
            return self._claim.ahead
        return timedelta(0)

    def is_held(self) -> bool:
        """Whether a request may be sent now."""
        return self._claim is None or self._claim.is_held()

    def again(self) -> Self:
        """Hold it once more; closed as often as it was taken, it ends."""
        self._holders += 1
        return self

    def close(self) -> None:
        """Give it back."""
        with _THREADS:
            self._holders -= 1
            if self._holders == 0:
                _held.pop(self.site, None)
                if self._claim is not None:
                    self._claim.release()
                self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()


_THREADS = RLock()
_held: dict[str, Lease] = {}
"""The leases of this process by site."""


def take(site: str, archive: Path | None = None, *, fleet: Fleet | None = None) -> Lease:
    """Take the lease for requests to a site; closing it releases it.

    `archive` is where its pages are written, for others to read. `fleet`: as configured; by default
    what the configuration in the working folder and the environment say. Raises Locked where
    another process has the site, ArchiveError, and ConfigurationError.
    """
    with _THREADS:
        if (held := _held.get(site)) is not None:
            return held.again()
        fleet = fleet_alone(os.environ) if fleet is None else fleet
        with ExitStack() as stack:
            stack.enter_context(site_lock(site, archive))
            claim = _claims(fleet).take(site) if fleet.is_configured else None
            lease = _held[site] = Lease(site, stack.pop_all(), claim)
        return lease


def take_all(
    archive: Path | None, sites: Sequence[str], *, fleet: Fleet | None = None
) -> ExitStack:
    """Take all that crawls of these sites need, or nothing; raises as `take`.

    Without an archive, only the leases for requests.
    """
    with ExitStack() as stack:
        for site in sites:
            if archive is not None:
                stack.enter_context(writer_lock(archive, site))
            stack.enter_context(take(site, archive, fleet=fleet))
        return stack.pop_all()


def _claims(fleet: Fleet) -> Claims:
    """Return the fleet's leases; its room is above this one, and needs packages of its own."""
    try:
        module = import_module("scraper.fleet.leases")
    except ModuleNotFoundError as error:
        raise PackageMissing(
            f"a fleet is configured, which needs {error.name}: pip install 'warta[fleet]'"
        ) from error
    claims: Claims = module.PostgresLeases(fleet)
    return claims
