"""Read what sources announce (sitemaps, feeds, pages with links): bytes in, links out."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any, Self

from archive.identity import joined_url
from archive.records import Announcement
from scraper.crawling.entries import Entry, as_utf8, entries
from scraper.extraction.dom.limits import MAX_DATE
from scraper.extraction.dom.tree import parse_html
from scraper.extraction.fields.dates import (
    ZONES,
    believable,
    parse_day,
    parse_relative,
    parse_structured,
    parse_visible,
)
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
MAX_PROLOG = 5_000
"""Bytes at the beginning of a text that show whether it is a page."""
TO_PUBLICATION = timedelta(days=1)
"""How long after its creation a story may be published, as far as `--since` goes."""
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_PART = 1 << 16
_ONCLICK = re.compile(
    r"""(?:window\.open|location(?:\.href)?\s*+=)\s*+(?:\(\s*+)?['"]([^'"]+)['"]"""
)
_ROOT = re.compile(rb"<(?:[\w.-]{1,64}:)?(?:urlset|sitemapindex|rss|feed|RDF)[\s/>]", re.IGNORECASE)
_ROOT_END = re.compile(
    rb"</(?:[\w.-]{1,64}:)?(?:urlset|sitemapindex|rss|feed|RDF)\s{0,9}>"
    rb"|<(?:[\w.-]{1,64}:)?(?:urlset|sitemapindex|rss|feed|RDF)(?:\s[^<>]*)?/>",
    re.IGNORECASE,
)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
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
    unusable_dates: int = 0
    """Dates that could not be read, or are of an impossible year."""
    cut_off: bool = False
    """Whether there are more links than are read."""


def read_source(
    source: Source,
    body: bytes,
    url: str,
    content_type: str | None,
    *,
    now: datetime,
    cut: bool = False,
) -> Announced:
    """Read a source of any kind; `now` is in the site's zone, for dates without an offset.

    `cut`: the response ended early.
    """
    if isinstance(source, (Sitemap, Feed)):
        zone = now.tzinfo or UTC
        read = read_sitemap if isinstance(source, Sitemap) else read_feed
        found = read(body, url, zone=zone, cut=cut)
    else:
        found = read_links(body, url, content_type, now=now)
    if cut and found.problem in (None, "no_links"):
        return replace(found, problem="incomplete")
    return found


def read_sitemap(
    body: bytes, url: str = "", *, zone: tzinfo = ZONES["WIB"], cut: bool = False
) -> Announced:
    """Read a sitemap or sitemap index, gzipped or not, as far as it is readable.

    A date without an offset is in `zone`, the publisher's. Some are feeds, or a URL per line.
    """
    return _read_xml(body, url, zone=zone, cut=cut, broken="broken_sitemap")


def read_feed(
    body: bytes, url: str, *, zone: tzinfo = ZONES["WIB"], cut: bool = False
) -> Announced:
    """Read an RSS or Atom feed, as far as it is readable; dates as in `read_sitemap`."""
    return _read_xml(body, url, zone=zone, cut=cut, broken="broken_feed")


def _read_xml(body: bytes, url: str, *, zone: tzinfo, cut: bool, broken: str) -> Announced:
    try:
        packed, cut_short = _gunzipped(body)
    except ValueError:
        return Announced(problem="too_large")
    except (OSError, EOFError, zlib.error):
        return Announced(problem=broken)
    xml, cut = as_utf8(packed), cut or cut_short
    dates = _Dates(zone)
    links: list[Link] = []
    sitemaps: list[Link] = []
    rest = entries(xml)
    for entry in islice(rest, MAX_LINKS):
        link = _entry_link(entry, url, dates)
        if link is not None:
            (sitemaps if entry.kind == "sitemap" else links).append(link)
    more: object = next(rest, None)
    begun, ended = _ROOT.search(xml) is not None, _ROOT_END.search(xml) is not None
    if not begun and not links and not sitemaps and broken == "broken_sitemap":
        plain = _plain_links(xml, cut=cut)
        links, more = list(islice(plain, MAX_LINKS)), next(plain, None)
        begun = ended = bool(links)
    problem = None
    if not links and not sitemaps and not (begun and ended):
        problem = broken
    elif cut or (begun and not ended):
        problem = "incomplete"
    return Announced(
        links=tuple(links),
        sitemaps=tuple(sitemaps),
        problem=problem,
        unusable_dates=dates.unusable,
        cut_off=more is not None,
    )


def _gunzipped(body: bytes) -> tuple[bytes, bool]:
    """Unpack the body if it is gzip, as far as it is whole; return whether it ends early, too.

    Raises ValueError beyond MAX_SOURCE_BYTES; OSError, EOFError or zlib.error if nothing could be
    unpacked.
    """
    if not body.startswith(_GZIP_MAGIC):
        return body, False
    data, packed = bytearray(), gzip.GzipFile(fileobj=io.BytesIO(body))
    try:
        while part := packed.read1(_GZIP_PART):
            data += part
            if len(data) > MAX_SOURCE_BYTES:
                raise ValueError("larger than a sitemap may be")
    except (OSError, EOFError, zlib.error):
        if not data:
            raise
        return bytes(data), True
    return bytes(data), False


def _plain_links(text: bytes, *, cut: bool) -> Iterator[Link]:
    """Yield the lines that are addresses: the protocol's plain form."""
    if _HTML.search(text[:MAX_PROLOG]):
        return
    lines = io.TextIOWrapper(io.BytesIO(text), "utf-8", "replace")
    for line in lines:
        address = line.strip().strip("\ufeff").strip()
        whole = not cut or line.endswith("\n")
        if whole and _ADDRESS.fullmatch(address) and "\ufffd" not in address:
            yield Link(url=address)


class _Dates:
    """Dates of a source, which are the publisher's where they have no offset."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self.unusable = 0

    def read(self, text: str | None) -> datetime | None:
        """Read a date; a bare day is its first second. None for one that is none."""
        if text is None:
            return None
        at = None
        if len(text) <= MAX_DATE:
            at = parse_structured(text, self._zone) or parse_day(text, self._zone)
        self.unusable += at is None
        return at


def _entry_link(entry: Entry, base: str, dates: _Dates) -> Link | None:
    """The page of an entry, or the sitemap that an index names."""
    if entry.kind in ("item", "entry"):
        return _feed_link(entry, base, dates)
    address = entry.text("loc")
    if address is None:
        return None
    return Link(
        url=(base and joined_url(base, address)) or address,
        published_at=dates.read(entry.text_anywhere("publication_date", deep=True)),
        lastmod=dates.read(entry.text_anywhere("lastmod")),
    )


def _feed_link(entry: Entry, base: str, dates: _Dates) -> Link | None:
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
    return Link(url=address, published_at=dates.read(entry.text_anywhere(*_FEED_DATES)))


def read_links(body: bytes, url: str, content_type: str | None, *, now: datetime) -> Announced:
    """Read every link of a page once, in order, with the time in its row, and its feeds."""
    document = parse_html(_without_half_a_tag(body), content_type)
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


def _without_half_a_tag(body: bytes) -> bytes:
    """Remove a tag in which a page ends: its address would be another one."""
    begun = body.rfind(b"<")
    return body[:begun] if begun > body.rfind(b">") else body


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
    cut: bool = False,
) -> SourceReading:
    """Read a source of any kind, and identify its links; `cut`: the response ended early."""
    found = read_source(step.source, body, url, content_type, now=now, cut=cut)
    announced = announcements(site, found.links, window, now=now)
    if found.unusable_dates:
        announced.counts["unusable_dates"] += found.unusable_dates
    return SourceReading(found=found, announced=announced)


@dataclass(slots=True)
class Announcements:
    """What one source announced, as the site's profile identifies it."""

    rows: list[Announcement] = field(default_factory=list)
    """For the ledger, each canonical URL once."""
    dated: list[Link] = field(default_factory=list)
    """Links to stories; a time that the source does not give comes from the URL."""
    counts: Counter[str] = field(default_factory=Counter)
    """`refused/REASON` -> number of links that got no row; `unusable_dates` -> number of dates."""

    @property
    def newest(self) -> datetime | None:
        """The newest publication or modification of a story."""
        times = (at for link in self.dated for at in (link.published_at, link.lastmod) if at)
        return max(times, default=None)


def announcements(
    site: Site, links: Iterable[Link], window: Window, *, now: datetime | None = None
) -> Announcements:
    """Identify the links by the site's profile: stories, and refusals with their reasons.

    Times of the future, seen from `now`, are none.
    """
    found = Announcements()
    rows: dict[str, Announcement] = {}
    refused = 0
    for link in links:
        named = site.identify(link.url)
        if isinstance(named, Identity):
            dated = _dated(named, link, now, found.counts)
            found.dated.append(dated)
            rows.setdefault(named.url, _story(site, named, dated, window))
            continue
        refused += 1
        if refused > MAX_REFUSED:
            found.counts[f"refused/{named.reason}"] += 1
        else:
            row = Announcement(url=named.url, key=named.url, refused=named.reason)
            rows.setdefault(named.url, row)
    found.rows = list(rows.values())
    return found


def _dated(named: Identity, link: Link, now: datetime | None, counts: Counter[str]) -> Link:
    """Give a link to a story the best of its times that is possible."""
    by_url, by_source, lastmod = (
        believable(at, now) for at in (named.published_at, link.published_at, link.lastmod)
    )
    given = (named.published_at, link.published_at, link.lastmod)
    kept = (by_url, by_source, lastmod)
    if unusable := kept.count(None) - given.count(None):
        counts["unusable_dates"] += unusable
    created = named.by_creation
    return replace(
        link, published_at=_best_time(by_url, by_source, created=created), lastmod=lastmod
    )


def _best_time(
    by_url: datetime | None, by_source: datetime | None, *, created: bool
) -> datetime | None:
    """A URL with a time of day is more reliable than a list's row; one with only a day less so.

    So is one whose time is that of the story's creation.
    """
    exact = by_url is not None and by_url.time() != time(0) and not created
    return by_url if exact or by_source is None else by_source


def _story(site: Site, named: Identity, link: Link, window: Window) -> Announcement:
    local = link.published_at and link.published_at.astimezone(site.zone)
    skipped = window.skips(local)
    if skipped == "before_since" and named.by_creation and link.published_at == named.published_at:
        assert local is not None
        skipped = window.skips(local + TO_PUBLICATION)
    return Announcement(
        url=named.url,
        key=named.key,
        own_key=named.own_key,
        published_at=link.published_at,
        lastmod=link.lastmod,
        skipped=skipped,
    )
