"""Web archives among the files of `warta import`."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from archive.archive import Archive
from archive.database.connection import plain_errors
from archive.errors import CorpusError
from archive.ledger.wording import plural, sentence
from scraper.cli import options
from scraper.cli.rendering.terminal import columns, interruptible, note, print_table, progress_bar
from scraper.extraction.workers import Limits
from scraper.ingest.collections.rows import Unreadable
from scraper.ingest.web_archives import sources
from scraper.ingest.web_archives.importing import Result, WebImport, counts_of
from scraper.ingest.web_archives.temporary import working_folder
from scraper.ingest.web_archives.wanted import Wanted
from scraper.spiders import site_named

WORTHWHILE = 1024 * 1024
"""Bytes; smaller files are imported by one process."""

_NAMES = "new revised unchanged older known taken_down"
_REASONS = ("refused", "skipped", "bad")
_COLUMNS = columns(f"file records {_NAMES} {' '.join(_REASONS)}")


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: Path
    kind: str


def sorted_by_kind(
    files: Sequence[Path | str], collection: str | None
) -> tuple[list[Path], list[_Candidate], int]:
    """Return the collections, the web archives, and how many files are neither: each is noted.

    `collection`: the kind of collection that the user says that they are.
    """
    collections: list[Path] = []
    archives: list[_Candidate] = []
    unreadable = 0
    for path in dict.fromkeys(map(Path, files)):
        try:
            kind = None
            if collection is None and str(path) != "-":
                kind = sources.kind_of(path)
            if kind is None:
                collections.append(path)
                continue
            found = list(sources.expanded([path]))
            archives += [_Candidate(each, sources.kind_of(each) or kind) for each in found]
        except Unreadable as error:
            unreadable += 1
            note(f"{path}: {error}")
    return collections, list(dict.fromkeys(archives)), unreadable


def check_wanted(wanted: Wanted) -> None:
    """Load the model of languages, for all workers; raises click.UsageError."""
    if not wanted.languages:
        return
    try:
        from archive.corpus.filters.language import check_languages

        check_languages(wanted.languages)
    except ModuleNotFoundError as error:
        raise click.UsageError(
            f"--language needs {error.name}, which is missing: pip install 'warta[corpus]'"
        ) from error
    except CorpusError as error:
        raise click.UsageError(f"--language {str(error).partition(': ')[2]}") from error


def import_archives(
    path: Path,
    candidates: Sequence[_Candidate],
    wanted: Wanted,
    *,
    jobs: int | None,
    limits: Limits,
) -> tuple[list[Result], int]:
    """Import web archives with progress bars; return what became of their records, and how many of
    them could not be read: each is noted. Creates no archive where there are none.
    """
    if not candidates:
        return [], 0
    with working_folder() as folder:
        spool = folder / "unpacked"
        spool.mkdir()
        with interruptible(_STOPPED), ExitStack() as stack:
            archive = stack.enter_context(Archive(path)) if path.exists() else None
            done, opened, broken = _opened(archive, candidates, wanted, spool)
            if opened:
                archive = archive or stack.enter_context(Archive(path))
                done += _imported(archive, opened, wanted, folder, jobs=jobs, limits=limits)
    order = {each.path: number for number, each in enumerate(candidates)}
    return sorted(done, key=lambda each: order[each.path]), broken


_STOPPED = "Stopped; what was written is complete: the same command resumes."


def _opened(
    archive: Archive | None, candidates: Sequence[_Candidate], wanted: Wanted, spool: Path
) -> tuple[list[Result], list[sources.WebArchive], int]:
    """Return what was imported before, the web archives to import, and how many are broken.

    `archive` is None where there is none yet.
    """

    def counts_of_done(**file: str) -> dict[str, Any] | None:
        if archive is None:
            return None
        return archive.captures.done(terms=terms, **file)

    done: list[Result] = []
    opened: dict[str, sources.WebArchive] = {}
    broken, terms = 0, wanted.terms()
    for each in candidates:
        try:
            counts = None
            if each.kind != "folder":
                identity = sources.identity_of(each.path)
                counts = counts_of_done(identity=identity)
            if counts is None:
                found = sources.opened(each.path, each.kind, spool)
                counts = counts_of_done(digest=found.digest)
        except (Unreadable, OSError) as error:
            broken += 1
            note(f"{each.path}: {getattr(error, 'strerror', None) or error}")
            continue
        if counts is not None:
            done.append(Result.imported_before(each.path, counts))
        elif found.digest in opened:
            note(f"{each.path}: it is the same as {opened[found.digest].path}")
        else:
            opened[found.digest] = found
    return done, list(opened.values()), broken


def _imported(
    archive: Archive,
    opened: Sequence[sources.WebArchive],
    wanted: Wanted,
    folder: Path,
    *,
    jobs: int | None,
    limits: Limits,
) -> list[Result]:
    total = sum(each.size for each in opened)
    with WebImport(
        archive,
        opened,
        sites=site_named,
        site_of=wanted.site_of,
        terms=wanted.terms(),
        languages=wanted.languages,
        folder=folder,
        now=datetime.now(UTC),
        jobs=options.processes(jobs, worthwhile=jobs is not None or total >= WORTHWHILE),
        limits=limits,
    ) as work:
        with plain_errors(folder), progress_bar("indexing", total=total, as_share=True) as advance:
            work.index(advance)
        to_read = work.bytes_to_read
        with (
            plain_errors(folder),
            progress_bar("importing", total=to_read, as_share=True) as advance,
        ):
            work.write(advance)
        return work.end()


def rows_of(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return what became of the files' records, a row a file."""
    return [{"file": str(each.path)} | counts_of(each) for each in results]


def show_archives(rows: Sequence[dict[str, Any]]) -> None:
    """Print a table of the files, and why records are no stories."""
    if not rows:
        return
    sums = [row | {name: sum(row[name].values()) for name in _REASONS} for row in rows]
    print_table(sums, _COLUMNS, flexible="file", sparse=f"{_NAMES} {' '.join(_REASONS)}")
    for row in rows:
        reasons = sum((Counter(row[name]) for name in _REASONS), Counter[str]())
        for reason, count in reasons.most_common():
            note(f"{row['file']}: {plural(count, 'record')}: {sentence(reason)}")
