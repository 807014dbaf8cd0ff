"""The first stage: each file is read once, from its beginning to its end, and indexed.

Of a file of another machine the records of stories are kept, at their places in a file that has
holes elsewhere: what is read of them later is what it would be in the original. Files on the disk
are read in place, and nothing of them is copied.
"""

import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from archive.archive import Archive
from archive.printable import shown_address
from scraper.extraction.workers import Worker, Workers
from scraper.ingest.collections.rows import Unreadable
from scraper.ingest.pipeline.job import Job, is_address, shard_of
from scraper.ingest.pipeline.streams import Stream, version_of
from scraper.ingest.pipeline.streams import opened as opened_stream
from scraper.ingest.pipeline.windows import Window, whole_file
from scraper.ingest.web_archives import sources
from scraper.ingest.web_archives.captures import Indexed, Section
from scraper.ingest.web_archives.index import Index
from scraper.ingest.web_archives.indexing import PATIENCE, Surveyed, count, index_archive
from scraper.ingest.web_archives.records import index_file
from scraper.ingest.web_archives.sources import WebArchive

MAX_BESIDE = 1024 * 1024
"""Bytes of a record behind that of a story, which may have its headers."""
_SIZE = 2**62
"""Length of a section whose server does not say it."""

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """A file that was indexed."""

    archive: WebArchive | None = None
    """None where there is nothing to import."""
    surveyed: Surveyed | None = None
    counts: dict[str, Any] | None = None
    """What an earlier import counted, where it had this file; it is not read again."""
    problem: str | None = None
    """Why it cannot be read, in a sentence."""


def sift(job: Job, number: int, advance: Advance = lambda _bytes: None) -> Sifted:
    """Index a file of a job, unless that was done; raises Unfetched where it may succeed later."""
    folder = job.indexed(number)
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        found = _sifted(job, job.addresses[number], partial, advance)
        (partial / "sifted").write_bytes(pickle.dumps(_moved(found, partial, folder)))
        partial.rename(folder)
    return sifted(job, number)


def sifted(job: Job, number: int) -> Sifted:
    """Return what became of a file that was indexed."""
    found: Sifted = pickle.loads((job.indexed(number) / "sifted").read_bytes())  # noqa: S301 - ours
    return found


def _moved(found: Sifted, partial: Path, folder: Path) -> Sifted:
    """Return what is in a folder as it is when that has its name."""
    if found.archive is None:
        return found
    sections = tuple(
        replace(each, path=folder / each.path.relative_to(partial))
        if each.path.is_relative_to(partial)
        else each
        for each in found.archive.sections
    )
    return replace(found, archive=replace(found.archive, sections=sections))


def _sifted(job: Job, address: str, folder: Path, advance: Advance) -> Sifted:
    try:
        if is_address(address):
            return _Remote(job, address, folder, advance).sifted()
        return _local(job, Path(address), folder, advance)
    except Unreadable as error:
        return Sifted(problem=str(error))
    except OSError as error:
        if is_address(address):
            raise
        return Sifted(problem=error.strerror or str(error))


def known_counts(job: Job, **file: str) -> dict[str, Any] | None:
    """Return what the archive of a job counted when it imported a file; None for another."""
    if not job.archive.exists():
        return None
    with Archive(job.archive, read_only=True) as archive:
        return archive.captures.done(terms=job.terms, **file)


def _local(job: Job, path: Path, folder: Path, advance: Advance) -> Sifted:
    kind = sources.kind_of(path)
    if kind is None:
        raise Unreadable("it is no WARC, no WACZ and no folder of saved pages")
    counts = None if kind == "folder" else known_counts(job, identity=sources.identity_of(path))
    if counts is None:
        archive = sources.opened(path, kind, folder)
        counts = known_counts(job, digest=archive.digest)
    if counts is not None:
        return Sifted(counts=counts)
    surveyed = _indexed(job, archive, folder, advance)
    return Sifted(archive=archive, surveyed=surveyed)


def _indexed(job: Job, archive: WebArchive, folder: Path, advance: Advance) -> Surveyed:
    """Index a file on the disk in worker processes, as one import does."""
    limits = replace(job.limits, deadline=job.limits.deadline * PATIENCE)
    patient = Worker(limits)
    try:
        with Workers(job.jobs, limits) as workers, Index(folder / "index.db") as index:
            surveyed = index_archive(
                archive,
                0,
                index,
                site_of=job.wanted.site_of,
                now=job.now,
                workers=workers,
                lone=lambda: patient,
                advance=advance,
            )
            index.divide(lambda site: shard_of(site, job.tasks))
            return surveyed
    finally:
        patient.close()


class _Remote:
    """A file of another machine."""

    def __init__(self, job: Job, address: str, folder: Path, advance: Advance) -> None:
        self._job = job
        self._address = address
        self._folder = folder
        self._advance = advance

    @property
    def _name(self) -> Path:
        """What the archive calls it: its name there."""
        name = unquote(urlsplit(self._address).path).rpartition("/")[2]
        return Path(name.replace("\0", "") or "warc")

    def sifted(self) -> Sifted:
        """Read it once."""
        version = version_of(self._address)
        identity = f"{shown_address(self._address)} {version.size} {version.tag}"
        # Two addresses without their queries may be one: only an ETag tells their files apart.
        is_certain = version.tag.startswith('"' if urlsplit(self._address).query else "")
        is_known = bool(version.tag) and is_certain
        counts = known_counts(self._job, identity=identity) if is_known else None
        if counts is not None:
            return Sifted(counts=counts)
        with opened_stream(self._address) as stream:
            assert isinstance(stream, Stream)
            section = Section(
                path=self._folder / "kept",
                start=0,
                length=stream.version.size or _SIZE,
                compressed=False,
                name=self._name.name,
            )
            with Window(stream, section, self._advance) as window:
                if self._is_streamed(window):
                    archive, surveyed = self._streamed(window, identity)
                    return self._unless_known(archive, surveyed)
        return self._downloaded(identity)

    def _unless_known(self, archive: WebArchive, surveyed: Surveyed | None) -> Sifted:
        counts = known_counts(self._job, digest=archive.digest)
        if counts is not None:
            return Sifted(counts=counts)
        return Sifted(archive=archive, surveyed=surveyed)

    def _is_streamed(self, window: Window) -> bool:
        """Whether it is a WARC whose records can be read in turn."""
        head = window.read(sources.CHUNK)
        window.seek(0)
        kind = sources.kind_of_head(head)
        if kind == "zip":
            return False
        if kind is None:
            raise Unreadable("it is no WARC or WACZ file: it begins with no record")
        window.section = replace(window.section, compressed=kind == "gzip")
        one_member = kind == "gzip" and sources.is_one_member(window)
        window.seek(0)
        return not one_member

    def _streamed(self, window: Window, identity: str) -> tuple[WebArchive, Surveyed]:
        """Index it as it arrives, and keep the records of stories."""
        section = window.section
        with section.path.open("wb") as out, Index(self._folder / "index.db") as index:
            keep = _Keeping(window, out)
            found = index_file(
                window,
                0,
                section.length,
                exact=True,
                site_of=self._job.wanted.site_of,
                now=self._job.now,
                passed=keep.passed,
            )
            size, digest = window.rest()
            out.truncate(size)
            index.add(0, 0, found.wanted)
            index.divide(lambda site: shard_of(site, self._job.tasks))
        surveyed = Surveyed()
        surveyed.damages["bad_member_digest"] = 0
        count(surveyed, found.wanted, found.others)
        surveyed.records += found.records
        surveyed.damages += found.damages
        if found.software is not None:
            surveyed.software[0] = found.software
        archive = WebArchive(
            path=self._name,
            kind="warc",
            size=size,
            digest=digest,
            identity=identity,
            sections=(replace(section, length=size),),
        )
        return archive, surveyed

    def _downloaded(self, identity: str) -> Sifted:
        """Have it on the disk while it is indexed: it cannot be read in order."""
        path = self._folder / "whole" / self._name
        path.parent.mkdir()
        with opened_stream(self._address) as stream:
            whole_file(stream, path)
        kind = sources.kind_of(path)
        if kind is None:
            raise Unreadable("it is no WARC or WACZ file: it begins with no record")
        archive = sources.opened(path, kind, self._folder)
        archive = replace(archive, identity=identity)
        return self._unless_known(
            archive, _indexed(self._job, archive, self._folder, self._advance)
        )


class _Keeping:
    """Copies the records of stories, each with the one behind it where that is about it."""

    def __init__(self, window: Window, out: BinaryIO) -> None:
        self._window = window
        self._out = out
        self._before = False

    def passed(self, row: Indexed, after: int) -> None:
        """Called with each record, and the offset behind it."""
        wanted = row.reason is None and row.kind != "none"
        beside = self._before and row.reason == "other_record" and row.length <= MAX_BESIDE
        if wanted or beside:
            self._window.copy(row.offset, after, self._out)
        self._before = wanted
        self._window.pass_by(after)
