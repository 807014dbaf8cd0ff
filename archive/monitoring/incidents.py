"""What is wrong with unattended crawling, as health tells it and as alerts send it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

KINDS = ("crawl_failed", "no_crawl", "drift", "coverage", "disk", "clock")
"""A crawl that failed; no crawl within its rhythm; a layout that changed; stories announced and not
had; the disk filling; a clock that was ahead.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that needs a look, as long as it lasts; `kind`, `site`, `layout` and `day` tell one
    from another.
    """

    kind: str
    """One of KINDS."""
    site: str | None
    """None for what concerns the whole archive."""
    layout: str | None = None
    """Of a drift."""
    day: date | None = None
    """Of a coverage loss."""
    since: datetime
    """Aware, UTC: the archive's clock."""
    why: str
    """A plain sentence."""
    urls: tuple[str, ...] = ()
    """Pages that show it, a handful."""
    over: bool = False
    """It was told, and lasts no longer: `why` are its last words."""
