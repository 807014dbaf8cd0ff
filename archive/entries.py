"""What the ledger takes and gives: announcements, its rows, and checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A URL that a source announced, after the site's profile has looked at it."""

    url: str
    """Canonical."""
    key: str
    """The story's identity at its site: story id, else canonical URL."""
    published_at: datetime | None = None
    """As the source or the URL says; a hint, never an article's field."""
    lastmod: datetime | None = None
    refused: str | None = None
    """Reason why it is not asked for at all."""
    skipped: str | None = None
    """Reason why it is not asked for in this crawl."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ledger row, as the crawler needs it to ask."""

    id: int
    url: str
    site: str
    key: str
    state: str
    article_id: int | None
    published_at: datetime | None
    first_seen_at: datetime
    last_checked_at: datetime | None
    next_check_at: datetime | None
    checks: int
    quiet_checks: int
    failures: int
    etag: str | None
    last_modified: str | None
    due_reason: str | None = None
    """A code of archive.reasons: why it is due when it is, or why it never is again."""

    @property
    def validators(self) -> dict[str, str]:
        """Headers of a conditional request; none for a page that is not in the archive."""
        if self.state != "source" and (self.state not in ("kept", "unchanged") or self.article_id is None):
            return {}
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One asking of a URL and its answer."""

    url: str
    crawl_id: int | None
    checked_at: datetime
    outcome: str
    """`kept`, `unchanged`, `not_modified`, `gone`, `refused`, `failed` or `source`."""
    status: int | None = None
    reason: str | None = None
    """A code of archive.reasons, or what a source gave."""
    bytes: int = 0
    conditional: bool = False
    """Whether validators were sent."""
    next_check_at: datetime | None = None
    due_reason: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    article_id: int | None = None
