"""When a site gets a new dictionary: a trial at fixed points, on its newest pages, by the bytes it
would save.

The first dictionary is made as soon as there are four pages. Trials follow at 16 and 64 pages, when
there is more to make one of, and then at every 256th page. Measured with 1400 hand-made pages of 6
to 8 kB a site, with and without a redesign in the middle, in parts of gzip -9: 0.34 to 0.38 so,
0.37 to 0.39 with trials at every 512th page, 0.41 to 0.48 without any. At every 128th it was 0.30
to 0.33, but the file was no smaller: rows that shrink leave holes in it. A trial took 0.1 s, which
is 0.4 ms a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from archive.errors import ArchiveDamaged
from archive.snapshots import compression
from archive.snapshots.dictionaries import Dictionaries
from archive.snapshots.repack import Repacking

GROWTH = (16, 64)
INTERVAL = 256
SAMPLE_PAGES = 16
SAMPLE_BYTES = 2_000_000  # a trial of huge pages must not keep other writers waiting
MARGIN = 0.10
"""How much smaller a candidate must pack the sample, its own room counted in, to come into force."""
SPREAD_MARGIN = 0.05
"""How much smaller pages from all over must pack it than the newest: rows that shrink here and
there leave holes in the file.
"""
FEW_LEFT = 64
"""A dictionary with no more snapshots than this may be given up."""

Sized = tuple[int, int]
"""(snapshot_id, bytes of the page)"""


def next_trial(pages: int) -> int:
    """The number of pages at which the next trial is due, after `pages` of them."""
    return next((point for point in GROWTH if point > pages), (pages // INTERVAL + 1) * INTERVAL)


def is_due(pages: int) -> bool:
    """Whether there is a trial after so many pages of a site."""
    return pages == next_trial(pages - 1)


def fitting(pages: Sequence[Sized]) -> list[Sized]:
    """The first of these pages that have room in one dictionary together; at least four, which will
    then be cut.
    """
    chosen: list[Sized] = []
    room = compression.MAX_DICTIONARY_BYTES
    for number, size in pages:
        if 0 < size <= room and len(chosen) < compression.MOST_PAGES:
            chosen.append((number, size))
            room -= size
    few = compression.FEWEST_PAGES
    return chosen if len(chosen) >= few else list(pages[:few])


def spread(pages: Sequence[Sized]) -> list[Sized]:
    """As many pages as `fitting` takes, from all over the list: they show more of a site's layouts
    and sections.
    """
    step = max(1, len(pages) // len(fitting(pages))) if pages else 1
    return fitting(pages[::step])


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A dictionary that might be made, or the pages to try it on."""

    numbers: tuple[int, ...]
    """Snapshots it is made of, oldest first."""
    bodies: tuple[bytes, ...]
    content: bytes
    """The dictionary's bytes."""

    def added(self, present: int) -> int:
        """Bytes the archive would grow by, if its pages, which take `present` bytes now, were
        packed with it.
        """
        return max(
            0,
            len(compression.pack(self.content)) + packed_size(self.bodies, self.content) - present,
        )


def packed_size(bodies: Iterable[bytes], content: bytes | None) -> int:
    """Bytes of these pages, each packed with this dictionary."""
    return sum(len(compression.pack(body, content)) for body in bodies)


class Renewal:
    """Makes the dictionaries of a site, always inside the transaction that keeps a page, so that
    one process makes each.
    """

    def __init__(self, db: Database, dictionaries: Dictionaries, repacking: Repacking) -> None:
        self._db = db
        self._dictionaries = dictionaries
        self._repacking = repacking

    def after_page(self, site: str) -> None:
        """Count a page that was just kept, and make a dictionary where it is time for one."""
        (pages,) = self._db.conn.execute(
            "INSERT INTO packing (site, pages) VALUES (?, 1) ON CONFLICT (site) DO UPDATE SET pages = pages + 1 RETURNING pages",
            (site,),
        ).fetchone()
        in_force = self._dictionaries.in_force(site)
        if in_force is None or self._dictionaries.problem(in_force) is not None:
            self.make(site)
        elif is_due(pages):
            self._try(site, in_force, pages)

    def make(self, site: str) -> None:
        """A dictionary of the newest pages, without a trial; nothing where there are fewer than
        four.
        """
        candidate = self._candidate(fitting(self._recent(site)))
        if len(candidate.numbers) >= compression.FEWEST_PAGES:
            self._put_in_force(site, candidate, self._pages(site))

    def _try(self, site: str, in_force: int, pages: int) -> None:
        recent = self._recent(site)
        unseen = pages - self._dictionaries.made_after(in_force)
        newest = _within(recent[: min(SAMPLE_PAGES, len(recent) // 4, unseen)], SAMPLE_BYTES)
        sample, rest = self._candidate(newest), recent[len(newest) :]
        candidates = {
            tuple(found): self._candidate(found) for found in (fitting(rest), spread(rest))
        }
        limit = (1 - MARGIN) * packed_size(sample.bodies, self._dictionaries.content(in_force))
        ahead = next_trial(pages) - pages
        costs = [
            (self._cost(candidate, sample, ahead) * (1 + SPREAD_MARGIN * number), candidate)
            for number, candidate in enumerate(candidates.values())
            if candidate.numbers
        ]
        cost, best = min(costs, key=lambda pair: pair[0], default=(limit, None))
        if best is not None and sample.numbers and cost <= limit:
            self._put_in_force(site, best, pages, also=sample.numbers)

    def _cost(self, candidate: Candidate, sample: Candidate, ahead: int) -> float:
        """Bytes of the sample, and its share of the candidate's own room; `ahead` pages come before
        the next trial.
        """
        added = candidate.added(self._repacking.packed_size(candidate.numbers))
        return packed_size(sample.bodies, candidate.content) + added * len(sample.bodies) / ahead

    def _put_in_force(
        self, site: str, candidate: Candidate, pages: int, also: Sequence[int] = ()
    ) -> None:
        """Its own pages are packed with it at once: they take next to nothing then, which pays for
        the dictionary.
        """
        made = self._dictionaries.add(site, candidate.bodies, after=pages)
        for numbers in (candidate.numbers, also):
            self._repacking.replace(self._repacking.frames(numbers, made), made)
        for old in self._dictionaries.of_site(site):
            if old != made:
                self._give_up(old, made)

    def _give_up(self, old: int, made: int) -> None:
        """Erase a dictionary for which few pages are left, if they take less room with the new one
        than it takes with them.
        """
        left = self._repacking.packed_with(old, limit=FEW_LEFT + 1)
        if len(left) > FEW_LEFT:
            return
        try:
            frames = self._repacking.frames(left, made)
        except ArchiveDamaged:
            return  # `verify` names what is damaged; here a new page is being kept
        (size,) = self._db.conn.execute(
            "SELECT length(packed) FROM dictionaries WHERE id = ?", (old,)
        ).fetchone()
        if sum(len(packed) for _, packed in frames) <= size + self._repacking.packed_size(left):
            self._repacking.replace(frames, made)
            self._dictionaries.erase(old)

    def _candidate(self, pages: Sequence[Sized]) -> Candidate:
        """Made of these pages, newest first; those that are damaged are left out: they must not
        keep new pages from being kept.
        """
        bodies: dict[int, bytes] = {}
        for number, _ in reversed(pages):
            try:
                bodies[number] = self._repacking.body(number)
            except ArchiveDamaged:
                continue
        return Candidate(
            numbers=tuple(bodies),
            bodies=tuple(bodies.values()),
            content=compression.dictionary_of(list(bodies.values())),
        )

    def _recent(self, site: str) -> list[Sized]:
        """The site's newest pages, newest first; found by their dictionaries, as other sites may
        have kept millions since.
        """
        found: list[Sized] = []
        for dictionary_id in (None, *self._dictionaries.of_site(site)):
            if len(found) < INTERVAL:
                found += self._db.conn.execute(
                    """SELECT s.id, s.size FROM snapshots s CROSS JOIN urls u ON u.id = s.url_id
                    WHERE s.dictionary_id IS ? AND s.part = 1 AND u.site = ? ORDER BY s.id DESC LIMIT ?""",
                    (dictionary_id, site, INTERVAL),
                )
        return sorted(found, reverse=True)[:INTERVAL]

    def _pages(self, site: str) -> int:
        row = self._db.conn.execute("SELECT pages FROM packing WHERE site = ?", (site,)).fetchone()
        return int(row[0]) if row is not None else 0


def _within(pages: Iterable[Sized], room: int) -> list[Sized]:
    """The first pages that stay within so many bytes."""
    chosen: list[Sized] = []
    for number, size in pages:
        room -= size
        if room < 0:
            break
        chosen.append((number, size))
    return chosen
