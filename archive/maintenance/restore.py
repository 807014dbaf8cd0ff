"""Putting a backup in an archive's place, so that a kill at any time leaves the old or the new."""

import glob
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from sqlite_utils import Database

from archive.archive import Archive
from archive.database.backup import (
    ASIDE,
    NO_LINKS,
    Copied,
    become_copy,
    copy_database,
    folder_locked,
    leftover,
    sync,
)
from archive.database.connection import plain_errors
from archive.errors import ArchiveBusy, ArchiveUnwritable
from archive.maintenance.compact import compact
from archive.maintenance.takedown import Story, take_down


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedown:
    """A take-down that a backup does not know yet."""

    story: Story
    reason: str
    at: datetime
    """When it was taken down in the archive, UTC."""


def later_takedowns(present: Database, backup: Database) -> list[Takedown]:
    """Return the take-downs of the present archive that a backup lacks, oldest first."""
    known = set(backup.conn.execute("SELECT site, key FROM tombstones"))
    rows = present.conn.execute(
        "SELECT site, key, url, reason, taken_down_at FROM tombstones ORDER BY taken_down_at"
    )
    return [
        Takedown(
            story=Story(site=site, key=key, url=url), reason=reason, at=datetime.fromisoformat(at)
        )
        for site, key, url, reason, at in rows
        if (site, key) not in known
    ]


def restore(
    backup: sqlite3.Connection,
    path: Path,
    *,
    now: datetime,
    keep: bool,
    check: Callable[[Path], None],
    copied: Copied,
    takedowns: Sequence[Takedown] = (),
) -> Path | None:
    """Copy a backup beside `path`, `check` the copy, repeat `takedowns` in it, and put it in the
    place of what is there.

    What was there is kept as PATH.before-restore-TIME unless not `keep`, with all that its log
    holds; returns that path, None where nothing is kept. No log is left that SQLite might take for
    the new file's. The caller keeps crawls away. Raises ArchiveBusy while another program has the
    archive open, ArchiveUnwritable, and what `check` raises; the archive is as it was then.
    """
    path = path.resolve()
    ready = path.with_name(f"{path.name}.restoring")
    aside = free_name(path.with_name(f"{path.name}{ASIDE}{now:%Y%m%dT%H%M%SZ}"))
    try:
        with plain_errors(path):
            copy_database(backup, ready, replace=True, copied=copied, check=check)
            _take_down(ready, takedowns, now=now)
        share(ready, like=path)
        return _put(ready, path, aside if keep else None)
    except OSError as error:
        raise ArchiveUnwritable(f"{path}: it cannot be restored ({error.strerror})") from error
    finally:
        with suppress(OSError):
            for begun in (ready, *ready.parent.glob(f"{glob.escape(ready.name)}[.-]*")):
                begun.unlink(missing_ok=True)


def _put(ready: Path, path: Path, aside: Path | None) -> Path | None:
    """Give the file its place; what was there stays at `aside`, whose path is returned then."""
    whole, kept = log_written(path), None
    with folder_locked(path.parent):
        if aside is not None and path.exists():
            kept = _keep(path, aside)
        if not whole:
            _move_log(path, kept)
        ready.replace(path)
    sync(path.parent)
    return kept


def free_name(aside: Path) -> Path:
    """Return the name, or where it is taken one with the first number that is free."""
    others = (aside.with_name(f"{aside.name}-{number}") for number in count(2))
    if not aside.exists():
        return aside
    return next(name for name in others if not name.exists())


def _take_down(copy: Path, takedowns: Sequence[Takedown], *, now: datetime) -> None:
    """Erase stories from a copy as they were erased from the archive, at the same times; what a
    migration keeps beside it goes with the other files of its name.
    """
    if not takedowns:
        return
    with Archive(copy) as archive:
        for each in takedowns:
            story = each.story
            take_down(
                archive, story.site, story.key, url=story.url, reason=each.reason, now=each.at
            )
        compact(archive, now=now)
    with closing(sqlite3.connect(copy)) as connection:
        become_copy(connection)
    sync(copy)


def log_written(path: Path) -> bool:
    """Write the log of the archive into its file, and remove it; return whether that was possible.

    Leaving WAL needs the file for oneself: raises ArchiveBusy while any program has it open. A file
    that is missing or damaged keeps its log.
    """
    if not path.exists():
        return False
    try:
        # Read-only first: closing a file that it cannot read, SQLite deletes its log.
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as old:
            old.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as old:
            (mode,) = old.execute("PRAGMA journal_mode = DELETE").fetchone()
            return bool(mode == "delete")
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        if not name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return False
        raise ArchiveBusy(f"{path}: another program has it open; stop it first") from error


def _keep(path: Path, aside: Path) -> Path:
    """Give the file a second name, under which it stays when the new file takes the first one."""
    try:
        os.link(path, aside)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        begun = aside.with_name(f"{aside.name}.partial")
        shutil.copyfile(path, begun)
        sync(begun)
        begun.replace(aside)
    return aside


def _move_log(path: Path, kept: Path | None) -> None:
    """Move the log of a file that is damaged or missing: SQLite would replay it into the new one.

    It may be all that is left of that archive, or its file may be elsewhere.
    """
    log, index = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    if log.exists():
        log.replace(kept.with_name(f"{kept.name}-wal") if kept else leftover(path))
    index.unlink(missing_ok=True)


def share(ready: Path, *, like: Path) -> None:
    """Let those read and write the new file who might the old one."""
    if not like.exists():
        return
    found = like.stat()
    with suppress(PermissionError):
        os.chown(ready, found.st_uid, found.st_gid)
    ready.chmod(found.st_mode & 0o777)
