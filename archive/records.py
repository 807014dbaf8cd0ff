"""The things that flow through warta: Page -> Snapshot -> Article -> Revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

IMPORTED = "imported"
"""The layout of an article that came from a collection (`warta import`): nobody here has seen its
page.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One response as the crawler saw it; a story over several pages has the further ones in
    `parts`.
    """

    site: str
    """Name of the site's profile, or the host for an unknown publisher."""
    requested_url: str
    """What was asked: the ledger's URL, or a further page of that story."""
    url: str
    """Where the answer came from, after redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case; repeated headers joined by a comma."""
    body: bytes = field(repr=False)
    """Decompressed, otherwise as sent."""
    fetched_at: datetime
    """Aware, UTC."""
    parts: tuple[Page, ...] = ()
    """Pages 2 to n of the same story, in order."""
    missing_parts: int = 0
    """Further pages that were announced but could not be had."""
    conditional: bool = False
    """Whether it was asked for with validators; the server sent it all the same. Not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A page as kept: packed bytes with the digest of what was packed."""

    page: Page
    digest: str
    """SHA-256 of the unpacked bytes, hexadecimal."""
    packed: bytes = field(repr=False)
    """zstd frame."""
    dictionary_id: int | None
    """Row of the dictionary that the frame was packed with."""
    parts: tuple[Snapshot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What extraction read from a page; every field as DESIGN's extraction table defines it."""

    url: str
    """The page that was read."""
    site: str
    canonical_url: str
    """https, the site's own host, no query, no fragment."""
    story_id: str | None = None
    """The site's own key; survives a change of host or slug."""
    headline: str | None = None
    kicker: str | None = None
    """The line above the headline, without its closing colon."""
    deck: str | None = None
    """The line below the headline."""
    body: str = field(default="", repr=False)
    """Prose only; paragraphs joined by a blank line."""
    dateline: str | None = None
    """The place alone: `BEIJING`."""
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    agency: str | None = None
    """The wire service that the text credits."""
    published_at: datetime | None = None
    """Publisher's clock, aware."""
    modified_at: datetime | None = None
    """Publisher's clock, aware."""
    section: str | None = None
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    caption: str | None = None
    language: str = "id"
    page_count: int = 1
    """Pages joined into `body`."""
    layout: str = "fallback"
    """The profile's layout that matched, `fallback`, `text` (`warta clean`) or `imported`."""
    extractor: str = ""
    """Name, version and digest of the rules that read the page."""
    warnings: tuple[str, ...] = ()
    """Codes of what was doubtful."""

    def as_dict(self) -> dict[str, Any]:
        """The article for JSON: exactly the field names, times in ISO 8601, tuples as lists."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A kept, numbered state of an article."""

    article_id: int
    number: int
    """From 1."""
    kind: str
    """`first`, `publisher`, `technical`, `removed` or `restored`."""
    changed: tuple[str, ...] = ()
    """Fields that differ from the revision before."""
    returns_to: int | None = None
    """The earlier revision whose text came back."""
    correction: str | None = None
    """The newsroom's own note of a correction that this revision brought."""
    observed_at: datetime
    """The archive's clock, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptArticle:
    """An article of the archive with its newest revision: a row of the view `latest`."""

    article_id: int
    article: Article
    revision: int
    """Number of the revision that `article` is."""
    first_seen_at: datetime
    """The archive's clock, UTC."""
    observed_at: datetime
    """When the archive took this revision in; UTC."""
    removed_at: datetime | None = None
    """When its site was found to have taken it away; UTC."""
    cluster_id: int | None = None
    opted_out: str | None = None
    """The rule by which it opts out of text and data mining."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRevision(Revision):
    """A revision with all that it said, and the snapshot that it was read from."""

    article: Article
    snapshot_id: int | None = None
    """None where the bytes were not kept (`--keep first`), or never had."""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value


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
    """A code of archive.ledger.wording: why it is due when it is, or why it never is again."""

    @property
    def validators(self) -> dict[str, str]:
        """Headers of a conditional request; none for a page that is not in the archive."""
        if self.state != "source" and (
            self.state not in ("kept", "unchanged") or self.article_id is None
        ):
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
    """A code of archive.ledger.wording, or what a source gave."""
    bytes: int = 0
    conditional: bool = False
    """Whether validators were sent."""
    next_check_at: datetime | None = None
    due_reason: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    article_id: int | None = None
