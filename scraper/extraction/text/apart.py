"""What stands within a text and is none of it: widgets, boxes, quotations that are shown twice, and
what is said about the authors below.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

from scraper.extraction.dom.limits import MAX_CONTEXTS
from scraper.extraction.dom.unread import FULL_STOPS, reading_length
from scraper.extraction.dom.widgets import is_widget
from scraper.extraction.text.blocks import Block
from scraper.extraction.text.boilerplate import is_unlinked_statement

MIN_KEPT = 0.85
"""Share of the article's text that must remain when containers are removed from it; below, they are
the article's own mark-up.
"""
PULL_QUOTES = (60, 300)
"""Characters of a quotation that is shown apart from the paragraph that has it, too; a shorter one
may be a heading.
"""
MAX_SUSPECTS = 100
"""Paragraphs of a text that are compared with all others."""
MAX_BELOW = 3
"""Paragraphs at the end of a text that may be about its authors."""
MAX_BIO = 600
"""Characters of such a paragraph."""

_OWN_WORDS = re.compile(
    r"[\"'“”‘«]|\W*(?:ralat|koreksi|klarifikasi|hak jawab|catatan|update)\b", re.IGNORECASE
)
"""How quotations and the publisher's notes on the text begin: both may be short."""
_TO_READERS = re.compile(
    r"\b(?:anda|kamu|daftar|gratis|unduh|(?:ber)?langganan|klik|ikuti|aplikasi|surel|e-?mail"
    r"|newsletter|donasi|dukung)\b",
    re.IGNORECASE,
)
"""Words of what a publisher offers its readers."""
_CLOSING = "\"'”’)]」』）"
_QUOTATION = " .,\"'“”‘’„«»「」『』"
_CONTACT = re.compile(r"(?<!\w)@\w|\w@\w|\btwitter\b", re.IGNORECASE)


def without_apart(
    found: Sequence[Block], authors: Sequence[str]
) -> tuple[list[Block], list[tuple[str, str]]]:
    """Return the story's own paragraphs, and (rule, text) of the others."""
    widgets, boxes = _widgets(found), _boxes(found)
    kept, removed = without(lambda block: block.context in widgets, found)
    kept, boxed = without(lambda block: block.context in boxes, kept)
    quotes, bios = _pull_quotes(kept), _bios(kept, authors)
    taken = {"widget": (*removed, *boxed), "pull_quote": quotes, "author_bio": bios}
    aside = set(map(id, (*quotes, *bios)))
    return (
        [block for block in kept if id(block) not in aside],
        [(rule, block.text) for rule, blocks in taken.items() for block in blocks],
    )


def without(
    suspect: Callable[[Block], bool], found: Sequence[Block]
) -> tuple[list[Block], list[Block]]:
    """Split into prose and the paragraphs that are suspect for the containers they stand in.

    Where that would remove too much of the article, all of it stays. Rows of tables stay, too:
    tables have containers of their own.
    """
    kept: list[Block] = []
    apart: list[Block] = []
    for block in found:
        if block.kind != "row" and suspect(block):
            apart.append(block)
        else:
            kept.append(block)
    lost = sum(len(block.text) for block in apart)
    if lost > (1 - MIN_KEPT) * sum(len(block.text) for block in found):
        return list(found), []
    return kept, apart


def _boxes(found: Sequence[Block]) -> set[str]:
    """Return the contexts of containers within the text that hold no statement: boxes of a site.

    One that stands there several times is the story's own mark-up, one that holds nothing but a
    heading the story's, too. Of 290 pages of unknown publishers seven gain by it, one loses.
    """
    boxes: dict[str, list[Block]] = {}
    runs: Counter[str] = Counter()
    outer = ""
    for block in found:
        if not block.is_apart or not f"{block.context} ".startswith(f"{outer} "):
            outer = block.context
            runs[outer] += 1
        boxes.setdefault(outer, []).append(block)
    return {
        block.context
        for outer, held in boxes.items()
        if runs[outer] == 1 and not any(map(_is_own, held)) and not _is_heading(held)
        for block in held
    }


def _is_heading(held: Sequence[Block]) -> bool:
    return all(block.kind == "heading" for block in held)


def _is_own(block: Block) -> bool:
    """Whether a paragraph is the story's own, whatever it stands in."""
    if not block.is_apart or is_unlinked_statement(block) or block.kind == "row":
        return True
    is_sentence = block.kind == "p" and block.text.rstrip(_CLOSING).endswith((*FULL_STOPS,))
    if is_sentence and not block.is_link and not _TO_READERS.search(block.text):
        return True
    return _OWN_WORDS.match(block.text) is not None


def _widgets(found: Sequence[Block]) -> set[str]:
    """Return the contexts of paragraphs that are widgets'; of endless ones the first are judged."""
    contexts = dict.fromkeys(block.context for block in found if block.context)
    return set(filter(is_widget, islice(contexts, MAX_CONTEXTS)))


def _pull_quotes(found: Sequence[Block]) -> list[Block]:
    """Return the quotations that stand apart and that a paragraph of the story holds, too."""
    suspects = list(islice(filter(_may_be_pull_quote, found), MAX_SUSPECTS))
    return [quote for quote in suspects if any(_holds(other, quote) for other in found)]


def _may_be_pull_quote(block: Block) -> bool:
    least, most = PULL_QUOTES
    is_set_apart = block.kind == "p" and (block.is_quote or block.is_apart)
    return is_set_apart and len(block.text) <= most and reading_length(block.text, least) >= least


def _holds(other: Block, quote: Block) -> bool:
    """Whether a paragraph around the place of a quotation says, among other things, the same."""
    is_around = not other.context or f"{quote.context} ".startswith(f"{other.context} ")
    is_elsewhere = other.context != quote.context and is_around
    if not is_elsewhere and (other.is_quote or not quote.is_quote):
        return False
    return len(other.text) > len(quote.text) and quote.text.strip(_QUOTATION) in other.text


def _bios(found: Sequence[Block], authors: Sequence[str]) -> list[Block]:
    """Return the paragraphs at the end of a text that begin with the name of an author who is none
    of its persons, or have an author's name and an address: all of the six such pages of the Fundus
    and scrapinghub sets gain by it.
    """
    names = "|".join(re.escape(name) for name in authors if " " in name)
    if not names:
        return []
    named = re.compile(rf"(?<!\w)(?:{names})(?!\w)", re.IGNORECASE)
    end = max(1, len(found) - MAX_BELOW)
    is_person = any(named.search(block.text) for block in found[:end])
    bios = []
    for block in found[end:]:
        if len(block.text) <= MAX_BIO and _is_bio(block.text, named, is_person=is_person):
            bios.append(block)
        else:
            is_person = is_person or named.search(block.text) is not None
    return bios


def _is_bio(text: str, named: re.Pattern[str], *, is_person: bool) -> bool:
    """Whether a paragraph is about an author, who may be a person of the story."""
    name = named.search(text)
    if name is None:
        return False
    begins = not text[: name.start()].strip(_QUOTATION)
    return (begins and not is_person) or _CONTACT.search(text) is not None
