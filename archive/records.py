"""The records of warta: Page -> Snapshot -> Article -> Revision, and those of the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FALLBACK = "fallback"
"""Layout of an article whose page matched none of the layouts of its site."""
IMPORTED = "imported"
"""The layout of an article from a collection (`warta import`), whose page was never fetched."""


HeaderLines = tuple[tuple[str, str], ...]
"""Names and values of header lines, in the order and the case of the wire, repeats apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its response as they went over the wire, without the response's body."""

    protocol: str | None = None
    """Of the response's status line: `HTTP/1.1`; None if it is unknown."""
    reason: str | None = None
    """The status line's reason phrase; empty if it has none, None if it is unknown."""
    headers: HeaderLines = ()
    """Of the response, with its own Content-Encoding, Transfer-Encoding and Content-Length. Values
    in ISO 8859-1, without white space around them, continued lines joined by a space.
    """
    length: int | None = None
    """Bytes of the body as received: without Transfer-Encoding, before Content-Encoding was
    decoded. None if it is unknown.
    """
    method: str = "GET"
    """Of the request."""
    request_headers: HeaderLines = ()
    """As sent, Host included; without cookies and credentials. Empty if they are unknown."""
    address: str | None = None
    """IP address of the server; None if it is unknown, as behind a proxy."""
    port: int | None = None
    """Its port; None if it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop(Exchange):
    """A request that led on to the page: a redirect, or a page that only set a cookie."""

    url: str
    """The URL of the request."""
    status: int
    """HTTP status."""
    fetched_at: datetime
    """When the response arrived: aware, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Evidence of a page that another crawler captured: the record of a web archive that holds it.

    Each of them is None where the web archive does not say.
    """

    file: str | None = None
    """Name of the file, without its folder."""
    offset: int | None = None
    """Where the record begins: bytes of the file as it is, compressed or not."""
    record_id: str | None = None
    """WARC-Record-ID, as it stands there: `<urn:uuid:...>`."""
    payload_digest: str | None = None
    """WARC-Payload-Digest, as it stands there: `sha1:...`."""
    truncated: str | None = None
    """WARC-Truncated: `length`, `time`, `disconnect` or `unspecified`."""
    software: str | None = None
    """The crawler, as the file's warcinfo says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire(Exchange):
    """How a page came over the wire: what a WARC says of it beside its bytes.

    Cookies and credentials of requests (Cookie, Authorization, Proxy-*) are never kept. Set-Cookie
    of a response is: it is a part of the answer that any anonymous visitor gets. Where the request
    carried a cookie or credentials it is not, for it may renew them.
    """

    hops: tuple[Hop, ...] = ()
    """What was requested before and led here, in order. The page's `requested_url` is the first's
    URL; that of a page of a web archive is its own.
    """
    capture: Capture | None = None
    """The record of a web archive that the page was imported from; None if it was crawled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One response as the crawler saw it; further pages of the same story are in `parts`."""

    site: str
    """Name of the site's profile, or the host for an unknown publisher."""
    requested_url: str
    """The URL of the request: the ledger's, or that of a further page of the story."""
    url: str
    """The URL of the response, after redirects."""
    status: int
    """HTTP status."""
    headers: Mapping[str, str]
    """Names in lower case; repeated headers joined by a comma."""
    body: bytes = field(repr=False)
    """Decompressed, otherwise as sent."""
    fetched_at: datetime
    """When the response arrived: aware, UTC."""
    parts: tuple["Page", ...] = ()
    """Pages 2 to n of the same story, in order; empty for a story of one page."""
    missing_parts: int = 0
    """Number of further pages that were announced but unavailable."""
    wire: Wire | None = field(default=None, repr=False)
    """How it came over the wire; None for what was kept before warta noted it."""
    conditional: bool = False
    """Whether the request was conditional and the server sent the page regardless. Not kept."""
    incomplete: bool = False
    """Whether the response ended early or is a part of the page: no evidence of its text. Not kept,
    but the reason of its failed check is.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsAnswer:
    """An answer to the request for a host's robots.txt, kept once however often it was given."""

    url: str
    """Its own URL, after redirects."""
    status: int
    """HTTP status."""
    text: str = field(repr=False)
    """The file as UTF-8, without a byte order mark; empty unless the status is 2xx."""
    fetched_at: datetime
    """When it was given first: aware, UTC."""
    last_seen_at: datetime
    """When it was given last: aware, UTC."""
    wire: Wire | None = field(default=None, repr=False)
    """How it came over the wire at first; None for what was kept before warta noted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A page as kept: its compressed bytes and their digest."""

    page: Page
    """The page, uncompressed."""
    digest: str
    """SHA-256 of the uncompressed bytes, hexadecimal."""
    packed: bytes = field(repr=False)
    """zstd frame."""
    dictionary_id: int | None
    """Row of the dictionary that the frame needs; None for a frame without one."""
    parts: tuple["Snapshot", ...] = ()
    """Snapshots of `page.parts`, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """Blocks that stand on many pages of a site and are no one story's text."""

    blocks: Mapping[str, bool] = field(repr=False)
    """Normalised text -> whether the block is furniture also among the paragraphs of a story; else
    only where it stands apart from them, where each number is 0.
    """
    digest: str
    """Of the blocks, eight hexadecimal digits; a part of the extractor's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What extraction read from a page; None or empty where the page does not say."""

    url: str
    """URL of the page that was read; empty for a text without one (`warta clean`)."""
    site: str
    """Name of the site's profile, or the host for an unknown publisher."""
    canonical_url: str
    """https, the site's own host, no query, no fragment; our key where there is no `story_id`."""
    story_id: str | None = None
    """The site's own key, which survives a change of host or slug; None if the URL has none."""
    headline: str | None = None
    """One line of text, without the site's name."""
    kicker: str | None = None
    """The line above the headline, without its closing colon."""
    deck: str | None = None
    """The line below the headline."""
    body: str = field(default="", repr=False)
    """Prose only, paragraphs joined by a blank line; empty if the page holds no article."""
    dateline: str | None = None
    """The place alone: `BEIJING`."""
    authors: tuple[str, ...] = ()
    """Names in reading case, in the page's order, without roles and agencies."""
    editors: tuple[str, ...] = ()
    """Names, as in `authors`."""
    agency: str | None = None
    """The wire service that the text credits."""
    published_at: datetime | None = None
    """The publisher's clock: aware, with the publisher's offset."""
    modified_at: datetime | None = None
    """The publisher's clock, as `published_at`."""
    section: str | None = None
    """The publisher's name of the section."""
    tags: tuple[str, ...] = ()
    """The publisher's tags, in the page's order."""
    image_url: str | None = None
    """Absolute URL of the main image."""
    caption: str | None = None
    """Caption of the main image."""
    language: str = "id"
    """ISO 639 code, as the site's profile says, without one as the page says, else `id`; not
    detected from the text.
    """
    page_count: int = 1
    """Number of pages joined into `body`."""
    layout: str = FALLBACK
    """The profile's layout that matched, `fallback`, `text` (`warta clean`) or `imported`."""
    extractor: str = ""
    """Name, version and digest of the rules that read the page."""
    warnings: tuple[str, ...] = ()
    """Codes of what is doubtful, such as `missing_headline`; empty if nothing is."""

    def as_dict(self) -> dict[str, Any]:
        """Return the article for JSON: field names as keys, times in ISO 8601, tuples as lists."""
        return {name: _plain(getattr(self, name)) for name in type(self).__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A kept, numbered state of an article."""

    article_id: int
    """The article's number in the archive."""
    number: int
    """Counted per article, from 1."""
    kind: str
    """`first`, `publisher`, `technical`, `removed` or `restored`."""
    changed: tuple[str, ...] = ()
    """Names of the fields that differ from the previous revision; empty for the first."""
    returns_to: int | None = None
    """Number of the earlier revision whose text came back; None for a new text."""
    correction: str | None = None
    """The publisher's note of a correction that this revision added; None without one."""
    observed_at: datetime
    """When the archive wrote this revision: its own clock, aware, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptArticle:
    """An article of the archive with its newest revision: a row of the view `latest`."""

    article_id: int
    """The article's number in the archive."""
    article: Article
    """What the newest revision says."""
    revision: int
    """Number of the newest revision."""
    first_seen_at: datetime
    """When the archive first kept the story: its own clock, aware, UTC."""
    observed_at: datetime
    """When the archive wrote the newest revision: aware, UTC."""
    removed_at: datetime | None = None
    """When the site was found to have removed the story: aware, UTC; None while it is online."""
    cluster_id: int | None = None
    """Number of its cluster of syndicated stories; None outside any cluster."""
    opted_out: str | None = None
    """The rule by which it opts out of text and data mining; None if no rule does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRevision(Revision):
    """A revision with its full article and the snapshot that it was read from."""

    article: Article
    """What this revision says."""
    snapshot_id: int | None = None
    """None where the bytes were not kept (`--keep first`), or the page was never fetched."""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A URL that a source announced, with what the site's profile decided about it."""

    url: str
    """Canonical."""
    key: str
    """The story's identity at its site: story id, else canonical URL."""
    own_key: str | None = None
    """The key where another address has `key`, which is only a time: perhaps another story's. None
    for a key that no two stories have.
    """
    published_at: datetime | None = None
    """As the source or the URL says, aware: a hint, never an article's field."""
    lastmod: datetime | None = None
    """Last modification as the source says, aware; None if it does not."""
    refused: str | None = None
    """Reason why it is never requested, a code of archive.ledger.wording; None if it may be."""
    skipped: str | None = None
    """Reason why this crawl does not request it, as `refused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ledger row, as the crawler needs it. Times are aware and in UTC."""

    id: int
    """The row's number."""
    url: str
    """Canonical, or the address of a source."""
    site: str
    """Name of the site's profile."""
    key: str
    """The story's identity at its site."""
    state: str
    """`due`, `kept`, `unchanged`, `gone`, `refused`, `failed`, `skipped`, `alias` or `source`."""
    article_id: int | None
    """The article that it led to; None if none was kept."""
    published_at: datetime | None
    """As the source said; None if it did not."""
    first_seen_at: datetime
    """When it was first announced."""
    last_checked_at: datetime | None
    """When it was last requested; None if it never was."""
    next_check_at: datetime | None
    """When it is due; None for never again."""
    checks: int
    """Requests so far."""
    quiet_checks: int
    """Requests in a row that found no change."""
    failures: int
    """Failures, 404 and 410 in a row."""
    etag: str | None
    """ETag of the last page; None if the server sent none."""
    last_modified: str | None
    """Last-Modified of the last page, as sent; None if the server sent none."""
    due_reason: str | None = None
    """A code of archive.ledger.wording: why it is due when it is, or why it never is again."""
    reason: str | None = None
    """The reason that its last check gave."""

    @property
    def validators(self) -> dict[str, str]:
        """Headers of a conditional request; empty for a page that is not in the archive."""
        if self.state != "source" and (
            self.state not in ("kept", "unchanged") or self.article_id is None
        ):
            return {}
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One request of a URL and its outcome."""

    url: str
    """The ledger's URL."""
    crawl_id: int | None
    """The crawl that requested it; None outside a crawl."""
    checked_at: datetime
    """Aware, UTC."""
    outcome: str
    """`kept`, `unchanged`, `not_modified`, `gone`, `refused`, `failed` or `source`."""
    status: int | None = None
    """HTTP status; None if there was no response."""
    reason: str | None = None
    """A code of archive.ledger.wording, or a summary of what a source announced."""
    bytes: int = 0
    """Size of the body with further pages, decompressed."""
    conditional: bool = False
    """Whether validators were sent."""
    next_check_at: datetime | None = None
    """When it is due again; None for never."""
    due_reason: str | None = None
    """A code of archive.ledger.wording: why then, or why never."""
    etag: str | None = None
    """ETag to send next time."""
    last_modified: str | None = None
    """Last-Modified to send next time."""
    lastmod: datetime | None = None
    """Of a sitemap that was read whole: its last modification as its index says, aware."""
    article_id: int | None = None
    """The article that it led to."""
