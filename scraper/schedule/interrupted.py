"""Record the end of killed crawls: a crawl without an end whose lock is free was killed."""

import logging
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from archive.archive import Archive
from archive.database.connection import plain_errors
from archive.errors import ArchiveError, Locked
from archive.ledger.crawls import BROKE_OFF
from scraper.politeness.locks import writer_lock
from scraper.schedule.timetable import last_crawls

logger = logging.getLogger("warta.schedule")


def end_interrupted(archive: Path, site: str, *, now: datetime, reason: str = BROKE_OFF) -> None:
    """Record the end of a site's last crawl unless a process is crawling it. Logs errors only."""
    try:
        with (
            writer_lock(archive, site),
            plain_errors(archive),
            Archive(archive) as opened,
            opened.transaction(now),
        ):
            opened.crawls.end_interrupted(site, reason=reason)
    except Locked:
        pass
    except ArchiveError as error:
        why = str(error)
        logger.error(  # noqa: TRY400 - one line
            "the end of a crawl is not recorded", extra={"site": site, "why": why}
        )


def end_all_interrupted(
    archive: Archive, *, now: datetime, under_way: Collection[str] = ()
) -> None:
    """Record the ends of all killed crawls, except of sites that the caller is crawling.

    Raises ArchiveError.
    """
    for site, last in last_crawls(archive).items():
        if last.ended_at is None and site not in under_way:
            end_interrupted(archive.path, site, now=now)
