"""HTML trees: parsing once and safely, selectors compiled once, text as a reader sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, cast

from cssselect import HTMLTranslator
from lxml import etree, html
from w3lib.encoding import html_to_unicode

Element: TypeAlias = html.HtmlElement
Selector: TypeAlias = Callable[[Element], list[Any]]

# Invisible in print; newsrooms paste them (U+200E before quotes at Suara, U+2060 around Republika's datelines).
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad]")
# XML cannot hold these; a page that does is broken, its text is not.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACE = re.compile(r"\s+")
_TRANSLATOR = HTMLTranslator()


def parse_html(body: bytes | str, content_type: str | None = None) -> Element | None:
    """The page's tree, in the charset that header, byte order mark, meta tag or bytes tell; None for an empty page.

    libxml2's own limits stay on: deep nesting is flattened, entities are not expanded beyond HTML's own.
    """
    text = html_to_unicode(content_type, body, auto_detect_fun=_guess_charset)[1] if isinstance(body, bytes) else body
    text = _CONTROL.sub("", text)
    if not text.strip():
        return None
    if text.lstrip()[:5].lower() == "<?xml":  # lxml refuses a declared encoding in text that is decoded already
        text = text.lstrip().partition("?>")[2]
    try:
        return html.document_fromstring(text, parser=html.HTMLParser(remove_comments=False, remove_pis=True, no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _guess_charset(body: bytes) -> str | None:
    """UTF-8 where the bytes are valid, else the charset of old Western pages."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A page cut in the middle of a character is still UTF-8.
        return "utf-8" if error.start >= len(body) - 4 else "cp1252"
    return "utf-8"


@lru_cache(maxsize=2048)
def xpath_of(selector: str) -> str:
    """A selector as XPath from a node downwards: CSS, or XPath where it begins with `/`, `(` or `.//`."""
    return selector if selector.startswith(("/", ".//", "(")) else _TRANSLATOR.css_to_xpath(selector)


@lru_cache(maxsize=2048)
def compiled(selector: str) -> Selector:
    """The nodes, or attributes' values, that a selector finds."""
    return cast("Selector", etree.XPath(xpath_of(selector)))


@lru_cache(maxsize=256)
def union(selectors: tuple[str, ...]) -> Selector:
    """The nodes that any of the selectors finds, in one pass."""
    return cast("Selector", etree.XPath(" | ".join(map(xpath_of, selectors))))


def find_all(node: Element, selectors: Sequence[str]) -> list[Any]:
    """Nodes of the first selector that finds any."""
    return next((found for selector in selectors if (found := compiled(selector)(node))), [])


def clean(text: str | None) -> str:
    """Text without invisible characters, white space folded, trimmed.

    >>> clean("  Jakarta\\u00a0: \\u200e\\"Air\\" ")
    'Jakarta : "Air"'
    """
    return _SPACE.sub(" ", _INVISIBLE.sub("", text or "")).strip()


def text_of(node: Any) -> str:
    """The clean text of a node, or of an attribute's value; scripts and styles are no text."""
    if isinstance(node, str):
        return clean(node)
    if not isinstance(node.tag, str):
        return ""
    return clean("".join(_texts(node)))


def _texts(node: Element) -> Iterator[str]:
    for event, element in etree.iterwalk(node, events=("start", "end")):
        if event == "start":
            if element.tag in ("br", "p", "div", "li", "td"):
                yield " "
            if isinstance(element.tag, str) and element.tag not in ("script", "style", "noscript", "template"):
                yield element.text or ""
        elif element is not node:
            yield element.tail or ""


def first_text(node: Element, selectors: Sequence[str]) -> str | None:
    """The first text that is not empty among the nodes of the selectors, in the selectors' order."""
    for selector in selectors:
        for found in compiled(selector)(node):
            text = text_of(found)
            if text:
                return text
    return None
