"""Which words of two texts correspond: difflib where it is quick, else by words that occur once.

difflib's time grows with the square of the texts' length, and with the cube where words are
repeated; what remains between the anchors is compared by it only as far as that stays linear.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

ENOUGH = 10_000_000
"""Steps of difflib that two whole texts may need, a second at worst: stories of 1,000 words."""
STEPS_A_WORD = 300
"""Steps of difflib that a part between two anchors may need, per word."""
MAX_DEPTH = 8
"""Anchors within parts between anchors within ..."""

Words = Sequence[str]


class Run(NamedTuple):
    """Words of both texts: equal ones, or those that replace each other."""

    old: Words
    new: Words


def align(old: Words, new: Words) -> Iterator[Run]:
    """Yield runs of words, in order, that together are the two texts."""
    if _steps(old, new) <= ENOUGH:
        yield from _compared(old, new)
    else:
        yield from _aligned(old, new, limit=ENOUGH, depth=0)


def _compared(old: Words, new: Words) -> Iterator[Run]:
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for _tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        yield Run(old[old_from:old_to], new[new_from:new_to])


def _aligned(old: Words, new: Words, *, limit: int, depth: int) -> Iterator[Run]:
    """Split off what is equal at both ends, and align the rest."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    old_end, new_end = len(old) - tail, len(new) - tail
    yield Run(old[:head], new[:head])
    yield from _changed(old[head:old_end], new[head:new_end], limit=limit, depth=depth)
    yield Run(old[old_end:], new[new_end:])


def _changed(old: Words, new: Words, *, limit: int, depth: int) -> Iterator[Run]:
    if not old or not new:
        yield Run(old, new)
    elif _steps(old, new) <= limit:
        yield from _compared(old, new)
    elif depth == MAX_DEPTH or not (anchors := _anchors(old, new)):
        yield Run(old, new)
    else:
        old_from = new_from = 0
        for old_to, new_to in (*anchors, (len(old), len(new))):
            between = old[old_from:old_to], new[new_from:new_to]
            within = STEPS_A_WORD * (len(between[0]) + len(between[1]))
            yield from _aligned(*between, limit=within, depth=depth + 1)
            yield Run(old[old_to : old_to + 1], new[new_to : new_to + 1])
            old_from, new_from = old_to + 1, new_to + 1


def _steps(old: Words, new: Words) -> int:
    """Return an upper bound of difflib's work: as many searches as words, each over all pairs."""
    olds, news = Counter(old), Counter(new)
    pairs = sum(count * news[word] for word, count in olds.items())
    return min(len(old), len(new)) * (len(old) + pairs)


def _anchors(old: Words, new: Words) -> list[tuple[int, int]]:
    """Return the places of words that occur once in both texts, in the longest common order."""
    olds, news = Counter(old), Counter(new)
    places = {word: place for place, word in enumerate(new) if news[word] == 1}
    pairs = [
        (place, places[word])
        for place, word in enumerate(old)
        if olds[word] == 1 and word in places
    ]
    ends: list[int] = []
    """Place in the new text of the last pair of the best chain of each length."""
    last: list[int] = []
    """That pair's index."""
    before: list[int] = []
    for index, (_old, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [index]
    chain = []
    at = last[-1] if last else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]
