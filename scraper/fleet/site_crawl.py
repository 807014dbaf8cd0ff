"""One crawl of a site by a fleet: its archive is fetched, crawled into, checked and pushed."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from archive.archive import Archive
from archive.errors import ArchiveError
from archive.ledger.crawls import BROKE_OFF
from scraper.configuration import Fleet
from scraper.fleet import sites, workers
from scraper.fleet.database import Database
from scraper.fleet.leases import PostgresClaim
from scraper.fleet.records import FleetError, FleetUnavailable, Store
from scraper.schedule.timetable import Timetable, last_crawls

logger = logging.getLogger("warta.fleet")

_AGAIN = 5.0
"""Seconds after which a store or database that did not answer is tried again."""


@dataclass(slots=True, kw_only=True)
class SiteCrawl:
    """A crawl of a site whose lease this process holds."""

    site: str
    archive: Path
    """The file of its archive on this machine."""
    fleet: Fleet
    store: Store
    claim: PostgresClaim
    worker: str | None
    """The worker that started it; None for a crawl by hand."""

    def run(
        self,
        crawl: Callable[[date | None], int],
        timetable: Timetable,
        check: Callable[[datetime], object],
    ) -> int:
        """Crawl with `crawl`, which takes the day to walk back to and returns its exit status.

        `check` is called with the time before the archive is pushed: what it writes is pushed, too.
        Returns the exit status. Raises ArchiveError where nothing could begin.
        """
        self._fetch()
        now = sites.begin(self.database, self.site, self.claim.token, self.worker)
        code, why = self._crawled(crawl, timetable, now)
        if self.claim.is_lost():
            return self._lost()
        check(self.database_time(now))
        ended = self._ended()
        try:
            self._push()
        except ArchiveError as error:
            code, why = 1, str(error)
            logger.error("%s: %s", self.site, error)  # noqa: TRY400 - one line
            self._note_unpushed()
        if self.claim.is_lost():
            return self._lost()
        self._patiently(
            lambda: sites.end(
                self.database, self.site, self.claim.token, ended=ended, exit_code=code, why=why
            )
        )
        return code

    def push(self) -> None:
        """Push what an earlier crawl could not. Raises ArchiveError."""
        self._fetch()  # another worker may have crawled the site meanwhile
        self._push()

    def _note_unpushed(self) -> None:
        """Leave the site to this worker until the store takes its crawls."""
        if self.worker is not None and not self.claim.is_lost():
            with suppress(FleetError):
                sites.note_unpushed(self.database, self.site, self.claim.token, self.worker)

    @property
    def database(self) -> Database:
        """The connection that renews the lease."""
        return self.claim.database

    def database_time(self, fallback: datetime) -> datetime:
        """Return the fleet's time, as this machine's clock and the last answer say."""
        return max(fallback, datetime.now(fallback.tzinfo) + self.claim.ahead)

    def _crawled(
        self, crawl: Callable[[date | None], int], timetable: Timetable, now: datetime
    ) -> tuple[int, str]:
        try:
            with Archive(self.archive) as kept:
                last = last_crawls(kept).get(self.site)
            since = timetable.since(self.site, last, now)
            with self.store.streaming(self.site, self.archive, self.claim.token):
                return crawl(since), ""
        except ArchiveError as error:
            logger.error("%s", error)  # noqa: TRY400 - one line
            return 1, str(error)

    def _fetch(self) -> None:
        """Fetch the newest replica; raises FleetError unless it is the one that was pushed last."""
        newest = sites.newest_token(self.database, self.site)
        try:
            replica = self.store.fetch(self.site, self.archive, published=newest)
        except FleetError as error:
            workers.note_store(self.database, self.worker, str(error))
            raise
        token = replica.token if replica is not None else 0
        if newest is not None and token < newest:
            raise FleetError(
                f"{self.site}: the store's newest replica is number {token}, but number {newest} "
                "was pushed: the store is not the fleet's, or an earlier state of it"
            )
        if token >= self.claim.token:
            self.claim.exceed(token)

    def _push(self) -> None:
        token, publish = self.claim.token, sites.publisher
        self._patiently(
            lambda: self.store.push(
                self.site,
                self.archive,
                token,
                now=self.database.now(),
                publish=publish(self.database, self.site, token),
            ),
            note=True,
        )

    def _patiently(self, work: Callable[[], object], *, note: bool = False) -> None:
        """Try until it works, the patience of the fleet is over, or the lease is lost."""
        deadline = time.monotonic() + self.fleet.patience
        while True:
            try:
                work()
            except FleetError as error:
                if note:
                    self._note_store(str(error))
                over = time.monotonic() > deadline or self.claim.is_lost()
                if over or not isinstance(error, FleetUnavailable):
                    raise
                time.sleep(min(_AGAIN, self.fleet.lease))
            else:
                if note:
                    self._note_store(None)
                return

    def _note_store(self, why: str | None) -> None:
        """Note what is wrong with the store, unless the database does not answer either."""
        with suppress(FleetError):
            workers.note_store(self.database, self.worker, why)

    def _ended(self) -> str:
        """Return how the crawl ended, as its archive says."""
        try:
            with Archive(self.archive, read_only=True) as kept:
                newest = kept.crawls.newest(self.site)
        except ArchiveError:
            return BROKE_OFF
        return newest.end_reason or BROKE_OFF if newest is not None else BROKE_OFF

    def _lost(self) -> int:
        logger.error("%s: the lease was lost; what was crawled is not pushed", self.site)
        try:
            sites.lost(self.database, self.site, self.claim.token)
        except FleetError as error:
            logger.warning("%s: %s", self.site, error)
        return 1
