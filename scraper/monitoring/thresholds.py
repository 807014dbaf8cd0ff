"""What health is measured by: the sites and thresholds of the configuration, for all that check."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from archive.monitoring.health import Limits
from scraper.configuration import Configuration
from scraper.schedule.timetable import Timetable

ALONE = timedelta(minutes=30)
"""How long an alert waits for the crawl of another site, where one site cannot be reached."""


def watched(timetable: Timetable) -> list[str]:
    """Return the sites that health, alerts and metrics check: those that are enabled."""
    return sorted(timetable.rhythms)


def limits(configuration: Configuration, timetable: Timetable, since: datetime) -> Limits:
    """Return the health thresholds by configuration and rhythms, for all commands that check.

    A site that was never crawled is expected to be from `since` on.
    """
    health = configuration.health
    silences = timetable.silences()
    if health.silence_hours is not None:
        silences = dict.fromkeys(timetable.rhythms, timedelta(hours=health.silence_hours))
    return Limits(
        silences=silences,
        expected_since=since,
        alone=ALONE,
        disk_free=health.disk_free,
        missing_share=health.missing_share,
        zone=ZoneInfo(configuration.schedule.timezone),
    )
