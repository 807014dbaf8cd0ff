"""A test for drift: is a sign more frequent in a window of articles than in a reference before it?

A redesign takes a field from nearly every new article at once; a weekend or a run of photo stories
shifts shares, too. An increase is reported only if it passes four checks:

- Precedent: no stretch of the reference that is as long as the window had such a share.
- Like with like: the expected share of an article is that of the NEIGHBOURS reference articles
  nearest in length, so that photo stories are compared with photo stories.
- Size: the share rises by MIN_RISE and the odds MIN_ODDS times. Over thousands of crawls, small
  shifts of a site's mix are significant and mean nothing.
- Significance: the exact p-value is below ALPHA. The count is a sum of independent, unequal
  Bernoulli trials (Poisson binomial distribution, Hong 2013, doi:10.1016/j.csda.2012.10.006). Each
  expected share is taken at the upper end of Wilson's interval, as the reference is a sample, too.

Pure statistics over booleans; nothing here reads an archive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import accumulate
from math import sqrt
from statistics import NormalDist, fmean
from typing import NamedTuple

MIN_SAMPLE = 8
"""Fewer observations than this in the window are not tested."""
MIN_REFERENCE = 40
"""Fewer observations than this in the reference are no basis for a test."""
NEIGHBOURS = 40
ALPHA = 1e-4
"""A crawl tests about 25 signs per layout; except for rare signs the other checks are stricter."""
MIN_RISE = 0.3
MIN_ODDS = 8.0
_Z = NormalDist().inv_cdf(0.95)


class Observation(NamedTuple):
    """Whether one article or page shows the sign."""

    positive: bool
    length: int | None = None
    """Characters of the text; None if there is no text or length does not matter for the sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Increase:
    """A sign that is far more frequent in the window than in the reference."""

    count: int
    """Observations of the window that show the sign."""
    total: int
    """Observations of the window."""
    expected: float | None
    """Share expected from the reference, 0 to 1; None without a reference."""
    start: int
    """Index in the window of the observation from which most show the sign."""


def find_increase(
    window: Sequence[Observation], reference: Sequence[Observation]
) -> Increase | None:
    """Test the window against the reference, both oldest first; None if nothing is found."""
    if len(window) < MIN_SAMPLE or len(reference) < MIN_REFERENCE:
        return None
    count, total, past = sum(each.positive for each in window), len(window), len(reference)
    if count / total < MIN_RISE or count / total <= _highest_share(reference, total):
        return None
    alike = [_alike(each.length, reference) for each in window]
    expected = fmean(fmean(each) for each in alike)
    if (
        count / total - expected >= MIN_RISE
        and _odds(count, total) >= MIN_ODDS * _odds(expected * past, past)
        and tail_probability(count, [wilson_upper(sum(each), len(each)) for each in alike]) < ALPHA
    ):
        return Increase(count=count, total=total, expected=expected, start=_start(window))
    return None


def wilson_upper(count: int, total: int) -> float:
    """Return the upper end of Wilson's score interval, one-sided at 95 %.

    Wilson 1927, doi:10.1080/01621459.1927.10502953.

    >>> round(wilson_upper(0, 40), 3), round(wilson_upper(20, 40), 3)
    (0.063, 0.626)
    """
    share, z = count / total, _Z
    centre = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return min(1.0, (centre + spread) / (1 + z * z / total))


def tail_probability(count: int, chances: Sequence[float]) -> float:
    """Return the probability that at least `count` of the independent events occur.

    >>> tail_probability(2, [0.5, 0.5, 0.5])
    0.5
    """
    exactly = [1.0]  # exactly[k]: probability of k events so far
    for chance in chances:
        pairs = zip([0.0, *exactly], [*exactly, 0.0], strict=True)
        exactly = [fewer * chance + same * (1 - chance) for fewer, same in pairs]
    return min(1.0, sum(exactly[count:]))


def _alike(length: int | None, reference: Sequence[Observation]) -> Sequence[bool]:
    """Return which of the reference observations nearest in length are positive."""
    known = [(each.length, each.positive) for each in reference if each.length is not None]
    if length is None or len(known) < NEIGHBOURS:
        return [each.positive for each in reference]
    nearest = nsmallest(NEIGHBOURS, known, key=lambda pair: abs(pair[0] - length))
    return [positive for _length, positive in nearest]


def _odds(count: float, total: int) -> float:
    return (count + 0.5) / (total - count + 0.5)


def _highest_share(reference: Sequence[Observation], length: int) -> float:
    """Return the highest share in a stretch of `length`, at most a quarter of the reference."""
    length = min(length, len(reference) // 4)
    sums = [0, *accumulate(each.positive for each in reference)]
    return max(end - start for start, end in zip(sums, sums[length:], strict=False)) / length


def _start(window: Sequence[Observation]) -> int:
    """Return where positives begin to prevail up to the end; else the first positive."""
    leads = list(accumulate(1 if each.positive else -1 for each in reversed(window)))
    if max(leads) <= 0:
        return next(index for index, each in enumerate(window) if each.positive)
    return len(window) - 1 - leads.index(max(leads))
