"""Read what sources announce (sitemaps, feeds, pages with links): bytes in, links out."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from itertools import islice
from typing import Any, Self

from archive.identity import joined_url
from archive.records import Announcement
from scraper.crawling.entries import Entry, as_utf8, entries
from scraper.extraction.dates import (
    ZONES,
    parse_day,
    parse_relative,
    parse_structured,
    parse_visible,
)
from scraper.extraction.tree import parse_html
from scraper.sites.site import Identity, Site
from scraper.sites.sources import Feed, Link, Sitemap, Source, Step, Window

MAX_SOURCE_BYTES = 50 * 1024 * 1024
"""Of an unpacked sitemap: the limit of the sitemaps protocol."""
MAX_LINKS = 50_000
"""Of a source: the limit of the sitemaps protocol."""
MAX_PAGE_LINKS = 10_000
"""Of a page: a home page has some hundred."""
MAX_REFUSED = 1_000
"""Refused URLs of one source that get a row in the ledger; the rest is only counted."""
MAX_ROW = 400
"""Characters of a row in a list of stories; a longer node has several rows."""
MAX_ROW_LEVELS = 4
MAX_ROW_NODES = 200
"""Elements of a row in a list of stories."""
MAX_ONCLICK = 2_500
"""Characters of a script that opens a story; the address is in them."""
MAX_DATE = 64
"""Characters of a date."""
MAX_PROLOG = 5_000
"""Bytes before a feed's first element."""
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_PART = 1 << 16
_ONCLICK = re.compile(
    r"""(?:window\.open|location(?:\.href)?\s*+=)\s*+(?:\(\s*+)?['"]([^'"]+)['"]"""
)
_SITEMAP = re.compile(rb"<(?:[\w.-]{1,64}:)?(?:urlset|sitemapindex)[\s/>]")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_FEED_END = re.compile(rb"</(?:rss|feed|rdf:RDF)\s{0,9}>", re.IGNORECASE)
_FEED_DATES = ("pubDate", "published", "date", "issued", "created", "updated", "modified")
"""Of RSS, Atom and Dublin Core, publication before changes."""
_FEED_TYPES = ("application/rss+xml", "application/atom+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """The links of a source."""

    links: tuple[Link, ...] = ()
    """To stories and anything else, in the order of the source."""
    sitemaps: tuple[Link, ...] = ()
    feeds: tuple[str, ...] = ()
    """Absolute URLs."""
    problem: str | None = None
    """A code of archive.ledger.wording if the source could not be read to its end."""
    cut_off: bool = False
    """Whether there are more links than are read."""


def read_source(
    source: Source, body: bytes, url: str, content_type: str | None, *, now: datetime
) -> Announced:
    """Read a source of any kind; `now` is in the site's zone, for lists that say "2 jam lalu"."""
    if isinstance(source, Sitemap):
        return read_sitemap(body, url)
    if isinstance(source, Feed):
        return read_feed(body, url)
    return read_links(body, url, content_type, now=now)


def read_sitemap(body: bytes, url: str = "") -> Announced:
    """Read a sitemap or sitemap index, gzipped or not, as far as it is readable."""
    try:
        xml = _gunzipped(body)
    except ValueError:
        return Announced(problem="too_large")
    except (OSError, EOFError, zlib.error):
        return Announced(problem="broken_sitemap")
    xml = as_utf8(xml)
    head = xml[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"http://", b"https://")):  # the protocol's plain form: a URL per line
        lines = io.TextIOWrapper(io.BytesIO(xml), "utf-8-sig", "replace")
        plain = [Link(url=line.strip()) for line in islice(lines, MAX_LINKS) if line.strip()]
        return Announced(links=tuple(plain), cut_off=next(lines, None) is not None)
    if _FEED.search(head):
        return read_feed(xml, url)
    links: list[Link] = []
    sitemaps: list[Link] = []
    rest = entries(xml)
    for entry in islice(rest, MAX_LINKS):
        if entry.kind in ("url", "sitemap") and (link := _sitemap_link(entry)) is not None:
            (sitemaps if entry.kind == "sitemap" else links).append(link)
    if not links and not sitemaps and not _SITEMAP.search(xml):
        return Announced(problem="broken_sitemap")
    more = next(rest, None) is not None
    return Announced(links=tuple(links), sitemaps=tuple(sitemaps), cut_off=more)


def _gunzipped(body: bytes) -> bytes:
    """Unpack the body if it is gzip, as far as it is whole; ValueError beyond MAX_SOURCE_BYTES.

    Raises OSError, EOFError or zlib.error if nothing could be unpacked.
    """
    if not body.startswith(_GZIP_MAGIC):
        return body
    data, packed = bytearray(), gzip.GzipFile(fileobj=io.BytesIO(body))
    try:
        while part := packed.read1(_GZIP_PART):
            data += part
            if len(data) > MAX_SOURCE_BYTES:
                raise ValueError("larger than a sitemap may be")
    except (OSError, EOFError, zlib.error):
        if not data:
            raise
    return bytes(data)


def _sitemap_link(entry: Entry) -> Link | None:
    address = entry.text("loc")
    if address is None:
        return None
    modified = _short(entry.text("lastmod"))
    return Link(
        url=address,
        published_at=parse_structured(_short(entry.text_anywhere("publication_date", deep=True))),
        lastmod=parse_structured(modified) or parse_day(modified, ZONES["WIB"]),
    )


def _short(text: str | None) -> str | None:
    """A date, or None for a text that is longer than any."""
    return text if text is not None and len(text) <= MAX_DATE else None


def read_feed(body: bytes, url: str) -> Announced:
    """Read an RSS or Atom feed, as far as it is readable."""
    xml = as_utf8(body)
    root = _FEED.search(xml[:MAX_PROLOG])
    if root is None or b"<!ENTITY" in xml[: root.start()]:  # only a bomb needs its own entities
        return Announced(problem="broken_feed")
    links: dict[Link, None] = {}
    rest = entries(xml)
    for entry in islice(rest, MAX_LINKS):
        if entry.kind in ("item", "entry") and (link := _feed_link(entry, url)) is not None:
            links[link] = None
    broken = not links and not _FEED_END.search(xml)
    problem, more = "broken_feed" if broken else None, next(rest, None) is not None
    return Announced(links=tuple(links), problem=problem, cut_off=more)


def _feed_link(entry: Entry, base: str) -> Link | None:
    """The page of an RSS item or Atom entry."""
    relations = (
        link.get("href")
        for link in entry.own("link")
        if link.get("href") and link.get("rel", "alternate") == "alternate"
    )
    named = entry.text("link") or next(relations, None) or entry.text("guid", "id")
    address = joined_url(base, named) if named and "\ufffd" not in named else None
    if address is None:
        return None
    date = _short(entry.text_anywhere(*_FEED_DATES))
    return Link(url=address, published_at=parse_structured(date))


def read_links(body: bytes, url: str, content_type: str | None, *, now: datetime) -> Announced:
    """Read every link of a page once, in order, with the time in its row, and its feeds."""
    document = parse_html(body, content_type)
    if document is None:
        return Announced(problem="no_links")
    tree = document.tree
    base = joined_url(url, next(iter(tree.xpath("//base/@href")), "")) or url
    named = [
        node
        for node in tree.iterfind(".//link[@rel='alternate']")
        if (node.get("type") or "").lower() in _FEED_TYPES
    ]
    feeds = [joined_url(base, node.get("href") or "") for node in named]
    rows, found = _Rows(now), dict[str, datetime | None]()
    for address, node in _addresses(tree, base):
        if found.get(address) is None:
            found[address] = rows.time(node)
        if len(found) > MAX_PAGE_LINKS:
            break
    read = islice(found.items(), MAX_PAGE_LINKS)
    return Announced(
        links=tuple(Link(url=url, published_at=at) for url, at in read),
        feeds=tuple(dict.fromkeys(filter(None, feeds))),
        problem=None if found else "no_links",
        cut_off=len(found) > MAX_PAGE_LINKS,
    )


def _addresses(tree: Any, base: str) -> Iterator[tuple[str, Any]]:
    """Yield (absolute URL, node) of each link and click of a page, in order."""
    for node in tree.iter("a", "div", "li", "td"):
        target = node.get("href") if node.tag == "a" else None
        clicked = _ONCLICK.search((node.get("onclick") or "")[:MAX_ONCLICK])
        for address in (target, clicked[1] if clicked else None):
            if not address or address.strip().startswith("#"):
                continue
            joined = joined_url(base, address)
            if joined is not None:
                yield joined, node


class _Rows:
    """Times in the rows of a list, each node read once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._known: dict[Any, tuple[bool, datetime | None]] = {}

    def time(self, node: Any) -> datetime | None:
        """The time in the row of a link; None if the row has none or a future one."""
        for _level in range(MAX_ROW_LEVELS):
            is_row, at = self._known.get(node) or self._known.setdefault(node, self._read(node))
            if not is_row or at is not None:
                return at
            node = node.getparent()
            if node is None or node.tag in ("body", "ul", "ol", "table", "tbody"):
                return None
        return None

    def _read(self, node: Any) -> tuple[bool, datetime | None]:
        """(whether the node is short enough for a row, its time)."""
        text = _row_text(node)
        if text is None:
            return False, None
        at = parse_visible(text, self._now.tzinfo or UTC) or parse_relative(text, self._now)
        if at is not None and at > self._now:
            return False, None
        return True, at


def _row_text(node: Any) -> str | None:
    """The text of a node; None for one too large to be a row."""
    if sum(1 for _inner in islice(node.iter(), MAX_ROW_NODES + 1)) > MAX_ROW_NODES:
        return None
    text = " ".join(node.itertext())
    return text if len(text) <= MAX_ROW else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReading:
    """What a source announced, and what that means at its site."""

    found: Announced
    announced: Announcements

    @classmethod
    def without_links(cls, problem: str) -> Self:
        """The reading of a source that could not be read."""
        return cls(found=Announced(problem=problem), announced=Announcements())


def read_announcements(
    site: Site,
    step: Step,
    body: bytes,
    url: str,
    content_type: str | None,
    *,
    now: datetime,
    window: Window,
) -> SourceReading:
    """Read a source of any kind, and identify its links."""
    found = read_source(step.source, body, url, content_type, now=now)
    return SourceReading(found=found, announced=announcements(site, found.links, window))


@dataclass(slots=True)
class Announcements:
    """What one source announced, as the site's profile identifies it."""

    rows: list[Announcement] = field(default_factory=list)
    """For the ledger, each canonical URL once."""
    dated: list[Link] = field(default_factory=list)
    """Links to stories; a time that the source does not give comes from the URL."""
    uncounted: Counter[str] = field(default_factory=Counter)
    """`refused/REASON` -> number of links that got no row."""


def announcements(site: Site, links: Iterable[Link], window: Window) -> Announcements:
    """Identify the links by the site's profile: stories, and refusals with their reasons."""
    found = Announcements()
    rows: dict[str, Announcement] = {}
    refused = 0
    for link in links:
        named = site.identify(link.url)
        if isinstance(named, Identity):
            dated = replace(link, published_at=_best_time(named.published_at, link.published_at))
            found.dated.append(dated)
            rows.setdefault(named.url, _story(site, named, dated, window))
            continue
        refused += 1
        if refused > MAX_REFUSED:
            found.uncounted[f"refused/{named.reason}"] += 1
        else:
            row = Announcement(url=named.url, key=named.url, refused=named.reason)
            rows.setdefault(named.url, row)
    found.rows = list(rows.values())
    return found


def _best_time(by_url: datetime | None, by_source: datetime | None) -> datetime | None:
    """A URL with a time of day is more reliable than a list's row; one with only a day less so."""
    exact = by_url is not None and by_url.time() != time(0)
    return by_url if exact or by_source is None else by_source


def _story(site: Site, named: Identity, link: Link, window: Window) -> Announcement:
    local = link.published_at.astimezone(site.zone) if link.published_at else None
    return Announcement(
        url=named.url,
        key=named.key,
        own_key=named.own_key,
        published_at=link.published_at,
        lastmod=link.lastmod,
        skipped=window.skips(local),
    )
