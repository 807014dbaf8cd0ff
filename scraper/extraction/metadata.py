"""Metadata in layers, the first one wins: selectors, JSON-LD, meta tags, URL, visible text."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Any

from scraper.extraction.boilerplate import agency_of
from scraper.extraction.bylines import (
    Byline,
    byline_around,
    joined,
    lines_above,
    lines_below,
    read_byline,
)
from scraper.extraction.dates import (
    believable,
    has_impossible_year,
    parse_structured,
    parse_visible,
)
from scraper.extraction.limits import (
    MAX_BYLINE,
    MAX_FIELD,
    MAX_HEADLINE,
    MAX_JSON_LD,
    MAX_JSON_LD_BLOCKS,
    MAX_JSON_LD_DEPTH,
    MAX_MATCHES,
    MAX_NAMES,
    MAX_SITE_NAME,
)
from scraper.extraction.locate import LayoutMatch
from scraper.extraction.selectors import Element
from scraper.extraction.tree import Document, clean, text_of, unescape
from scraper.sites.site import UNKNOWN, Identity, Layout, Site

MAX_CRUMBS = 4
"""Links of a breadcrumb; a longer list is a menu."""

_ARTICLE_TYPES = frozenset(
    "NewsArticle Article ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle "
    "BlogPosting".split()
)
_PUBLISHED_METAS = (
    "article:published_time datepublished pubdate dcterms.created publishdate "
    "content_publisheddate".split()
)
_MODIFIED_METAS = (
    "article:modified_time datemodified dcterms.modified lastmod og:updated_time".split()
)
_INLINE_MARKUP = re.compile(
    r"</?(?:em|i|b|strong|u|span|a|br|font|sup|sub)\b[^<>]*>", re.IGNORECASE
)
_IN_ONE_LINE = frozenset(("headline", "kicker", "section"))
_HOME = re.compile(r"^(?:home|beranda|depan|halaman depan)$", re.IGNORECASE)
_SOURCE = re.compile(r"^.*sumber\s*:", re.IGNORECASE)


@dataclass(slots=True)
class Metadata:
    """Fields of an article outside its body, with the layer that each came from."""

    fields: dict[str, Any] = field(default_factory=dict)
    """Name of a field of Article -> value; `visible_date` besides. An absent field has no key."""
    sources: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    fetched_at: datetime | None = None
    """When the page arrived; None where that is not known."""

    def offer(self, name: str, value: Any, source: str) -> None:
        """Take the value, within the limits, unless it is empty or an earlier layer had one.

        An impossible date is a warning.
        """
        if isinstance(value, datetime) and believable(value, self.fetched_at) is None:
            self.warn("impossible_date")
        elif value and name not in self.fields:
            self.fields[name] = self._within_limits(name, value)
            self.sources[name] = source

    def _within_limits(self, name: str, value: Any) -> Any:
        limit = MAX_NAMES
        if isinstance(value, str):
            limit = MAX_HEADLINE if name in _IN_ONE_LINE else MAX_FIELD
        if isinstance(value, (str, tuple)) and len(value) > limit:
            self.warn("cut_field")
            return value[:limit]
        return value

    def warn(self, code: str) -> None:
        """Add a warning, once."""
        if code not in self.warnings:
            self.warnings.append(code)


class Head:
    """The machine-readable parts of a page, each read once."""

    def __init__(self, tree: Element, fetched_at: datetime | None = None) -> None:
        self.fetched_at = fetched_at
        self.warnings: dict[str, None] = {}
        """Each once, in order."""
        self.metas: dict[str, str] = {}
        """Name of a meta tag in lower case -> its first content."""
        for node in tree.iter("meta"):
            name = (node.get("property") or node.get("name") or node.get("itemprop") or "").lower()
            if name:
                content = node.get("content") or ""
                if len(content) > MAX_FIELD:
                    self.warnings["cut_field"] = None
                self.metas.setdefault(name, content[:MAX_FIELD])
        self.links = {
            (node.get("rel") or "").lower(): node.get("href") or ""
            for node in reversed(tree.findall(".//link"))
        }
        self.article: Mapping[str, Any] = {}
        """The first article of the JSON-LD blocks."""
        self.described: list[tuple[str, str]] = []
        """(headline, address) of every article of the JSON-LD blocks that has an address."""
        self.breadcrumb: tuple[str, ...] = ()
        for data in self._json_ld(tree):
            types = {name for name in _as_list(data.get("@type")) if isinstance(name, str)}
            if types & _ARTICLE_TYPES:
                self.described += _addresses(data)
            if not self.article and types & _ARTICLE_TYPES:
                self.article = data
            elif not self.breadcrumb and "BreadcrumbList" in types:
                self.breadcrumb = tuple(_crumbs(data))

    def meta(self, *names: str) -> str | None:
        """Return the first of the meta tags that is not empty."""
        return next(filter(None, (clean(self.metas.get(name)) for name in names)), None)

    def _json_ld(self, tree: Element) -> Iterator[Mapping[str, Any]]:
        """Yield every object of every JSON-LD block; broken blocks are noted and skipped."""
        scripts = tree.iterfind(".//script[@type='application/ld+json']")
        for script in islice(scripts, MAX_JSON_LD_BLOCKS):
            text = (script.text or "").strip()
            if len(text) > MAX_JSON_LD:
                self.warnings["cut_json_ld"] = None
            elif text:
                yield from self._objects(text)
        if next(scripts, None) is not None:
            self.warnings["cut_json_ld"] = None

    def _objects(self, text: str) -> Iterator[Mapping[str, Any]]:
        """Yield the objects of a JSON-LD block in order, those within `@graph` after their own."""
        try:
            waiting = [(json.loads(text, strict=False), 0)]
        except (ValueError, RecursionError):
            self.warnings["broken_json_ld"] = None
            return
        while waiting:
            data, depth = waiting.pop()
            inner = data if isinstance(data, list) else []
            if isinstance(data, dict):
                yield data
                inner = [data.get("@graph")]
            if depth == MAX_JSON_LD_DEPTH and any(inner):
                self.warnings["cut_json_ld"] = None
            else:
                waiting += [(item, depth + 1) for item in reversed(inner)]


def _addresses(article: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the headline of an article with each address that it says is its own."""
    page = article.get("mainEntityOfPage")
    for url in (_text(article.get("url")), _text(page), _member(page, "@id")):
        if url:
            yield _text(article.get("headline")), url


def _crumbs(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a breadcrumb in order, without the home page."""
    for entry in _as_list(node.get("itemListElement"))[:MAX_NAMES]:
        if isinstance(entry, dict):
            name = _member(entry, "name") or _member(entry.get("item"), "name")
            if name and not _HOME.match(name):
                yield name


def read_metadata(
    page: Document, head: Head, site: Site, match: LayoutMatch | None, identity: Identity | None
) -> Metadata:
    """Read every field outside the body; nothing is guessed, an absent field stays absent."""
    found = Metadata(fetched_at=head.fetched_at)
    own_name = head.meta("og:site_name") if site is UNKNOWN else None
    if own_name and len(own_name) > MAX_SITE_NAME:
        own_name = None
    suffix = _suffix(site, own_name)
    if match is not None:
        _from_layout(found, page, match.layout, site, suffix)
    _from_json_ld(found, head, site, suffix)
    _from_metas(found, head, site, suffix)
    if match is not None:
        found.offer("image_url", page.text(*match.layout.image), f"layout {match.layout.name}")
    if identity is not None:
        _from_breadcrumb(found, page, identity.section)
        _from_url(found, identity)
    for selector in ("h1", "title"):
        found.offer("headline", _headline(page.text(selector), suffix), "visible text")
    for warning in (*page.cut, *head.warnings):
        found.warn(warning)
    return found


def _from_layout(
    found: Metadata, page: Document, layout: Layout, site: Site, suffix: re.Pattern[str]
) -> None:
    source = f"layout {layout.name}"
    byline = _byline(found, page, layout, site)
    agency = agency_of(_SOURCE.sub("", page.text(*layout.agency) or ""))
    tags = (text_of(node).lstrip("# ").strip() for node in page.all(*layout.tags))
    found.offer("headline", _headline(page.text(*layout.headline), suffix), source)
    found.offer("kicker", (page.text(*layout.kicker) or "").rstrip(" :"), source)
    found.offer("deck", page.text(*layout.deck), source)
    found.offer("caption", page.text(*layout.caption), source)
    found.offer("section", _first_crumb(map(text_of, page.all(*layout.section))), source)
    found.offer("agency", agency, source)
    found.offer("authors", byline.authors, source)
    found.offer("editors", byline.editors, source)
    found.offer("tags", _each_once(tags), source)
    for selector in layout.date:
        for node in page.all(selector):
            found.offer("visible_date", parse_visible(text_of(node), site.zone), source)


def _byline(found: Metadata, page: Document, layout: Layout, site: Site) -> Byline:
    def read(selectors: tuple[str, ...]) -> list[Byline]:
        return [_people(found, text_of(node), site) for node in page.all(*selectors)]

    bylines = read(layout.authors)
    if layout.editor_first:
        bylines = [_editor_first(byline) for byline in bylines]
    editors = ((*byline.authors, *byline.editors) for byline in read(layout.editors))
    return joined([*bylines, *(Byline(editors=names) for names in editors)])


def _people(found: Metadata, line: str | None, site: Site) -> Byline:
    if line and len(line) > MAX_BYLINE:
        found.warn("cut_field")
    return read_byline(line, publisher=site.newsroom_names)


def _editor_first(byline: Byline) -> Byline:
    """Make the first of two names without labels the editor's."""
    if len(byline.authors) != 2 or byline.editors:
        return byline
    editor, author = byline.authors
    return Byline(authors=(author,), editors=(editor,))


def _from_json_ld(found: Metadata, head: Head, site: Site, suffix: re.Pattern[str]) -> None:
    data, source = head.article, "json-ld"
    authors: list[str] = []
    editors: list[str] = []
    for person in _as_list(data.get("author"))[:MAX_NAMES]:
        name = _member(person, "name") or _text(person)
        people = _people(found, name, site).authors
        if _is_editor(person, site):
            editors += people
        else:
            authors += people
    image = next(iter(_as_list(data.get("image"))), None)
    keywords = data.get("keywords")
    tags = _text(keywords)
    if isinstance(keywords, list):
        tags = ",".join(map(_keyword, keywords))
    found.offer("headline", _headline(_text(data.get("headline")), suffix), source)
    found.offer("authors", _each_once(authors), source)
    found.offer("editors", _each_once(editors), source)
    found.offer("published_at", _local(_text(data.get("datePublished")), site), source)
    found.offer("modified_at", _local(_text(data.get("dateModified")), site), source)
    sections = filter(None, map(_text, _as_list(data.get("articleSection"))))
    found.offer("section", next(sections, None), source)
    crumbs = (crumb for crumb in head.breadcrumb if crumb != found.fields.get("headline"))
    found.offer("section", next(crumbs, None), "json-ld breadcrumb")
    found.offer("image_url", _member(image, "url") or _text(image), source)
    found.offer("tags", _words(tags), source)


def _keyword(value: Any) -> str:
    """Return a keyword; of an object its name."""
    return str(value) if isinstance(value, (int, float)) else _member(value, "name") or _text(value)


def _is_editor(person: Any, site: Site) -> bool:
    """Whether the profile says that a person of JSON-LD is an editor."""
    if site.ld_editor in ("", "."):
        return site.ld_editor == "."
    return re.search(site.ld_editor, _member(person, "url")) is not None


def _from_metas(found: Metadata, head: Head, site: Site, suffix: re.Pattern[str]) -> None:
    source = "meta"
    title = head.meta("og:title", "twitter:title", "title")
    names = head.meta("author", "article:author", "content_author")
    byline = _people(found, names, site)
    found.offer("headline", _headline(title, suffix), source)
    found.offer("authors", byline.authors, source)
    found.offer("editors", byline.editors, source)
    for name in (*site.head_dates, *_PUBLISHED_METAS):
        found.offer("published_at", _local(head.meta(name), site), f"meta {name}")
    for name in _MODIFIED_METAS:
        found.offer("modified_at", _local(head.meta(name), site), f"meta {name}")
    found.offer("section", head.meta("article:section", "content_category"), source)
    found.offer("image_url", head.meta("og:image", "twitter:image"), source)
    found.offer("tags", _words(head.meta(*site.tag_metas)), source)
    if "visible_date" in found.fields:
        found.offer("published_at", found.fields["visible_date"], found.sources["visible_date"])


def read_lines_around(found: Metadata, page: Document, node: Element, site: Site) -> None:
    """Read byline and date from the lines around the prose where no other layer had them."""
    missing = {"published_at", "authors", "editors"} - found.fields.keys()
    if not missing:
        return
    above = lines_above(page.tree, node) if missing != {"editors"} else []
    dates = filter(None, (parse_visible(line, site.zone) for line in above))
    people = byline_around(above, lines_below(node), site.newsroom_names)
    found.offer("published_at", next(dates, None), "visible text")
    found.offer("authors", people.authors, "visible text")
    found.offer("editors", people.editors, "visible text")


def _from_breadcrumb(found: Metadata, page: Document, channel: str | None) -> None:
    """Read the section from a breadcrumb, known by its class, else by leading to the channel."""
    if "section" in found.fields:
        return
    nodes = page.all("[class*=crumb] a", "[class*=crumb] li", "[class*=bread] a")
    section = _first_crumb(map(text_of, nodes))
    if section is None and channel:
        section = _first_crumb(_unnamed_breadcrumb(page.tree, channel))
    found.offer("section", section, "breadcrumb")


def _unnamed_breadcrumb(tree: Element, channel: str) -> list[str]:
    """Return the link texts of the first short list from the home page to the URL's channel."""
    homes = (link for link in tree.iter("a") if _HOME.match(clean(link.text)))
    for home in islice(homes, MAX_MATCHES):
        container = home.getparent()
        while container is not None and len(links := _first_links(container)) < 2:
            container = container.getparent()
        if container is None or len(links) > MAX_CRUMBS or links[0] is not home:
            continue
        if (links[1].get("href") or "").rstrip("/").lower().endswith(f"/{channel.lower()}"):
            return [text_of(link) for link in links]
    return []


def _first_links(container: Element) -> list[Element]:
    return list(islice(container.iter("a"), MAX_CRUMBS + 1))


def _first_crumb(entries: Iterable[str]) -> str | None:
    """Return the first entry of a breadcrumb after the home page."""
    return next((entry for entry in entries if entry and not _HOME.match(entry)), None)


def _from_url(found: Metadata, identity: Identity) -> None:
    time = None if identity.by_creation else identity.published_at
    if time is not None and (time.hour, time.minute, time.second) != (0, 0, 0):
        found.offer("published_at", time, "url")
    found.offer("section", identity.section, "url")


def _headline(text: str | None, suffix: re.Pattern[str]) -> str | None:
    """Remove the site's name and inline formatting from a title; other mark-up is text."""
    if not text:
        return None
    return suffix.sub("", clean(_INLINE_MARKUP.sub("", unescape(text)))) or None


@lru_cache(maxsize=64)
def _suffix(site: Site, own_name: str | None) -> re.Pattern[str]:
    """Match the site's name after a headline; of an unknown site its og:site_name."""
    known = (site.title, *site.newsroom_names, *site.domains)
    names = "|".join(map(re.escape, filter(None, (*known, own_name))))
    if not names:
        return re.compile(r"(?!)")
    return re.compile(rf"\s*[|–—-]\s*(?:www\.)?(?:{names})\s*$", re.IGNORECASE)


def _local(text: str | None, site: Site) -> datetime | None:
    """Parse a structured date; one in UTC is turned into the publisher's zone."""
    zone: tzinfo | None = None if site is UNKNOWN else site.zone
    time = parse_structured(text, zone)
    if time is None and has_impossible_year(text):
        return datetime.min.replace(tzinfo=UTC)  # none of the parser's: no layer's date
    if time is None or zone is None or time.utcoffset() != UTC.utcoffset(None):
        return time
    return time.astimezone(zone)


def _words(text: str | None) -> tuple[str, ...]:
    return _each_once(clean(part).lstrip("# ") for part in (text or "").split(","))


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _member(value: Any, name: str) -> str:
    """Return a text of a JSON object, else ''."""
    return _text(value.get(name)) if isinstance(value, dict) else ""


def _text(value: Any) -> str:
    return clean(unescape(value[:MAX_FIELD])) if isinstance(value, str) else ""
