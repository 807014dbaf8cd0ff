"""Reading what sources announce: sitemaps, feeds, pages with links. Bytes in, links out; nothing is
fetched here.
"""

from __future__ import annotations

import calendar
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax import SAXParseException

import feedparser
from lxml import etree

from archive.identity import joined_url
from scraper.extraction.dates import (
    ZONES,
    parse_day,
    parse_relative,
    parse_structured,
    parse_visible,
)
from scraper.extraction.tree import parse_html
from scraper.sites.sources import Feed, Link, Sitemap, Source

MAX_SOURCE_BYTES = 50 * 1024 * 1024  # the sitemaps protocol's own limit for one file
MAX_LINKS = 50_000  # likewise
MAX_ROW = 400
"""Characters of a row in a list of stories; a longer node holds several."""
MAX_ROW_LEVELS = 4
_GZIP_MAGIC = b"\x1f\x8b"
_ONCLICK = re.compile(r"""(?:window\.open|location(?:\.href)?\s*=)\s*\(?\s*['"]([^'"]+)['"]""")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a source gave: links to stories and links to further sources."""

    links: tuple[Link, ...] = ()
    sitemaps: tuple[Link, ...] = ()
    feeds: tuple[str, ...] = ()
    problem: str | None = None
    """A code of archive.ledger.wording where the source could not be read to its end."""


def read_source(
    source: Source, body: bytes, url: str, content_type: str | None, *, now: datetime
) -> Announced:
    """What a source of any kind gave; `now` is the time in the site's zone, from which lists count
    "2 jam lalu".
    """
    if isinstance(source, Sitemap):
        return read_sitemap(body, url)
    if isinstance(source, Feed):
        return read_feed(body, url)
    return read_links(body, url, content_type, now=now)


def read_sitemap(body: bytes, url: str = "") -> Announced:
    """The entries of a sitemap or of an index of sitemaps, gzipped or not, as far as it is
    readable.
    """
    try:
        xml = _gunzipped(body)
    except ValueError:
        return Announced(problem="too_large")
    except (zlib.error, EOFError):
        return Announced(problem="broken_sitemap")
    head = xml[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"http://", b"https://")):  # the protocol's plain form: an address a line
        return Announced(
            links=tuple(
                Link(url=line.decode("utf-8", "replace").strip())
                for line in xml.splitlines()[:MAX_LINKS]
                if line.strip()
            )
        )
    if re.search(rb"<(?:rss|feed|rdf:RDF)[\s>]", head):
        return read_feed(xml, url)
    links: list[Link] = []
    sitemaps: list[Link] = []
    for kind, link in _sitemap_entries(xml):
        (sitemaps if kind == "sitemap" else links).append(link)
        if len(links) + len(sitemaps) >= MAX_LINKS:
            break
    problem = (
        None
        if links or sitemaps or re.search(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s/>]", xml)
        else "broken_sitemap"
    )
    return Announced(links=tuple(links), sitemaps=tuple(sitemaps), problem=problem)


def _gunzipped(body: bytes) -> bytes:
    """The body, unpacked where it is gzip; raises ValueError past MAX_SOURCE_BYTES."""
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
    """(`url` or `sitemap`, link) one by one; no entity is expanded, nothing external is loaded."""
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
            found: dict[str, str] = {}
            for child in element:
                found.setdefault(_local_name(child), (child.text or "").strip())
            for child in element.iter("{*}publication_date"):
                found.setdefault("publication_date", (child.text or "").strip())
            if found.get("loc"):
                published = parse_structured(found.get("publication_date"))
                lastmod = parse_structured(found.get("lastmod")) or parse_day(
                    found.get("lastmod"), ZONES["WIB"]
                )
                yield kind, Link(url=found["loc"], published_at=published, lastmod=lastmod)
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError:
        return


def _local_name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def read_feed(body: bytes, url: str) -> Announced:
    """The entries of an RSS or Atom feed, as far as it is readable."""
    if b"<!ENTITY" in body[:100_000]:
        return Announced(problem="broken_feed")  # no feed needs entities of its own; a bomb does
    if not re.search(rb"<(?:rss|feed|rdf:RDF)[\s>]", body[:5000], re.IGNORECASE):
        return Announced(problem="broken_feed")  # feedparser would spend minutes on a page of HTML
    parsed = feedparser.parse(
        io.BytesIO(body), response_headers={"content-location": url}, sanitize_html=False
    )
    links: dict[Link, None] = {}
    for entry in parsed.entries[:MAX_LINKS]:
        named = entry.get("link") or entry.get("id")
        address = joined_url(url, named) if named else None
        if address is not None:
            moment = _field(entry, "published_parsed") or _field(entry, "updated_parsed")
            links[Link(url=address, published_at=_utc(moment))] = None
    broken = isinstance(parsed.get("bozo_exception"), SAXParseException) or not parsed.get(
        "version"
    )
    return Announced(links=tuple(links), problem="broken_feed" if broken and not links else None)


def _field(entry: Any, name: str) -> Any:
    """A field as it was read: the entry's own `get` answers for absent dates with others, and warns
    of it.
    """
    return dict.get(entry, name)


def _utc(moment: Any) -> datetime | None:
    """A time of feedparser, which gives UTC as a struct."""
    try:
        return datetime.fromtimestamp(calendar.timegm(moment), UTC) if moment else None
    except (ValueError, OverflowError, OSError):
        return None


def read_links(body: bytes, url: str, content_type: str | None, *, now: datetime) -> Announced:
    """Every link of a page, in order and once, with the time that its row tells, and the feeds that
    the head names.
    """
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
            joined = (
                joined_url(base, address)
                if address and not address.strip().startswith("#")
                else None
            )
            if joined is not None and found.get(joined) is None:
                found[joined] = _row_time(node, now)
    links = tuple(
        Link(url=address, published_at=moment)
        for address, moment in list(found.items())[:MAX_LINKS]
    )
    return Announced(
        links=links,
        feeds=tuple(dict.fromkeys(filter(None, feeds))),
        problem=None if links else "no_links",
    )


def _row_time(node: Any, now: datetime) -> datetime | None:
    """The time that stands in the same row of a list as a link; None where the row tells none."""
    for _level in range(MAX_ROW_LEVELS):
        text = " ".join(node.itertext())
        if len(text) > MAX_ROW:
            return None
        moment = parse_visible(text, now.tzinfo or UTC) or parse_relative(text, now)
        if moment is not None:
            return moment if moment <= now else None
        node = node.getparent()
        if node is None or node.tag in ("body", "ul", "ol", "table", "tbody"):
            return None
    return None
