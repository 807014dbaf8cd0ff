"""Entries of sitemaps and feeds, each read by itself: a broken one costs no other.

Whole files of publishers are often not well-formed, and an XML parser that recovers may lose all
that follows an error. So the file is cut before each start tag of an entry, and lxml parses the
pieces. No piece has a document type declaration, so no entity of the file's own is ever expanded.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

_TOKEN = re.compile(
    rb"<(?:(?P<skip>!--|!\[CDATA\[)|(?:[\w.-]{1,64}:)?(?P<kind>url|sitemap|item|entry)(?=[\s/>]))"
)
_KINDS_OF_FEEDS = (b"item", b"entry")
_KINDS = (b"url", b"sitemap", *_KINDS_OF_FEEDS)
_END_OF = {kind: re.compile(rb"</(?:[\w.-]{1,64}:)?" + kind + rb"\s*>") for kind in _KINDS}
_FEED = re.compile(rb"<(?:rss|(?:[\w.-]{1,64}:)?(?:feed|RDF))[\s>]", re.IGNORECASE)
_ENDS = {b"!--": b"-->", b"![CDATA[": b"]]>"}
_AMPERSAND = re.compile(
    rb"&(?:(?P<xml>(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)|(?P<other>\w{1,32};))?"
)
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r")
_MARKED = bytes(0x1A if code in _CONTROL else code for code in range(256))
_SUBSTITUTE = "\ufffd".encode()
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_ROOT_END = re.compile(rb"</(?:[\w.-]{1,64}:)?(?:urlset|sitemapindex|channel|rss|feed|RDF)\s*>")
_TAG = re.compile(rb"<[/\w][^<>]*>|\]\]>")
_LEGACY = re.compile(
    r"(?:windows|cp)-?125\d|iso-?8859-?\d{1,2}|koi8-[ru]|gb(?:k|2312|18030)|big5|euc-(?:jp|kr)"
    r"|shift_jis",
    re.IGNORECASE,
)
"""The standard encodings of the web beside UTF-8 and UTF-16."""
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDTH_SHOWS = 200
"""Bytes at the beginning of a file that show whether its characters have two."""
_PARSER = etree.XMLParser(
    encoding="utf-8",
    recover=True,
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a sitemap, RSS or Atom."""

    kind: str
    """`url`, `sitemap`, `item` or `entry`."""
    element: Any

    def text(self, *names: str) -> str | None:
        """The text of the first of these children that is there and whole, else None.

        Names are without a prefix; a child has the entry's own one, so that the address of a
        picture is not read as the story's.
        """
        return next((text for name in names if (text := _text(self._own(name)))), None)

    def text_anywhere(self, *names: str, deep: bool = False) -> str | None:
        """The same for children of any prefix; `deep`: and for elements within them."""
        element, found = self.element, dict[str, Any]()
        for child in element.iter(etree.Element) if deep else element.iterchildren(etree.Element):
            found.setdefault(_split_name(child)[1], child)
        return next((text for name in names if (text := _text(found.get(name)))), None)

    def own(self, name: str) -> Iterator[Any]:
        """Yield the children of this name with the entry's own prefix."""
        prefix = _split_name(self.element)[0]
        for child in self.element.iterchildren(etree.Element):
            if _split_name(child) == (prefix, name):
                yield child

    def _own(self, name: str) -> Any:
        return next(self.own(name), None)


def entries(xml: bytes) -> Iterator[Entry]:
    """Yield the entries of a sitemap or feed in `as_utf8`, as far as they are readable.

    A feed has elements `url` of its own, for pictures.
    """
    kinds = _KINDS_OF_FEEDS if _FEED.search(xml) else _KINDS
    ends, position = dict(_ENDS), 0
    begun: re.Match[bytes] | None = None
    while (token := _TOKEN.search(xml, position)) is not None:
        position = token.end()
        if token["kind"] in kinds:
            if begun is not None:
                yield from _read(begun, xml[begun.start() : token.start()])
            begun = token
        elif (end := ends.get(token["skip"])) is not None:
            closed = xml.find(end, position)
            if closed < 0:
                del ends[token["skip"]]  # no later one is closed either
            else:
                position = closed + len(end)
    if begun is not None:
        yield from _read(begun, xml[begun.start() :])


def _read(begun: re.Match[bytes], piece: bytes) -> Iterator[Entry]:
    if (
        _END_OF[begun["kind"]].search(piece) is None
    ):  # what follows its last tag may be half an address or date
        piece = _ROOT_END.split(piece, maxsplit=1)[0]
        piece = piece[: max((tag.end() for tag in _TAG.finditer(piece)), default=0)]
    try:
        element = etree.fromstring(_escaped(piece), _PARSER)
    except etree.XMLSyntaxError:
        return
    if element is not None:
        yield Entry(kind=begun["kind"].decode(), element=element)


def _escaped(piece: bytes) -> bytes:
    """Escape bare ampersands; put U+FFFD in place of what XML does not know or cannot hold."""
    text, *sections = piece.translate(_MARKED).replace(b"\x1a", _SUBSTITUTE).split(b"<![CDATA[")
    done = [_AMPERSAND.sub(_reference, text)]
    for section in sections:
        content, end, text = section.partition(b"]]>")
        done += [b"<![CDATA[", content, end, _AMPERSAND.sub(_reference, text)]
    return b"".join(done)


def _reference(found: re.Match[bytes]) -> bytes:
    if found["other"] is not None:
        return _SUBSTITUTE
    return found[0] if found["xml"] is not None else b"&amp;"


def _text(element: Any) -> str | None:
    """The text of an element; None if there is none, or if it is not whole."""
    if element is None or len(element):
        return None
    text = (element.text or "").strip()
    if text and "\ufffd" not in text and text.isprintable():
        return text
    return None


def _split_name(element: Any) -> tuple[str, str]:
    """(prefix or namespace, local name); an undeclared prefix is a part of lxml's tag."""
    tag = str(element.tag)
    at = max(tag.rfind("}"), tag.rfind(":")) + 1
    return tag[:at], tag[at:]


def as_utf8(body: bytes) -> bytes:
    """Recode a sitemap or feed; what its encoding does not allow becomes U+FFFD.

    Bytes that are UTF-8 are, whatever is declared or marked; a legacy encoding has to be declared.
    """
    wide = _width(body)
    if wide is not None:
        return body.decode(wide, "replace").encode("utf-8", "replace")
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        body = body.removeprefix(mark)
    try:
        body.decode()
    except UnicodeDecodeError:
        declared = _DECLARED.search(body[:5000])
        name = declared[1].decode() if declared else ""
        encoding = name if _LEGACY.fullmatch(name) else "utf-8"
        return _decoded(body, encoding).encode("utf-8", "replace")
    return body


def _width(body: bytes) -> str | None:
    """Return the name of an encoding of more than one byte; a byte order mark alone may be wrong.

    Every other byte of mark-up in UTF-16 is zero.
    """
    head = body[:_WIDTH_SHOWS]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if not even and not odd:
        return None
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    if marked is not None:
        return marked
    if odd > len(head) / 4 > 4 * even:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) / 4 > 4 * odd else None


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding, "replace")
    except LookupError:  # a number that no encoding has, as in ISO-8859-99
        return body.decode("utf-8", "replace")
