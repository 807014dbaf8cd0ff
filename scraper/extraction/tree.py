"""HTML trees: parsing once and safely, selectors compiled once, text as a reader sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, html
from w3lib.encoding import html_to_unicode

from scraper.extraction.selectors import Element, Index, index_of, select

# Invisible in print, or no text at all (control characters, halves of surrogate pairs); newsrooms
# paste them: U+200E before
# quotes at Suara, U+2060 around Republika's datelines.
_INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad\ud800-\udfff\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
# XML cannot hold these; a page that does is broken, its text is not.
_CONTROL = "".join(map(chr, (*range(9), 11, 12, *range(14, 32), 127)))
_WITHOUT_CONTROL = dict.fromkeys(map(ord, _CONTROL))


@dataclass(frozen=True, slots=True)
class Document:
    """A page's tree, with an index of its classes and ids."""

    tree: Element
    index: Index = field(repr=False)

    def all(self, *selectors: str) -> list[Any]:
        """Nodes of the first selector that finds any."""
        return next(
            (found for selector in selectors if (found := select(selector, self.tree, self.index))),
            [],
        )

    def text(self, *selectors: str) -> str | None:
        """The first text that is not empty among the nodes of the selectors, in the selectors'
        order.
        """
        for selector in selectors:
            for found in select(selector, self.tree, self.index):
                if text := text_of(found):
                    return text
        return None


def parse_html(body: bytes | str, content_type: str | None = None) -> Document | None:
    """The page, decoded by the charset that header, byte order mark, meta tag or bytes tell; None
    for an empty page.

    libxml2's own limits stay on: deep nesting is cut, entities are not expanded beyond HTML's own.
    """
    text = _decoded(body, content_type) if isinstance(body, bytes) else body
    if any(
        character in text for character in _CONTROL
    ):  # many quick searches, and nearly never a slow one
        text = text.translate(_WITHOUT_CONTROL)
    if not text.strip():
        return None
    if (
        text.lstrip()[:5].lower() == "<?xml"
    ):  # lxml refuses a declared encoding in text that is decoded already
        text = text.lstrip().partition("?>")[2]
    try:
        tree = html.document_fromstring(
            text, parser=html.HTMLParser(remove_comments=False, remove_pis=True, no_network=True)
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    return Document(tree, index_of(tree))


def _decoded(body: bytes, content_type: str | None) -> str:
    try:
        return html_to_unicode(content_type, body, auto_detect_fun=_guess_charset)[1]
    except (
        LookupError,
        UnicodeError,
    ):  # a declared "charset" that Python knows as something else: hex, idna
        return body.decode(_guess_charset(body), "replace")


def _guess_charset(body: bytes) -> str:
    """UTF-8 where the bytes are valid, else the charset of old Western pages."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A page cut in the middle of a character is still UTF-8.
        return "utf-8" if error.start >= len(body) - 4 else "cp1252"
    return "utf-8"


def clean(text: str | None) -> str:
    """Text without invisible characters, white space folded, trimmed.

    >>> clean("  Jakarta\\u00a0: \\u200e\\"Air\\" ")
    'Jakarta : "Air"'
    """
    if not text:
        return ""
    return " ".join(
        (text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", text)).split()
    )


def text_of(node: Any) -> str:
    """The clean text of a node, or of an attribute's value; scripts and styles are no text."""
    if isinstance(node, str):
        return clean(node)
    if (
        not len(node)
        and isinstance(node.tag, str)
        and node.tag not in ("script", "style", "noscript", "template")
    ):
        return clean(node.text)
    if not isinstance(node.tag, str):
        return ""
    return clean("".join(_texts(node)))


def _texts(node: Element) -> Iterator[str]:
    for event, element in etree.iterwalk(node, events=("start", "end")):
        if event == "start":
            if element.tag in ("br", "p", "div", "li", "td"):
                yield " "
            if isinstance(element.tag, str) and element.tag not in (
                "script",
                "style",
                "noscript",
                "template",
            ):
                yield element.text or ""
        elif element is not node:
            yield element.tail or ""
