"""The incidents of unattended crawling that `health` reports and that alerts are sent for."""

from dataclasses import dataclass
from datetime import date, datetime

UNWRITABLE = "archive_unwritable"
"""An archive that cannot be written to; as it cannot hold that either, it is in no `health`."""
KINDS = (
    *"crawl_failed no_crawl network_down drift wrong_pages coverage disk clock".split(),
    UNWRITABLE,
)
"""A crawl that failed; no crawl when one was due; crawls of several sites that nothing answered; a
layout that changed; pages that are not the story of their address; announced stories that are
missing; a disk that fills up; a system clock that was ahead.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that needs attention; identified by `kind`, `site`, `layout` and `day`."""

    kind: str
    """One of KINDS."""
    site: str | None
    """None for the archive as a whole."""
    layout: str | None = None
    """The layout that drifts; None for other kinds."""
    day: date | None = None
    """The day of a coverage loss, in the configured time zone; None for other kinds."""
    since: datetime
    """Aware, UTC, the archive's clock."""
    why: str
    """A plain sentence."""
    urls: tuple[str, ...] = ()
    """A few pages that show it."""
    over: bool = False
    """It was reported and is over; `why` says how it ended."""
