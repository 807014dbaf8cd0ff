"""Writes kept pages into WARC files, in bounded memory; killed anywhere, the same call goes on."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from archive.archive import Archive, Reader
from archive.database.clock import exact
from archive.database.connection import plain_errors, read_transaction
from archive.database.wire import wire_of
from archive.errors import ArchiveDamaged, ExportError
from archive.records import Page, Wire
from archive.web_archives import wacz
from archive.web_archives.index import INDEXED, index_line
from archive.web_archives.partial import Partial, State
from archive.web_archives.records import (
    Record,
    address,
    not_modified,
    page_records,
    robots_answer,
    warcinfo,
)
from archive.web_archives.selection import Kept, Selection, Wanted

MAX_BYTES = 1_000_000_000
"""A file that has reached this size is followed by another."""
ENDINGS = (".warc.gz", ".wacz")
_ENDING = re.compile(rf"({'|'.join(map(re.escape, ENDINGS))})$")

Progress = Callable[..., None]


def _unseen(done: int, total: int | None = None) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    files: tuple[Path, ...]
    at: datetime
    """The archive was read as of this time."""
    pages: int
    """Further pages of a story count as one with its first."""
    not_modified: int
    """Answers of servers that a page was still the same."""
    robots: int
    """Answers for robots.txt."""
    without_page: int
    """Stories of which no page is kept, as of most that were imported."""
    opted_out: int
    """Pages among them that opt out of text and data mining."""
    damaged: int
    """Pages that could not be read, and are in no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is exported, and into which file. Raises ExportError for a name of another kind."""

    out: Path
    wanted: Wanted = field(default_factory=Wanted)
    as_of: datetime | None = None
    """None for the newest time in the archive."""
    operator: str | None = None
    """Who crawled, in the words of the configuration."""
    packs: bool = False
    """Whether a WACZ is made, beside WARC files unless `out` is one itself."""
    replaces: bool = False
    """Whether files of these names are replaced."""
    max_bytes: int = MAX_BYTES

    def __post_init__(self) -> None:
        if self.stem in ("", self.out.name):
            raise ExportError(f"{self.out.name}: its name must end in {' or '.join(ENDINGS)}")

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return _ENDING.sub("", self.out.name)

    @property
    def only_packs(self) -> bool:
        """Whether WARC files are wanted in a WACZ alone."""
        return self.out.name.endswith(".wacz")

    def warc(self, number: int) -> str:
        """Return the name of a WARC file, counted from 0."""
        return f"{self.stem}-{number:05}.warc.gz" if number else f"{self.stem}.warc.gz"

    def options(self, archive: Archive) -> dict[str, Any]:
        """Return all that makes the files what they are, for JSON."""
        found = asdict(self) | {"archive": archive.path.resolve(), "warta": version("warta")}
        del found["out"], found["replaces"]
        return json.loads(json.dumps(found, default=str))  # type: ignore[no-any-return]


def export_warc(
    archive: Archive, job: Job, *, progress: Progress = _unseen, packing: Progress = _unseen
) -> Exported:
    """Write the pages into `job.out`, or go on where the same export was killed.

    The files are the same bytes either way, and at any time: the archive is read as of one time,
    and stories that are taken down meanwhile are in none of them. `progress` is called with the
    number of stories done, and their total; `packing` with the bytes that are in the package, and
    their total. Raises ExportError, Locked, and OSError where a file cannot be written: what is
    whole stays, beside `job.out`, to go on from.
    """
    with Partial(job.out.with_name(f"{job.out.name}.partial")) as partial:
        state = _begun(archive, job, partial)
        while state.phase != "packed":
            with archive.as_of(datetime.fromisoformat(state.at)) as past, plain_errors(past.path):
                _Run(past, job, partial, state).write(progress)
            if job.packs or job.only_packs:
                _pack(partial, job, state, packing)
            if state.removed != _removed(archive, job):
                state = _begun(archive, job, partial)
                continue
            state.phase = "packed"
            partial.commit(state)
        files = _name(partial, job, state)
        partial.finish()
    at = datetime.fromisoformat(state.at)
    return Exported(files=tuple(files), at=at, **{name: state.counts[name] for name in _COUNTED})


_COUNTED = ("pages", "not_modified", "robots", "without_page", "opted_out", "damaged")


def _begun(archive: Archive, job: Job, partial: Partial) -> State:
    """Return how far this export is; raises ExportError where another one was begun, or where
    there is a file already.
    """
    options = job.options(archive)
    state = partial.state()
    if state is not None and state.options != options:
        raise ExportError(
            f"{partial.folder}: another export was begun here, of another archive, with other"
            " options or by another version of warta; repeat that one, or remove the folder"
        )
    if state is not None and state.removed != _removed(archive, job):
        for name, target in _targets(job, state).items():
            if state.phase == "packed" and not (partial.folder / name).exists():
                target.unlink(missing_ok=True)  # it had its name already
        partial.forget()
        state = None
    if state is None or state.phase != "packed":
        package = [job.out.with_name(f"{job.stem}.wacz")] if job.packs else []
        _check_free(job, [job.out, *package, *_numbered(job)])
    if state is not None:
        return state
    at = job.as_of or archive.clock.latest()
    if at is None:
        raise ExportError(f"{archive.path}: the archive is empty")
    counts = dict.fromkeys(_COUNTED, 0)
    state = State(options=options, at=exact(at), removed=_removed(archive, job), counts=counts)
    partial.commit(state)
    return state


def _removed(archive: Archive, job: Job) -> str:
    """Return how many stories of the sites were taken down, and when the last one was."""
    statement = """SELECT count(*), max(taken_down_at) FROM tombstones
        WHERE :sites = '[]' OR site IN (SELECT value FROM json_each(:sites))"""
    sites = {"sites": json.dumps(job.wanted.where.sites)}
    return "{} {}".format(*archive.db.conn.execute(statement, sites).fetchone())


def _numbered(job: Job) -> list[Path]:
    """Return the files of an earlier export of that name that followed its first."""
    name = re.compile(rf"{re.escape(job.stem)}-\d{{5}}\.warc\.gz")
    if job.only_packs:
        return []
    return sorted(each for each in job.out.parent.iterdir() if name.fullmatch(each.name))


def _check_free(job: Job, paths: Iterable[Path]) -> None:
    """Raise ExportError where there is a file already that is not to be replaced."""
    for path in paths:
        if path.exists() and not path.is_file():
            raise ExportError(f"{path}: it is no file, and is left as it is")
        if path.exists() and not job.replaces:
            raise ExportError(f"{path}: there is a file already; --force replaces it")


def _pack(partial: Partial, job: Job, state: State, packing: Progress) -> None:
    warcs = [partial.folder / job.warc(number) for number in range(state.files)]
    packing(0, total=sum(warc.stat().st_size for warc in warcs))
    contents = wacz.Contents(warcs=warcs, index=partial.captures(), pages=partial.pages())
    with partial.plain_errors(), (partial.folder / f"{job.stem}.wacz").open("wb") as out:
        at = datetime.fromisoformat(state.at)
        wacz.pack(out, contents, title=job.stem, software=_software(), at=at, advance=packing)
        out.flush()
        os.fsync(out.fileno())


def _targets(job: Job, state: State) -> dict[str, Path]:
    """Return the files of an export that is whole, and their names."""
    names = [job.warc(number) for number in range(state.files) if not job.only_packs]
    names += [f"{job.stem}.wacz"] * (job.packs or job.only_packs)
    return {name: job.out.with_name(name) for name in names}


def _name(partial: Partial, job: Job, state: State) -> list[Path]:
    """Give the files their names, `job.out` last, and return them; some may have theirs already."""
    targets = _targets(job, state)
    waiting = [name for name in targets if (partial.folder / name).exists()]
    _check_free(job, [targets[name] for name in waiting])
    for name in sorted(waiting, key=lambda name: name == job.out.name):
        (partial.folder / name).replace(targets[name])
    for path in _numbered(job):
        if path.name not in targets:  # of the export that is replaced
            path.unlink()
    return list(targets.values())


def _software() -> str:
    return f"warta/{version('warta')} warcio/{version('warcio')}"


class _Run:
    """Writes the records of an export, from where it is."""

    def __init__(self, past: Reader, job: Job, partial: Partial, state: State) -> None:
        self._past, self._job, self._partial, self._state = past, job, partial, state
        self._selection = Selection(past, job.wanted)
        self._hosts = self._selection.robots_hosts()
        self._at = datetime.fromisoformat(state.at)
        self._packs = job.packs or job.only_packs
        self._file: BinaryIO | None = None
        self._captures: list[str] = []
        self._pages: list[str] = []

    def write(self, progress: Progress) -> None:
        """Write all that is not written yet."""
        state = self._state
        steps = {"stories": self._stories, "others": self._others, "robots": self._robots}
        order = [*steps, "written"]
        try:
            if state.files:
                self._open()
            while state.phase in steps:
                steps[state.phase](progress)
                state.phase, state.after = order[order.index(state.phase) + 1], 0
                self._commit()
        finally:
            if self._file is not None:
                with suppress(OSError):  # the disk is full, which was raised already
                    self._file.close()

    def _stories(self, progress: Progress) -> None:
        stories, state = self._selection.stories, self._state
        done = sum(number <= state.after for number in stories)
        progress(done, total=len(stories))
        for numbers in self._selection.story_batches(state.after):
            with read_transaction(self._past.db):
                found = self._selection.of_stories(numbers)
                state.counts["without_page"] += sum(not pages for pages in found)
                self._write_pages(list(chain.from_iterable(found)))
            state.after = numbers[-1]
            self._commit()
            progress(len(numbers))

    def _others(self, _progress: Progress) -> None:
        """Write the pages that led to no story."""
        state = self._state
        while True:
            with read_transaction(self._past.db):
                found = self._selection.without_story(state.after)
                self._write_pages(found)
            if not found:
                return
            state.after = found[-1].number
            self._commit()

    def _robots(self, _progress: Progress) -> None:
        schemes = self._state.schemes
        self._room()  # the first file, where there is no page
        for row in self._selection.robots(schemes, self._at):
            url = row["url"] or f"{schemes[row['host']]}://{row['host']}/robots.txt"
            at = datetime.fromisoformat(row["fetched_at"])
            answer = {name: row[name] for name in ("number", "status", "reason")}
            answer |= {"body": row["body"] or "", "wire": self._wire(row["wire"])}
            self._room()
            for record in robots_answer(url, at, **answer):
                self._put(record)
            self._state.counts["robots"] += 1

    def _wire(self, text: str | None) -> Wire | None:
        """Read how a robots.txt came; where that is damaged, it leaves without."""
        try:
            return wire_of(text)
        except ValueError:
            self._state.counts["damaged"] += 1
            return None

    def _write_pages(self, pages: list[Kept]) -> None:
        answers = self._selection.not_modified(pages)
        counts = self._state.counts
        responses: dict[str, list[Record]] = {}
        for kept in pages:
            try:
                page = self._past.snapshots.page(kept.number)
            except ArchiveDamaged:
                counts["damaged"] += 1
                continue
            counts["pages"] += 1
            counts["opted_out"] += kept.opted_out
            self._room()
            first = self._write_page(kept, page, responses)
            for at in answers[kept.number]:
                self._put(not_modified(first, at))
                counts["not_modified"] += 1

    def _write_page(self, kept: Kept, page: Page, responses: dict[str, list[Record]]) -> Record:
        """Write a page with its further parts; return the record that has its body.

        `responses` are those of this batch by their URLs: all of a story are in one.
        """
        bodies, first = [], None
        for number, part in enumerate((page, *page.parts), 1):
            earlier = responses.setdefault(part.url, [])
            for record in page_records(part, number=kept.number, part=number, earlier=earlier):
                self._put(record)
                if record.kind in INDEXED:
                    body = record
            first = first or body
            if body.kind == "revisit":
                body = next(each for each in earlier if each.digest == body.digest)
            elif body.kind == "response" and part.body:
                earlier.append(replace(body, packed=b""))
            bodies.append(body)
            found = address(part.url)
            if found.netloc in self._hosts:
                self._state.schemes[found.netloc] = found.scheme
        if self._packs and first is not None:
            line = wacz.page_line(first.id, first.url, first.date, kept.headline)
            self._pages.append(line)
        return bodies[0]

    def _put(self, record: Record) -> None:
        assert self._file is not None
        if self._packs and record.kind in INDEXED:
            name = self._job.warc(self._state.files - 1)
            self._captures.append(index_line(record, filename=name, offset=self._state.offset))
        self._file.write(record.packed)
        self._state.offset += len(record.packed)

    def _room(self) -> None:
        """Begin the first file, or another one where this one is full."""
        if self._file is not None and self._state.offset < self._job.max_bytes:
            return
        if self._file is not None:
            self._sync()
            self._file.close()
        self._state.files += 1
        self._state.offset = 0
        self._open()
        name = self._job.warc(self._state.files - 1)
        self._put(warcinfo(name, self._at, list(self._about())))

    def _open(self) -> None:
        name = self._job.warc(self._state.files - 1)
        self._file = self._partial.append_to(name, self._state.offset)

    def _about(self) -> Iterator[tuple[str, object]]:
        """Yield what the first record of a file says."""
        yield "software", _software()
        yield "operator", self._job.operator
        yield "format", "WARC File Format 1.1"
        iipc = "https://iipc.github.io/warc-specifications/specifications"
        yield "conformsTo", f"{iipc}/warc-format/warc-1.1/"
        yield "robots", "obey"
        yield "isPartOf", self._job.stem
        yield "description", _DESCRIPTION.format(at=exact(self._at))

    def _commit(self) -> None:
        self._sync()
        self._partial.commit(self._state, self._captures, self._pages)
        self._captures, self._pages = [], []

    def _sync(self) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())


_DESCRIPTION = (
    "News pages that warta kept, as of {at}. Bodies are as warta's crawler decoded them:"
    " Content-Encoding and Transfer-Encoding are removed, and X-Crawler- is before the names of"
    " the headers by which they were sent. A page whose headers were not noted is a resource, with"
    " what is known of it in a metadata record. A revisit is an answer 304, whose headers were not"
    " kept. Bodies of redirects were not kept."
)
