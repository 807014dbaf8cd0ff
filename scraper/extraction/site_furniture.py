"""Furniture that was learnt from a site's kept pages (scraper.ingest.furniture), and its removal.

A block is known again by its text, but for its numbers, and by where it stands: apart from the
story's paragraphs (in a container of its own, or with a link) or among them.
"""

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence

from archive.identity import normalised
from archive.records import Furniture
from scraper.extraction.blocks import Block

RULE = "site_furniture"
"""Shown beside every text that is removed here."""
_NUMBER = re.compile(r"\d+")


def known_as(text: str) -> str:
    """Return a text as furniture is known: normalised, every number as 0.

    >>> known_as("Dibaca 1.203 kali")
    'Dibaca 0.0 kali'
    """
    return _NUMBER.sub("0", normalised(text))


def placed(found: Sequence[Block], known: Container[str] = ()) -> Iterator[tuple[Block, str, bool]]:
    """Yield the blocks of a page with what they are known as and whether they stand in its prose.

    Prose is what has the containers of most of the text, `known` furniture aside.
    """
    texts = [(block, known_as(block.text)) for block in found]
    sizes: Counter[str] = Counter()
    for block, text in texts:
        if text not in known:
            sizes[block.context] += len(block.text) - block.linked
    prose = max(sizes, key=sizes.__getitem__, default="")
    for block, text in texts:
        yield block, text, block.context == prose and not block.links


def parted(
    found: Sequence[Block], furniture: Furniture | None
) -> tuple[Sequence[Block], list[tuple[str, str]]]:
    """Return the blocks of a page that are its story's, and (rule, text) of the others."""
    if furniture is None:
        return found, []
    kept: list[Block] = []
    removed: list[tuple[str, str]] = []
    for block, text, in_prose in placed(found, furniture.blocks):
        in_both = furniture.blocks.get(text)
        if in_both is None or (in_prose and not in_both):
            kept.append(block)
        else:
            removed.append((RULE, block.text))
    return kept, removed
