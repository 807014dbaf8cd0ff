"""What is hung on the schedule's hooks: alerts and metrics, after each crawl and every few minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from archive.connection import plain_errors
from archive.health import Limits, incidents
from archive.incidents import Incident
from archive.reader import Reader
from archive.store import Archive
from scraper.alerts.targets import targets
from scraper.alerts.telling import tell
from scraper.configuration import Configuration, Health
from scraper.metrics import registry, serve, write_textfile
from scraper.schedule.runs import Result
from scraper.schedule.schedule import Hooks
from scraper.schedule.timetable import Timetable

_MEGABYTE = 1_000_000

Clock = Callable[[], datetime]


def wired(configuration: Configuration, archive: Path, timetable: Timetable, clock: Clock) -> Hooks:
    """The hooks that the configuration asks for; raises an ArchiveError with a sentence where one cannot work at all."""
    begun = clock()

    def found(reader: Reader, now: datetime) -> list[Incident]:
        return incidents(reader, now=now, limits=limits(configuration.health, timetable, now, begun), sites=sorted(timetable.rhythms))

    told = targets(configuration.alerts.model_dump())
    # The file is written when something ended, and not again for a while: it has to know of it.
    written = registry(archive, clock=clock, incidents=found, fresh=timedelta(0))

    def look(now: datetime) -> None:
        with plain_errors(archive), Archive(archive) as opened:
            tell(opened, found(opened, now), told, now=now)
        if configuration.metrics.file is not None:
            write_textfile(configuration.metrics.file, written)

    def look_after(_site: str, _result: Result, now: datetime) -> None:
        look(now)

    hooks = Hooks(after=[look_after], check=[look])
    if configuration.metrics.file is not None:
        write_textfile(configuration.metrics.file, written)  # says at once where it cannot
    if configuration.metrics.port is not None:
        hooks.close.append(serve(configuration.metrics.port, registry(archive, clock=clock, incidents=found)).close)
    return hooks


def limits(health: Health, timetable: Timetable, now: datetime, begun: datetime) -> Limits:
    """What is still well, as the configuration and the sites' rhythms have it; `begun`: when the schedule did."""
    same = timedelta(hours=health.silence_hours) if health.silence_hours is not None else None
    silences = timetable.silences(now) if same is None else dict.fromkeys(timetable.rhythms, same)
    return Limits(
        silences=silences, expected_since=begun, disk_free=health.disk_free_mb * _MEGABYTE, missing_share=health.missing_share,
    )  # fmt: skip
