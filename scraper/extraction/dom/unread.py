"""What stands inside articles of all sites and is none of their prose: what readers cannot see,
and what they wrote themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from scraper.extraction.dom.selectors import Element, Index, text_content

MIN_PARAGRAPH = 80
"""Characters of a text that ends as a sentence: a paragraph, not a caption or a label."""

MAX_CLICKED = 0.3
"""Share of the paragraphs that classes hide; more is the rest of the story, shown by a click."""

_LENGTH = r"(?:px|em|rem|pt|%|vw|vh)?"
_UNSEEN = re.compile(
    rf"""
    (?<![\w-]) (?:
        display \s*:\s* none
        | visibility \s*:\s* (?:hidden|collapse)
        | (?:font-size|opacity|(?:max-)?(?:height|width)) \s*:\s* 0 (?:\.0+)? {_LENGTH} (?![\w.%])
        | (?:left|right|top|bottom|text-indent) \s*:\s* -\s*\d{{3,}}
        | clip \s*:\s* rect\(\s*[01](?:px)?[\s,]+[01](?:px)?
        | clip-path \s*:\s* inset\(\s*(?:50|100)%
        | transform \s*:\s* scale\(\s*0\s*\)
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_UNSEEN_CLASSES = frozenset(
    "sr-only visually-hidden visuallyhidden screen-reader-text screen-reader screenreader "
    "assistive-text is-hidden d-none hidden hide invisible".split()
)
_SHOWN_AGAIN = re.compile(
    r"\b(?:sm|md|lg|xl|xxl|2xl)[:-](?:block|inline|flex|grid|table)|-(?:block|inline|flex)\b"
    r"|\bfocusable\b"
)
"""Classes of what is hidden on small screens only."""
_COMMENTS = re.compile(
    r"(?:^|[\s_-])(?:comments?|komentar|disqus|livefyre|remark42|fbcomments)"
    r"(?:[_-]?(?:list|area|section|thread|box|wrap\w*|container|form|plugin|item|body|content))?"
    r"(?:\s|$)|disqus_thread|fb-comments|facebook-comments",
    re.IGNORECASE,
)
_NUMBER = r"\d{1,12}(?:[.,]\d{1,3}){0,3}\s?(?:rb|ribu|jt|juta|k|m)?\+?"
_COUNTED = (
    r"(?:kali|x|views?|viewers?|hits?|shares?|likes?|suka|komentar|comments?|votes?|voters?|suara"
    r"|pembaca|readers?|reads?|tayangan|penonton|klik|clicks?|reactions?|reaksi|tanggapan|pemilih)"
)
_COUNTING = (
    r"(?:(?:sudah|telah|total|jumlah)\s)?(?:dibaca|dilihat|ditonton|dibagikan|dikomentari|disukai"
    r"|diputar|diakses|views?|viewed|reads?|hits?|pembaca|pengunjung|shares?|likes?|komentar"
    r"|comments?|votes?|pemilih|suara|tayangan|reaksi)"
)
_ONE_COUNT = (
    rf"(?:{_COUNTING}\s?:?\s?(?:(?:oleh|sebanyak)\s)?[(\[]?{_NUMBER}[)\]]?"
    rf"(?:\s?(?:{_COUNTED}|times|orang|pengguna))?"
    rf"|{_NUMBER}\s?(?:orang\s)?(?:{_COUNTED}(?:\s(?:dibaca|dilihat|dibagikan))?|{_COUNTING}))"
)
COUNTS = rf"\W{{0,3}}{_ONE_COUNT}(?:[\s|•·,/–-]{{1,5}}{_ONE_COUNT}){{0,5}}\W{{0,3}}"
"""Pattern of numbers of readers, shares, comments or votes: they change, the story does not."""
_COUNTS_BESIDE = re.compile(
    rf"(?:^|[\s|•·(\[–-])\s*{_COUNTING}\s?:?\s?{_NUMBER}\s?(?:{_COUNTED})?"
    rf"(?=\W*(?:[|•·]|$))|[|•·(\[]\s?{_ONE_COUNT}\s?[)\]]?(?=\s*(?:[|•·]|$))",
    re.IGNORECASE,
)
_INLINE = frozenset("a abbr b big em font i mark small span strong sub sup u".split())
_NO_TEXT = frozenset("script style noscript template select button textarea figcaption a".split())
ENDS = ".!?…。！？।۔؟"
"""Characters that end a sentence, in any script."""
FULL_STOPS = ".。।۔"
"""Those of them that end a statement; a headline may end with a question."""
CLOSING = r"\"'”’)\]」』）"
"""What may stand behind them, as it stands in a set of a pattern."""
_STATEMENT = re.compile(rf"[{ENDS}][{CLOSING}]*$")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Characters of scripts that say in one what others say in two or three."""


def is_hidden(node: Element) -> bool:
    """Whether a node is hidden from readers by its own attributes."""
    hidden = node.get("hidden")
    if hidden is not None and hidden.lower() != "until-found":
        return True
    if node.get("aria-hidden") == "true" and node.tag not in _INLINE:
        return node.tag != "p" or not is_statement(text_content(node))  # behind a paywall's veil
    style = node.get("style")
    return style is not None and _UNSEEN.search(style) is not None


@lru_cache(maxsize=4096)
def _is_hidden_by_class(names: str) -> bool:
    if _UNSEEN_CLASSES.isdisjoint(names.split()):
        return False
    return _SHOWN_AGAIN.search(names) is None


@lru_cache(maxsize=4096)
def _holds_comments(names: str) -> bool:
    return _COMMENTS.search(names) is not None


def unread(root: Element, index: Index) -> set[Element]:
    """Return the nodes below one that are hidden, and the comments below its first prose."""
    found: set[Element] = set()
    by_class: set[Element] = set()
    comments: set[Element] = set()
    for node in root.iterdescendants("*"):
        if node in index.hiding and is_hidden(node):
            found.add(node)
        if classes := index.classes.get(node):
            if _is_hidden_by_class(classes):
                by_class.add(node)
            if _holds_comments(classes):
                comments.add(node)
        if (identity := index.ids.get(node)) and _holds_comments(identity):
            comments.add(node)
    if by_class and not _holds_most(root, by_class):
        found |= by_class
    if comments:
        first = next(paragraphs(root), None)
        around = set() if first is None else {first, *first.iterancestors()}
        found |= comments - around
    return found


def _holds_most(root: Element, nodes: set[Element]) -> bool:
    """Whether a good part of the prose is in nodes that a class hides: until a click, then."""
    prose = list(paragraphs(root))
    inside = [node for node in prose if not nodes.isdisjoint((node, *node.iterancestors()))]
    return len(inside) > 1 and len(inside) > MAX_CLICKED * len(prose)


def without_counts(text: str) -> str:
    """Remove numbers of readers, shares, comments or votes from the end of a field.

    >>> without_counts("Rina Wijaya | Dibaca 1.234 kali"), without_counts("Dibaca 20 desa lain")
    ('Rina Wijaya', 'Dibaca 20 desa lain')
    """
    if not any(map(str.isdigit, text)):
        return text
    if _COUNTS_BESIDE.search(text):
        return _COUNTS_BESIDE.sub(" ", text).strip(" |•·–-")
    return text


def paragraphs(root: Element) -> Iterator[Element]:
    """Yield the nodes below one, or itself, that directly hold a text that reads like prose."""
    for node in root.iter():
        if isinstance(node.tag, str) and node.tag not in _NO_TEXT and is_statement(node.text):
            yield node
        elif node is not root and is_statement(node.tail):
            yield cast("Element", node.getparent())


def is_statement(text: str | None) -> bool:
    """Whether a text is as long as a paragraph and ends as a sentence."""
    if text is None or 2 * len(text) < MIN_PARAGRAPH:
        return False
    stripped = text.strip()
    return (
        _STATEMENT.search(stripped, max(0, len(stripped) - 8)) is not None
        and reading_length(stripped, MIN_PARAGRAPH) >= MIN_PARAGRAPH
    )


def reading_length(text: str, enough: int) -> int:
    """Return the length of a text, a wide character counted twice unless it is long `enough`.

    >>> reading_length("Air naik.", 20), reading_length("水が引いた。", 20)
    (9, 11)
    """
    length = len(text)
    return length if length >= enough or text.isascii() else length + len(_WIDE.findall(text))
