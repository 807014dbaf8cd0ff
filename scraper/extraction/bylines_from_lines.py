"""The visible lines around the prose: byline and date stand between headline and text at every
site, whatever their class is called.

Asked last, where the profile's selectors, JSON-LD and meta tags told nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import islice

from scraper.extraction.bylines import Byline, name_before_date, read_byline
from scraper.extraction.dates import parse_visible
from scraper.extraction.selectors import Element
from scraper.extraction.tree import text_of

MAX_LINE = 160
"""Characters; a longer line is prose, a caption or a list."""
MAX_NODES = 80
"""Nodes looked at on each side."""

_LABELLED = re.compile(
    r"^\W{0,3}(?:rep(?:orter)?|laporan|report|penulis|kontributor|pewarta|oleh|by|red(?:aktur)?|editor|penyunting)\s*:",
    re.IGNORECASE,
)
_EDITED = re.compile(r"^\W{0,3}(?:editor|redaktur|penyunting|red)\s*:", re.IGNORECASE)


def lines_above(tree: Element, body: Element) -> list[str]:
    """Short lines between the last h1 before the prose and the prose, outermost first."""
    nodes: list[Element] = []
    for node in tree.iter():
        if node is body:
            break
        if node.tag == "h1":
            nodes.clear()
        elif (
            isinstance(node.tag, str)
            and node.tag not in ("script", "style", "a", "img")
            and len(nodes) < MAX_NODES
        ):
            nodes.append(node)
    lines = (text_of(node) for node in nodes if len(node.text_content()) <= 4 * MAX_LINE)
    return [line for line in lines if 3 < len(line) <= MAX_LINE]


def lines_below(body: Element) -> Iterator[str]:
    """Short lines after the prose, in order."""
    for node in islice(body.itersiblings(), 12):
        line = text_of(node) if isinstance(node.tag, str) else ""
        if 3 < len(line) <= MAX_LINE:
            yield line


def date_in(lines: list[str], zone: tzinfo) -> datetime | None:
    """The first date with a time of day."""
    return next(filter(None, (parse_visible(line, zone) for line in lines)), None)


def byline_in(above: list[str], below: Iterator[str], newsroom: tuple[str, ...]) -> Byline:
    """The people that a labelled line names, or one with a name and a date; below the text only
    editors.
    """
    lines = (line if _LABELLED.match(line) else name_before_date(line) for line in above)
    first = next((read_byline(line, newsroom=newsroom) for line in lines if line), Byline())
    last = next(
        (read_byline(line, newsroom=newsroom) for line in below if _EDITED.match(line)), Byline()
    )
    return Byline(authors=first.authors, editors=first.editors or last.editors)
