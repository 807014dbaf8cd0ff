"""Read what sources announce (sitemaps, feeds, pages with links): bytes in, links out."""

import calendar
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from itertools import islice
from typing import Any
from xml.sax import SAXParseException

import feedparser
from lxml import etree

from archive.identity import joined_url
from archive.records import Announcement
from scraper.extraction.dates import (
    ZONES,
    parse_day,
    parse_relative,
    parse_structured,
    parse_visible,
)
from scraper.extraction.tree import parse_html
from scraper.sites.site import Identity, Site
from scraper.sites.sources import Feed, Link, Sitemap, Source, Window

MAX_SOURCE_BYTES = 50 * 1024 * 1024
"""Of an unpacked sitemap: the limit of the sitemaps protocol."""
MAX_LINKS = 50_000
"""Of a source: the limit of the sitemaps protocol."""
MAX_REFUSED = 1_000
"""Refused URLs of one source that get a row in the ledger; the rest is only counted."""
MAX_ROW = 400
"""Characters of a row in a list of stories; a longer node has several rows."""
MAX_ROW_LEVELS = 4
_GZIP_MAGIC = b"\x1f\x8b"
_ONCLICK = re.compile(r"""(?:window\.open|location(?:\.href)?\s*=)\s*\(?\s*['"]([^'"]+)['"]""")
_SITEMAP = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s/>]")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_WIDE = re.compile(
    rb"""^(\s*<\?xml[^>]*?)\s+encoding=["'](?:utf|ucs)-?(?:16|32|2|4)[^>"']*["']""", re.I
)
"""A declared wide encoding: where these very bytes can be read as ASCII, it is wrong."""
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
    except (zlib.error, EOFError):
        return Announced(problem="broken_sitemap")
    head = xml[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"http://", b"https://")):  # the protocol's plain form: a URL per line
        lines = xml.decode("utf-8", "replace").splitlines()[:MAX_LINKS]
        return Announced(links=tuple(Link(url=line.strip()) for line in lines if line.strip()))
    if _FEED.search(head):
        return read_feed(xml, url)
    links: list[Link] = []
    sitemaps: list[Link] = []
    for kind, link in _sitemap_entries(xml):
        (sitemaps if kind == "sitemap" else links).append(link)
        if len(links) + len(sitemaps) >= MAX_LINKS:
            break
    if not links and not sitemaps and not _SITEMAP.search(xml):
        return Announced(problem="broken_sitemap")
    return Announced(links=tuple(links), sitemaps=tuple(sitemaps))


def _gunzipped(body: bytes) -> bytes:
    """Unpack the body if it is gzip; raises ValueError beyond MAX_SOURCE_BYTES."""
    if not body.startswith(_GZIP_MAGIC):
        return body
    data = b""
    while body.startswith(_GZIP_MAGIC):  # a gzip file may have several members
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        data += unpacker.decompress(body, MAX_SOURCE_BYTES - len(data) + 1)
        if len(data) > MAX_SOURCE_BYTES:
            raise ValueError("larger than a sitemap may be")
        body = unpacker.unused_data
    return data


def _sitemap_entries(xml: bytes) -> Iterator[tuple[str, Link]]:
    """Yield (`url` or `sitemap`, link); expands no entities and loads nothing external."""
    events = etree.iterparse(
        io.BytesIO(xml),
        events=("end",),
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for _event, element in events:
            kind = _local_name(element)
            if kind not in ("url", "sitemap"):
                continue
            if (link := _sitemap_link(element)) is not None:
                yield kind, link
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError:
        return


def _sitemap_link(element: Any) -> Link | None:
    found: dict[str, str] = {}
    for child in (*element, *element.iter("{*}publication_date")):
        found.setdefault(_local_name(child), (child.text or "").strip())
    if not found.get("loc"):
        return None
    modified = found.get("lastmod")
    return Link(
        url=found["loc"],
        published_at=parse_structured(found.get("publication_date")),
        lastmod=parse_structured(modified) or parse_day(modified, ZONES["WIB"]),
    )


def _local_name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def read_feed(body: bytes, url: str) -> Announced:
    """Read an RSS or Atom feed, as far as it is readable."""
    if b"<!ENTITY" in body[:100_000]:
        return Announced(problem="broken_feed")  # only an entity bomb needs its own entities
    if not _FEED.search(body[:5000]):
        return Announced(problem="broken_feed")  # feedparser takes minutes for a page of HTML
    parsed = feedparser.parse(
        io.BytesIO(_WIDE.sub(rb"\1", body)),
        response_headers={"content-location": url},
        sanitize_html=False,
    )
    links: dict[Link, None] = {}
    for entry in parsed.entries[:MAX_LINKS]:
        named = entry.get("link") or entry.get("id")
        address = joined_url(url, named) if named else None
        if address is not None:
            published = _field(entry, "published_parsed") or _field(entry, "updated_parsed")
            links[Link(url=address, published_at=_utc(published))] = None
    stopped = isinstance(parsed.get("bozo_exception"), SAXParseException)
    broken = not links and (stopped or not parsed.get("version"))
    return Announced(links=tuple(links), problem="broken_feed" if broken else None)


def _field(entry: Any, name: str) -> Any:
    """A field as read: the entry's own `get` substitutes other dates, with a warning."""
    return dict.get(entry, name)


def _utc(parsed: Any) -> datetime | None:
    """A time of feedparser, which is a struct_time in UTC."""
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


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
    found: dict[str, datetime | None] = {}
    for node in tree.iter("a", "div", "li", "td"):
        target = node.get("href") if node.tag == "a" else None
        clicked = _ONCLICK.search(node.get("onclick") or "")
        for address in (target, clicked[1] if clicked else None):
            if not address or address.strip().startswith("#"):
                continue
            joined = joined_url(base, address)
            if joined is not None and found.get(joined) is None:
                found[joined] = _row_time(node, now)
    links = tuple(Link(url=url, published_at=at) for url, at in islice(found.items(), MAX_LINKS))
    return Announced(
        links=links,
        feeds=tuple(dict.fromkeys(filter(None, feeds))),
        problem=None if links else "no_links",
    )


def _row_time(node: Any, now: datetime) -> datetime | None:
    """The time in the same row of a list as a link; None if the row has none or a future one."""
    for _level in range(MAX_ROW_LEVELS):
        text = " ".join(node.itertext())
        if len(text) > MAX_ROW:
            return None
        at = parse_visible(text, now.tzinfo or UTC) or parse_relative(text, now)
        if at is not None:
            return at if at <= now else None
        node = node.getparent()
        if node is None or node.tag in ("body", "ul", "ol", "table", "tbody"):
            return None
    return None


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
        published_at=link.published_at,
        lastmod=link.lastmod,
        skipped=window.skips(local),
    )
