"""Web archives among the files of `warta import`."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
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
from scraper.ingest.web_archives.importing import Result, WebImport
from scraper.spiders import any_site_of, site_named, site_of, sites

WORTHWHILE = 1024 * 1024
"""Bytes; smaller files are imported by one process."""

_NAMES = "new revised unchanged older known taken_down"
_COLUMNS = columns(f"file records {_NAMES} refused skipped bad")


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: Path
    kind: str


def sorted_by_kind(
    paths: Sequence[Path], *, is_collection: bool
) -> tuple[list[Path], list[_Candidate], int]:
    """Return the collections, the web archives, and how many paths are neither: each is noted.

    `is_collection`: the user says that they are collections.
    """
    collections: list[Path] = []
    archives: list[_Candidate] = []
    unreadable = 0
    for path in dict.fromkeys(paths):
        try:
            kind = None if is_collection or str(path) == "-" else sources.kind_of(path)
            if kind is None:
                collections.append(path)
                continue
            found = list(sources.expanded([path]))
            archives += [_Candidate(each, sources.kind_of(each) or kind) for each in found]
        except Unreadable as error:
            unreadable += 1
            note(f"{path}: {error}")
    return collections, list(dict.fromkeys(archives)), unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which pages of a web archive are imported."""

    any_site: bool = False
    """Also those of publishers without a profile."""
    languages: tuple[str, ...] = ()
    """Only stories in these; all where empty."""

    def check(self) -> None:
        """Load the model of languages, for all workers; raises click.UsageError."""
        if not self.languages:
            return
        try:
            from archive.corpus.filters.language import check_languages

            check_languages(self.languages)
        except ModuleNotFoundError as error:
            raise click.UsageError(
                f"--language needs {error.name}, which is missing: pip install 'warta[corpus]'"
            ) from error
        except CorpusError as error:
            raise click.UsageError(f"--language {str(error).partition(': ')[2]}") from error

    def terms(self) -> str:
        """Return a digest of what decides which captures are stories."""
        decides = [*sorted(sites()), *("any site" for _ in range(self.any_site))]
        decides += [f"language {code}" for code in sorted(set(self.languages))]
        return sha256("\n".join(decides).encode()).hexdigest()


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
    with TemporaryDirectory(prefix="warta-import-") as folder:
        spool = Path(folder) / "unpacked"
        spool.mkdir()
        with interruptible(_STOPPED), ExitStack() as stack:
            archive = stack.enter_context(Archive(path)) if path.exists() else None
            done, opened, broken = _opened(archive, candidates, wanted, spool)
            if opened:
                archive = archive or stack.enter_context(Archive(path))
                done += _imported(archive, opened, wanted, Path(folder), jobs=jobs, limits=limits)
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
        site_of=any_site_of if wanted.any_site else site_of,
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


def show_archives(results: Sequence[Result]) -> None:
    """Print a table of the files, and why records are no stories."""
    if not results:
        return
    rows = []
    for each in results:
        sums = {name: getattr(each, name).total() for name in ("refused", "skipped", "bad")}
        counts = {name: each.outcomes[name] for name in _NAMES.split()}
        rows.append({"file": str(each.path), "records": each.records} | counts | sums)
    print_table(rows, _COLUMNS, flexible="file", sparse=f"{_NAMES} refused skipped bad")
    for each in results:
        for reason, count in (each.refused + each.skipped + each.bad).most_common():
            note(f"{each.path}: {plural(count, 'record')}: {sentence(reason)}")
