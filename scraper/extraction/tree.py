"""HTML trees: parsing, selectors (CSS, or XPath where they begin with `/`, `.//` or `(`), text.

Selectors that begin with a class or an id are looked up in an index of the page: searching the tree
for them takes a quarter of the time of reading a page.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias, cast

from cssselect import HTMLTranslator
from lxml import etree, html
from w3lib.encoding import html_to_unicode

Element: TypeAlias = html.HtmlElement
Selector: TypeAlias = Callable[[Element], list[Any]]
Index: TypeAlias = dict[str, list[Element]]
"""`.class` and `#id` -> the nodes that have them, in document order."""

# Invisible in print, or no text at all: control characters, halves of surrogate pairs. Publishers
# paste them: U+200E before quotes at Suara, U+2060 around Republika's datelines.
_INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad\ud800-\udfff"
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
# XML cannot hold these characters. A page that has them is broken, its text is not.
_CONTROL = "".join(map(chr, (*range(9), 11, 12, *range(14, 32), 127)))
_WITHOUT_CONTROL = dict.fromkeys(map(ord, _CONTROL))
_NOT_TEXT = frozenset(("script", "style", "noscript", "template"))
_SPACED = frozenset(("br", "p", "div", "li", "td"))

_TRANSLATOR = HTMLTranslator()
_XPATH = ("/", ".//", "(")
_INDEXED_SELECTOR = re.compile(
    r"""
    (?P<tag> [a-z][a-z0-9]* )?
    (?P<names> (?: [.#][\w-]+ )+ )
    (?: (?P<child> \s*>\s* ) | \s+ )?
    (?P<rest> (?<=[\s>]) .+ )?
    """,
    re.VERBOSE,
)
_NAME = re.compile(r"(?:[.#]|=['\"]?)([\w-]+)")
_ATTRIBUTES = etree.XPath(".//@*[name() != 'href' and name() != 'src']")
_NAMED_NODES = etree.XPath("descendant-or-self::*[@class or @id]")


@dataclass(frozen=True, slots=True)
class Document:
    """A page's tree, with an index of its classes and ids."""

    tree: Element
    index: Index = field(repr=False)

    def all(self, *selectors: str) -> list[Any]:
        """Return the nodes of the first selector that matches any."""
        for selector in selectors:
            if found := select(selector, self.tree, self.index):
                return found
        return []

    def text(self, *selectors: str) -> str | None:
        """Return the first text that is not empty, trying the selectors in order."""
        for selector in selectors:
            for found in select(selector, self.tree, self.index):
                if text := text_of(found):
                    return text
        return None


def parse_html(body: bytes | str, content_type: str | None = None) -> Document | None:
    """Parse a page; None for an empty one.

    Bytes are decoded by Content-Type, byte order mark, meta tag or a guess. libxml2's own limits
    stay on: deep nesting is cut, only HTML's own entities are expanded.
    """
    text = _decoded(body, content_type) if isinstance(body, bytes) else body
    # Many quick searches, which hardly ever lead to the slow one.
    if any(character in text for character in _CONTROL):
        text = text.translate(_WITHOUT_CONTROL)
    if not text.strip():
        return None
    if text.lstrip()[:5].lower() == "<?xml":
        # lxml refuses text, decoded already, that declares its encoding.
        text = text.lstrip().partition("?>")[2]
    parser = html.HTMLParser(remove_comments=False, remove_pis=True, no_network=True)
    try:
        tree = html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    return Document(tree, index_of(tree))


def _decoded(body: bytes, content_type: str | None) -> str:
    try:
        return html_to_unicode(content_type, body, auto_detect_fun=_guess_charset)[1]
    except (LookupError, UnicodeError):
        # The declared charset is one of Python's codecs that are no charset: hex, idna.
        return body.decode(_guess_charset(body), "replace")


def _guess_charset(body: bytes) -> str:
    """Guess UTF-8 where the bytes are valid, else the charset of old Western pages."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A page cut in the middle of a character is still UTF-8.
        return "utf-8" if error.start >= len(body) - 4 else "cp1252"
    return "utf-8"


def index_of(tree: Element) -> Index:
    """Index the nodes of a page by class and id."""
    index: Index = {}
    for node in cast("list[Element]", _NAMED_NODES(tree)):
        for name in (node.get("class") or "").split():
            index.setdefault("." + name, []).append(node)
        if identity := node.get("id"):
            index.setdefault("#" + identity, []).append(node)
    return index


def select(selector: str, tree: Element, index: Index) -> list[Any]:
    """Return what a selector matches, each node once; of "a, b" the nodes of `a` come first."""
    if selector.startswith(_XPATH):
        return _compiled(selector)(tree)
    found: dict[Any, None] = {}
    for find in _finders(selector):
        found |= dict.fromkeys(find(tree, index))
    return list(found)


@lru_cache(maxsize=2048)
def _finders(selector: str) -> list[Callable[[Element, Index], list[Any]]]:
    return [_finder(alternative.strip()) for alternative in selector.split(",")]


def _finder(selector: str) -> Callable[[Element, Index], list[Any]]:
    """Find by classes or ids that the selector begins with, then downwards; else in the tree."""
    match = _INDEXED_SELECTOR.fullmatch(selector)
    if match is None:
        return lambda tree, index: _compiled(selector)(tree)
    tag, rest = match["tag"], match["rest"]
    first, *more = re.findall(r"[.#][\w-]+", match["names"])
    axis = "child::" if match["child"] else "descendant::"
    below = etree.XPath(_TRANSLATOR.css_to_xpath(rest or "*", prefix=axis))

    def find(tree: Element, index: Index) -> list[Any]:
        anchors = [
            node
            for node in index.get(first, ())
            if (tag is None or node.tag == tag)
            and all(node in index.get(name, ()) for name in more)
        ]
        if rest is None:
            return anchors
        return [found for anchor in anchors for found in cast("list[Any]", below(anchor))]

    return find


@lru_cache(maxsize=2048)
def _compiled(*selectors: str) -> Selector:
    """Compile selectors to one XPath: the nodes that any of them matches, in document order."""
    paths = (
        selector if selector.startswith(_XPATH) else _TRANSLATOR.css_to_xpath(selector)
        for selector in selectors
    )
    return cast("Selector", etree.XPath(" | ".join(paths)))


def pruned(node: Element, selectors: tuple[str, ...]) -> set[Element]:
    """Return the nodes below `node` that any of the selectors matches.

    Only those are tried whose names occur in attributes there: few do.
    """
    attributes = " ".join(cast("list[str]", _ATTRIBUTES(node)))
    present = tuple(
        selector
        for selector in selectors
        if any(all(name in attributes for name in names) for names in _names(selector))
    )
    return set(_compiled(*present)(node)) if present else set()


@lru_cache(maxsize=2048)
def _names(selector: str) -> tuple[tuple[str, ...], ...]:
    """Return, per alternative, the names that attributes must have; none for an XPath.

    >>> _names("div.artikel p, #isi")
    (('artikel',), ('isi',))
    """
    if selector.startswith(_XPATH):
        return ((),)
    return tuple(tuple(_NAME.findall(alternative)) for alternative in selector.split(","))


def clean(text: str | None) -> str:
    """Remove invisible characters, fold white space and trim.

    >>> clean("  Jakarta\\u00a0: \\u200e\\"Air\\" ")
    'Jakarta : "Air"'
    """
    if not text:
        return ""
    if not (text.isascii() and text.isprintable()):
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def text_of(node: Any) -> str:
    """Return the clean text of a node, or of an attribute's value, without scripts and styles."""
    if isinstance(node, str):
        return clean(node)
    if not isinstance(node.tag, str):
        return ""
    if len(node) or node.tag in _NOT_TEXT:
        return clean("".join(_texts(node)))
    return clean(node.text)


def _texts(node: Element) -> Iterator[str]:
    for event, element in etree.iterwalk(node, events=("start", "end")):
        if event == "start":
            if element.tag in _SPACED:
                yield " "
            if isinstance(element.tag, str) and element.tag not in _NOT_TEXT:
                yield element.text or ""
        elif element is not node:
            yield element.tail or ""
