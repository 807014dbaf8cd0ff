"""The index pass: every file once, in ranges on all cores, before anything is written."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from scraper.extraction.workers import ReadingBroke, Worker, Workers
from scraper.ingest.web_archives.captures import Indexed, SavedFile, Section
from scraper.ingest.web_archives.folders import index_saved
from scraper.ingest.web_archives.index import Index
from scraper.ingest.web_archives.records import RangeIndex, SiteOf, index_range
from scraper.ingest.web_archives.sources import WebArchive

RANGE = 16 * 1024 * 1024
"""Bytes of a file that one task indexes."""
SAVED = 50
"""Saved pages that one task indexes."""
PATIENCE = 12
"""Times the deadline of a page: a range may take that long."""

_OTHERS = {"robots": "robots_txt", "request": "other_record", "redirect": "redirect"}
"""Kind of a record that is no page -> the reason by which it is counted."""


@dataclass(slots=True, kw_only=True)
class Surveyed:
    """What the index pass counted in a web archive."""

    records: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """Records without a page of a story, by reason."""
    damages: Counter[str] = field(default_factory=Counter)
    """Places where the file is damaged, by reason."""
    software: dict[int, str] = field(default_factory=dict)
    """Section -> the crawler, as its warcinfo record says."""


@dataclass(frozen=True, slots=True)
class _Range:
    section: Section
    begin: int
    end: int
    exact: bool


def index_archive(
    archive: WebArchive,
    number: int,
    index: Index,
    *,
    site_of: SiteOf,
    now: datetime,
    workers: Workers,
    lone: Callable[[], Worker],
    advance: Callable[[int], None],
) -> Surveyed:
    """Add a web archive's captures to the index under its number, and count the other records.

    `lone` gives a worker for the ranges that have to be read once more.
    """
    surveyed = Surveyed()
    surveyed.damages["bad_member_digest"] = archive.other_bytes
    for place, section in enumerate(archive.sections):
        work = partial(_index_range, site_of=site_of, now=now)
        ranges = _Ranges(section, work, lone)
        for found in ranges.read(workers, advance):
            index.add(number, place, found.wanted)
            count(surveyed, found.wanted, found.others)
            surveyed.records += found.records
            surveyed.damages += found.damages
            if found.software is not None:
                surveyed.software.setdefault(place, found.software)
    if archive.saved:
        _index_folder(archive, number, index, surveyed, workers, site_of, now, advance)
    return surveyed


def count(surveyed: Surveyed, rows: Sequence[Indexed], others: Counter[str]) -> None:
    """Count the records that are no page of a story by reason, `rows` of the index as well."""
    surveyed.others += others
    surveyed.others += Counter(_OTHERS[row.kind] for row in rows if row.kind in _OTHERS)


def _index_range(each: _Range, *, site_of: SiteOf, now: datetime) -> RangeIndex | None:
    """Index a range, in a worker; None where that fails: a bug must not end the import."""
    try:
        return index_range(
            each.section, each.begin, each.end, exact=each.exact, site_of=site_of, now=now
        )
    except Exception:
        return None


class _Ranges:
    """The ranges of a section, each beginning with the record behind the one before it."""

    def __init__(
        self,
        section: Section,
        work: Callable[[_Range], RangeIndex | None],
        lone: Callable[[], Worker],
    ) -> None:
        self._section = section
        self._work = work
        self._lone = lone
        self._expected: int | None = 0
        """Offset of the next record; None where that is unknown: a range could not be read."""

    def read(self, workers: Workers, advance: Callable[[int], None]) -> Iterator[RangeIndex]:
        """Yield what is in each of them."""
        under_way: deque[_Range] = deque()

        def batches() -> Iterator[list[_Range]]:
            for begin in range(0, self._section.length, RANGE):
                end = min(begin + RANGE, self._section.length)
                under_way.append(_Range(self._section, begin, end, begin == 0))
                yield [under_way[-1]]

        for (answer,) in workers.map(self._work, batches()):
            yield from self._checked(under_way[0], answer)
            advance(under_way[0].end - under_way[0].begin)
            under_way.popleft()

    def _checked(
        self, each: _Range, answer: RangeIndex | ReadingBroke | None
    ) -> Iterator[RangeIndex]:
        """Yield what a range holds, if it was read from the right record, else read it so."""
        expected = self._expected
        if expected is not None and expected >= each.end:
            return  # a record of the range before reaches beyond it
        if isinstance(answer, RangeIndex) and expected not in (None, answer.first):
            assert expected is not None
            again = _Range(self._section, expected, each.end, exact=True)
            try:
                answer = self._lone().call(self._work, again)
            except ReadingBroke as broke:
                answer = broke
        if not isinstance(answer, RangeIndex):
            self._expected = None
            broken = Counter(reading_broke_off=1)
            yield RangeIndex(first=None, after=each.end, records=1, others=broken, damages=broken)
            return
        if answer.first is not None or expected is not None:
            self._expected = answer.after
        yield answer


def _index_folder(
    archive: WebArchive,
    number: int,
    index: Index,
    surveyed: Surveyed,
    workers: Workers,
    site_of: SiteOf,
    now: datetime,
    advance: Callable[[int], None],
) -> None:
    numbered = list(enumerate(archive.saved))
    batches = [numbered[begin : begin + SAVED] for begin in range(0, len(numbered), SAVED)]
    work = partial(_index_saved, site_of=site_of, now=now)
    for batch, answers in zip(batches, workers.map(work, iter(batches)), strict=True):
        rows = [
            _broken(number) if isinstance(answer, ReadingBroke) else answer
            for (number, _saved), answer in zip(batch, answers, strict=True)
        ]
        wanted = [row for row in rows if row.reason is None]
        index.add(number, 0, wanted)
        count(surveyed, wanted, Counter(row.reason for row in rows if row.reason is not None))
        surveyed.records += len(rows)
        advance(sum(row.length for row in rows))


def _broken(number: int) -> Indexed:
    return Indexed(offset=number, length=0, kind="none", reason="reading_broke_off")


def _index_saved(numbered: tuple[int, SavedFile], *, site_of: SiteOf, now: datetime) -> Indexed:
    return index_saved(numbered[1], numbered[0], site_of=site_of, now=now)
