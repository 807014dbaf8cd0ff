"""What is hung on the schedule's hooks: alerts and metrics, after each crawl and every few minutes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

from archive.archive import Archive, Reader
from archive.database.connection import no_archive, plain_errors
from archive.errors import ArchiveError
from archive.monitoring.alert_log import lasting
from archive.monitoring.health import Limits, incidents
from archive.monitoring.incidents import Incident
from scraper.configuration import Configuration
from scraper.monitoring.alerts.notify import Told, note, send_due
from scraper.monitoring.alerts.targets import targets
from scraper.monitoring.alerts.unwritable import tell_closed, tell_open
from scraper.monitoring.metrics import LastLook, registry, serve, write_textfile
from scraper.schedule.interrupted import end_all_killed
from scraper.schedule.processes import Result
from scraper.schedule.schedule import Hooks
from scraper.schedule.timetable import Timetable, last_crawls

logger = logging.getLogger("warta.schedule")

_SWITCHED_OFF = "no longer watched: the site is switched off"

Clock = Callable[[], datetime]


class Lookout:
    """Looks at health, tells the targets, and writes the metrics; one that lasts knows more than
    one that looks once.
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
        self._archive = archive
        self._timetable = timetable
        self._under_way = under_way
        self._limits = limits(configuration, timetable, since or clock())
        self._targets = targets(configuration.alerts)
        self._file = configuration.metrics.file
        self._last = LastLook(self._found)
        self._unbegun: dict[str, Incident] = {}
        self._problem: str | None = None
        self._one_at_a_time = Lock()
        self.metrics = registry(archive, clock=clock, incidents=self._last)
        # The file is written when something ended, and not again for a while: it has to know of it.
        self._written = registry(archive, clock=clock, fresh=timedelta(0), incidents=self._last)

    def look(self, now: datetime) -> Told:
        """Look, tell, and write the metrics' file; the first thing that cannot be done is the
        problem. May be called by many threads.
        """
        try:
            with plain_errors(self._archive):
                told = self._told(now)
            told = replace(told, sent=told.sent + tell_open(self._archive, self._targets, now=now))
        except ArchiveError as error:
            told = Told(
                sent=tell_closed(self._archive, error, self._targets, now=now), problem=str(error)
            )
        try:
            self.write()
        except ArchiveError as error:
            told = replace(told, problem=told.problem or str(error))
        return told

    def _told(self, now: datetime) -> Told:
        if not self._archive.exists():  # one that is gone is not made anew
            raise no_archive(self._archive)
        with Archive(self._archive) as opened:
            end_all_killed(opened, now=now, under_way=self._under_way())
            # One after another: what was seen before another crawl ended must not be noted after
            # what was seen then.
            with self._one_at_a_time:
                note(opened, self._last.look(opened, now), self._targets, now=now)
            return send_due(opened, self._targets, now=now)

    def check(self, now: datetime) -> None:
        """The same, a line in the log for a problem that is new."""
        problem = self.look(now).problem
        if problem is not None and problem != self._problem:
            logger.error("a look failed", extra={"why": problem})
        self._problem = problem

    def look_after(self, site: str, result: Result, now: datetime) -> None:
        """The same after a crawl. One that never came as far as the archive is remembered here,
        until a crawl of the site does.
        """
        if not result.well:
            said = (
                result.said.splitlines()[-1]
                if result.said
                else f"it ended with {result.exit_code} and said nothing"
            )
            why = f"the last crawl did not come as far as the archive: {said}"
            self._unbegun[site] = Incident(
                kind="crawl_failed", site=site, since=result.started_at, why=why
            )
        self.check(now)

    def write(self) -> None:
        """Write the metrics' file, where one is configured; raises MetricsError."""
        if self._file is not None:
            write_textfile(self._file, self._written)

    def _found(self, reader: Reader, now: datetime) -> list[Incident]:
        sites = watched(self._timetable)
        found = incidents(reader, now=now, limits=self._limits, sites=sites)
        known, under_way = last_crawls(reader), self._under_way()
        for site, incident in list(self._unbegun.items()):
            if site in known and known[site].started_at >= incident.since:
                self._unbegun.pop(site, None)
        begins = [
            each for each in found if not (each.kind == "no_crawl" and each.site in under_way)
        ]
        unwatched = (
            each for each in lasting(reader.db) if each.site is not None and each.site not in sites
        )
        return [
            *begins,
            *self._unbegun.values(),
            *(replace(each, why=_SWITCHED_OFF, over=True) for each in unwatched),
        ]


def wired(
    configuration: Configuration,
    archive: Path,
    timetable: Timetable,
    clock: Clock,
    *,
    under_way: Callable[[], Collection[str]] = frozenset,
) -> Hooks:
    """The hooks that the configuration asks for; raises an ArchiveError with a sentence where one
    cannot work at all.
    """
    lookout = Lookout(configuration, archive, timetable, clock, under_way=under_way)
    hooks = Hooks(after=[lookout.look_after], check=[lookout.check])
    lookout.write()  # says at once where it cannot
    if configuration.metrics.port is not None:
        hooks.close.append(serve(configuration.metrics.port, lookout.metrics).close)
    return hooks


def watched(timetable: Timetable) -> list[str]:
    """The sites that health, alerts and metrics look at: those that are switched on."""
    return sorted(timetable.rhythms)


def limits(configuration: Configuration, timetable: Timetable, since: datetime) -> Limits:
    """What is still well, as the configuration and the sites' rhythms have it: the one answer for
    schedule, health, alerts and metrics.

    A site that was never crawled is expected to be from `since` on: when the schedule began; now,
    for who looks once.
    """
    health = configuration.health
    same = timedelta(hours=health.silence_hours) if health.silence_hours is not None else None
    return Limits(
        silences=timetable.silences() if same is None else dict.fromkeys(timetable.rhythms, same),
        expected_since=since,
        disk_free=health.disk_free,
        missing_share=health.missing_share,
        zone=ZoneInfo(configuration.schedule.timezone),
    )
