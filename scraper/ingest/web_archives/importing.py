"""Import of web archives: an index of all their captures, then these in one order, a batch per
transaction.

What is in the archive afterwards depends neither on the order of the files, nor on the number of
processes, nor on where an import was interrupted: batches are the same each time, and what one
remembers of doubtful pages ends with it.
"""

import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from archive.archive import Archive
from archive.ledger.captures import ImportedFile, Record
from archive.ledger.ledger import ALIVE
from archive.records import Announcement, Article, Check, Page
from archive.revisions.reread_queue import Evidence
from scraper.extraction.workers import Constant, Limits, ReadingBroke, Worker, Workers
from scraper.ingest.furniture import furnished
from scraper.ingest.reread import Reread, kept_page, reread
from scraper.ingest.waiting import WaitingPages
from scraper.ingest.web_archives.captures import SavedFile
from scraper.ingest.web_archives.index import Index
from scraper.ingest.web_archives.indexing import PATIENCE, Surveyed, index_archive
from scraper.ingest.web_archives.payloads import CapturedPage
from scraper.ingest.web_archives.reading import Place, ReadCapture, Task, read_task
from scraper.ingest.web_archives.records import SiteOf
from scraper.ingest.web_archives.sources import WebArchive
from scraper.ingest.writing import Fetched, Policy, Written, write_capture, write_capture_unchanged
from scraper.politeness.robots import RobotsTxt, opted_out, parse_robots
from scraper.sites.addresses import host_of
from scraper.sites.site import Identity, Site

BATCH = 64
"""Captures of one site that are read by one task and written in one transaction."""
BATCH_BYTES = 16 * 1024 * 1024
"""Bytes of the records of a batch, unless it is one."""
STORIES = ("new", "revised", "unchanged", "not_modified", "older")
"""Outcomes of captures that are stories."""

UNRESOLVED = "revisit_unresolved"
NAMES = ("new", "revised", "unchanged", "older", "known", "taken_down")
"""Outcomes that are reported."""

MAX_CACHED = 256
"""Profiles, and robots.txt, that are kept; with every site wanted a file has those of thousands."""

Advance = Callable[[int], None]
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(slots=True, kw_only=True)
class Result:
    """What became of a web archive's records."""

    path: Path
    records: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """Captures of stories: `new`, `revised`, `unchanged`, `older` than what is known of the story,
    `known` from an earlier import, `taken_down`.
    """
    refused: Counter[str] = field(default_factory=Counter)
    """Pages at a story's address without one, by reason; kept as evidence."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Other records, by reason."""
    bad: Counter[str] = field(default_factory=Counter)
    """Records that are damaged, by reason."""

    @classmethod
    def imported_before(cls, path: Path, counts: Mapping[str, Any]) -> Self:
        """Return what an import of the same file changes: nothing. `counts` are those of then."""
        stories = sum(counts[name] for name in NAMES)
        counters = {name: Counter(counts[name]) for name in ("refused", "skipped", "bad")}
        outcomes = Counter(known=stories)
        return cls(path=path, records=counts["records"], outcomes=outcomes, **counters)


BAD = frozenset(
    "incomplete_record broken_record one_gzip_member bad_digest bad_member_digest bad_http"
    " file_missing bad_capture_date impossible_capture_date file_changed reading_broke_off"
    " outside_folder bad_manifest".split()
)
"""Reasons of records that are damaged; all others are as they should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Captures of one site, in their order."""

    site: Site
    rows: Sequence[sqlite3.Row]
    tasks: Mapping[int, Task]
    """Number of a capture -> its task; those that are read."""
    reasons: Mapping[int, str]
    """Number of a capture -> why it is not read."""


class WebImport:
    """One import of web archives into an archive; close it, or use `with`."""

    def __init__(
        self,
        archive: Archive,
        sources: Sequence[WebArchive],
        *,
        sites: Callable[[str], Site],
        site_of: SiteOf,
        terms: str,
        folder: Path,
        now: datetime,
        jobs: int,
        limits: Limits,
        languages: tuple[str, ...] = (),
    ) -> None:
        """`folder` is for the index; `terms` says which captures are stories (ImportedFile);
        stories in other `languages` than these are left out, none if it is empty.
        """
        self._archive = archive
        self.sources = sorted(sources, key=lambda each: each.digest)
        self._sites = sites
        self._site_of = site_of
        self._terms = terms
        self._now = now
        self._jobs = jobs
        self._limits = limits
        self._languages = languages
        self._stack = ExitStack()
        self._index = self._stack.enter_context(Index(folder / "index.db"))
        self._surveyed: list[Surveyed] = []
        self._files: list[int] = []
        self._unread: list[Counter[str]] = []
        self._profiles: dict[str, tuple[Site, Constant]] = {}
        self._robots: dict[int, RobotsTxt | None] = {}
        self._joined: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    @cached_property
    def _lone(self) -> Worker:
        """A worker for what is read out of turn."""
        worker = Worker(self._limits)
        self._stack.callback(worker.close)
        return worker

    def index(self, advance: Advance) -> None:
        """Read the heads of all records; `advance` gets the bytes that were read."""
        limits = replace(self._limits, deadline=self._limits.deadline * PATIENCE)
        patient = Worker(limits)
        try:
            with Workers(self._jobs, limits) as workers:
                for number, source in enumerate(self.sources):
                    found = index_archive(
                        source,
                        number,
                        self._index,
                        site_of=self._site_of,
                        now=self._now,
                        workers=workers,
                        lone=lambda: patient,
                        advance=advance,
                    )
                    self._surveyed.append(found)
        finally:
            patient.close()
        self._index.complete()

    def take_index(self, surveyed: Sequence[Surveyed], fill: Callable[[Index], None]) -> None:
        """Take what other index passes found of the sources, in their order; `fill` adds it."""
        self._surveyed = list(surveyed)
        fill(self._index)
        self._index.complete()

    @property
    def bytes_to_read(self) -> int:
        """Bytes of the records that `write` reads."""
        return self._index.bytes_in_order()

    def write(self, advance: Advance) -> None:
        """Read the captures of stories, and write them in their order."""
        with self._archive.transaction(self._now):
            self._files = [self._archive.captures.begin_file(self._file(s)) for s in self.sources]
        self._unread = [Counter() for _ in self.sources]
        under_way: deque[_Batch] = deque()

        def tasks() -> Iterator[list[Task]]:
            for rows in _batches(self._index.in_order()):
                under_way.append(self._batch(rows))
                yield list(under_way[-1].tasks.values())

        with Workers(self._jobs, self._limits) as workers:
            for answers in workers.map(read_task, tasks()):
                batch = under_way.popleft()
                reads = dict(zip(batch.tasks, answers, strict=True))
                with self._archive.transaction(self._now):
                    _Writer(self, batch).write(reads)
                advance(sum(row["length"] for row in batch.rows))

    def end(self) -> list[Result]:
        """Write that the files were imported, and return what became of them."""
        results = [self._result(number) for number in range(len(self.sources))]
        with self._archive.transaction(self._now):
            for file_id, result in zip(self._files, results, strict=True):
                self._archive.captures.end_file(file_id, counts_of(result))
        return results

    def _file(self, source: WebArchive) -> ImportedFile:
        return ImportedFile(
            digest=source.digest,
            terms=self._terms,
            name=source.name,
            size=source.size,
            identity=source.identity,
        )

    def _batch(self, rows: Sequence[sqlite3.Row]) -> _Batch:
        site, profile = self.profile(rows[0]["site"])
        known = self._known(rows)
        tasks: dict[int, Task] = {}
        reasons: dict[int, str] = {}
        for row in rows:
            if row["number"] in known:
                reasons[row["number"]] = "known"
            elif row["kind"] != "unchanged":
                task = self._task(row, site, profile)
                if isinstance(task, str):
                    reasons[row["number"]] = task
                else:
                    tasks[row["number"]] = task
        return _Batch(site=site, rows=rows, tasks=tasks, reasons=reasons)

    def _known(self, rows: Iterable[sqlite3.Row]) -> set[int]:
        """Return the numbers of the captures that were imported, by their records' ids."""
        records = {row["number"]: self._record(row) for row in rows if row["record_id"]}
        known = self._archive.captures.known_records(records.values())
        return {number for number, record in records.items() if record in known}

    def _record(self, row: sqlite3.Row) -> Record:
        site, _profile = self.profile(row["site"])
        return row["record_id"], _time(row), site.identify(row["url"]).url

    def _task(self, row: sqlite3.Row, site: Site, profile: Constant) -> Task | str:
        again = None
        if row["kind"] == "same":
            repeated = self._index.repeated(row)
            if repeated is None:
                return UNRESOLVED
            again = self.place(repeated)
        named = site.identify(row["url"])
        assert isinstance(named, Identity)
        return Task(
            place=self.place(row),
            again=again,
            site=cast("Site", profile),
            requested_url=named.url,
            parts=tuple(map(self.place, self._index.parts_near(row))),
            hops=tuple(map(self.place, self._index.hops_to(row))),
            languages=self._languages,
        )

    def place(self, row: sqlite3.Row) -> Place:
        """Return where a capture is."""
        source = self.sources[row["source"]]
        saved: SavedFile | None = None
        section = None
        if source.saved:
            saved = source.saved[row["offset"]]
        else:
            section = source.sections[row["section"]]
        return Place(
            number=row["number"],
            url=row["url"],
            captured_at=_time(row),
            section=section,
            offset=row["offset"],
            saved=saved,
            request=self._index.request_of(row),
            software=self._surveyed[row["source"]].software.get(row["section"]),
        )

    def profile(self, name: str) -> tuple[Site, Constant]:
        """Return a site with what the archive has learnt of it, also as it goes to workers."""

        def read() -> tuple[Site, Constant]:
            site = furnished(self._archive, self._sites(name))
            return site, Constant(site)

        return _cached(self._profiles, name, read)

    def source_name(self, row: sqlite3.Row) -> str:
        """Return what the ledger calls the file of a capture."""
        return f"import {self.sources[row['source']].name}"

    def note(self, row: sqlite3.Row, **capture: Any) -> None:
        """Write that a capture was imported."""
        self._archive.captures.insert(
            file_id=self._files[row["source"]],
            offset=row["offset"],
            record_id=row["record_id"] or None,
            captured_at=_time(row),
            **capture,
        )

    def note_unread(self, row: sqlite3.Row, reason: str) -> None:
        """Count a capture of which nothing is written."""
        if reason != "known":
            self._unread[row["source"]][reason] += 1

    def note_parts(self, numbers: Sequence[int], url_id: int | None) -> None:
        """Write that further pages were joined to a story; `url_id` is None for a known one."""
        self._joined.update(numbers)
        if url_id is None:
            return
        for row in self._index.of(numbers):
            self.note(row, url_id=url_id, digest="", outcome="part", reason=None)

    def robots(self, url: str, at: datetime) -> RobotsTxt | None:
        """Return the robots.txt of a page's host as it was captured at about its time."""
        row = self._index.robots_near(host_of(url), at)
        if row is None:
            return None
        return _cached(self._robots, row["number"], lambda: self._read_robots(self.place(row)))

    def _read_robots(self, place: Place) -> RobotsTxt | None:
        try:
            found: CapturedPage = self._lone.call(Place.read, place)
        except ReadingBroke:
            return None
        if found.reason is not None:
            return None
        return parse_robots(found.status, found.body, place.url)

    def read_again(self, evidence: Evidence, site: Site) -> Reread:
        """Read a kept page with the current extractor."""
        page = kept_page(self._archive, evidence)
        if isinstance(page, Reread):
            return page
        try:
            return self._lone.call(reread, page, site, evidence)
        except ReadingBroke:
            return Reread(evidence=evidence, refusal="reading_broke_off")

    def _count_alone(self, number: int) -> int:
        """Count a file's further pages that are with no story, here or by an earlier import."""
        rows = [row for row in self._index.parts(number) if row["number"] not in self._joined]
        known = self._known(rows)
        return sum(row["number"] not in known for row in rows)

    def _result(self, number: int) -> Result:
        surveyed, unread = self._surveyed[number], self._unread[number]
        result = Result(path=self.sources[number].path, records=surveyed.records)
        reasons = surveyed.others + unread
        stories, written = self._index.count_stories(number), 0
        for outcome, reason, count in self._archive.captures.outcomes(self._files[number]):
            if outcome == "part":
                continue
            written += count
            if outcome in STORIES:
                result.outcomes["unchanged" if outcome == "not_modified" else outcome] += count
            else:
                result.refused[str(reason)] += count
        result.outcomes["known"] = max(0, stories - written - unread.total())
        result.outcomes["taken_down"] = reasons.pop("taken_down", 0)
        reasons["part_alone"] = self._count_alone(number)
        for reason, count in reasons.items():
            if count:
                (result.bad if reason in BAD else result.skipped)[reason] += count
        result.bad |= {reason: n for reason, n in surveyed.damages.items() if n}
        return result


def _cached(cache: dict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
    """Return a value of a cache, or make it; the oldest are dropped: captures come site by site."""
    if key not in cache:
        cache[key] = make()
        if len(cache) > MAX_CACHED:
            del cache[next(iter(cache))]
    return cache[key]


def counts_of(result: Result) -> dict[str, Any]:
    """Return what became of a web archive's records, for JSON."""
    return {
        "records": result.records,
        **{name: result.outcomes[name] for name in NAMES},
        **{name: dict(getattr(result, name)) for name in ("refused", "skipped", "bad")},
    }


def _batches(rows: Iterator[sqlite3.Row]) -> Iterator[list[sqlite3.Row]]:
    batch: list[sqlite3.Row] = []
    size = 0
    for row in rows:
        full = len(batch) >= BATCH or size + row["length"] > BATCH_BYTES
        if batch and (full or batch[0]["site"] != row["site"]):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += row["length"]
    if batch:
        yield batch


def _time(row: sqlite3.Row) -> datetime:
    return datetime.fromisoformat(row["captured_at"]).astimezone(UTC)


class _Writer:
    """Writes one batch, inside its transaction."""

    def __init__(self, work: WebImport, batch: _Batch) -> None:
        self._work = work
        self._archive = work._archive
        self._site = batch.site
        self._batch = batch
        self._policy = Policy(crawl_id=None, source="import")
        self._waiting = WaitingPages(self._archive, self._site, self._policy)
        self._taken: dict[int, tuple[sqlite3.Row, ReadCapture]] = {}
        """By the identity of their snapshots."""
        self._held: set[str] = set()
        """Keys of the stories whose pages wait."""

    def write(self, reads: Mapping[int, ReadCapture | ReadingBroke]) -> None:
        """Write the captures in their order; doubtful pages wait for others of the batch."""
        for row in self._batch.rows:
            number = row["number"]
            if row["key"] in self._held:  # captures of one story keep their order
                self._write_rest()
            if self._batch.reasons.get(number) == UNRESOLVED and self._repeats_what_stands(row):
                self._write_unchanged(row)
            elif number in self._batch.reasons:
                self._work.note_unread(row, self._batch.reasons[number])
            elif row["kind"] == "unchanged":
                self._write_unchanged(row)
            else:
                self._take(row, reads[number])
        self._write_rest()

    def _write_rest(self) -> None:
        for fetched in self._waiting.rest():
            self._write(fetched)

    def _take(self, row: sqlite3.Row, read: ReadCapture | ReadingBroke) -> None:
        if isinstance(read, ReadingBroke):
            self._work.note_unread(row, "reading_broke_off")
            return
        if read.page is None:
            self._work.note_unread(row, str(read.reason))
            return
        snapshot = self._archive.snapshots.pack(read.page)
        fetched = Fetched(snapshot=snapshot, refusal=read.refusal)
        if read.reading is not None:
            article, page = read.reading.article, read.page
            rules = self._work.robots(page.url, page.fetched_at)
            rights = opted_out(page.url, rules, page.headers, read.reading.rights)
            fetched = replace(fetched, article=article, opted_out=rights)
            self._remember(read)
        self._taken[id(snapshot)] = row, read
        self._held.add(row["key"])
        for ready in self._waiting.arrive(fetched):
            self._write(ready)

    def _remember(self, read: ReadCapture) -> None:
        """Take the fingerprint of a text from its worker; the archive remembers but a few."""
        if read.reading is not None and read.fingerprint is not None:
            self._archive.clusters.texts.remember(read.reading.article.body, read.fingerprint)

    def _link(self, row: sqlite3.Row, article: Article | None = None) -> Announcement:
        """Return the address of a capture; without a profile its page says which story it is of."""
        named = self._site.identify(row["url"])
        assert isinstance(named, Identity)
        key = named.key
        if article is not None and not self._site.profiled:
            declared = self._site.identify(article.canonical_url)
            key = declared.key if isinstance(declared, Identity) else key
        return Announcement(
            url=named.url, key=key, own_key=named.own_key, published_at=named.published_at
        )

    def _write(self, fetched: Fetched) -> None:
        row, read = self._taken[id(fetched.snapshot)]
        self._held.discard(row["key"])
        self._remember(read)
        link, at = self._link(row, fetched.article), _time(row)
        digest = fetched.snapshot.digest
        known = self._archive.captures.is_known(
            link.url, site=self._site.name, captured_at=at, digest=digest
        )
        written = None if known else self._written(fetched, link, row)
        if written is None:
            self._work.note_unread(row, "known" if known else "taken_down")
            self._work.note_parts(read.parts, None)
            return
        outcome, url_id = _outcome(written), written.url_id
        if outcome in STORIES:
            self._write_aliases(fetched.snapshot.page, row)
        self._work.note(row, url_id=url_id, digest=digest, outcome=outcome, reason=written.reason)
        self._work.note_parts(read.parts, url_id)

    def _write_aliases(self, page: Page, row: sqlite3.Row) -> None:
        """Write the addresses of a story that were redirected to its page, as crawls do.

        One of another story says nothing of that story: it may be announced, and is requested then.
        """
        ledger, site, here = self._archive.ledger, self._site, self._link(row)
        story = ledger.entry(here.url, site=site.name)
        if story is None or story.state not in ALIVE:
            return
        for hop in page.wire.hops if page.wire is not None else ():
            named = site.identify(hop.url)
            if isinstance(named, Identity) and named.key == here.key and named.url != here.url:
                link = Announcement(url=named.url, key=story.key, own_key=named.own_key)
                ledger.take_address(link, site=site.name, source=self._work.source_name(row))

    def _written(self, fetched: Fetched, link: Announcement, row: sqlite3.Row) -> Written | None:
        policy = replace(self._policy, source=self._work.source_name(row))
        given = (self._archive, self._site, fetched, policy, link)
        written = write_capture(*given)
        if isinstance(written, Evidence):
            again = self._work.read_again(written, self._site)
            written = write_capture(*given, again)
        assert not isinstance(written, Evidence)
        return written

    def _repeats_what_stands(self, row: sqlite3.Row) -> bool:
        """Whether a revisit repeats a page of an earlier import that its story still has."""
        refers_to = row["refers_to"] or ""
        at, _space, url = refers_to.partition(" ")
        named = self._site.identify(url) if url else None
        by_place: dict[str, Any] = {}
        if isinstance(named, Identity):
            by_place = {"url": named.url, "at": datetime.fromisoformat(at)}
        return bool(refers_to) and self._archive.captures.stands(
            self._site.name,
            self._archive.ledger.key_of(self._site.name, self._link(row)),
            record_id=refers_to,
            **by_place,
        )

    def _write_unchanged(self, row: sqlite3.Row) -> None:
        link, at = self._link(row), _time(row)
        known = self._archive.captures.is_known(
            link.url, site=self._site.name, captured_at=at, digest=""
        )
        if known:
            return
        check = Check(
            url=link.url, crawl_id=None, checked_at=at, outcome="not_modified", status=304
        )
        outcome = write_capture_unchanged(
            self._archive, check, link, site=self._site.name, source=self._work.source_name(row)
        )
        if outcome not in ("not_modified", "older"):
            self._work.note_unread(row, outcome)
            return
        url_id = self._archive.ledger.url_id(link.url, site=self._site.name)
        self._work.note(row, url_id=url_id, digest="", outcome=outcome, reason=None)


def _outcome(written: Written) -> str:
    """Return the outcome of a capture: as in the table `captures`."""
    if written.outcome in ("failed", "refused"):
        return "failed"
    if written.outcome == "older":
        return "older"
    if written.revision is None:
        return "unchanged"
    return "new" if written.revision.number == 1 else "revised"
