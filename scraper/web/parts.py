"""What is longer than a page should be is shown in parts."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from markupsafe import escape

from scraper.web.view import Request

PART = 24_000
"""Bytes of a text that a page shows, as HTML; beside it there is room for the rest of a page."""
_PER_PIECE = 24
"""Bytes of the tags and line ends around one."""

Label = TypeVar("Label")
Item = TypeVar("Item")
Pieces = list[tuple[Label, str]]


def parts(pieces: Iterable[tuple[Label, str]], most: int = PART) -> list[Pieces[Label]]:
    """Return labelled pieces of text in parts of so many bytes of HTML; one that is longer is
    divided.

    >>> parts([("a", "one"), ("b", "two three")], most=60)
    [[('a', 'one'), ('b', 'two three')]]
    >>> parts([("a", "one"), ("b", "two three")], most=30)
    [[('a', 'one')], [('b', 'two ')], [('b', 'three')]]
    """
    found: list[Pieces[Label]] = [[]]
    room = most
    for label, text in pieces:
        for piece in _divided(text, most - _PER_PIECE):
            weight = _weight(piece) + _PER_PIECE
            if weight > room and found[-1]:
                found.append([])
                room = most
            found[-1].append((label, piece))
            room -= weight
    return found


def _divided(text: str, most: int) -> list[str]:
    """Return a text in pieces that are short enough whatever their characters are."""
    if _weight(text) <= most:
        return [text]
    middle = len(text) // 2
    return _divided(text[:middle], most) + _divided(text[middle:], most)


def _weight(text: str) -> int:
    return len(escape(text).encode(errors="replace"))


def shown(request: Request, found: Sequence[Item]) -> dict[str, Any]:
    """Return what a template needs of the part that a request names."""
    number = request.page_number(len(found), "part")
    return {"part": found[number - 1], "part_number": number, "all_parts": len(found)}
