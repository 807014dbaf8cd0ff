"""Whether two articles are one text: the exact judgement of a pair of candidates.

A pair has to pass four checks:

1. Both have enough words to judge by.
2. They share enough of them: of both texts (`similarity`), or nearly all of the shorter one
   (`containment`).
3. The news at the top is the same. News is an inverted pyramid: an editor cuts from the end and
   adds background there, so novelty at the end is a cut or an addition, novelty at the top another
   story. A site that runs yesterday's paragraphs under today's lead follows up on its own story;
   between sites, a new lead over the same text is what an editor does with wire copy.
4. Numbers and names in the same context are the same (see `facts`).
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate, compress
from math import exp
from typing import Literal, Self

from archive.syndication.facts import Frames, frames, other_facts
from archive.syndication.signatures import MAX_CHARACTERS, MIN_WORDS, WIDTH, shingles, words

COPY = 0.8
"""Minimum similarity of a copy: about one word in forty changed, or one paragraph in ten cut."""

EDITED = 0.38
"""Minimum similarity of an edited text: about one word in nine changed, or every third paragraph
rewritten. Two reporters at one event share their quotes and little else; press releases retold in
other words have 0.36 and less.
"""

CONTAINED = 0.7
"""Minimum share of the shorter text found in the longer one if it was cut from it."""

EXCERPT = 0.6
"""Maximum share of the longer text found in an excerpt: two fifths and more were cut."""

SAME_TOP = 0.65
"""Minimum share of both tops found in the other text, for two stories of one site to be one story.
Repeats have 0.68 and more, follow-ups less than 0.6.
"""

OWN_TOP = 0.4
"""Minimum share of one of the tops if the sites differ: one of them copied, and the other's lead
may be new. If both leads are new, only background is shared.
"""

FADING = 80.0
"""Words after which a word's weight in the top has fallen to 1/e: two to three paragraphs."""

_WEIGHTS = tuple(exp(-place / FADING) for place in range(round(6 * FADING)))
"""Beyond, a word would weigh a four-hundredth of the first."""
_TOTALS = tuple(accumulate(_WEIGHTS))

_SUFFIXES = frozenset("www com co id net org or go ac web my tv news info".split())

Relation = Literal["copy", "edited", "excerpt"]


@dataclass(frozen=True, kw_only=True)
class Text:
    """An article, prepared for comparison."""

    length: int
    """Number of words, at most MAX_WORDS."""
    run: Sequence[int] = field(repr=False)
    """Shingles of the body in order, without the headline, which every publisher writes itself;
    eight bytes each.
    """
    body: str = field(repr=False)

    @classmethod
    def of(cls, body: str) -> Self:
        """Prepare a body; takes about a millisecond."""
        found = words(body)
        return cls(length=len(found), run=array("Q", shingles(found)), body=body[:MAX_CHARACTERS])

    @cached_property
    def shingles(self) -> frozenset[int]:
        """The run as a set; lazy, as most texts are compared with none."""
        return frozenset(self.run)

    @cached_property
    def frames(self) -> Frames:
        """Numbers and names by context; lazy, as it takes half the time and is rarely needed."""
        return frames(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How many shingles one text shares with another one, as shares from 0 to 1."""

    similarity: float
    """Jaccard similarity."""
    containment: float
    """Share of its own shingles found in the other one."""
    of_other: float
    """Share of the other one's shingles found in it."""

    @property
    def relation(self) -> Relation | None:
        """What texts that share so much are to each other; None for too little."""
        of_longer, of_shorter = sorted((self.containment, self.of_other))
        if self.similarity >= COPY:
            return "copy"
        if of_shorter >= CONTAINED and of_longer <= EXCERPT:
            return "excerpt"
        return "edited" if self.similarity >= EDITED else None


WHOLE = Overlap(similarity=1.0, containment=1.0, of_other=1.0)
"""Overlap of equal texts."""


def compare(a: Text, b: Text, *, same_site: bool) -> Overlap | None:
    """Return the overlap of `a` with `b` if they are one text, None for different stories.

    `same_site`: whether one publisher ran both. `compare(b, a)` is the reverse.
    """
    shared = overlap(a, b)
    linked = (
        min(a.length, b.length) >= MIN_WORDS
        and shared.relation is not None
        and _same_news(a, b, same_site=same_site)
        and not other_facts(a.frames, b.frames)
    )
    return shared if linked else None


def overlap(a: Text, b: Text) -> Overlap:
    """Return how many shingles `a` shares with `b`; zeros for an empty text."""
    shared = len(a.shingles & b.shingles)
    return Overlap(
        similarity=shared / max(1, len(a.shingles) + len(b.shingles) - shared),
        containment=shared / max(1, len(a.shingles)),
        of_other=shared / max(1, len(b.shingles)),
    )


@lru_cache(maxsize=1024)
def publisher(site: str) -> str:
    """Reduce a site's name to the part that identifies its publisher.

    >>> publisher("www.Detik.com"), publisher("bola.kompas.com"), publisher("Liputan 6")
    ('detik', 'kompas', 'liputan6')
    """
    parts = [part for part in site.lower().replace(" ", "").replace("-", "").split(".") if part]
    return next((part for part in reversed(parts[:-1] or parts) if part not in _SUFFIXES), site)


def _same_news(a: Text, b: Text, *, same_site: bool) -> bool:
    """Whether the texts share their top, as far down as the shorter one goes."""
    depth = min(a.length, b.length)
    tops = _shared_top(a, b.shingles, depth), _shared_top(b, a.shingles, depth)
    return min(tops) >= SAME_TOP if same_site else max(tops) >= OWN_TOP


def _shared_top(text: Text, others: frozenset[int], depth: int) -> float:
    """Return the weighted share of the first `depth` words that lie in a shared shingle."""
    depth = min(depth, len(_WEIGHTS))
    found = [shingle in others for shingle in text.run[:depth]] + [False] * (depth - len(text.run))
    within = map(any, zip(*([False] * later + found for later in range(WIDTH)), strict=False))
    return sum(compress(_WEIGHTS, within)) / _TOTALS[depth - 1]
