"""Wraps prose at words, by the columns that its letters take on a terminal."""

import os
import re
from collections.abc import Iterator
from typing import TextIO

from rich.cells import cell_len, chop_cells

_WORDS = re.compile(r"[^\S\xa0]*[\S\xa0]+")


def wrapped(text: str, width: int, *, indent: str = "", fold: bool = True) -> list[str]:
    r"""Return the text in lines of at most `width` columns, broken at spaces only.

    Lines after the first begin with `indent`; `fold` breaks words that are longer than a line.
    No-break spaces hold words together, and become spaces.

    >>> wrapped("Saluran irigasi dibersihkan", 16)
    ['Saluran irigasi', 'dibersihkan']
    >>> wrapped("- Saluran irigasi", 12, indent="  ")
    ['- Saluran', '  irigasi']
    >>> wrapped("irigasi", 4), wrapped("irigasi", 4, fold=False)
    (['irig', 'asi'], ['irigasi'])
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _lines(paragraph, max(width, len(indent) + 2), indent, fold=fold)
    return [line.replace("\xa0", " ") for line in lines]


def _words(paragraph: str, width: int) -> Iterator[str]:
    """Yield the words with the spaces before them, held together only where that fits."""
    for words in _WORDS.findall(paragraph):
        fits = "\xa0" not in words or cell_len(words.strip()) <= width
        yield from [words] if fits else re.findall(r"\s*\S+", words)


def _lines(paragraph: str, width: int, indent: str, *, fold: bool) -> Iterator[str]:
    line = ""
    for word in _words(paragraph, width - len(indent)):
        if cell_len(line) + cell_len(word) <= width:
            line += word
            continue
        if line.strip():
            yield line
            line = indent
        line += word.strip() if line == indent else word
        while fold and cell_len(line) > width:
            piece, *rest = chop_cells(line, width)
            yield piece
            line = indent + "".join(rest)
    yield line.rstrip()


def width(stream: TextIO) -> int:
    """Return the columns of a terminal: those of $COLUMNS, else its own, else 80."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named):
        return int(named)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
