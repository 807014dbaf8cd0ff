"""Learning the furniture of a site from its kept pages: blocks that no rule of ours names.

A block is furniture where it stands on many pages of one layout, but for two kinds of pages:

- those of a series. What goes with a section, a name, a tag or a word of the headlines is the
  refrain of the stories that share it: they are set aside where more of them have the block than
  chance explains, and what is left must still be many;
- those that consist mostly of such blocks: filled-in templates, which show nothing.

Among a story's paragraphs much more is needed than in a container of its own, and a text whose
headlines nearly all share a word is a series' there, even if the archive has no other stories.

Nothing is learnt from fewer than MIN_PAGES pages. Crawls and re-extractions compare, where it is
due, before they read a page: each reads all its pages by one set. What was learnt stays until a
comparison finds that it goes with a series.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from math import comb
from typing import Any, Self, TypeVar

from archive.archive import Archive
from archive.database.clock import exact
from archive.errors import ArchiveDamaged
from archive.records import Page
from archive.revisions.furniture import MIN_PAGES, furniture_of
from scraper.extraction import read_page
from scraper.extraction.article import Reading, refusal_of_article
from scraper.extraction.text.site_furniture import RULE, names_of, placed
from scraper.extraction.workers import Constant, Limits, Workers
from scraper.sites.site import Site

MIN_STORIES = 10
"""Pages with a block, besides those of its series."""
MIN_SHARE = 0.1
"""Share of a layout's pages with a block that stands apart from the prose."""
MIN_SHARE_IN_PROSE = 0.5
"""The same for one that stands among the paragraphs."""
MIN_LENGTH = 20
"""Characters of a block among the paragraphs; shorter ones are cross-headings. Anywhere it has a
word, two with a number: no times and scores.
"""
MAX_LENGTH = 600
"""Characters of a block; longer ones are texts that a site runs many times."""
MAX_BLOCKS = 300
"""Blocks of one page that are compared."""
MAX_LEARNT = 200
"""Blocks of a site, the most frequent; also those of a layout that are judged."""
CHANCE = 0.01
"""Probability below which a block is said to go with what its stories share."""
MAX_REPEATED = 0.5
"""Share of a page's text in repeated blocks, above which the page is a filled-in template."""

_WORDS = re.compile(r"[^\W\d_]{2,}")
_LONG_WORD = re.compile(r"\w{4,}")
_WORD = "word"

T = TypeVar("T")
Trait = tuple[str, str]
"""What a story may share with others: a field and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the page of one story shows."""

    layout: str
    traits: frozenset[Trait]
    blocks: Mapping[str, bool]
    """Text, as it is known -> whether it stands among the story's paragraphs."""
    length: int
    """Characters of the story's text."""


def furnished(archive: Archive, site: Site) -> Site:
    """Return the profile with what the archive has learnt of the site."""
    furniture = archive.furniture.newest(site.name)
    if furniture is not None:
        return replace(site, furniture=furniture)
    return site


def see(page: Page, site: Site) -> Seen | None:
    """Read the blocks of a page that are left in its story; None for a page without one.

    `site` is the profile without any furniture.
    """
    reading = read_page(page, site)
    article = reading.article
    if refusal_of_article(article) is not None:
        return None
    left = set(article.body.split("\n\n"))
    blocks: dict[str, bool] = {}
    for block, names, in_prose in islice(placed(reading.blocks), MAX_BLOCKS):
        text = names.in_prose if in_prose else names.apart
        words = 2 if "0" in text else 1
        short = len(_WORDS.findall(text)) < words or (in_prose and len(text) < MIN_LENGTH)
        if block.text in left and block.kind != "row" and len(text) <= MAX_LENGTH and not short:
            blocks[text] = in_prose or blocks.get(text, False)
    return Seen(
        layout=article.layout,
        traits=frozenset(_traits(reading, site, page.url)),
        blocks=blocks,
        length=len(article.body),
    )


def _traits(reading: Reading, site: Site, url: str) -> Iterator[Trait]:
    article = reading.article
    story = site.story(url)
    single = {
        "section": article.section,
        "channel": story and story.section,
        "dateline": article.dateline,
        "agency": article.agency,
    }
    yield from ((name, value.casefold()) for name, value in single.items() if value)
    for name, values in (
        ("author", article.authors),
        ("editor", article.editors),
        ("tag", article.tags),
    ):
        yield from ((name, value.casefold()) for value in values)
    headline = f"{article.kicker or ''} {article.headline or ''}".casefold()
    yield from ((_WORD, word) for word in _LONG_WORD.findall(headline))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A comparison of kept pages of a site: `pages` are read by `see`, what it saw is learnt."""

    site: Site
    """The profile without any furniture: a known block must be seen to be judged again."""
    _archive: Archive
    _numbers: Sequence[int]

    @classmethod
    def due(cls, archive: Archive, site: Site) -> Self | None:
        """Return the comparison that is due now; None where there is none."""
        numbers = archive.furniture.due(site.name)
        if not numbers:
            return None
        return cls(site=replace(site, furniture=None), _archive=archive, _numbers=numbers)

    def pages(self) -> Iterator[Page]:
        """Yield the pages to be compared."""
        return pages(self._archive, self._numbers)

    def learnt(self, seen: Sequence[Seen]) -> dict[str, bool]:
        """Return what is furniture by these pages, and by the comparison before."""
        before = self._archive.furniture.newest(self.site.name)
        return learn(seen, before.blocks if before is not None else {})

    def write(self, seen: Sequence[Seen]) -> Site:
        """Write what is learnt, in a transaction; return the profile with it."""
        furniture = self._archive.furniture.write(self.site.name, self.learnt(seen))
        return replace(self.site, furniture=furniture)


def learn_if_due(
    archive: Archive, site: Site, limits: Limits, *, now: datetime, dry_run: bool = False
) -> Site:
    """Compare the site's kept pages if that is due, and return the profile with what is learnt.

    With `dry_run` nothing is written.
    """
    comparison = Comparison.due(archive, site)
    if comparison is None:
        return furnished(archive, site)
    profile: Any = Constant(comparison.site)
    batches = ([(page, profile)] for page in comparison.pages())
    with Workers(1, limits) as workers:
        answers = [answer for found in workers.map(_see, batches) for answer in found]
    seen = [answer for answer in answers if isinstance(answer, Seen)]
    if dry_run:
        return replace(site, furniture=furniture_of(comparison.learnt(seen)))
    with archive.transaction(now):
        return comparison.write(seen)


def _see(given: tuple[Page, Site]) -> Seen | None:
    return see(*given)


def pages(archive: Archive, numbers: Iterable[int]) -> Iterator[Page]:
    """Yield the pages of snapshots, without the damaged ones, which `warta verify` names."""
    for number in numbers:
        with suppress(ArchiveDamaged):
            yield archive.snapshots.page(number)


def taken_out(
    archive: Archive, site: Site, snapshot_id: int, limits: Limits
) -> list[dict[str, str]]:
    """Return the furniture that the last reading of a page took out of its story.

    Each with `text`, and `since`, the time from which on the archive has known it.
    """
    _rules, _dot, digest = (archive.history.read_by(snapshot_id) or "").rpartition(".")
    furniture = archive.furniture.with_digest(site.name, digest)
    if furniture is None:
        return []
    profile: Any = Constant(replace(site, furniture=furniture))
    batches = ([(page, profile)] for page in pages(archive, [snapshot_id]))
    with Workers(1, limits) as workers:
        answers = [answer for found in workers.map(_furniture_of, batches) for answer in found]
    texts = [text for answer in answers if isinstance(answer, list) for text in answer]
    return [
        {"text": text, "since": exact(at)}
        for text in dict.fromkeys(texts)
        for at in [archive.furniture.learnt_at(site.name, *names_of(text))]
        if at is not None
    ]


def _furniture_of(given: tuple[Page, Site]) -> list[str]:
    return [text for rule, text in read_page(*given).taken if rule == RULE]


def learn(seen: Sequence[Seen], before: Mapping[str, bool]) -> dict[str, bool]:
    """Return the blocks of a site, as `archive.records.Furniture` has them.

    `before` are those of the last comparison: they stay unless they turn out to be a series'.
    """
    found: dict[str, bool] = {}
    theirs: set[str] = set()
    if len(seen) < MIN_PAGES:
        return dict(before)
    everywhere = Counter(trait for page in seen for trait in page.traits)
    for layout in sorted({page.layout for page in seen}):
        pages = _Pages.of([page for page in seen if page.layout == layout], everywhere, len(seen))
        often = sorted(pages.repeated, key=lambda text: (-len(pages.repeated[text]), text))
        for text in often[:MAX_LEARNT]:
            in_prose, left, all_left = pages.judge(text)
            share = MIN_SHARE_IN_PROSE if in_prose else MIN_SHARE
            if left >= max(MIN_STORIES, share * all_left):
                found[text] = in_prose or found.get(text, False)
            elif left < MIN_STORIES:
                theirs.add(text)
    kept = {text: before[text] for text in before if text not in theirs and text not in found}
    return dict(islice((found | kept).items(), MAX_LEARNT))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pages:
    """The pages of one layout, without filled-in templates."""

    seen: Sequence[Seen]
    repeated: Mapping[str, frozenset[int]]
    """Text of a block -> the pages that have it, MIN_STORIES at least."""
    sharing: Mapping[Trait, frozenset[int]] = field(repr=False)
    """Trait -> the pages that have it, two at least."""
    everywhere: Mapping[Trait, int] = field(repr=False)
    """Trait -> number of the site's pages that have it."""
    all_pages: int
    """Pages of the site."""

    @classmethod
    def of(cls, seen: Sequence[Seen], everywhere: Mapping[Trait, int], all_pages: int) -> Self:
        repeated = _places((page.blocks for page in seen), MIN_STORIES)
        seen = [
            page
            for page in seen
            if sum(len(text) for text in page.blocks if text in repeated)
            <= MAX_REPEATED * page.length
        ]
        return cls(
            seen=seen,
            repeated=_places((page.blocks for page in seen), MIN_STORIES),
            sharing=_places((page.traits for page in seen), 2),
            everywhere=everywhere,
            all_pages=all_pages,
        )

    def judge(self, text: str) -> tuple[bool, int, int]:
        """Return whether a block stands in the prose, on how many pages, and of how many.

        Pages of the series that it goes with do not count.
        """
        having = self.repeated[text]
        in_prose = 2 * sum(self.seen[place].blocks[text] for place in having) > len(having)
        aside: set[int] = set()
        for trait, sharing in self.sharing.items():
            if self._goes_with(trait, having, in_prose=in_prose):
                aside |= sharing
        return in_prose, len(having - aside), len(self.seen) - len(aside)

    def _goes_with(self, trait: Trait, having: frozenset[int], *, in_prose: bool) -> bool:
        """Whether the stories with a trait are a series that explains a block on these pages."""
        sharing = self.sharing[trait]
        both = len(having & sharing)
        if _is_no_chance(both, len(sharing), len(having), len(self.seen)):
            return True
        if 2 * both <= len(having):
            return False
        # The trait of most of its stories: a series may have an archive, or a layout, of its own.
        if in_prose and trait[0] == _WORD:
            return True
        return _is_no_chance(both, self.everywhere[trait], len(having), self.all_pages)


def _places(groups: Iterable[Iterable[T]], least: int) -> dict[T, frozenset[int]]:
    """Return what is in at least so many groups, with the places of these."""
    found: defaultdict[T, set[int]] = defaultdict(set)
    for place, group in enumerate(groups):
        for value in group:
            found[value].add(place)
    return {value: frozenset(places) for value, places in found.items() if len(places) >= least}


def _is_no_chance(both: int, sharing: int, having: int, pages: int) -> bool:
    """Whether chance hardly explains how many of the pages that share a trait have a block.

    The upper tail of the hypergeometric distribution is below CHANCE.

    >>> _is_no_chance(both=8, sharing=8, having=12, pages=40), _is_no_chance(8, 8, 38, 40)
    (True, False)
    """
    if both * pages <= sharing * having:
        return False
    tail = sum(
        comb(having, count) * comb(pages - having, sharing - count)
        for count in range(both, min(sharing, having) + 1)
    )
    return tail < CHANCE * comb(pages, sharing)
