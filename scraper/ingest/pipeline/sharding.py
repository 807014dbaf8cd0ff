"""The second stage: each task imports its publishers, of all files, into an archive of its own."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from archive.archive import Archive
from archive.database.connection import plain_errors
from scraper.ingest.pipeline.job import ImportUnfinished, Job
from scraper.ingest.pipeline.sifting import Sifted, sifted
from scraper.ingest.web_archives.importing import WebImport, counts_of
from scraper.ingest.web_archives.index import Index
from scraper.ingest.web_archives.indexing import Surveyed
from scraper.ingest.web_archives.temporary import working_folder
from scraper.spiders import site_named


def import_shard(job: Job, rank: int, advance: Callable[[int], None] = lambda _bytes: None) -> None:
    """Import the publishers of a task; killed, the next call goes on where it was.

    Raises ImportUnfinished where this process knows other publishers than those of the job.
    """
    if job.wanted.terms() != job.terms:
        raise ImportUnfinished(
            "a task knows other publishers than the command that began the import: [sites] folder,"
            " or installed packages, are not the same"
        )
    files = distinct_files(job)
    shard = job.shard(rank)
    with (
        working_folder() as folder,
        plain_errors(shard),
        Archive(shard) as archive,
        _import(job, rank, archive, files, folder) as work,
    ):
        surveyed = [_surveyed(each, rank) for _number, each in files]
        work.take_index(surveyed, lambda index: _fill(index, job, rank, files))
        work.write(advance)
        results = work.end()
    counts = {
        each.digest: counts_of(result) for each, result in zip(work.sources, results, strict=True)
    }
    counted(job, rank).write_text(json.dumps(counts))


def counted(job: Job, rank: int) -> Path:
    """Return where a task says what became of the captures of its publishers."""
    return job.shard(rank).with_suffix(".json")


def distinct_files(job: Job) -> list[tuple[int, Sifted]]:
    """Return the files to import with their numbers: those with the same bytes once, in the order
    of their digests, which is that of an import.
    """
    found: dict[str, tuple[int, Sifted]] = {}
    for number in range(len(job.addresses)):
        each = sifted(job, number)
        if each.archive is not None:
            found.setdefault(each.archive.digest, (number, each))
    return [found[digest] for digest in sorted(found)]


def _import(
    job: Job, rank: int, archive: Archive, files: Sequence[tuple[int, Sifted]], folder: Path
) -> WebImport:
    return WebImport(
        archive,
        [each.archive for _number, each in files if each.archive is not None],
        sites=site_named,
        site_of=job.wanted.site_of,
        terms=f"{job.terms} {rank}",  # one of these rows stays, without the number
        languages=job.languages,
        folder=folder,
        now=job.now,
        jobs=job.jobs,
        limits=job.limits,
    )


def _surveyed(found: Sifted, rank: int) -> Surveyed:
    """Return what the index pass counted of a file: for the first task, as it counts once."""
    assert found.surveyed is not None
    return found.surveyed if rank == 0 else Surveyed(software=found.surveyed.software)


def _fill(index: Index, job: Job, rank: int, files: Sequence[tuple[int, Sifted]]) -> None:
    paths = [job.indexed(number) / "index.db" for number, _each in files]
    for source, path in enumerate(paths):
        index.take(path, source, rank)
    for source, path in enumerate(paths):
        index.take_repeated(path, source, rank)


def summed(counts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Add up what the tasks counted of one file."""
    total: dict[str, Any] = {}
    for each in counts:
        for name, count in each.items():
            if isinstance(count, dict):
                total[name] = summed([total.get(name, {}), count])
            else:
                total[name] = total.get(name, 0) + count
    return total
