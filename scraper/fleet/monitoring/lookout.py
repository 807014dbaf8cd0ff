"""Class FleetLookout: checks a whole fleet, and notifies the targets once for all workers."""

import logging
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from scraper.configuration import Configuration
from scraper.fleet import status
from scraper.fleet.database import Database
from scraper.fleet.monitoring.alerts import note, send_due
from scraper.fleet.monitoring.incidents import FleetIncident, fleet_incidents
from scraper.fleet.monitoring.outage import Notes, Outage
from scraper.fleet.records import FleetError, FleetUnavailable
from scraper.fleet.workers import all_workers
from scraper.monitoring.alerts.targets import targets
from scraper.schedule.timetable import Timetable

logger = logging.getLogger("warta.fleet")


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
        self._clock = clock
        self._problem = ""

    def look(self) -> int:
        """Check, and notify; return how many messages were sent. Raises FleetError."""
        try:
            found = incidents_of(self._database, self._timetable, self._zone)
            note(self._database, found, self._targets)
            sent = send_due(self._database, self._targets)
        except FleetUnavailable as error:
            self._outage.silent(str(error), self._clock())
            raise
        self._outage.answered(self._clock())
        return sent

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
