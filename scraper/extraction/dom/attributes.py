"""Tags with thousands of attributes: libxml2 compares each attribute of a tag with all the others.

Finding every attribute of a page by a regular expression takes as long as parsing it, so that is
done only where a tag may be so long. A tag goes on behind a `>` only if a quoted value holds it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from scraper.extraction.dom.limits import MAX_ATTRIBUTES

LONG = 4_096
"""Bytes; tags of a few times as many are parsed in milliseconds, whatever they hold."""

_ATTRIBUTE = r"""
    (?: [\s/]*+ (?: =[^\s/>=]*+ | [^\s/>=]++ )
        (?: \s*+ = \s*+ (?: "[^"]*+"? | '[^']*+'? | [^\s>"'][^\s>]*+ )? )? )
"""
# A comment; or a tag, with the text behind it where that may hold no tags. Possessive throughout:
# each character is read once. Attributes as nearly all are written come first.
_TAG = re.compile(
    rf"""
    <!-- (?: -?> | (?: [^-]++ | -(?!-!?>) )*+ )
    |
    < (?: (?P<raw> script|style|textarea|title|xmp|iframe|noembed|noframes ) (?=[\s/>])
        | [a-z][^\s/>]*+ )
    (?: \s++ [^\s/>=]++ = "[^"]*+" | {_ATTRIBUTE} ){{0,{MAX_ATTRIBUTES}}}+
    (?P<more> {_ATTRIBUTE}++ )?+
    (?(raw) [\s/]*+ >? (?: [^<]++ | <(?!/(?P=raw)) )*+ )
    """.encode(),
    re.IGNORECASE | re.VERBOSE,
)
_OPENING = re.compile(rb"<[a-zA-Z]")
_REST_OF_TAG = re.compile(rf"{_ATTRIBUTE}*+ [\s/]*+ >".encode(), re.VERBOSE)


def without_crowds(page: bytes) -> tuple[bytes, bool]:
    """Drop the attributes of each tag beyond the limit; return also whether there were any."""
    crowded = [match.span("more") for match in _TAG.finditer(page) if match["more"]]
    if not crowded:
        return page, False
    starts = [0, *(end for _start, end in crowded)]
    ends = [*(start for start, _end in crowded), len(page)]
    return b"".join(page[start:end] for start, end in zip(starts, ends, strict=True)), True


def may_be_crowded(page: bytes) -> bool:
    """Whether any tag may have attributes over many times LONG bytes; hardly any page's may."""
    quoted = {b'"': False, b"'": False}
    last = 0
    for end, following in pairwise(_stops(page)):
        if following - end > 2 * LONG:
            begin = page.rfind(b">", 0, end + LONG) + 1
            if _OPENING.search(page, begin, following - LONG):
                return True
        for quote in quoted:
            opened = page.rfind(quote, last, end)
            if opened >= 0:
                before = page[last:opened].rstrip()
                quoted[quote] = not before or before.endswith(b"=")
            if quoted[quote] and _goes_on(page, end, max(end + 2 * LONG, following), quote):
                return True
        last = end
    return False


def _stops(page: bytes) -> Iterator[int]:
    """Yield the beginning, each first `>` at least LONG bytes behind the last one, and the end."""
    stop = 0
    while stop >= 0:
        yield stop
        stop = page.find(b">", stop + LONG)
    yield len(page)


def _goes_on(page: bytes, end: int, limit: int, quote: bytes) -> bool:
    """Whether a tag with a quoted `>` may have many attributes behind that value."""
    closed = page.find(quote, end, limit)
    if closed < 0:
        return False
    stop = page.find(b">", closed)
    if stop < 0 or stop - closed > LONG:
        return True
    return _REST_OF_TAG.match(page, closed + 1, stop + LONG) is None
