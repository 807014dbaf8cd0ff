"""The facts of a text, its numbers and names, each in the frame of the words around it.

Prayer times, exchange rates, counts and weather are reported in the same words every day; only what
fills the frames differs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from archive.identity import normalised
from archive.syndication.signatures import MAX_CHARACTERS, NUMBER, WORD

FRAME = 2
"""Words on each side that make a frame. With one, "pada ... di" would bring the years of two unlike
sentences together.
"""

CHANGED_NUMBERS = 0.15
"""Share of the common frames with numbers that hold other numbers, above which it is another day's
story. Copies keep the numbers of what they copy, and at most correct one; templates change a third
and more.
"""

CHANGED_NAMES = 0.35
"""As CHANGED_NUMBERS, for names: a copy may spell one differently or add a title."""

MIN_CHANGED = 2
"""One changed number among others may be a correction."""

_DAYS = frozenset("senin selasa rabu kamis jumat jum'at sabtu minggu ahad".split())
_MONTHS = {
    name: str(number)
    for number, names in enumerate(
        (
            "januari jan, februari feb, maret mar, april apr, mei, juni jun, juli jul,"
            " agustus agu agt, september sep, oktober okt, november nov, desember des"
        ).split(","),
        start=1,
    )
    for name in names.split()
}
_ITEM = re.compile(rf'({NUMBER})|({WORD})|[.?!:"\n]')

Frame = tuple[tuple[str, ...], tuple[str, ...]]
"""The words before and after; `#` replaces those that are facts themselves."""


@dataclass(slots=True, kw_only=True)
class Slot:
    """The facts found in a frame, over all its occurrences."""

    numbers: set[str] = field(default_factory=set)
    """Numbers, days of the week, and months as numbers."""
    names: set[str] = field(default_factory=set)
    """Capitalised words that do not begin a sentence, in lower case."""


Frames = Mapping[Frame, Slot]


def frames(text: str) -> Frames:
    """Return the slots of a text by frame; consecutive numbers and names share a slot.

    >>> found = frames("Harga cabai naik 12 persen pekan ini.")
    >>> [(before, slot.numbers, after) for (before, after), slot in found.items()]
    [(('cabai', 'naik'), {'12'}, ('persen', 'pekan'))]
    """
    runs = list(_runs(text))
    shape = tuple("#" if facts else word for word, facts in runs)
    found: dict[Frame, Slot] = {}
    for at, (_word, facts) in enumerate(runs):
        if facts:
            frame = shape[max(0, at - FRAME) : at], shape[at + 1 : at + 1 + FRAME]
            slot = found.setdefault(frame, Slot())
            numbers = {fact for fact in facts if fact[0].isdigit() or fact in _DAYS}
            slot.numbers |= numbers
            slot.names |= facts - numbers
    return found


def other_facts(one: Frames, other: Frames) -> bool:
    """Whether the common frames of two texts hold different numbers or names: one template, two
    stories.

    A date may be written shorter ("6/3" and "6 Maret 2026"): numbers differ if neither text has all
    that the other has.
    """
    numbers, names = [], []
    for frame in one.keys() & other.keys():
        a, b = one[frame], other[frame]
        if a.numbers and b.numbers:
            numbers.append(not (a.numbers <= b.numbers or b.numbers <= a.numbers))
        elif a.names and b.names:
            names.append(a.names.isdisjoint(b.names))
    return _changed(numbers, CHANGED_NUMBERS) or _changed(names, CHANGED_NAMES)


def _changed(differ: list[bool], share: float) -> bool:
    return sum(differ) >= min(MIN_CHANGED, len(differ)) and sum(differ) > share * len(differ)


def _runs(text: str) -> Iterator[tuple[str, set[str]]]:
    """Yield (word, no facts) for each plain word, ("", facts) for each run of facts."""
    for is_fact, items in groupby(_items(text), key=lambda item: item[0]):
        if is_fact:
            yield "", {word for _is_fact, word in items}
        else:
            yield from ((word, set()) for _is_fact, word in items)


def _items(text: str) -> Iterator[tuple[bool, str]]:
    """Yield each word in lower case with whether it is a fact."""
    opening, after_number = True, False
    for found in _ITEM.finditer(_lines(text)):
        number, word = found.groups()
        if number:
            yield True, number.replace(":", ".").lstrip("0") or "0"
        elif word:
            lower = word.lower()
            month = _MONTHS.get(lower) if after_number else None
            yield month is not None or (word[0].isupper() and not opening), month or lower
        opening, after_number = not (number or word), bool(number)


def _lines(text: str) -> str:
    return "\n".join(normalised(line) for line in text[:MAX_CHARACTERS].split("\n"))
