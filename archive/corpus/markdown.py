"""Tables of Markdown, from cells that are Markdown already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archive.corpus.lettering import longest_run


def table(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """A table; columns of numbers and shares are aligned to the right and get thousands separators.

    >>> print(table(["site", "documents"], [["kabar", 1200]]))
    | site | documents |
    |---|---:|
    | kabar | 1,200 |
    """
    listed = [list(row) for row in rows]
    rules = ["---:" if listed and all(_is_number(row[place]) for row in listed) else "---" for place in range(len(header))]
    lines = [
        _line(header),
        f"|{'|'.join(rules)}|",
        *(_line([f"{cell:,}" if isinstance(cell, int) else cell for cell in row]) for row in listed),
    ]
    return "\n".join(lines)


def fenced(text: str, language: str) -> str:
    """A block of code that nothing in the text can close."""
    fence = "`" * max(3, longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _is_number(cell: str | int) -> bool:
    return isinstance(cell, int) or cell.endswith(" %")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
