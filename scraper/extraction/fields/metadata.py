"""Metadata in layers, the first one wins: selectors, JSON-LD, meta tags, URL, visible text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

from archive.identity import joined_url
from scraper.extraction.dom.json_ld import (
    ADVERTISERS,
    HOME,
    NOTHING,
    JsonLd,
    Person,
    read_json_ld,
    text_of_value,
    texts,
    types_of,
)
from scraper.extraction.dom.limits import (
    MAX_BYLINE,
    MAX_FIELD,
    MAX_HEADLINE,
    MAX_MATCHES,
    MAX_NAMES,
    MAX_SITE_NAME,
)
from scraper.extraction.dom.selectors import Element
from scraper.extraction.dom.tree import Document, clean, text_of, unescape
from scraper.extraction.dom.unread import without_counts
from scraper.extraction.fields.bylines import (
    Byline,
    byline_around,
    joined,
    letters_of,
    letters_of_each,
    lines_below,
    marked_byline,
    read_byline,
)
from scraper.extraction.fields.dates import (
    believable,
    has_impossible_year,
    parse_structured,
    parse_visible,
)
from scraper.extraction.locate import LayoutMatch
from scraper.extraction.text.boilerplate import agency_of
from scraper.sites.site import UNKNOWN, Identity, Layout, Site

MIN_HEADLINE = 15
"""Characters; a shorter h1 is a label or a section."""
MAX_BARS = 4
"""Bars and dashes at the end of a title behind which a name is looked for."""
MAX_HEADINGS = 20
"""Headings of a page of each level that are compared with the titles in its head."""
MAX_PARTS = 20
"""Nodes within and around such a heading that are looked at."""
MAX_CRUMBS = 4
"""Links of a breadcrumb; a longer list is a menu."""

_TAGS_OF_HEAD = ("meta", "link", "script", "title", "h1", "h2")
_NAMES_OF_META = ("property", "name", "itemprop", "http-equiv")
_PUBLISHED_METAS = (
    "article:published_time datepublished pubdate dcterms.created publishdate "
    "content_publisheddate parsely-pub-date sailthru.date cxenseparse:publishtime "
    "dc.date.issued dc.date date".split()
)
_AUTHOR_METAS = (
    "author article:author content_author parsely-author sailthru.author cxenseparse:author "
    "dc.creator".split()
)
_SECTION_METAS = ("article:section", "content_category")
_EDITOR_METAS = ("content_editor", "editor")
_MODIFIED_METAS = (
    "article:modified_time datemodified dcterms.modified lastmod og:updated_time".split()
)
_MICRODATA = {
    "published_at": ("[itemprop=datePublished]", "time[pubdate]"),
    "modified_at": ("[itemprop=dateModified]",),
}
_INLINE_MARKUP = re.compile(
    r"</?(?:em|i|b|strong|u|span|a|br|font|sup|sub)\b[^<>]*>", re.IGNORECASE
)
_FROM_HEAD = ("json-ld", "meta", "visible text")
_SITE_NAME_AFTER = re.compile(
    r"\s*(?:[|ㅣ｜：–—·•»]|\s-\s|:\s|-\s)\s*[^|]{1,60}(?:[|–—-][^|]{1,40})?"
)
_BAR = re.compile(r"\s*[|ㅣ｜：–—]\s*|\s+-\s*|-\s+|(?<=[\u2e80-\u9fff\uac00-\ud7af])-")
"""A hyphen within a word is none, as in "suara-suara", but in scripts without spaces."""
_BAR_OR_HYPHEN = re.compile(r"\s*[|ㅣ｜：–—-]\s*")
_ANY_CAPTION = "figcaption, [class*=caption]"
_ELSEWHERE = frozenset("a li nav aside footer".split())
_WITHOUT_COUNTS = frozenset(("kicker", "deck", "caption", "section"))
_IN_ONE_LINE = frozenset(("headline", "kicker", "section"))
_LANGUAGE = re.compile(r"[a-z]{2,3}(?![a-z])")
_OLD_LANGUAGES = {"in": "id", "iw": "he", "ji": "yi"}
"""Codes that ISO 639 replaced in 1989."""
_MAIN_LABEL = re.compile(r"([^.]+)\.(?:(?:co|com|or|go|ac|web|net|org|gov)\.)?[^.]+$")
"""Of a host: the publisher's name in "ekonomi.lereng.co.id"."""
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
    publisher: tuple[str, ...] = ()
    """The publisher's own names: they are no author's and no section's."""
    sections: tuple[str, ...] = ()
    """The story's sections by its head; they may stand before the publisher's name in a title."""
    nobody: tuple[str, ...] = ()
    """What is no author's name: the publisher's own names, and the parts of its host."""

    def offer(self, name: str, value: Any, source: str) -> None:
        """Take the value, within the limits, unless it is empty or an earlier layer had one.

        An impossible date is a warning.
        """
        if isinstance(value, datetime) and believable(value, self.fetched_at) is None:
            self.warn("impossible_date")
            return
        if name in _WITHOUT_COUNTS and value:
            value = without_counts(value)
        if value and name not in self.fields:
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
    """The machine-readable parts of a page and its headings, each read once."""

    def __init__(self, tree: Element, fetched_at: datetime | None = None) -> None:
        self.fetched_at = fetched_at
        self.nodes: dict[str, list[Element]] = {tag: [] for tag in _TAGS_OF_HEAD}
        """Tag -> its nodes, wherever they stand, in order."""
        for node in tree.iter(*_TAGS_OF_HEAD):
            self.nodes[str(node.tag)].append(node)
        self.warnings: dict[str, None] = {}
        """Each once, in order."""
        self.contents: dict[str, list[str]] = {}
        """Name of a meta tag in lower case -> its contents that are not empty, in order."""
        self.metas: dict[str, str] = {}
        """Name of a meta tag in lower case -> its first content that is not empty, else ''."""
        for node in self.nodes["meta"]:
            if name := next(filter(None, map(node.get, _NAMES_OF_META)), None):
                self._add_meta(name.lower().strip(), node.get("content") or "")
        self.links: dict[str, str] = {}
        """Relation of a link in lower case -> its first address that is not empty."""
        for node in self.nodes["link"]:
            for relation in (node.get("rel") or "").lower().split():
                if address := (node.get("href") or "").strip():
                    self.links.setdefault(relation, address)
        self.json_ld = read_json_ld(self.nodes["script"])
        self.described = self.json_ld.described()
        """(headline, address) of every article of the JSON-LD blocks that has an address."""

    def _add_meta(self, name: str, content: str) -> None:
        if len(content) > MAX_FIELD:
            self.warnings["cut_field"] = None
            content = content[:MAX_FIELD]
        stripped = content.strip()
        filled = bool(stripped) and stripped.lower() not in NOTHING
        if filled:
            found = self.contents.setdefault(name, [])
            found += [content] if len(found) < MAX_NAMES else []
        if filled or name not in self.metas:
            self.metas[name] = self.metas.get(name) or content

    def title(self, tag: str) -> str | None:
        """Return the text of the first `h1` or `title` that is not empty."""
        return next(filter(None, map(text_of, self.nodes[tag][:MAX_MATCHES])), None)

    def meta(self, *names: str) -> str | None:
        """Return the first of the meta tags that is not empty."""
        return next(self.all(*names), None)

    def all(self, *names: str) -> Iterator[str]:
        """Yield the contents of the meta tags that are not empty, in the order of the names."""
        contents = (content for name in names for content in self.contents.get(name, ()))
        return filter(None, map(clean, contents))


def read_metadata(
    page: Document,
    head: Head,
    site: Site,
    match: LayoutMatch | None,
    identity: Identity | None,
    url: str,
) -> Metadata:
    """Read every field outside the body; nothing is guessed, an absent field stays absent."""
    article = _own_article(head, site, identity, url)
    found = _empty(head, article, site, _place(url)[0])
    if match is not None:
        _from_layout(found, page, match.layout, site)
    if "headline" not in found.fields:
        _from_headings(found, head, article)
    if site is UNKNOWN:
        found.offer("language", _language(page, head), "page")
    _from_json_ld(found, head, article, site)
    _from_metas(found, head, site)
    _from_sections(found, head, article)
    _from_microdata(found, page, site)
    if match is not None:
        found.offer("image_url", page.text(*match.layout.image), f"layout {match.layout.name}")
    if identity is not None:
        _from_breadcrumb(found, page, identity.section)
        _from_url(found, identity)
    elif site is UNKNOWN:
        _from_breadcrumb(found, page, None)
    if "headline" not in found.fields:
        for tag in ("h1", "title"):
            found.offer("headline", _headline(found, head.title(tag)), "visible text")
    _without_site_name(found, head)
    for warning in (*page.cut, *head.warnings, *head.json_ld.warnings):
        found.warn(warning)
    return found


def _empty(head: Head, article: Mapping[str, Any], site: Site, host: str) -> Metadata:
    """Return metadata without a field, with the names that are none of its authors or sections."""
    own = _own_names(head, article, site, host)
    nobody = own if site is not UNKNOWN else (*own, *host.split(".")[:-1])
    sections = (*texts(article.get("articleSection")), *head.all(*_SECTION_METAS))
    return Metadata(
        fetched_at=head.fetched_at, publisher=own, nobody=nobody, sections=sections[:MAX_NAMES]
    )


def _from_layout(found: Metadata, page: Document, layout: Layout, site: Site) -> None:
    source = f"layout {layout.name}"
    byline = _byline(found, page, layout)
    agency = agency_of(_SOURCE.sub("", page.text(*layout.agency) or ""))
    tags = (text_of(node).lstrip("# ").strip() for node in page.all(*layout.tags))
    found.offer("headline", _headline(found, page.text(*layout.headline)), source)
    found.offer("kicker", (page.text(*layout.kicker) or "").rstrip(" :"), source)
    found.offer("deck", page.text(*layout.deck), source)
    found.offer("caption", page.text(*layout.caption, _ANY_CAPTION), source)
    found.offer("section", _section(found, map(text_of, page.all(*layout.section))), source)
    found.offer("agency", agency, source)
    found.offer("authors", byline.authors, source)
    found.offer("editors", byline.editors, source)
    found.offer("tags", _each_once(tags), source)
    for selector in layout.date:
        for node in page.all(selector):
            found.offer("visible_date", parse_visible(text_of(node), site.zone), source)


def _byline(found: Metadata, page: Document, layout: Layout) -> Byline:
    def read(selectors: tuple[str, ...]) -> list[Byline]:
        return [_people(found, text_of(node)) for node in page.all(*selectors)]

    bylines = read(layout.authors)
    if layout.editor_first:
        bylines = [_editor_first(byline) for byline in bylines]
    editors = ((*byline.authors, *byline.editors) for byline in read(layout.editors))
    return joined([*bylines, *(Byline(editors=names) for names in editors)])


def _people(found: Metadata, line: str | None) -> Byline:
    if line and len(line) > MAX_BYLINE:
        found.warn("cut_field")
    return read_byline(line, publisher=found.nobody)


def _editor_first(byline: Byline) -> Byline:
    """Make the first of two names without labels the editor's."""
    if len(byline.authors) != 2 or byline.editors:
        return byline
    editor, author = byline.authors
    return Byline(authors=(author,), editors=(editor,))


def _own_article(head: Head, site: Site, identity: Identity | None, url: str) -> Mapping[str, Any]:
    """Return the article of the JSON-LD that is this page's."""
    if not head.json_ld.articles:
        return {}
    own = [
        address for address in (url, head.links.get("canonical"), head.meta("og:url")) if address
    ]
    places = {_place(joined_url(url, address) or "") for address in own}

    def is_own(address: str) -> bool | None:
        absolute = joined_url(url, address) or ""
        if identity is not None:
            named = site.story(absolute)
            if named is None:
                return None
            return named.key == identity.key
        host, path = _place(absolute)
        if not path or host not in {host for host, _path in places}:
            return None
        return (host, path) in places

    def titles() -> list[str]:
        shown = (head.title("h1"), head.title("title"), *head.all("og:title", "twitter:title"))
        return [title for title in shown if title]

    return head.json_ld.article_of(is_own, titles)


def _place(url: str) -> tuple[str, str]:
    """Return host and path of an address, without what differs between a page's own addresses."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    host = re.sub(r"^(?:(?:www|m|amp|mobile)\.)+", "", (parts.hostname or ""))
    return host, re.sub(r"(?:/amp)?/*$", "", parts.path).lower()


def _own_names(head: Head, article: Mapping[str, Any], site: Site, host: str) -> tuple[str, ...]:
    """Return the publisher's own names: of an unknown site, what it calls itself."""
    if site is not UNKNOWN:
        return (*site.newsroom_names, site.title, *site.domains)
    labels = host.split(".")
    hosts = (".".join(labels[start:]) for start in range(len(labels) - 1))
    main = _MAIN_LABEL.search(host)
    own = (main[1],) if main else ()
    named = (*hosts, *own, *head.all("og:site_name"), *texts(article.get("publisher")))
    return tuple(name for name in named if len(name) <= MAX_SITE_NAME)


def _from_json_ld(found: Metadata, head: Head, data: Mapping[str, Any], site: Site) -> None:
    source = "json-ld"
    named = set(_named_editors(found, head))
    authors: list[str] = []
    editors: list[str] = []
    for person in head.json_ld.people(data.get("author") or data.get("creator")):
        people = _people(found, person.name).authors
        if _is_editor(person, site) or (people and named.issuperset(people)):
            editors += people
        else:
            authors += people
    tags = ",".join(islice(texts(data.get("keywords")), MAX_NAMES + 1))
    found.offer("headline", _headline(found, text_of_value(data.get("headline"))), source)
    found.offer("authors", _each_once(authors), source)
    found.offer("editors", _each_once(editors), source)
    for described in (data, head.json_ld.page):
        published, modified = described.get("datePublished"), described.get("dateModified")
        found.offer("published_at", _local(text_of_value(published), site), source)
        found.offer("modified_at", _local(text_of_value(modified), site), source)
    found.offer("image_url", _image(head.json_ld, data.get("image")), source)
    found.offer("tags", _words(tags), source)
    if ADVERTISERS in types_of(data):
        found.warn("advertorial")


def _named_editors(found: Metadata, head: Head) -> tuple[str, ...]:
    return joined(_people(found, content) for content in head.all(*_EDITOR_METAS)).authors


def _image(json_ld: JsonLd, value: Any) -> str:
    """Return the address of the first image."""
    image = value
    while isinstance(image, list) and image:
        image = image[0]
    if isinstance(image, dict):
        image = {**json_ld.by_id.get(str(image.get("@id")), {}), **image}
        image = image.get("url") or image.get("contentUrl") or image.get("@id")
    return text_of_value(image)


def _is_editor(person: Person, site: Site) -> bool:
    """Whether the profile says that a person of JSON-LD is an editor."""
    if site.ld_editor in ("", "."):
        return site.ld_editor == "."
    return re.search(site.ld_editor, person.url) is not None


def _from_metas(found: Metadata, head: Head, site: Site) -> None:
    source = "meta"
    title = head.meta("og:title", "twitter:title", "title")
    found.offer("headline", _headline(found, title), source)
    for name in filter(head.contents.__contains__, _AUTHOR_METAS):
        byline = joined(_people(found, content) for content in head.all(name))
        found.offer("authors", byline.authors, source)
        found.offer("editors", byline.editors, source)
    found.offer("editors", _named_editors(found, head), source)
    for name in filter(head.contents.__contains__, (*site.head_dates, *_PUBLISHED_METAS)):
        found.offer("published_at", _local(head.meta(name), site), f"meta {name}")
    for name in filter(head.contents.__contains__, _MODIFIED_METAS):
        found.offer("modified_at", _local(head.meta(name), site), f"meta {name}")
    found.offer("image_url", head.meta("og:image", "twitter:image"), source)
    for place, name in enumerate(site.tag_metas):
        tags = _words(head.meta(name))
        if tags and (place == 0 or _any_about(tags, found, head)):
            found.offer("tags", tags, source)
    if "visible_date" in found.fields:
        found.offer("published_at", found.fields["visible_date"], found.sources["visible_date"])


def _any_about(tags: Iterable[str], found: Metadata, head: Head) -> bool:
    """Whether the story's headline or summary has any of the words; else they are the site's."""
    summary = head.meta("description", "og:description")
    about = f"{found.fields.get('headline')} {summary}".lower()
    return any(tag.lower() in about for tag in tags)


def _from_microdata(found: Metadata, page: Document, site: Site) -> None:
    for name, selectors in _MICRODATA.items():
        for selector in () if name in found.fields else selectors:
            for node in page.all(selector):
                found.offer(name, _local(_machine_text(node), site), "microdata")


def _machine_text(node: Element) -> str:
    """Return what a node says to machines, else to readers."""
    for name in ("datetime", "content"):
        if text := clean((node.get(name) or "")[:MAX_FIELD]):
            return text
    return text_of(node)


def read_around(
    found: Metadata, page: Document, node: Element, above: list[str], site: Site
) -> None:
    """Read byline and date from the page around the prose where no other layer had them.

    `above`: the lines above the prose.
    """
    if "authors" not in found.fields and site is UNKNOWN:
        people = marked_byline(page.tree, node, found.nobody)
        found.offer("authors", people.authors, "byline")
        found.offer("editors", people.editors, "byline")
    _from_lines_around(found, node, above, site)
    if "published_at" not in found.fields:
        _from_time_element(found, page, site)


def _from_time_element(found: Metadata, page: Document, site: Site) -> None:
    """Read the time of publication from the first `<time datetime>` below the headline."""
    above = None
    below_headline = False
    for other in page.all("//h1 | //time[@datetime]"):
        if other.tag == "h1":
            below_headline = True
        elif next(other.iterancestors("a", "aside", "nav", "footer"), None) is not None:
            continue
        elif below_headline:
            found.offer("published_at", _local(_machine_text(other), site), "time element")
            return
        else:
            above = other
    if above is not None:
        found.offer("published_at", _local(_machine_text(above), site), "time element")


def _from_lines_around(found: Metadata, node: Element, above: list[str], site: Site) -> None:
    missing = {"published_at", "authors", "editors"} - found.fields.keys()
    if not missing:
        return
    above = above if missing != {"editors"} else []
    dates = filter(None, (parse_visible(line, _zone(site)) for line in above))
    people = byline_around(above, lines_below(node), found.nobody)
    found.offer("published_at", next(dates, None), "visible text")
    found.offer("authors", people.authors, "visible text")
    found.offer("editors", people.editors, "visible text")


def _from_breadcrumb(found: Metadata, page: Document, channel: str | None) -> None:
    """Read the section from a breadcrumb, known by its class, else by leading to the channel."""
    if "section" in found.fields:
        return
    classes = page.index.classes.items()
    around = [node for node, named in classes if "crumb" in named or "bread" in named]
    for tag in ("a", "li") if around else ():
        nodes = chain.from_iterable(node.iter(tag) for node in around[:MAX_MATCHES])
        links = islice(nodes, MAX_MATCHES)
        found.offer("section", _section(found, map(text_of, links)), "breadcrumb")
    if "section" not in found.fields and channel:
        section = _section(found, _unnamed_breadcrumb(page.tree, channel))
        found.offer("section", section, "breadcrumb")


def _unnamed_breadcrumb(tree: Element, channel: str) -> list[str]:
    """Return the link texts of the first short list from the home page to the URL's channel."""
    homes = (link for link in tree.iter("a") if HOME.match(clean(link.text)))
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


def _from_sections(found: Metadata, head: Head, data: Mapping[str, Any]) -> None:
    """Read the section from the head, after the headline: a breadcrumb may end with it."""
    metas = head.all(*_SECTION_METAS)
    found.offer("section", _section(found, texts(data.get("articleSection"))), "json-ld")
    found.offer("section", _section(found, head.json_ld.breadcrumb), "json-ld breadcrumb")
    found.offer("section", _section(found, metas), "meta")


def _section(found: Metadata, entries: Iterable[str | None]) -> str | None:
    """Return the first entry of a breadcrumb or list that is a section.

    The home page, the publisher and the story itself are none.
    """
    others = {*letters_of_each(found.publisher), letters_of(found.fields.get("headline", ""))}
    for entry in filter(None, entries):
        if letters_of(entry.removeprefix("www.")) not in others and not HOME.match(entry):
            return entry
    return None


def _from_url(found: Metadata, identity: Identity) -> None:
    time = None if identity.by_creation else identity.published_at
    if time is not None and (time.hour, time.minute, time.second) != (0, 0, 0):
        found.offer("published_at", time, "url")
    found.offer("section", identity.section, "url")


def _language(page: Document, head: Head) -> str | None:
    """Return the language that a page says it is in, its code in lower case."""
    root = page.tree.get("lang") or page.tree.get("xml:lang")
    said = (root, *head.all("content-language", "language", "og:locale"))
    codes = (_LANGUAGE.match(code.strip().lower()) for code in said if code)
    found = next(filter(None, codes), None)
    return found and _OLD_LANGUAGES.get(found[0], found[0])


def _headline(found: Metadata, text: str | None) -> str | None:
    """Remove the site's name and inline formatting from a title; other mark-up is text."""
    if not text:
        return None
    title = clean(_INLINE_MARKUP.sub("", unescape(text)))
    own = letters_of_each(found.publisher)
    whole, title = title, _without_end(title, own, _BAR)
    if title != whole and found.sections:
        title = _without_end(title, letters_of_each(found.sections), _BAR_OR_HYPHEN)
    return title or None


def _without_end(title: str, names: frozenset[str], bars: re.Pattern[str]) -> str:
    """Remove one of the names, behind a bar or dash, from the end of a title."""
    for bar in islice(reversed(list(bars.finditer(title))), MAX_BARS):
        if letters_of(title[bar.end() :].removeprefix("www.")) in names:
            return title[: bar.start()]
    return title


def _from_headings(found: Metadata, head: Head, article: Mapping[str, Any]) -> None:
    """Read the headline from the first of the head's titles that a heading of the page shows.

    Where they differ, one may be for search engines and another for social networks.
    """
    titles = [(text_of_value(article.get("headline")), "json-ld")]
    titles += [(title, "meta") for title in head.all("og:title", "twitter:title")]
    known: dict[str, tuple[str, str]] = {}
    for title, source in titles:
        if headline := _headline(found, title):
            known.setdefault(letters_of(headline), (headline, source))
    if len(known) < 2:
        return
    headings = (*head.nodes["h1"][:MAX_HEADINGS], *head.nodes["h2"][:MAX_HEADINGS])
    headings = tuple(node for node in headings if not _is_elsewhere(node))
    parts = tuple(part for node in headings for part in islice(node.iter(), 1, MAX_PARTS))
    # Parts first: what else a heading holds is the kicker.
    for nodes in (parts, headings):
        shown = set(map(letters_of, map(text_of, nodes)))
        for letters, (headline, source) in known.items():
            if letters in shown:
                found.offer("headline", headline, source)


def _is_elsewhere(heading: Element) -> bool:
    """Whether a heading is another story's, or repeats in navigation what the page is."""
    if heading.find(".//a") is not None:
        return True
    around = (heading, *islice(heading.iterancestors(), MAX_PARTS))
    return any(node.tag in _ELSEWHERE or "crumb" in (node.get("class") or "") for node in around)


def _without_site_name(found: Metadata, head: Head) -> None:
    """Take the h1 for a headline that is the h1 and a site's name.

    Of an h1 with a kicker of its own, the part that is the headline without another kicker.
    """
    headline = found.fields.get("headline", "")
    if not found.sources.get("headline", "layout").startswith(_FROM_HEAD):
        return
    for node in head.nodes["h1"][:MAX_MATCHES]:
        shown = text_of(node)
        if len(shown) < MIN_HEADLINE or letters_of(shown) == letters_of(headline):
            continue
        before, found_there, after = headline.partition(shown)
        is_site_before = not after and letters_of(before) in letters_of_each(found.publisher)
        if found_there and (is_site_before or (not before and _SITE_NAME_AFTER.fullmatch(after))):
            found.fields["headline"] = shown
            return
        parts = map(text_of, islice(node.iter(), 1, MAX_PARTS))
        shown = next((part for part in parts if headline.endswith(f": {part}")), "")
        if len(shown) >= MIN_HEADLINE:
            found.fields["headline"] = shown
            return


def _local(text: str | None, site: Site) -> datetime | None:
    """Parse a structured date; one in UTC is turned into the publisher's zone."""
    if not text:
        return None
    zone = _zone(site)
    time = parse_structured(text, zone)
    if time is None and has_impossible_year(text):
        return datetime.min.replace(tzinfo=UTC)  # none of the parser's: no layer's date
    if time is None or zone is None or time.utcoffset() != UTC.utcoffset(None):
        return time
    return time.astimezone(zone)


def _zone(site: Site) -> tzinfo | None:
    """Return the zone of times that name none; of an unknown publisher it is not known."""
    return None if site is UNKNOWN else site.zone


def _words(text: str | None) -> tuple[str, ...]:
    return _each_once(clean(part).lstrip("# ") for part in (text or "").split(","))


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))
