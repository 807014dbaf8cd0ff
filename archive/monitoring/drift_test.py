"""Does a run of articles depart from a site's own past? Pure statistics over yes and no; nothing
here reads an archive.

A redesign takes a field from nearly every new article at once; a weekend, or a run of photo
stories, shifts shares too. Both are told apart in four steps, and a departure has to pass all of
them:

- Like is compared with like: what is to be expected of an article is what the past articles nearest to it in length showed (matching by
  nearest neighbours), so that a run of photo stories is held against earlier photo stories.
- The tail is exact: the chance of so many or more is that of a sum of unequal yes and no (the Poisson binomial distribution, Hong 2013,
  doi:10.1016/j.csda.2012.10.006, by its recursion), each expectation at the upper end of Wilson's
  interval (Wilson 1927, doi:10.1080/01621459.1927.10502953), as the past is a sample, too. It has
  to be below ALPHA.
- The size counts, not only the certainty: MIN_RISE more of all articles, and the odds times MIN_ODDS. In thousands of crawls small shifts
  of a site's mix are certain, and mean nothing.
- The past had no such stretch: as many articles in a row, at any place of it, showed a smaller share.

No site is judged by fewer than MIN_PAST earlier articles, nor by a run of fewer than MIN_WINDOW.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import log, sqrt
from statistics import NormalDist

MIN_WINDOW = 8
MIN_PAST = 40
NEIGHBOURS = 40
"""Past articles that an article is compared with."""
ALPHA = 1e-4
"""Some 25 signs a layout are looked at in a crawl; the three other steps are stricter than this one
for all but rare signs.
"""
MIN_RISE = 0.3
MIN_ODDS = 8.0
_Z = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class Case:
    """One article, or one page: does it show the sign?"""

    shows: bool
    length: int | None = None
    """Characters of its text; None where there is none, or where length says nothing of the sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A sign that is far more frequent than it was."""

    count: int
    of: int
    usual: float
    """Share that was to be expected."""
    begins: int
    """Place in the window where it begins: from there on most show it."""


def wilson_upper(count: int, of: int, z: float = _Z) -> float:
    """Upper end of Wilson's interval, one-sided at 95 %.

    >>> round(wilson_upper(0, 40), 3), round(wilson_upper(20, 40), 3)
    (0.063, 0.626)
    """
    share = count / of
    middle = share + z * z / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return min(1.0, (middle + spread) / (1 + z * z / of))


def chance_of_at_least(count: int, chances: Sequence[float]) -> float:
    """Chance that at least so many of independent events happen.

    >>> round(chance_of_at_least(2, [0.5, 0.5, 0.5]), 3)
    0.5
    """
    below = [1.0] + [0.0] * (count - 1)  # below[k]: chance of exactly k so far, for k < count
    reached = 0.0
    for chance in chances:
        reached += below[-1] * chance
        below = [
            below[0] * (1 - chance),
            *(here * (1 - chance) + before * chance for before, here in pairwise(below)),
        ]
    return min(1.0, reached)


def departure(window: Sequence[Case], past: Sequence[Case]) -> Departure | None:
    """How the sign departs in `window` from `past`, both oldest first; None where it does not, or
    where there is too little of either.
    """
    if len(window) < MIN_WINDOW or len(past) < MIN_PAST:
        return None
    count, of = sum(case.shows for case in window), len(window)
    if count / of < MIN_RISE or count / of <= _worst_stretch(past, of):
        return None
    expected = _Expectation(past)
    counts = [expected.of(case.length) for case in window]
    usual = sum(shown / among for shown, among in counts) / of
    if count / of - usual < MIN_RISE or _odds(count, of) < MIN_ODDS * _odds(
        usual * len(past), len(past)
    ):
        return None
    if chance_of_at_least(count, [wilson_upper(shown, among) for shown, among in counts]) >= ALPHA:
        return None
    return Departure(count=count, of=of, usual=usual, begins=_beginning(window))


class _Expectation:
    """How many of the past articles of about a length showed the sign."""

    def __init__(self, past: Sequence[Case]) -> None:
        self._all = sum(case.shows for case in past), len(past)
        known = sorted(
            (log(case.length + 1), case.shows) for case in past if case.length is not None
        )
        self._lengths = [length for length, _ in known]
        self._shown = [0, *accumulate(shows for _, shows in known)]

    def of(self, length: int | None) -> tuple[int, int]:
        """(count, among how many)"""
        if length is None or len(self._lengths) < NEIGHBOURS:
            return self._all
        place = (
            bisect_left(self._lengths, log(length + 1))
            + bisect_right(self._lengths, log(length + 1))
        ) // 2
        start = max(0, min(place - NEIGHBOURS // 2, len(self._lengths) - NEIGHBOURS))
        return self._shown[start + NEIGHBOURS] - self._shown[start], NEIGHBOURS


def _odds(count: float, of: int) -> float:
    return (count + 0.5) / (of - count + 0.5)


def _worst_stretch(past: Sequence[Case], length: int) -> float:
    """The highest share among so many articles in a row, at most a quarter of the past."""
    length = min(length, len(past) // 4)
    sums = [0, *accumulate(case.shows for case in past)]
    return max(sums[end] - sums[end - length] for end in range(length, len(sums))) / length


def _beginning(window: Sequence[Case]) -> int:
    """Where the window's end begins in which those that show the sign outnumber the others most;
    else the first of them.
    """
    lead = best = 0
    begins = next(place for place, case in enumerate(window) if case.shows)
    for place in range(len(window) - 1, -1, -1):
        lead += 1 if window[place].shows else -1
        if lead > best:
            best, begins = lead, place
    return begins
