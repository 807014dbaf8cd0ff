"""Crawls that were killed could not write down their end: whoever finds their site's lock free does
it for them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from archive.archive import Archive
from archive.database.connection import plain_errors
from archive.errors import ArchiveError, Locked
from scraper.politeness.locks import writer_lock
from scraper.schedule.timetable import last_crawls

logger = logging.getLogger("warta.schedule")


def end_killed(archive: Path, site: str, *, now: datetime, reason: str = "broke_off") -> None:
    """Write down that the last crawl of a site is over, where nobody is at it any more; raises
    nothing: it is found later, too.
    """
    try:
        with (
            writer_lock(archive, site),
            plain_errors(archive),
            Archive(archive) as opened,
            opened.transaction(now),
        ):
            opened.crawls.end_interrupted(site, reason=reason)
    except Locked:
        pass  # it goes on, or another one does
    except ArchiveError as error:
        logger.error(
            "the end of a crawl is not written down", extra={"site": site, "why": str(error)}
        )  # noqa: TRY400 - one line


def end_all_killed(archive: Archive, *, now: datetime, under_way: Collection[str] = ()) -> None:
    """The same for every site whose last crawl has no end, those apart that the caller knows to be
    under way. Raises ArchiveError.
    """
    for site, last in last_crawls(archive).items():
        if last.ended_at is None and site not in under_way:
            end_killed(archive.path, site, now=now)
