"""The archives of one corpus: which they are, what they hold, and their catalogue."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.archive import Archive
from archive.corpus.many.catalogue import CATALOGUE
from archive.corpus.selection import archive_digest, empty_archive, opened
from archive.database.clock import exact
from archive.database.connection import is_archive, plain_errors
from archive.database.rows import value
from archive.errors import CorpusError
from archive.merge.catalogue import catalogue
from archive.merge.inputs import REFUSED_SKEW, Input, copies, disagreement
from archive.merge.inputs import opened as opened_inputs

Note = Callable[[str], object]

_CLUSTERED_LATER = """SELECT EXISTS (SELECT 1 FROM memberships)
    AND EXISTS (SELECT 1 FROM merged_archives WHERE latest > ?)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Some archives as of a time."""

    paths: tuple[Path, ...]
    as_of: datetime
    """Aware, UTC."""
    digests: tuple[str, ...]
    """Of each archive as of then, as the manifest of its own corpus would have it; sorted."""

    def digest(self) -> str:
        """Return the SHA-256 of what decides the catalogue."""
        return hashlib.sha256(repr((exact(self.as_of), self.digests)).encode()).hexdigest()


def found_archives(given: Sequence[Path]) -> tuple[Path, ...]:
    """Return the archives of a command line, those of folders among them, each file once.

    Raises CorpusError for a folder without archives.
    """
    found: list[Path] = []
    for path in given:
        for each in _archives_in(path) if path.is_dir() else [path]:
            if not any(each.exists() and each.samefile(other) for other in found):
                found.append(each)
    return tuple(found)


def _archives_in(folder: Path) -> list[Path]:
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise CorpusError(f"{folder}: it cannot be read ({error.strerror})") from error
    found = [path for path in files if is_archive(path)]
    if not found:
        raise CorpusError(f"{folder}: it is a folder, not an archive, and has none in it")
    return found


def clustered_later(path: Path, as_of: datetime) -> bool:
    """Whether an archive was merged, and its clusters found, only after that time."""
    with plain_errors(path), Archive(path, read_only=True) as archive:
        return bool(value(archive.db, _CLUSTERED_LATER, exact(as_of)))


def last_written(paths: Sequence[Path]) -> datetime:
    """Return the newest of the times at which archives were written last; archives of an earlier
    version are migrated. Raises an ArchiveError, also where all are empty.
    """
    times = _clocks(paths)
    latest = max((time for time in times if time is not None), default=None)
    if latest is None:
        raise empty_archive(paths[0])
    return latest


def settled_until(paths: Sequence[Path]) -> datetime | None:
    """Return the smallest of the times at which archives were written last: what they write later
    changes nothing before it. None where one was never written.
    """
    times = _clocks(paths)
    known = [time for time in times if time is not None]
    return min(known) if len(known) == len(times) else None


def _clocks(paths: Sequence[Path]) -> list[datetime | None]:
    times = []
    for path in paths:
        with plain_errors(path), Archive(path, read_only=True) as archive:
            times.append(archive.clock.latest())
    return times


def identified(paths: Sequence[Path], as_of: datetime) -> Inputs:
    """Read what archives hold as of a time; raises an ArchiveError that names the damaged one."""
    digests = []
    for path in paths:
        with opened(path, as_of) as past:
            digests.append(archive_digest(past, check_times=True))
    return Inputs(paths=tuple(paths), as_of=as_of, digests=tuple(sorted(digests)))


def gather(
    inputs: Inputs,
    folder: Path,
    *,
    texts: bool = True,
    now: datetime,
    advance: Callable[[int], None],
    note: Note,
) -> Path:
    """Write the catalogue of their stories into a folder, unless it is there, and return its path.

    `now`, aware, is compared with their clocks. Raises an ArchiveError; what was done before a kill
    is kept.
    """
    path = folder / CATALOGUE
    with opened_inputs(inputs.paths) as archives:
        _check(archives, now=now, note=note)
        same = {one for one, _other in copies(archives)}
        if not path.exists():
            different = [each for each in archives if each.path not in same]
            catalogue(path, different, texts=texts, advance=advance)
    return path


def _check(archives: Sequence[Input], *, now: datetime, note: Note) -> None:
    """Report copies and clocks that disagree; raises CorpusError beyond a limit."""
    for one, other in copies(archives):
        note(f"{one}: it holds the same as {other}")
    found = disagreement(archives, now=now)
    if found is None:
        return
    apart, sentence = found
    if apart > REFUSED_SKEW:
        raise CorpusError(
            f"{sentence}: what changed first cannot be known; `warta merge --force` merges them by"
            " these clocks"
        )
    note(f"{sentence}: the order of what they saw may be wrong")
