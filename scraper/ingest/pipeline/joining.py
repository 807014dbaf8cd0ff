"""The third stage, a single task: the archives of all tasks become one."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from archive.archive import Archive
from archive.database.backup import name_copy, sync
from archive.database.connection import plain_errors
from archive.errors import ArchiveUnwritable
from archive.merge.merge import Options, merge
from archive.merge.parts import forget_archive, forget_parts
from archive.printable import shown_address
from scraper.ingest.pipeline.job import Job
from scraper.ingest.pipeline.sharding import counted, distinct_files, summed
from scraper.ingest.pipeline.sifting import sifted
from scraper.politeness.locks import nobody_writes
from scraper.spiders import names

Advance = Callable[[float, int | None], None]


def join(job: Job, *, jobs: int, advance: Advance = lambda _rows, _all: None) -> None:
    """Merge the archives of all tasks, and put the result, or take it into the archive that is
    there; done twice, it changes nothing.
    """
    counts = _counts(job)
    if counts and not _is_placed(job):
        _make_whole(job, counts, jobs=jobs, advance=advance)
        _put(job, jobs=jobs, advance=advance)
    job.results.write_text(json.dumps(_report(job, counts)))


def _counts(job: Job) -> Mapping[str, dict[str, Any]]:
    """Return what became of each file's records, by its digest."""
    found = [json.loads(counted(job, rank).read_text()) for rank in range(job.tasks)]
    return {digest: summed([each[digest] for each in found]) for digest in found[0]}


def _report(job: Job, counts: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what became of each address, in their order."""
    first = {number for number, _each in distinct_files(job)}
    rows: list[dict[str, Any]] = []
    for number, address in enumerate(job.addresses):
        found = sifted(job, number)
        row: dict[str, Any] = {
            "file": shown_address(address),
            "problem": found.problem,
            "known": None,
        }
        if found.counts is not None:
            row["known"] = found.counts
        elif found.archive is not None and number in first:
            row["counts"] = counts[found.archive.digest]
        elif found.archive is not None:
            row["problem"] = "it is the same as another of these files"
        rows.append(row)
    return rows


def _make_whole(
    job: Job, counts: Mapping[str, dict[str, Any]], *, jobs: int, advance: Advance
) -> None:
    """Merge the tasks' archives, and let nothing say how many there were."""
    if job.whole.exists() and job.archive.exists() and job.archive.samefile(job.whole):
        return
    if not job.whole.exists():
        _merged(job, job.whole, [job.shard(rank) for rank in range(job.tasks)], jobs, advance)
    with plain_errors(job.whole), Archive(job.whole) as archive, archive.transaction(job.now):
        archive.captures.join_parts(job.terms, counts)
        forget_parts(archive.db)


def _merged(
    job: Job, out: Path, paths: list[Path], jobs: int, advance: Advance, *, update: bool = False
) -> None:
    clusters = update or not job.archive.exists()
    merge(
        out,
        paths,
        Options(update=update, clusters=clusters, force=True, jobs=jobs),
        now=job.now,
        advance=advance,
        note=lambda _text: None,
    )


def _is_placed(job: Job) -> bool:
    """Whether the archive has the whole; the mark is made before, and the whole removed after."""
    return job.placed.exists() and not job.whole.exists()


def _put(job: Job, *, jobs: int, advance: Advance) -> None:
    """Give the whole its name, or take it into the archive that has it."""
    out = job.archive
    job.placed.touch()
    try:
        if not out.exists():
            sync(job.whole)
            name_copy(job.whole, out, replace=False)
            sync(out.parent)
        elif not out.samefile(job.whole):
            with nobody_writes(out, names()):
                _merged(job, out, [job.whole], jobs, advance, update=True)
            with plain_errors(out), Archive(out) as archive, archive.transaction(job.now):
                forget_archive(archive.db, job.whole.name)
        job.whole.unlink(missing_ok=True)
    except OSError as error:
        raise ArchiveUnwritable(f"{out}: it cannot be written ({error.strerror})") from error
