"""What the pages show of the health of the crawls: by the configuration, like `warta health`."""

import os
from datetime import datetime
from functools import cache
from typing import Any

from archive.archive import Archive
from archive.errors import ArchiveError
from archive.monitoring.health_report import health_report
from scraper.configuration import Configuration, load
from scraper.monitoring.thresholds import limits, watched
from scraper.schedule.timetable import Timetable
from scraper.spiders import sites


@cache
def _configuration() -> Configuration:
    """Return the effective configuration; the built-in one where it is broken."""
    try:
        return load(None, os.environ, list(sites())).configuration
    except ArchiveError:
        return Configuration()


def health(archive: Archive, now: datetime, only: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of `warta health --json` with `next_run`: of the sites that were crawled or
    should be, or of one; the last row may be the archive's own.
    """
    configuration = _configuration()
    timetable = Timetable.of(configuration)
    names = [only] if only else sorted({*watched(timetable), *archive.crawls.sites()})
    rows = health_report(archive, names, now=now, limits=limits(configuration, timetable, now))
    return [row | {"next_run": _next_run(timetable, row, now)} for row in rows]


def _next_run(timetable: Timetable, row: dict[str, Any], now: datetime) -> datetime | None:
    if row["site"] not in timetable.rhythms:
        return None
    last = row["last_crawl"]
    began = datetime.fromisoformat(last["started_at"]) if last else None
    return timetable.next_run(row["site"], began, now)
