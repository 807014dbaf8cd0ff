"""Whether two articles are one text: the exact judgement over candidates, by rules that can be
read.

In four steps, each of which can say no:

1. Enough words to judge by.
2. Enough of them shared: of both texts (`similarity`), or nearly all of the shorter one (`containment`).
3. The same news on top. News is an inverted pyramid: a newsroom cuts from the end and adds background there, so novelty at the end is
   a cut or an addition, novelty at the top is another story. A site that runs yesterday's
   paragraphs under today's lead follows up on its own story; between sites, a new lead over the
   same text is what an editor does with wire copy.
4. The same facts in the same words (see `facts`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import accumulate, compress
from math import exp
from typing import Literal, Self

from archive.syndication.facts import Frames, frames, other_facts
from archive.syndication.shingles import MOST_CHARACTERS, WIDTH, shingles, words
from archive.syndication.signatures import FEWEST_WORDS

COPY = 0.8
"""Similarity from which on it is a copy: about one word in forty changed, or one paragraph in ten
cut.
"""

EDITED = 0.38
"""Similarity from which on it is an edited text: about one word in nine changed, or every third
paragraph rewritten. Two reporters at one event share their quotes and little else; of press
releases told in own words 0.36 and less is left.
"""

CONTAINED = 0.7
"""Share of the shorter text from which on it was cut from the longer one."""

EXCERPT = 0.6
"""Share of the longer text up to which the shorter one is called an excerpt: two fifths and more
were cut.
"""

SAME_TOP = 0.65
"""Share that both tops must have in the other text if two stories of one site are one story.
Repeats have 0.68 and more, follow-ups less than 0.6.
"""

OWN_TOP = 0.4
"""Share that one of the tops must have where the sites differ: one of them copied, and the other's
lead may be new. Where both leads are new, only background is shared.
"""

FADING = 80.0
"""Words after which a word's place on top counts e times less: two to three paragraphs."""

_WEIGHTS = tuple(exp(-place / FADING) for place in range(round(6 * FADING)))
"""Beyond, a word weighs a four-hundredth of the first."""
_TOTALS = tuple(accumulate(_WEIGHTS))

_SUFFIXES = frozenset(
    ("www", "com", "co", "id", "net", "org", "or", "go", "ac", "web", "my", "tv", "news", "info")
)

Side = Literal["a", "b"]
Relation = Literal["copy", "edited", "excerpt"]


@dataclass(frozen=True, kw_only=True)
class Text:
    """An article, prepared for comparing."""

    site: str
    published_at: datetime | None = None
    """Aware."""
    agency: str | None = None
    """The wire service that the text credits."""
    length: int
    """Words read."""
    run: tuple[int, ...] = field(repr=False)
    """Shingles of the body in their order; the headline is left out, as every newsroom writes its
    own.
    """
    shingles: frozenset[int] = field(repr=False)
    body: str = field(repr=False)

    @classmethod
    def of(
        cls,
        body: str,
        *,
        site: str,
        published_at: datetime | None = None,
        agency: str | None = None,
    ) -> Self:
        """Read a body; takes about a millisecond."""
        found = words(body)
        run = shingles(found)
        return cls(
            site=site,
            published_at=published_at,
            agency=agency,
            length=len(found),
            run=run,
            shingles=frozenset(run),
            body=body[:MOST_CHARACTERS],
        )

    @cached_property
    def frames(self) -> Frames:
        """Where its facts stand; half of the time that reading takes, and few comparisons come so
        far.
        """
        return frames(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What two texts have to do with each other."""

    relation: Relation
    similarity: float
    """Jaccard: shared shingles of all."""
    containment_a: float
    """Share of a's shingles that b has too."""
    containment_b: float
    excerpt: Side | None = None
    """Which text was cut from the other one."""
    first: Side | None = None
    """Which was published first; None where a time is missing or both are the same."""
    same_site: bool
    """A repeat, rather than syndication."""

    def reversed(self) -> Link:
        """The same link seen from the other text."""
        return replace(
            self,
            containment_a=self.containment_b,
            containment_b=self.containment_a,
            excerpt=_other_side(self.excerpt),
            first=_other_side(self.first),
        )


def compare(a: Text, b: Text, *, same_site: bool | None = None) -> Link | None:
    """How the two are linked; None for different stories. `compare(b, a)` is the same link,
    reversed.

    `same_site` says whether one newsroom ran both, where the texts' own sites do not.
    """
    if min(a.length, b.length) < FEWEST_WORDS:
        return None
    found = measure(a, b)
    similarity, containment_a, containment_b = found.similarity, found.containment, found.of_other
    relation = _relation(similarity, *sorted((containment_a, containment_b)))
    if same_site is None:
        same_site = newsroom(a.site) == newsroom(b.site)
    if (
        relation is None
        or not _same_news(a, b, same_site=same_site)
        or other_facts(a.frames, b.frames)
    ):
        return None
    return Link(
        relation=relation,
        similarity=similarity,
        containment_a=containment_a,
        containment_b=containment_b,
        excerpt=None if relation != "excerpt" else "a" if containment_a > containment_b else "b",
        first=_first(a.published_at, b.published_at),
        same_site=same_site,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How much two texts share, whatever it means."""

    similarity: float
    containment: float
    """Share of the first one's shingles that the other one has."""
    of_other: float
    """Share of the other one's shingles that the first one has."""


def measure(a: Text, b: Text) -> Measure:
    """How much of `a` stands in `b`; nothing for an empty text."""
    shared = len(a.shingles & b.shingles)
    union = len(a.shingles) + len(b.shingles) - shared
    return Measure(
        similarity=shared / union if union else 0.0,
        containment=shared / len(a.shingles) if a.shingles else 0.0,
        of_other=shared / len(b.shingles) if b.shingles else 0.0,
    )


def relation_of(found: Measure) -> Relation:
    """What a measure is called between members of one cluster, which a third text may have brought
    together.
    """
    return _relation(found.similarity, *sorted((found.containment, found.of_other))) or "edited"


@lru_cache(maxsize=1024)
def newsroom(site: str) -> str:
    """The site without what does not tell newsrooms apart.

    >>> newsroom("www.Detik.com"), newsroom("bola.kompas.com"), newsroom("Liputan 6")
    ('detik', 'kompas', 'liputan6')
    """
    parts = [part for part in site.lower().replace(" ", "").replace("-", "").split(".") if part]
    return next((part for part in reversed(parts[:-1] or parts) if part not in _SUFFIXES), site)


def _relation(similarity: float, of_longer: float, of_shorter: float) -> Relation | None:
    if similarity >= COPY:
        return "copy"
    if of_shorter >= CONTAINED and of_longer <= EXCERPT:
        return "excerpt"
    return "edited" if similarity >= EDITED else None


def _same_news(a: Text, b: Text, *, same_site: bool) -> bool:
    """Whether the news on top of the texts, as far as the shorter one goes, is the other's too."""
    depth = min(a.length, b.length)
    tops = _shared_top(a, b.shingles, depth), _shared_top(b, a.shingles, depth)
    return min(tops) >= SAME_TOP if same_site else max(tops) >= OWN_TOP


def _shared_top(text: Text, others: frozenset[int], depth: int) -> float:
    """Share of the first `depth` words that stand in a shared shingle, each weighed by its place."""
    depth = min(depth, len(_WEIGHTS))
    found = [shingle in others for shingle in text.run[:depth]] + [False] * (depth - len(text.run))
    within = map(any, zip(*([False] * later + found for later in range(WIDTH)), strict=False))
    return sum(compress(_WEIGHTS, within)) / _TOTALS[depth - 1]


def _first(a: datetime | None, b: datetime | None) -> Side | None:
    if a is None or b is None or a == b:
        return None
    return "a" if a < b else "b"


def _other_side(side: Side | None) -> Side | None:
    return None if side is None else "b" if side == "a" else "a"
