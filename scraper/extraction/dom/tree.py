"""HTML trees: decoding, parsing within limits, text."""

import html as entities
import re
from collections import Counter
from dataclasses import dataclass, field
from sys import maxsize
from typing import Any

from lxml import etree
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
    to_unicode,
)
from webencodings.labels import LABELS

from scraper.extraction.dom.attributes import may_be_crowded, without_crowds
from scraper.extraction.dom.limits import MAX_FIELD, MAX_FIELD_NODES, MAX_MATCHES, MAX_TAGS
from scraper.extraction.dom.selectors import Element, Index, select

# Invisible in print, or no text at all: control characters, halves of surrogate pairs. Publishers
# paste them: U+200E before quotes at Suara, U+2060 around Republika's datelines.
# The joiners U+200C and U+200D stay between letters of scripts that need them, and in emoji.
_JOINED = "[\u0590-\u1cff\u2190-\u2bff\ufb50-\ufdff\ufe0f\ufe70-\ufefc\U0001f000-\U0001faff]"
_INVISIBLE = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad\ud800-\udfff"
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
_STRAY_JOINER = re.compile(f"(?<!{_JOINED})[\u200c\u200d]|[\u200c\u200d](?!{_JOINED})")
# XML cannot hold these characters. A page that has them is broken, its text is not.
_CONTROL = bytes((*range(9), 11, 12, *range(14, 32), 127))
_NOT_TEXT = frozenset(("script", "style", "noscript", "template"))
_SPACED = frozenset(("br", "p", "div", "li", "td"))

MAX_BEFORE_CHARSET = 20_000
"""Bytes at the beginning of a page that may hold its charset; scripts may stand before it."""
MAX_BROKEN = 20
"""Characters of several bytes in UTF-8 for each broken one, for a page to be UTF-8."""
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_NO_MARKUP = re.compile(
    rb"<(script|style|title|textarea|noscript|template)\b[^>]*>.*?(?:</\1\s*>|\Z)"
    rb"|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)
"""What holds no tags of the page, though it may look as if it did."""
_IS_UTF8 = re.compile(
    rb"""
    (?: \s++ | <title>[^<>]{0,500}+ | <(?:!doctype|html|head|/title)\b[^<>]{0,1000}+> )*+
    <meta \s [^<>]{0,100}? \b charset\s?=\s?["']?utf-8["'\s/>]
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""The charset as nearly all pages declare it, in their first meta tag."""
_MISTAKEN_FOR_UTF8 = frozenset(
    codec
    for codec in map(resolve_encoding, LABELS)
    if codec is not None
    and (
        codec.startswith(
            ("cp125", "cp866", "cp874", "iso8859", "latin", "koi8", "mac", "utf-16", "ascii")
        )
    )
)
"""Codecs in which any bytes, or any even number of them, are text."""
_WEB_CODECS = frozenset(map(resolve_encoding, LABELS)) - {None}
"""Python's codecs of the encodings of the WHATWG Encoding Standard. Others are no charset, as hex,
or need quadratic time, as punycode.
"""

# libxml2 drops what follows the end of the document; browsers do not.
_CLOSING = re.compile(rb"</(?:[bB][oO][dD][yY]|[hH][tT][mM][lL])\s*>")
_FURNITURE = tuple(b"figure aside nav footer header form".split())
_LIKE_FURNITURE = re.compile(rb"<(/?[fFaAnNhH][iIsSaAoOeE][^\s/>]{1,4})(?=[\s/>])")
"""Their tags and a few others: by letters they are found in half the time of whole words."""
_PARSER = etree.HTMLParser(
    encoding="utf-8", remove_comments=False, remove_pis=True, no_network=True, collect_ids=False
)
_ENDLESS_REFERENCE = re.compile(r"&#(?:[0-9]{20,}|x[0-9a-f]{20,});?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """A page's tree, with an index of its classes and ids."""

    tree: Element
    index: Index = field(repr=False)
    cut: tuple[str, ...] = ()
    """Warnings about what was beyond the limits."""
    unclosed: frozenset[str] = frozenset()
    """Tags of furniture that were opened more often than closed: they hold what follows them."""

    def all(self, *selectors: str) -> list[Any]:
        """Return the nodes of the first selector that matches any, MAX_MATCHES at most."""
        for selector in selectors:
            if found := select(selector, self.tree, self.index):
                return found[:MAX_MATCHES]
        return []

    def text(self, *selectors: str) -> str | None:
        """Return the first text that is not empty, trying the selectors in order."""
        for selector in selectors:
            for found in select(selector, self.tree, self.index)[:MAX_MATCHES]:
                if text := text_of(found):
                    return text
        return None


def parse_html(body: bytes | str, content_type: str | None = None) -> Document | None:
    """Parse a page, as far as the limits go; None for an empty one.

    Bytes are decoded by Content-Type, byte order mark, meta tag or a guess. libxml2's own limits
    stay on: nodes nest 255 deep at most, only HTML's own entities are expanded.
    """
    if isinstance(body, str):
        page = body.encode("utf-8", "replace")  # lone surrogates are no text
    else:
        page = _as_utf8(body, content_type)
    page = page.translate(None, _CONTROL)
    if page.lstrip()[:5].lower() == b"<?xml":
        page = page.partition(b">")[2]  # as browsers do: some leave out its "?"
    page, cut_page = _within_limit(_CLOSING.sub(b"", page))
    crowded = False
    if may_be_crowded(page):
        page, crowded = without_crowds(page)
    index = _parsed(page)
    if index is not None and index.is_crowded:
        page, crowded = without_crowds(page)
        index = _parsed(page)
    if index is None:
        return None
    cut = {"cut_page": cut_page, "cut_attributes": crowded or index.is_cut}
    warnings = tuple(warning for warning, is_cut in cut.items() if is_cut)
    return Document(index.tree, index, warnings, _unclosed(page))


def _parsed(page: bytes) -> Index | None:
    try:
        tree = etree.fromstring(page, _PARSER)
    except etree.XMLSyntaxError:
        return None
    return None if tree is None else Index(tree)


def _unclosed(page: bytes) -> frozenset[str]:
    """Return the tags of furniture that a page opens more often than it closes."""
    counted = Counter(map(bytes.lower, _LIKE_FURNITURE.findall(page)))
    return frozenset(tag.decode() for tag in _FURNITURE if counted[tag] > counted[b"/" + tag])


def _within_limit(page: bytes) -> tuple[bytes, bool]:
    """Drop the tags of a page that are beyond the limit; return also whether there were any."""
    if page.count(b"<") <= MAX_TAGS:
        return page, False
    rest = page.split(b"<", MAX_TAGS + 1)[-1]
    return page[: len(page) - len(rest) - 1], True


def _as_utf8(body: bytes, content_type: str | None) -> bytes:
    """Return a page in UTF-8, decoded as browsers do, but UTF-8 under another name as UTF-8."""
    charset, mark = read_bom(body)
    if charset is not None:
        return to_unicode(body[len(mark or b"") :], charset).encode()
    declared = _declared_charset(body, content_type)
    if declared is None or (declared in _MISTAKEN_FOR_UTF8 and _is_utf8(body)):
        declared = _guess_charset(body)
    if declared == "utf-8" and _is_valid_utf8(body):
        return body
    if declared == "utf-8" and not _has_utf8(body):
        declared = _guess_charset(body)
    try:
        return to_unicode(body, declared).encode()
    except (LookupError, UnicodeError):
        return body.decode(_guess_charset(body), "replace").encode()


def _declared_charset(body: bytes, content_type: str | None) -> str | None:
    """Return the codec that the server names, else the page, if it is one of the web's."""
    declared = http_content_type_encoding(content_type)
    if declared not in _WEB_CODECS:
        head = body[:MAX_BEFORE_CHARSET]
        if _IS_UTF8.match(head):
            return "utf-8"
        before = head[: head.lower().find(b"charset") + 1]
        if b"<script" in before or b"<!--" in before or b"<style" in before or len(before) > 1024:
            head = _NO_MARKUP.sub(b"", head)
        declared = html_body_declared_encoding(head)
    return declared if declared in _WEB_CODECS else None


def _is_valid_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(body: bytes) -> bool:
    """Whether a page has characters of several bytes in UTF-8, and hardly any others."""
    text = body.decode("utf-8", "replace")
    several = sum(1 for _character in _BEYOND_ASCII.finditer(text))
    broken = text.count("\ufffd")
    return several > MAX_BROKEN * broken and several > broken


def _has_utf8(body: bytes) -> bool:
    """Whether a page has a character of several bytes in UTF-8."""
    return not body.decode("utf-8", "ignore").isascii()


def _guess_charset(body: bytes) -> str:
    """Guess UTF-8 where the bytes are valid, else the charset of old Western pages."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A page cut in the middle of a character is still UTF-8.
        is_utf8 = error.start >= len(body) - 4 or _is_utf8(body)
        return "utf-8" if is_utf8 else "cp1252"
    return "utf-8"


def clean(text: str | None) -> str:
    """Remove invisible characters, fold white space and trim.

    >>> clean("  Jakarta\\u00a0: \\u200e\\"Air\\" ")
    'Jakarta : "Air"'
    """
    if not text:
        return ""
    text = " ".join(text.split())
    if text.isprintable():
        return text
    text = _INVISIBLE.sub("", text)
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return " ".join(text.split())


def unescape(text: str) -> str:
    """Return a text with its character references replaced, also those with thousands of digits."""
    return entities.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))


def text_of(node: Any, *, whole: bool = False) -> str:
    """Return the clean text of a node, or of an attribute's value, without scripts and styles.

    Unless it is to be `whole`, it ends at the limits for a field of the article.
    """
    limit = None if whole else MAX_FIELD
    if isinstance(node, str):
        return clean(node[:limit])
    if not isinstance(node.tag, str):
        return ""
    if len(node) == 0 and node.tag not in _NOT_TEXT:
        return clean((node.text or "")[:limit])
    pieces = [node.text or ""] if node.tag not in _NOT_TEXT else []
    _gather(node, pieces, maxsize if whole else 2 * MAX_FIELD_NODES)
    return clean("".join(pieces)[:limit])


def _gather(node: Element, pieces: list[str], most: int) -> None:
    """Add the texts below a node, two for each, until there are `most`."""
    for child in node:
        if len(pieces) >= most:
            return
        tag, text = child.tag, child.text
        if tag in _SPACED:
            pieces.append(" ")
        if text is None or tag in _NOT_TEXT or not isinstance(tag, str):
            text = ""
        pieces.append(text)
        if len(child):
            _gather(child, pieces, most)
        pieces.append(child.tail or "")
