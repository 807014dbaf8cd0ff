"""The archives that are merged: opened for reading as they are, each in one read transaction."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import chain
from pathlib import Path
from statistics import median

from sqlite_utils import Database

from archive.archive import Reader
from archive.database.connection import plain_errors
from archive.database.migrations import migrations
from archive.database.rows import value
from archive.errors import ArchiveDamaged, ArchiveError, SchemaTooOld
from archive.ledger.wording import plural
from archive.maintenance.copies import opened_as_it_is
from archive.maintenance.values import explanation

REPORTED_SKEW = timedelta(hours=1)
REFUSED_SKEW = timedelta(hours=12)
"""Between the system clocks of two machines: histories in the order of time would be wrong."""
DATED = 200
"""Newest pages by whose header `Date` a machine's clock is compared with those of its servers."""

_FIRST = (
    "SELECT site, started_at, version, arguments FROM crawls ORDER BY id LIMIT 1",
    "SELECT site, url, first_seen_at FROM urls ORDER BY id LIMIT 1",
    "SELECT site, key, first_seen_at FROM articles ORDER BY id LIMIT 1",
)
"""What an archive never changes once it is there: it and its copies have it in common."""
_CONTENT = (
    "SELECT latest FROM clock",
    "SELECT digest FROM revisions ORDER BY id",
    "SELECT observed_at, article_id, number, kind FROM revisions ORDER BY 1, 2, 3",
    "SELECT site, key FROM articles ORDER BY 1, 2",
    "SELECT max(id), max(checked_at) FROM checks",
    "SELECT max(id), max(kept_at), count(packed) FROM snapshots",
    "SELECT count(*), max(read_at) FROM readings",
    "SELECT max(id), max(first_seen_at) FROM urls",
    "SELECT id, started_at, ended_at FROM crawls ORDER BY id",
    "SELECT site, key FROM tombstones ORDER BY 1, 2",
    "SELECT id, retired_at, length(packed) FROM dictionaries ORDER BY id",
    "SELECT count(*), max(since) FROM rights",
    "SELECT id, noted_at, ended_at FROM drifts ORDER BY id",
    "SELECT id, ended_at, told_at, end_told_at FROM alerts ORDER BY id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An archive to be merged, open for reading."""

    number: int
    """From 1, in an order that does not depend on that of the command line."""
    reader: Reader
    identity: str
    """Digest of its first rows: the same for all copies, however old."""
    content: str
    """Digest of what it holds: another one once it was written."""
    latest: str
    """Its clock: when it was written last; empty: never."""
    skew: timedelta | None
    """By how much its machine's clock is ahead of the servers'; None: unknown."""
    is_base: bool
    """It is the merged archive that the others update."""

    @property
    def db(self) -> Database:
        """Its connection, in a read transaction."""
        return self.reader.db

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.reader.path


@contextmanager
def opened(paths: Sequence[Path], *, base: Path | None = None) -> Iterator[list[Input]]:
    """Open archives for reading, in an order of their own; `base` is the last.

    Raises an ArchiveError for what is no archive, or one that this version cannot read as it is.
    """
    with ExitStack() as stack:
        found = [_opened(stack, path, is_base=False) for path in _distinct(paths)]
        found.sort(key=lambda each: (each.content, each.identity, str(each.path)))
        if base is not None:
            found.append(_opened(stack, base, is_base=True))
        yield [replace(each, number=number) for number, each in enumerate(found, 1)]


def _distinct(paths: Sequence[Path]) -> list[Path]:
    """Return the paths of different files."""
    found: list[Path] = []
    for path in paths:
        if not path.exists() or not any(path.samefile(other) for other in found):
            found.append(path)
    return found


def _opened(stack: ExitStack, path: Path, *, is_base: bool) -> Input:
    db = stack.enter_context(opened_as_it_is(path))
    if migrations.pending(db):
        raise SchemaTooOld(
            f"{path}: an earlier version of warta made this archive, and it is not changed by a"
            " merge; any command that reads it, such as `warta stats`, migrates it"
        )
    with reading(path):
        db.conn.execute("BEGIN")
        return Input(
            number=0,
            reader=Reader(path, db),
            identity=_digest(db, _FIRST),
            content=_digest(db, _CONTENT),
            latest=_latest(path, db),
            skew=_skew(db),
            is_base=is_base,
        )


def _latest(path: Path, db: Database) -> str:
    """Return an archive's clock; raises ArchiveDamaged for one that shows no time."""
    latest: str = value(db, "SELECT latest FROM clock") or ""
    try:
        if latest and datetime.fromisoformat(latest).tzinfo is not None:
            return latest
    except ValueError:
        pass
    if latest:
        raise ArchiveDamaged(f"{path}: clock: its latest time is none; see `warta verify`")
    return ""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Name the archive in errors of reading it, and the value that cannot be read."""
    try:
        with plain_errors(path):
            yield
    except (ArchiveError, ValueError, TypeError) as error:
        named = explanation(error, path)
        if named is not None:
            raise named from error
        raise


def _digest(db: Database, statements: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for statement in statements:
        digest.update(statement.encode())
        for row in db.conn.execute(statement):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _skew(db: Database) -> timedelta | None:
    """Return how far the times of the newest pages are from those that their servers gave."""
    rows = db.conn.execute(
        "SELECT fetched_at, headers FROM snapshots WHERE part = 1 ORDER BY id DESC LIMIT ?",
        (DATED,),
    )
    found = list(chain.from_iterable(_ahead(*row) for row in rows))
    return timedelta(seconds=median(found)) if found else None


def _ahead(fetched_at: str, headers: str) -> Iterator[float]:
    try:
        dated = parsedate_to_datetime(str(json.loads(headers)["date"]))
        yield (datetime.fromisoformat(fetched_at) - dated).total_seconds()
    except (ValueError, TypeError, KeyError):
        return  # no time, or one without a zone


def disagreement(inputs: Sequence[Input], *, now: datetime) -> tuple[timedelta, str] | None:
    """Return by how much the machines' clocks disagree, and a sentence on it; None for less than
    an hour.

    Compared with the servers' clocks where pages have a `Date`; else an archive that was written
    in the future has a wrong one.
    """
    found: list[tuple[timedelta, str, str]] = [
        (late, str(each.path), "this computer")
        for each in inputs
        if each.latest and (late := datetime.fromisoformat(each.latest) - now) > timedelta(0)
    ]
    skews = [(each.skew, str(each.path)) for each in inputs if each.skew is not None]
    if skews:
        (least, behind), (most, ahead) = min(skews), max(skews)
        found.append((most - least, ahead, behind))
    apart, ahead, behind = max(found, default=(timedelta(0), "", ""))
    if apart <= REPORTED_SKEW:
        return None
    hours = plural(round(apart / timedelta(hours=1)), "hour")
    return apart, f"the clock of {ahead} is {hours} ahead of that of {behind}"


def copies(inputs: Sequence[Input]) -> list[tuple[Path, Path]]:
    """Return the pairs of inputs that hold the same: copies of one archive."""
    first: dict[str, Path] = {}
    found = []
    for each in inputs:
        other = first.setdefault(each.content, each.path)
        if other != each.path and not each.is_base:
            found.append((each.path, other))
    return found


def dangling(path: Path, table: str, number: object) -> ArchiveDamaged:
    """Return the error for a row that points to one that is not there."""
    return ArchiveDamaged(
        f"{path}: {table} {number}: points to a row that is not there; see `warta verify`"
    )


def is_full(error: BaseException) -> bool:
    """Whether the disk was full."""
    name = getattr(error.__cause__ or error, "sqlite_errorname", "")
    return isinstance(error.__cause__ or error, sqlite3.Error) and name == "SQLITE_FULL"
