"""What the pages show of the health of the crawls: by the configuration, like `warta health`."""

import logging
import os
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from archive.archive import Archive
from archive.errors import ArchiveError
from archive.monitoring.health_report import health_report
from archive.printable import in_line
from scraper.configuration import Configuration, load
from scraper.monitoring.thresholds import limits, watched
from scraper.schedule.timetable import Timetable
from scraper.sites.folders import current
from scraper.spiders import names as all_names
from scraper.spiders import unread
from scraper.web.recent import recent, recent_counts
from scraper.web.view import Request

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _configured(_changed: float, _where: object) -> tuple[Configuration, Timetable]:
    """Return the effective configuration and its timetable, read anew once its file changes; the
    built-in one where it is broken, which is logged.
    """
    try:
        configuration = load(None, os.environ, all_names(), are_all=not unread()).configuration
    except ArchiveError as error:
        logger.warning("health is shown by the built-in thresholds: %s", in_line(str(error)))
        configuration = Configuration()
    return configuration, Timetable.of(configuration)


def _changed() -> float:
    """Return when the configuration's file changed last; 0 where there is none."""
    try:
        return Path(os.environ.get("WARTA_CONFIG", "warta.toml")).stat().st_mtime
    except OSError:
        return 0


def health(archive: Archive, request: Request, only: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of `warta health --json` with `next_run`: of the sites that were crawled or
    should be, or of one; the last row may be the archive's own.
    """
    (configuration, timetable), now = _configured(_changed(), current()), request.now
    names = [only] if only else sorted({*watched(timetable), *archive.crawls.sites()})

    def report() -> list[dict[str, Any]]:
        known = limits(configuration, timetable, now)
        return health_report(archive, names, now=now, limits=known, count=recent_counts)

    rows = recent(report, archive.path, "health", _changed(), *names, now=now)
    return [
        {"last_crawl": None}  # which the archive's own row has not
        | row
        | {
            "incidents": [_shown(one, request) for one in row["incidents"]],
            "next_run": _next_run(timetable, row, now),
        }
        for row in rows
    ]


def _shown(incident: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return an incident, on a public site without the addresses that failed."""
    return incident | {"urls": ()} if request.public else incident


def _next_run(timetable: Timetable, row: dict[str, Any], now: datetime) -> datetime | None:
    if row["site"] not in timetable.rhythms:
        return None
    last = row["last_crawl"]
    began = datetime.fromisoformat(last["started_at"]) if last else None
    return timetable.next_run(row["site"], began, now)
