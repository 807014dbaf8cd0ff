"""JSON-LD as sites write it, and the article among its objects that is this page's.

A block is read by json.loads; where that fails by chompjs, which reads what browsers' developers
let through: comments, trailing commas and semicolons, single quotes, several objects in a row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import chompjs

from scraper.extraction.dom.limits import (
    MAX_FIELD,
    MAX_JSON_LD,
    MAX_JSON_LD_BLOCKS,
    MAX_JSON_LD_DEPTH,
    MAX_JSON_LD_OBJECTS,
    MAX_NAMES,
)
from scraper.extraction.dom.selectors import Element
from scraper.extraction.dom.tree import clean, unescape

SHARED_WORDS = 0.75
"""Share of the words of the shorter of two headlines that both must have to be the same one."""

ARTICLE_TYPES = frozenset(
    "newsarticle article reportagenewsarticle analysisnewsarticle opinionnewsarticle "
    "backgroundnewsarticle reviewnewsarticle askpublicnewsarticle liveblogposting blogposting "
    "advertisercontentarticle report".split()
)
ADVERTISERS = "advertisercontentarticle"
"""The type of an article that an advertiser paid for."""
_INNER = ("@graph", "mainEntity")
"""Members whose objects describe the page, too."""

_LD_TYPE = re.compile(r"^\s*application/ld\+json\b", re.IGNORECASE)
_MARKERS = re.compile(r"(?:/\*\s*)?(?:<!\[CDATA\[|\]\]>)(?:\s*\*/)?|<!--|-->")
_BAD_ESCAPE = re.compile(r"\\(?:([\"\\/bfnrt]|u[0-9a-fA-F]{4})|(.))", re.DOTALL)
HOME = re.compile(
    r"^(?:home ?(?:page)?|beranda|depan|halaman (?:depan|utama)|start(?:seite)?|accueil|inicio"
    r"|portada|hjem|forside|ana ?sayfa)$",
    re.IGNORECASE,
)
"""What the first entry of a breadcrumb calls the home page."""
NOTHING = frozenset(("null", "none", "undefined", "nan", "[object object]"))
"""What programs write where they have no value, in lower case."""
_WORD = re.compile(r"\w+")

IsOwn = Callable[[str], bool | None]
"""Whether an address is that of the page; None where it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One entry of a list of authors."""

    name: str
    url: str = ""
    """The person's page; empty without one."""


@dataclass(slots=True)
class JsonLd:
    """The JSON-LD blocks of a page."""

    articles: list[Mapping[str, Any]] = field(default_factory=list)
    """In the order of the page; of this page or of others."""
    breadcrumb: tuple[str, ...] = ()
    """Names of the first breadcrumb, without the home page."""
    warnings: dict[str, None] = field(default_factory=dict)
    """Each once, in order."""
    by_id: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """`@id` -> the object that describes it."""
    page: Mapping[str, Any] = field(default_factory=dict)
    """The first web page that a block describes."""
    types: set[str] = field(default_factory=set)
    """Of all objects, as `types_of` returns them."""

    def described(self) -> list[tuple[str, str]]:
        """Return (headline, address) of every article that has an address."""
        return [
            (text_of_value(article.get("headline")), url)
            for article in self.articles
            for url in addresses(article)
        ]

    def article_of(self, is_own: IsOwn, titles: Callable[[], Sequence[str]]) -> Mapping[str, Any]:
        """Return the fields of the page's own article, an empty mapping where none is.

        It has the page's address, else its headline; an article with another story's address and
        headline is that story's. Of several that are the page's the filled fields are joined.
        """
        ranked = [(_rank(article, is_own, titles), article) for article in self.articles]
        best = max((rank for rank, _article in ranked), default=0)
        if best == 0:
            if ranked:
                self.warnings["other_json_ld"] = None
            return {}
        chosen = [article for rank, article in ranked if rank == best]
        if best == 1:
            return chosen[0]
        certain = [*chosen, *(article for rank, article in ranked if 1 < rank < best)]
        joined: dict[str, Any] = {}
        for article in certain:
            joined |= {name: value for name, value in article.items() if name not in joined}
            joined |= {name: value for name, value in article.items() if not joined[name]}
        return joined

    def people(self, value: Any) -> Iterator[Person]:
        """Yield the people of a member like `author`, however they are nested."""
        for entry in islice(_flat(value), MAX_NAMES):
            if isinstance(entry, dict):
                known = self.by_id.get(str(entry.get("@id")), {})
                whole = {**known, **{name: item for name, item in entry.items() if item}}
                url = text_of_value(whole.get("url"))
                yield from (Person(name=name, url=url) for name in _names(whole))
            elif isinstance(entry, str):
                named = self.by_id.get(entry, {})
                yield from (Person(name=name) for name in _names(named) or [text_of_value(entry)])


def read_json_ld(scripts: Iterable[Element]) -> JsonLd:
    """Read every object of every block; broken blocks are noted and skipped."""
    found = JsonLd()
    blocks = (script for script in scripts if _LD_TYPE.match(script.get("type") or ""))
    for script in islice(blocks, MAX_JSON_LD_BLOCKS):
        text = (script.text or "").strip()
        if len(text) > MAX_JSON_LD:
            found.warnings["cut_json_ld"] = None
        elif text:
            for data in _objects(text, found):
                _sort_in(data, found)
    if next(blocks, None) is not None:
        found.warnings["cut_json_ld"] = None
    return found


def _sort_in(data: Mapping[str, Any], found: JsonLd) -> None:
    types = types_of(data)
    if len(found.types) < MAX_NAMES:
        found.types |= types
    if types & ARTICLE_TYPES:
        found.articles.append(data)
    elif not found.breadcrumb and "breadcrumblist" in types:
        found.breadcrumb = tuple(_crumbs(data))
    elif not found.page and "webpage" in types:
        found.page = data
    identity = data.get("@id")
    if isinstance(identity, str) and len(data) > 1:
        found.by_id.setdefault(identity, data)


def _objects(text: str, found: JsonLd) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a block in order, those within others after them."""
    parsed = _parsed(text)
    if not parsed:
        found.warnings["broken_json_ld"] = None
    waiting = [(data, 0) for data in reversed(parsed)]
    while waiting:
        data, depth = waiting.pop()
        inner = data if isinstance(data, list) else []
        if isinstance(data, dict):
            yield data
            inner = [data.get(name) for name in _INNER]
        if depth == MAX_JSON_LD_DEPTH and any(inner):
            found.warnings["cut_json_ld"] = None
        else:
            waiting += [(item, depth + 1) for item in reversed(inner) if item]


def _parsed(text: str) -> list[Any]:
    """Parse a block; several objects in a row give several values, a broken block none."""
    try:
        return [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        pass
    bare = _MARKERS.sub(" ", text)
    if '"' not in bare:
        bare = unescape(bare)  # "{&quot;@type&quot;: …"
    bare = _BAD_ESCAPE.sub(lambda match: match[0] if match[1] else match[2], bare)
    objects: Iterable[Any] = chompjs.parse_js_objects(bare, loader_kwargs={"strict": False})
    try:
        return list(islice(objects, MAX_JSON_LD_OBJECTS))
    except (ValueError, RecursionError):
        return []


def types_of(data: Mapping[str, Any]) -> set[str]:
    """Return the names of an object's types in lower case, without their vocabulary.

    >>> types_of({"@type": ["http://schema.org/NewsArticle", "schema:Thing"]}) == {
    ...     "newsarticle", "thing"
    ... }
    True
    """
    named = _flat(data.get("@type") or data.get("type"))
    return {re.split(r"[/#:]", name)[-1].lower() for name in named if isinstance(name, str)}


def addresses(article: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses that an article says are its own."""
    pages = list(islice(_flat(article.get("mainEntityOfPage")), MAX_NAMES))
    whole = [entry for entry in pages if isinstance(entry, dict)]
    for value in (
        article.get("url"),
        *(entry for entry in pages if isinstance(entry, str)),
        *(entry.get(name) for entry in whole for name in ("@id", "url")),
        article.get("@id"),
    ):
        url = text_of_value(value)
        if url and not url.startswith(("#", "_:")):
            yield url


def _rank(article: Mapping[str, Any], is_own: IsOwn, titles: Callable[[], Sequence[str]]) -> int:
    """Return 3 for an article with the page's address, 2 for its headline, 0 for another's."""
    verdicts = {is_own(url) for url in addresses(article)}
    if True in verdicts:
        return 3
    headline = text_of_value(article.get("headline")) or text_of_value(article.get("name"))
    if headline and any(_is_same(headline, title) for title in titles()):
        return 2
    return 0 if False in verdicts else 1


def _is_same(one: str, other: str) -> bool:
    """Whether two headlines are the same, apart from a site's name, a label or a correction."""
    words, others = (set(_WORD.findall(text.lower())) for text in (one, other))
    fewer = min(len(words), len(others))
    return fewer > 0 and len(words & others) >= max(SHARED_WORDS * fewer, min(2, fewer))


def _flat(value: Any) -> Iterator[Any]:
    """Yield the entries of lists within lists, and of what other programs write for a list."""
    waiting = [value]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            inner = entry.get("@list") or entry.get("@set")
            if inner is None and entry and all(name.isdigit() for name in entry):
                inner = list(entry.values())  # a list of PHP's with a hole
            entry = entry if inner is None else inner
        if isinstance(entry, list):
            waiting += reversed(entry)
        elif entry is not None:
            yield entry


def _names(person: Mapping[str, Any]) -> list[str]:
    """Return the names of an object; it may have a list of them."""
    names = list(filter(None, map(text_of_value, islice(_flat(person.get("name")), MAX_NAMES))))
    if names:
        return names
    parts = (text_of_value(person.get(name)) for name in ("givenName", "familyName"))
    whole = " ".join(filter(None, parts))
    return [whole] if whole else []


def _crumbs(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a breadcrumb in order, without the home page."""
    for entry in islice(_flat(node.get("itemListElement")), MAX_NAMES):
        if isinstance(entry, dict):
            name = text_of_value(entry.get("name")) or text_of_value(entry.get("item"))
            if name and not HOME.match(name) and "://" not in name:
                yield name


def texts(value: Any) -> Iterator[str]:
    """Yield the texts of a member that is a text, an object with a name, or a list of those."""
    yield from filter(None, map(text_of_value, _flat(value)))


def text_of_value(value: Any) -> str:
    """Return a text; of a list its first, of an object its name; '' for what is none."""
    if isinstance(value, list):
        return next(texts(value), "")
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    if not isinstance(value, str):
        return ""
    text = clean(unescape(value[:MAX_FIELD]))
    return "" if text.lower() in NOTHING else text
