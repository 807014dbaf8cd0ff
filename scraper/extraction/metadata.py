"""Metadata in layers, each with its source named: the profile's selectors, JSON-LD, meta tags, the
URL.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from scraper.extraction.boilerplate import agency_of
from scraper.extraction.bylines import Byline, read_byline
from scraper.extraction.bylines_from_lines import byline_in, date_in, lines_above, lines_below
from scraper.extraction.dates import parse_structured, parse_visible
from scraper.extraction.locate import Narrowed
from scraper.extraction.selectors import Element
from scraper.extraction.tree import Document, clean, text_of
from scraper.sites.site import Identity, Layout, Site

_ARTICLE_TYPES = frozenset(
    (
        "NewsArticle",
        "Article",
        "ReportageNewsArticle",
        "AnalysisNewsArticle",
        "OpinionNewsArticle",
        "BlogPosting",
    )
)
_INLINE_MARKUP = re.compile(
    r"</?(?:em|i|b|strong|u|span|a|br|font|sup|sub)\b[^<>]*>", re.IGNORECASE
)
_HOME = re.compile(r"^(?:home|beranda|depan|halaman depan)$", re.IGNORECASE)
_MAX_JSON_LD = 500_000
MAX_CRUMBS = 4
"""Links of a breadcrumb; a list of more is a menu."""

_PUBLISHED_METAS = (
    "article:published_time",
    "datepublished",
    "pubdate",
    "dcterms.created",
    "publishdate",
    "content_publisheddate",
)
_MODIFIED_METAS = (
    "article:modified_time",
    "datemodified",
    "dcterms.modified",
    "lastmod",
    "og:updated_time",
)


@dataclass(slots=True)
class Metadata:
    """Fields of an article outside its body, with the layer that each came from."""

    fields: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    names: re.Pattern[str] | None = None
    """The site's name as it stands behind headlines."""

    def offer(self, name: str, value: Any, source: str) -> None:
        """Take the value if no earlier layer gave one."""
        if value and name not in self.fields:
            self.fields[name] = value
            self.sources[name] = source


class Head:
    """The machine-readable parts of a page, each read once: meta tags by name, and the JSON-LD of
    the article.
    """

    def __init__(self, tree: Element) -> None:
        self.metas: dict[str, str] = {}
        for node in tree.iter("meta"):
            name = (node.get("property") or node.get("name") or node.get("itemprop") or "").lower()
            if name and name not in self.metas:
                self.metas[name] = node.get("content") or ""
        self.links = {
            (node.get("rel") or "").lower(): node.get("href") or ""
            for node in reversed(tree.findall(".//link"))
        }
        self.broken_json_ld = False
        self.article: Mapping[str, Any] = {}
        self.breadcrumb: tuple[str, ...] = ()
        for data in self._json_ld(tree):
            if not self.article and _types(data) & _ARTICLE_TYPES:
                self.article = data
            elif not self.breadcrumb and "BreadcrumbList" in _types(data):
                self.breadcrumb = tuple(_crumbs(data))

    def meta(self, *names: str) -> str | None:
        """The first of the meta tags that holds something."""
        return next(
            (clean(self.metas[name]) for name in names if clean(self.metas.get(name))), None
        )

    def _json_ld(self, tree: Element) -> Iterator[Mapping[str, Any]]:
        """Every object of every JSON-LD block; a block that is no JSON is noted and passed over."""
        for script in tree.iterfind(".//script[@type='application/ld+json']"):
            text = (script.text or "").strip()
            if not text or len(text) > _MAX_JSON_LD:
                continue
            try:
                data = json.loads(text, strict=False)
            except (ValueError, RecursionError):
                self.broken_json_ld = True
                continue
            yield from _nodes(data)


def _crumbs(node: Mapping[str, Any]) -> Iterator[str]:
    """Names of a breadcrumb in order, without the home page."""
    for entry in _as_list(node.get("itemListElement")):
        item = entry.get("item") if isinstance(entry, dict) else None
        name = _text(entry.get("name")) if isinstance(entry, dict) else ""
        name = name or (_text(item.get("name")) if isinstance(item, dict) else "")
        if name and not _HOME.match(name):
            yield name


def _nodes(data: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(data, list):
        for item in data:
            yield from _nodes(item)
    elif isinstance(data, dict):
        yield data
        yield from _nodes(data.get("@graph"))


def _types(node: Mapping[str, Any]) -> frozenset[str]:
    kind = node.get("@type")
    return frozenset(name for name in _as_list(kind) if isinstance(name, str))


def read_metadata(
    page: Document,
    head: Head,
    site: Site | None,
    narrowed: Narrowed | None,
    identity: Identity | None,
) -> Metadata:
    """Every field outside the body; nothing is guessed, an absent field stays absent."""
    found = Metadata(names=_names_of(site, head.meta("og:site_name") if site is None else None))
    if narrowed is not None and site is not None:
        _from_layout(found, page, narrowed.layout, site)
    _from_json_ld(found, head, site)
    _from_metas(found, head, site)
    if narrowed is not None:
        found.offer(
            "image_url", page.text(*narrowed.layout.image), f"layout {narrowed.layout.name}"
        )
    if identity is not None:
        _from_breadcrumb(found, page, identity.section)
        _from_url(found, identity)
    found.offer("headline", _headline(page.text("h1"), found.names), "visible text")
    found.offer("headline", _headline(page.text("title"), found.names), "visible text")
    if head.broken_json_ld:
        found.warnings.append("broken_json_ld")
    return found


def _from_layout(found: Metadata, page: Document, layout: Layout, site: Site) -> None:
    source = f"layout {layout.name}"
    found.offer("headline", _headline(page.text(*layout.headline), found.names), source)
    found.offer("kicker", (page.text(*layout.kicker) or "").rstrip(" :"), source)
    found.offer("deck", page.text(*layout.deck), source)
    found.offer("caption", page.text(*layout.caption), source)
    found.offer("section", _section(page, layout), source)
    found.offer(
        "agency",
        agency_of(
            re.sub(r"^.*sumber\s*:", "", page.text(*layout.agency) or "", flags=re.IGNORECASE)
        ),
        source,
    )
    byline = _byline(page, layout, site)
    found.offer("authors", byline.authors, source)
    found.offer("editors", byline.editors, source)
    found.offer(
        "tags",
        tuple(
            dict.fromkeys(
                filter(
                    None, (text_of(node).lstrip("# ").strip() for node in page.all(*layout.tags))
                )
            )
        ),
        source,
    )
    for selector in layout.date:
        for node in page.all(selector):
            found.offer("visible_date", parse_visible(text_of(node), site.zone), source)


def _section(page: Document, layout: Layout) -> str | None:
    """The first entry of the breadcrumb after the home page."""
    entries = (text_of(node) for node in page.all(*layout.section))
    return next((entry for entry in entries if entry and not _HOME.match(entry)), None)


def _byline(page: Document, layout: Layout, site: Site) -> Byline:
    authors: dict[str, None] = {}
    editors: dict[str, None] = {}
    for node in page.all(*layout.authors):
        read = read_byline(text_of(node), newsroom=site.newsroom_names)
        pair = (
            read.authors
            if layout.editor_first and len(read.authors) == 2 and not read.editors
            else ()
        )
        authors |= dict.fromkeys(pair[1:] or read.authors)
        editors |= dict.fromkeys(pair[:1] or read.editors)
    for node in page.all(*layout.editors):
        read = read_byline(text_of(node), newsroom=site.newsroom_names)
        editors |= dict.fromkeys((*read.authors, *read.editors))
    return Byline(authors=tuple(authors), editors=tuple(editors))


def _from_json_ld(found: Metadata, head: Head, site: Site | None) -> None:
    data, source = head.article, "json-ld"
    found.offer("headline", _headline(_text(data.get("headline")), found.names), source)
    persons = [
        person
        for person in _as_list(data.get("author"))
        if _text(person.get("name") if isinstance(person, dict) else person)
    ]
    authors: list[str] = []
    editors: list[str] = []
    for person in persons:
        name, address = (
            (_text(person.get("name")), _text(person.get("url")))
            if isinstance(person, dict)
            else (_text(person), "")
        )
        is_editor = (
            site is not None
            and site.ld_editor != ""
            and (site.ld_editor == "." or re.search(site.ld_editor, address or ""))
        )
        people = read_byline(name, newsroom=site.newsroom_names if site else ())
        (editors if is_editor else authors).extend(people.authors)
    found.offer("authors", tuple(dict.fromkeys(authors)), source)
    found.offer("editors", tuple(dict.fromkeys(editors)), source)
    found.offer("published_at", _local(_text(data.get("datePublished")), site), source)
    found.offer("modified_at", _local(_text(data.get("dateModified")), site), source)
    found.offer(
        "section",
        next(filter(None, map(_text, _as_list(data.get("articleSection")))), None),
        source,
    )
    found.offer(
        "section",
        next((crumb for crumb in head.breadcrumb if crumb != found.fields.get("headline")), None),
        "json-ld breadcrumb",
    )
    image = next(iter(_as_list(data.get("image"))), None)
    found.offer("image_url", _text(image.get("url") if isinstance(image, dict) else image), source)
    keywords = data.get("keywords")
    found.offer(
        "tags",
        _words(",".join(map(str, keywords)) if isinstance(keywords, list) else _text(keywords)),
        source,
    )


def _from_metas(found: Metadata, head: Head, site: Site | None) -> None:
    source = "meta"
    found.offer(
        "headline", _headline(head.meta("og:title", "twitter:title", "title"), found.names), source
    )
    byline = read_byline(
        head.meta("author", "article:author", "content_author"),
        newsroom=site.newsroom_names if site else (),
    )
    found.offer("authors", byline.authors, source)
    found.offer("editors", byline.editors, source)
    for name in (*(site.head_dates if site else ()), *_PUBLISHED_METAS):
        found.offer("published_at", _local(head.meta(name), site), f"meta {name}")
    for name in _MODIFIED_METAS:
        found.offer("modified_at", _local(head.meta(name), site), f"meta {name}")
    found.offer("section", head.meta("article:section", "content_category"), source)
    found.offer("image_url", head.meta("og:image", "twitter:image"), source)
    found.offer(
        "tags",
        _words(head.meta(*(site.tag_metas if site else ("news_keywords", "keywords")))),
        source,
    )
    if "visible_date" in found.fields:
        found.offer("published_at", found.fields["visible_date"], found.sources["visible_date"])


def read_surroundings(found: Metadata, page: Document, node: Element, site: Site) -> None:
    """Byline and date from the visible lines around the prose, where no other layer told them."""
    if {"published_at", "authors", "editors"} <= found.fields.keys():
        return
    above = (
        [] if {"published_at", "authors"} <= found.fields.keys() else lines_above(page.tree, node)
    )
    found.offer("published_at", date_in(above, site.zone), "visible text")
    people = byline_in(above, lines_below(node), site.newsroom_names)
    found.offer("authors", people.authors, "visible text")
    found.offer("editors", people.editors, "visible text")


def _from_breadcrumb(found: Metadata, page: Document, channel: str | None) -> None:
    """A breadcrumb is called one at nearly every site; where it is not, it is a short list: home,
    then the channel of the URL.
    """
    if "section" in found.fields:
        return
    entries = [
        text_of(node)
        for node in page.all("[class*=crumb] a", "[class*=crumb] li", "[class*=bread] a")
    ]
    entries += _unnamed_breadcrumb(page.tree, channel) if channel else []
    found.offer(
        "section",
        next((entry for entry in entries if entry and not _HOME.match(entry)), None),
        "breadcrumb",
    )


def _unnamed_breadcrumb(tree: Element, channel: str) -> list[str]:
    """Texts of the links of the first short list that leads from the home page to the channel."""
    for home in tree.iter("a"):
        if not _HOME.match(clean(home.text)):
            continue
        container = home.getparent()
        while container is not None and len(links := list(container.iter("a"))) < 2:
            container = container.getparent()
        if container is None or len(links) > MAX_CRUMBS or links[0] is not home:
            continue
        if (links[1].get("href") or "").rstrip("/").lower().endswith(f"/{channel.lower()}"):
            return [text_of(link) for link in links]
    return []


def _from_url(found: Metadata, identity: Identity) -> None:
    moment = identity.published_at
    if moment is not None and (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        found.offer("published_at", moment, "url")
    found.offer("section", identity.section, "url")


def _headline(text: str | None, names: re.Pattern[str] | None) -> str | None:
    """The title without the site's name; formatting that stands as text is taken off, any other
    mark-up stays text.
    """
    if not text:
        return None
    text = clean(_INLINE_MARKUP.sub("", html.unescape(text)))
    return (names.sub("", text) if names is not None else text) or None


@lru_cache(maxsize=64)
def _names_of(site: Site | None, own_name: str | None) -> re.Pattern[str] | None:
    """What stands behind a headline: the names that the profile, or the page itself (og:site_name),
    gives the site.
    """
    names = (
        (site.title, *site.newsroom_names, *site.domains)
        if site is not None
        else (own_name,)
        if own_name
        else ()
    )
    if not names:
        return None
    return re.compile(
        rf"\s*[|–—-]\s*(?:www\.)?(?:{'|'.join(map(re.escape, names))})\s*$", re.IGNORECASE
    )


def _local(text: str | None, site: Site | None) -> datetime | None:
    """A structured date; one in UTC is told in the newsroom's own time, which is the one its
    readers saw.
    """
    moment = parse_structured(text, site.zone if site else None)
    return (
        moment.astimezone(site.zone)
        if moment and site and moment.utcoffset() == UTC.utcoffset(None)
        else moment
    )


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            word for word in (clean(part).lstrip("# ") for part in (text or "").split(",")) if word
        )
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    return clean(html.unescape(value)) if isinstance(value, str) else ""
