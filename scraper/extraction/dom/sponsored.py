"""Whether a page says that its text is sponsored: an advertorial, no reporting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

EDGE = 3
"""Paragraphs at the beginning and the end of a text in which its label is looked for."""

_KIND = (
    r"advertorials?|adv|sponsored(?:\s+(?:content|post|article|by\b.{0,40}))?"
    r"|brand(?:ed)?\s+content"
    r"|infotorial|pariwara|native\s+ad(?:vertising|s)?|paid\s+(?:content|post|partnership)"
    r"|partner(?:ed)?\s+content|promoted(?:\s+content)?"
    r"|(?:konten|artikel|berita)\s+(?:bersponsor|sponsor|berbayar|promosi|kerja\s?sama|iklan)"
)
_LABEL = re.compile(rf"^\W{{0,3}}(?:{_KIND})\W{{0,3}}$", re.IGNORECASE)
_IN_HEADLINE = re.compile(
    rf"^[\[(]?(?:{_KIND})\s*[\])|:–—]|[\[(](?:{_KIND})[\])]$|\|\s*(?:{_KIND})$", re.IGNORECASE
)
_AT_END = re.compile(r"[\[(](?:adv|advertorial|infotorial|pariwara)[\])]\W{0,2}$", re.IGNORECASE)
_NOTE = re.compile(
    r"^\W{0,3}(?:artikel|konten|tulisan|berita|naskah)\s+ini\s+"
    r"(?:adalah|merupakan|hasil|ditulis|dibuat)\b"
    r".{0,80}\b(?:kerja\s?sama|advertorial|berbayar|bersponsor|sponsor|iklan|promosi)\b"
    r"|^\W{0,3}(?:konten|artikel)\s+(?:hasil\s+)?kerja\s?sama\b",
    re.IGNORECASE,
)


def is_label(text: str | None) -> bool:
    """Whether a line, a section or a byline is nothing but such a label.

    >>> [is_label(text) for text in ("Advertorial", "[Brand Content]", "Advertorial dibahas DPR")]
    [True, True, False]
    """
    return text is not None and len(text) <= 80 and _LABEL.match(text) is not None


def in_headline(headline: str | None) -> bool:
    """Whether a headline has such a label before or behind it."""
    return headline is not None and _IN_HEADLINE.search(headline) is not None


def in_text(paragraphs: Sequence[str]) -> bool:
    """Whether the paragraphs of a text begin or end with such a label, or a note like it."""
    edges = (*paragraphs[:EDGE], *paragraphs[-EDGE:])
    first_and_last = (*paragraphs[:1], *paragraphs[-2:])
    return (
        any(map(is_label, first_and_last))
        or any(_NOTE.search(text) for text in edges)
        or any(_AT_END.search(text) for text in paragraphs[-EDGE:])
    )


def any_label(lines: Iterable[str | None]) -> bool:
    """Whether any of the lines around a text is such a label."""
    return any(map(is_label, lines))
