"""Furniture that was learnt from a site's kept pages (scraper.ingest.furniture), and its removal.

A block is known again by its text and by where it stands: among the story's paragraphs, or apart
from them (in a container of its own, or with a link), where its numbers may differ.
"""

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from archive.identity import normalised
from archive.records import Furniture
from scraper.extraction.text.blocks import Block

RULE = "site_furniture"
"""Shown beside every text that is removed here."""
_NUMBER = re.compile(r"\d+")


class Names(NamedTuple):
    """What a block is known as."""

    in_prose: str
    """Its normalised text."""
    apart: str
    """The same with 0 for each number."""


def names_of(text: str) -> Names:
    """Return what a block with this text is known as.

    >>> names_of("Disimpan 1.203 kali").apart
    'Disimpan 0.0 kali'
    """
    plain = normalised(text)
    return Names(plain, _NUMBER.sub("0", plain))


def placed(
    found: Sequence[Block], known: Container[str] = ()
) -> Iterator[tuple[Block, Names, bool]]:
    """Yield the blocks of a page with what they are known as and whether they stand in its prose.

    Prose is what has the containers of most of the text, `known` furniture aside.
    """
    named = [(block, names_of(block.text)) for block in found]
    sizes: Counter[str] = Counter()
    for block, names in named:
        if not any(name in known for name in names):
            sizes[block.context] += len(block.text) - block.linked
    prose = max(sizes, key=sizes.__getitem__, default="")
    for block, names in named:
        yield block, names, block.context == prose and not block.links


def parted(
    found: Sequence[Block], furniture: Furniture | None
) -> tuple[Sequence[Block], list[tuple[str, str]]]:
    """Return the blocks of a page that are its story's, and (rule, text) of the others."""
    if furniture is None:
        return found, []
    known = furniture.blocks
    kept: list[Block] = []
    removed: list[tuple[str, str]] = []
    for block, names, in_prose in placed(found, known):
        if known.get(names.in_prose) or (names.apart in known and not in_prose):
            removed.append((RULE, block.text))
        else:
            kept.append(block)
    return kept, removed
