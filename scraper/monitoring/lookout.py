"""Alerts and metrics: what a schedule does after each crawl and every few minutes."""

import logging
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from archive.archive import Archive, Reader
from archive.database.connection import no_archive, plain_errors
from archive.errors import BREAKS_ON_DAMAGE, ArchiveError
from archive.maintenance.values import explanation
from archive.monitoring.alert_log import lasting
from archive.monitoring.health import incidents
from archive.monitoring.incidents import Incident
from scraper.configuration import Configuration
from scraper.monitoring.alerts.notify import DeliveryReport, note, send_due
from scraper.monitoring.alerts.service import check_installed
from scraper.monitoring.alerts.targets import targets
from scraper.monitoring.alerts.unwritable import notify_unwritable, notify_writable
from scraper.monitoring.metrics.collecting import ArchiveCollector, LastCheck
from scraper.monitoring.metrics.serving import serve, write_textfile
from scraper.monitoring.thresholds import limits, watched
from scraper.schedule.interrupted import end_all_interrupted
from scraper.schedule.processes import Result
from scraper.schedule.schedule import Hooks
from scraper.schedule.timetable import Timetable, last_crawls

logger = logging.getLogger("warta.schedule")

_DISABLED = "no longer watched: the site is disabled"

Clock = Callable[[], datetime]


class Lookout:
    """Checks health, notifies the targets, and writes the metrics.

    One that stays also knows of crawls that failed before they reached the archive.
    """

    def __init__(
        self,
        configuration: Configuration,
        archive: Path,
        timetable: Timetable,
        clock: Clock,
        *,
        under_way: Callable[[], Collection[str]] = frozenset,
        since: datetime | None = None,
    ) -> None:
        """Take the sites being crawled, and since when sites are expected to be crawled."""
        self._archive = archive
        self._timetable = timetable
        self._under_way = under_way
        self._limits = limits(configuration, timetable, since or clock())
        self._targets = targets(configuration.alerts)
        self._file = configuration.metrics.file
        self._last = LastCheck(self._found)
        self._not_begun: dict[str, Incident] = {}
        self._problem: str | None = None
        self._one_at_a_time = Lock()
        self.metrics = ArchiveCollector(archive, clock=clock, incidents=self._last).registry
        # The file is written when something has ended, and must show it: nothing is cached.
        written = ArchiveCollector(archive, clock=clock, fresh=timedelta(0), incidents=self._last)
        self._written = written.registry

    def look(self, now: datetime) -> DeliveryReport:
        """Check, notify, and write the metrics' file; reports the first error. Thread-safe."""
        try:
            with plain_errors(self._archive):
                report = self._checked(now)
            sent = notify_writable(self._archive, self._targets, now=now)
            report = replace(report, sent=report.sent + sent)
        except (ArchiveError, *BREAKS_ON_DAMAGE) as error:
            found = explanation(error, self._archive) or error
            if not isinstance(found, ArchiveError):  # a bug
                raise
            sent = notify_unwritable(self._archive, found, self._targets, now=now)
            report = DeliveryReport(sent=sent, problem=str(found))
        try:
            self.write()
        except ArchiveError as error:
            report = replace(report, problem=report.problem or str(error))
        return report

    def _checked(self, now: datetime) -> DeliveryReport:
        if not self._archive.exists():  # opening it would create a new one
            raise no_archive(self._archive)
        with Archive(self._archive) as opened:
            end_all_interrupted(opened, now=now, under_way=self._under_way())
            # Noted in the order of the checks, whichever crawls end meanwhile.
            with self._one_at_a_time:
                note(opened, self._last.check(opened, now), self._targets, now=now)
            return send_due(opened, self._targets, now=now)

    def check(self, now: datetime) -> None:
        """Look, and log a lasting error once."""
        problem = self.look(now).problem
        if problem is not None and problem != self._problem:
            logger.error("health check failed", extra={"why": problem})
        self._problem = problem

    def after_crawl(self, site: str, result: Result, now: datetime) -> None:
        """Look; a crawl that never reached the archive is remembered until one does."""
        if not result.succeeded:
            silent = f"exit code {result.exit_code} without output"
            why = result.stderr.rpartition("\n")[2] or silent
            self._not_begun[site] = Incident(
                kind="crawl_failed",
                site=site,
                since=result.started_at,
                why=f"the last crawl failed before it reached the archive: {why}",
            )
        self.check(now)

    def write(self) -> None:
        """Write the metrics' file if one is configured; raises MetricsError."""
        if self._file is not None:
            write_textfile(self._file, self._written)

    def _found(self, reader: Reader, now: datetime) -> list[Incident]:
        sites = watched(self._timetable)
        found = incidents(reader, now=now, limits=self._limits, sites=sites)
        known, under_way = last_crawls(reader), self._under_way()
        for site, incident in list(self._not_begun.items()):
            if site in known and known[site].started_at >= incident.since:
                self._not_begun.pop(site, None)
        begun = [each for each in found if each.kind != "no_crawl" or each.site not in under_way]
        unwatched = [
            replace(each, why=_DISABLED, over=True)
            for each in lasting(reader.db)
            if each.site is not None and each.site not in sites
        ]
        return [*begun, *self._not_begun.values(), *unwatched]


def hooks_of(
    configuration: Configuration,
    archive: Path,
    timetable: Timetable,
    clock: Clock,
    *,
    under_way: Callable[[], Collection[str]] = frozenset,
) -> Hooks:
    """Return the hooks that the configuration needs; raises an ArchiveError if one cannot work."""
    if configuration.alerts.apprise:
        check_installed()
    lookout = Lookout(configuration, archive, timetable, clock, under_way=under_way)
    hooks = Hooks(after=[lookout.after_crawl], check=[lookout.check])
    lookout.write()  # fails at once rather than after the first crawl
    if configuration.metrics.port is not None:
        served = ExitStack()
        served.enter_context(serve(configuration.metrics.port, lookout.metrics))
        hooks.close.append(served.close)
    return hooks
