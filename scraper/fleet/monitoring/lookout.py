"""Class FleetLookout: checks a whole fleet, and notifies the targets once for all workers."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scraper.configuration import Configuration
from scraper.fleet import status
from scraper.fleet.database import Database
from scraper.fleet.monitoring.alerts import note, send_due
from scraper.fleet.monitoring.incidents import DATABASE, FleetIncident, fleet_incidents
from scraper.fleet.monitoring.outage import Notes, Outage
from scraper.fleet.records import FleetError, FleetUnavailable
from scraper.fleet.store.replicas import IDENTITY
from scraper.fleet.workers import all_workers, note_store
from scraper.monitoring.alerts.targets import targets
from scraper.schedule.timetable import Timetable

logger = logging.getLogger("warta.fleet")

Row = dict[str, Any]
_TRIALS, _TRIAL = "fleet.trials", 1 << 16
"""Folder and size of the objects that try a store."""


class FleetLookout:
    """Checks the fleet from one machine; a database that does not answer is noticed here."""

    def __init__(
        self,
        configuration: Configuration,
        timetable: Timetable,
        *,
        worker: str,
        notes: Notes | None,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the name of this worker or machine, and the store's objects. Raises FleetError."""
        self._database = Database.of(configuration.fleet, purpose="alerts")
        self._timetable = timetable
        self._zone = ZoneInfo(configuration.schedule.timezone)
        self._targets = targets(configuration.alerts)
        self._outage = Outage(worker=worker, notes=notes, targets=self._targets)
        self._outage.recall()
        self._worker, self._notes, self._clock = worker, notes, clock
        self._problem = ""

    def look(self) -> int:
        """Check, and notify; return how many messages were sent. Raises FleetError."""
        try:
            self._try_store()
            found = incidents_of(self._database, self._timetable, self._zone)
            note(self._database, found, self._targets)
            sent = send_due(self._database, self._targets)
        except FleetUnavailable as error:
            self._outage.silent(str(error), self._clock())
            raise
        self._outage.answered(self._clock())
        return sent

    def _try_store(self) -> None:
        """Try the store if crawls of this worker could not use it: the next one may be far off."""
        problems = status.store_problems(self._database)
        if self._notes is None or all(each.worker != self._worker for each in problems):
            return
        name = f"{_TRIALS}/{self._worker}"
        with suppress(FleetError):
            if self._notes.read(IDENTITY, limit=_TRIAL) is None:
                return  # a folder that is not mounted
            self._notes.write(name, [bytes(_TRIAL)])
            self._notes.delete(name)
            note_store(self._database, self._worker, None)

    def check(self) -> None:
        """Look, and log a lasting error once."""
        try:
            self.look()
        except FleetError as error:
            if str(error) != self._problem:
                logger.error("the fleet is not checked", extra={"why": str(error)})  # noqa: TRY400
            self._problem = str(error)
        else:
            self._problem = ""

    def close(self) -> None:
        """Close the connection."""
        self._database.close()


def health_rows(configuration: Configuration, timetable: Timetable, now: datetime) -> list[Row]:
    """Return the row of `warta health` for the fleet as a whole; none if all is well.

    `now` is when a database that does not answer was noticed. Raises FleetError for one that never
    will.
    """
    zone = ZoneInfo(configuration.schedule.timezone)
    with Database.of(configuration.fleet, purpose="health") as database:
        try:
            found = incidents_of(database, timetable, zone)
        except FleetUnavailable as error:
            found = [FleetIncident(kind=DATABASE, since=now, why=str(error))]
    if not found:
        return []
    rows = [
        {
            "kind": each.kind,
            "worker": each.worker,
            "layout": None,
            "day": None,
            "since": each.since,
            "why": each.why,
            "urls": (),
        }
        for each in found
    ]
    since = min(each.since for each in found)
    return [{"site": None, "fleet": True, "well": False, "since": since, "incidents": rows}]


def incidents_of(database: Database, timetable: Timetable, zone: ZoneInfo) -> list[FleetIncident]:
    """Return what is wrong with a fleet now, as its database says. Raises FleetError."""
    now, sites = database.now(), status.all_sites(database)
    return fleet_incidents(
        all_workers(database),
        sites,
        now=now,
        waiting=status.waiting(database, timetable, sites, now),
        store=status.store_problems(database),
        zone=zone,
    )
