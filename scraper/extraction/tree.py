"""HTML trees: parsing, selectors (CSS, or XPath where they begin with `/`, `.//` or `(`), text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

from cssselect import HTMLTranslator
from lxml import etree, html
from w3lib.encoding import html_to_unicode

Element: TypeAlias = html.HtmlElement
Selector: TypeAlias = Callable[[Element], list[Any]]

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


@dataclass(frozen=True, slots=True)
class Document:
    """A page's tree."""

    tree: Element

    def all(self, *selectors: str) -> list[Any]:
        """Return the nodes of the first selector that matches any."""
        for selector in selectors:
            if found := select(selector, self.tree):
                return found
        return []

    def text(self, *selectors: str) -> str | None:
        """Return the first text that is not empty, trying the selectors in order."""
        for selector in selectors:
            for found in select(selector, self.tree):
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
    return Document(tree)


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


def select(selector: str, tree: Element) -> list[Any]:
    """Return what a selector matches, each node once; of "a, b" the nodes of `a` come first."""
    if selector.startswith(_XPATH):
        return _compiled(selector)(tree)
    found: dict[Any, None] = {}
    for alternative in selector.split(","):
        found |= dict.fromkeys(_compiled(alternative.strip())(tree))
    return list(found)


def pruned(node: Element, selectors: tuple[str, ...]) -> set[Element]:
    """Return the nodes below `node` that any of the selectors matches."""
    return set(_compiled(*selectors)(node))


@lru_cache(maxsize=2048)
def _compiled(*selectors: str) -> Selector:
    """Compile selectors to one XPath: the nodes that any of them matches, in document order."""
    paths = (
        selector if selector.startswith(_XPATH) else _TRANSLATOR.css_to_xpath(selector)
        for selector in selectors
    )
    return cast("Selector", etree.XPath(" | ".join(paths)))


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
