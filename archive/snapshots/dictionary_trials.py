"""When a site gets a new dictionary: trials at fixed points on its newest pages, decided by the
bytes that it would save.

The first dictionary is made as soon as there are four pages. Trials follow at 16 and 64 pages, when
there is more to make one of, and then at every 256th page. Measured with 1400 hand-made pages of 6
to 8 kB per site, with and without a redesign in the middle, relative to gzip -9: 0.34 to 0.38 this
way, 0.37 to 0.39 with trials at every 512th page, 0.41 to 0.48 without any. At every 128th it was
0.30 to 0.33, but the file was no smaller: rows that shrink leave holes in it. A trial took 0.1 s,
which is 0.4 ms per page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sqlite_utils import Database

from archive.database.rows import value
from archive.errors import ArchiveDamaged
from archive.snapshots import compression
from archive.snapshots.repack import Repacking

GROWTH = (16, 64)
INTERVAL = 256
SAMPLE_PAGES = 16
SAMPLE_BYTES = 2_000_000
"""A trial of huge pages must not keep other writers waiting."""
MARGIN = 0.10
"""How much smaller a candidate must pack the sample, its own size included, to be adopted."""
SPREAD_MARGIN = 0.05
"""How much smaller a candidate of pages from all over must pack it than one of the newest pages:
rows that shrink here and there leave holes in the file.
"""
FEW_LEFT = 64
"""A dictionary with no more snapshots than this may be given up."""

Sized = tuple[int, int]
"""(snapshot id, bytes of the page)"""


def next_trial(pages: int) -> int:
    """Return the number of pages at which the next trial is due, after `pages` of them."""
    return next((point for point in GROWTH if point > pages), (pages // INTERVAL + 1) * INTERVAL)


def is_due(pages: int) -> bool:
    """Whether a trial is due after so many pages of a site."""
    return pages == next_trial(pages - 1)


def fitting(pages: Sequence[Sized]) -> list[Sized]:
    """Return the first pages that fit into one dictionary; at least four, cut if necessary."""
    chosen: list[Sized] = []
    room = compression.MAX_DICTIONARY_BYTES
    for number, size in pages:
        if 0 < size <= room and len(chosen) < compression.MAX_PAGES:
            chosen.append((number, size))
            room -= size
    few = compression.MIN_PAGES
    return chosen if len(chosen) >= few else list(pages[:few])


def spread(pages: Sequence[Sized]) -> list[Sized]:
    """Return as many pages as `fitting`, spread over the list to show more of the layouts."""
    step = max(1, len(pages) // max(1, len(fitting(pages))))
    return fitting(pages[::step])


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A dictionary that might be made, or the pages to try it on."""

    numbers: tuple[int, ...]
    """Ids of the snapshots it is made of, oldest first."""
    bodies: tuple[bytes, ...]
    content: bytes
    """The dictionary's bytes."""


def packed_size(bodies: Iterable[bytes], content: bytes | None) -> int:
    """Return the bytes of these pages, each packed with this dictionary."""
    return sum(len(compression.pack(body, content)) for body in bodies)


class DictionaryTrials:
    """Makes the dictionaries, inside the transaction that keeps a page: one process makes each."""

    def __init__(self, db: Database, repacking: Repacking) -> None:
        self._db = db
        self._repacking = repacking
        self._dictionaries = repacking.dictionaries

    def after_page(self, site: str) -> None:
        """Count a page that was just kept, and make a dictionary if it is time for one."""
        count = """INSERT INTO packing (site, pages) VALUES (?, 1)
            ON CONFLICT (site) DO UPDATE SET pages = pages + 1 RETURNING pages"""
        pages = value(self._db, count, site)
        effective = self._dictionaries.effective(site)
        if effective is None or self._dictionaries.problem(effective) is not None:
            self.make(site)
        elif is_due(pages):
            self._try(site, effective, pages)

    def make(self, site: str) -> None:
        """Make a dictionary of the newest pages without a trial, if there are at least four."""
        candidate = self._candidate(fitting(self._recent(site)))
        if len(candidate.numbers) >= compression.MIN_PAGES:
            pages = value(self._db, "SELECT pages FROM packing WHERE site = ?", site)
            self._adopt(site, candidate, pages or 0)

    def _try(self, site: str, effective: int, pages: int) -> None:
        """Adopt the best candidate if it packs the newest pages that much smaller."""
        recent = self._recent(site)
        unseen = pages - self._dictionaries.cell("after_snapshots", effective)
        newest = _within(recent[: min(SAMPLE_PAGES, len(recent) // 4, unseen)], SAMPLE_BYTES)
        sample, rest = self._candidate(newest), recent[len(newest) :]
        candidates = {
            tuple(found): self._candidate(found) for found in (fitting(rest), spread(rest))
        }
        limit = (1 - MARGIN) * packed_size(sample.bodies, self._dictionaries.content(effective))
        ahead = next_trial(pages) - pages
        costs = [
            (self._cost(candidate, sample, ahead, limit) * (1 + SPREAD_MARGIN * number), candidate)
            for number, candidate in enumerate(candidates.values())
            if candidate.numbers
        ]
        cost, best = min(costs, key=lambda pair: pair[0], default=(limit, None))
        if best is not None and sample.numbers and cost <= limit:
            self._adopt(site, best, pages, also=sample.numbers)

    def _cost(self, candidate: Candidate, sample: Candidate, ahead: int, limit: float) -> float:
        """Return the bytes of the sample plus its share of what the candidate adds to the file.

        Where the sample alone exceeds the limit, its bytes: nothing takes them below it again.
        """
        packed = packed_size(sample.bodies, candidate.content)
        if packed > limit:
            return packed
        own = packed_size([candidate.content], None) + packed_size(
            candidate.bodies, candidate.content
        )
        added = max(0, own - self._repacking.packed_size(candidate.numbers))
        return packed + added * len(sample.bodies) / ahead

    def _adopt(self, site: str, candidate: Candidate, pages: int, also: Sequence[int] = ()) -> None:
        """Make the candidate the effective dictionary and repack its own pages with it: they take
        next to nothing then, which pays for the dictionary.
        """
        made = self._dictionaries.add(site, candidate.bodies, after=pages)
        for numbers in (candidate.numbers, also):
            self._repacking.replace(self._repacking.frames(numbers, made), made)
        for old in self._dictionaries.of_site(site):
            if old != made:
                self._give_up(old, made)

    def _give_up(self, old: int, made: int) -> None:
        """Erase a dictionary with few pages left if repacking them saves space."""
        left = self._repacking.packed_with(old, limit=FEW_LEFT + 1)
        if len(left) > FEW_LEFT:
            return
        try:
            frames = self._repacking.frames(left, made)
        except ArchiveDamaged:
            return  # `verify` reports it; here a new page is being kept
        own = self._dictionaries.cell("length(packed)", old)
        if sum(len(packed) for _, packed in frames) <= own + self._repacking.packed_size(left):
            self._repacking.replace(frames, made)
            self._dictionaries.erase(old)

    def _candidate(self, pages: Sequence[Sized]) -> Candidate:
        """Make a candidate of these pages, newest first, without damaged ones."""
        bodies: dict[int, bytes] = {}
        for number, _ in reversed(pages):
            try:
                bodies[number] = self._repacking.body(number)
            except ArchiveDamaged:
                continue
        content = compression.dictionary_of(list(bodies.values()))
        return Candidate(numbers=tuple(bodies), bodies=tuple(bodies.values()), content=content)

    def _recent(self, site: str) -> list[Sized]:
        """Return the site's newest pages, newest first, found quickly by their dictionaries."""
        found: list[Sized] = []
        for dictionary_id in (None, *self._dictionaries.of_site(site)):
            if len(found) < INTERVAL:
                found += self._db.conn.execute(
                    """SELECT s.id, s.size FROM snapshots s CROSS JOIN urls u ON u.id = s.url_id
                    WHERE s.dictionary_id IS ? AND s.part = 1 AND u.site = ?
                    ORDER BY s.id DESC LIMIT ?""",
                    (dictionary_id, site, INTERVAL),
                )
        return sorted(found, reverse=True)[:INTERVAL]


def _within(pages: Sequence[Sized], room: int) -> list[Sized]:
    """Return the first pages whose sizes add up to at most `room` bytes."""
    totals = accumulate(size for _number, size in pages)
    return [page for page, total in zip(pages, totals, strict=True) if total <= room]
