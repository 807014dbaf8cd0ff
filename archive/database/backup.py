"""Copying an archive while it is written, and putting a copy in an archive's place.

A copy is one consistent file, never half a file by its name.
"""

import errno
import fcntl
import glob
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from archive.errors import ArchiveUnwritable

logger = logging.getLogger(__name__)

COPY = 1
"""The bit of `user_version` that a copy has until it is opened for writing; the others count the
take-downs since the file was compacted (archive.maintenance.takedown).
"""

STEP = 2_000
"""Pages copied per step, 8 MB: between two steps progress is reported and Ctrl-C works."""

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""Errors of file systems without hard links, as most USB sticks have."""

ASIDE = ".before-restore-"
"""Between the names of an archive and the time at which a backup took its place."""

Copied = Callable[[int, int], None]
"""Called with the number of pages left, and of all."""
Check = Callable[[Path], None]


def copy_database(
    source: sqlite3.Connection,
    destination: Path,
    *,
    replace: bool = False,
    copied: Copied | None = None,
    check: Check | None = None,
) -> None:
    """Copy the database as it is now to `destination`; crawls may go on writing.

    Written beside it under another name, synced, passed to `check`, which may raise, then renamed.
    Raises ArchiveUnwritable where a file exists already, unless `replace`, and sqlite3.Error where
    it cannot be written; the partial copy is removed then, also after Ctrl-C.
    """
    begun = destination.with_name(destination.name + ".partial")
    try:
        if not replace:
            _refuse_to_replace(destination)
        begun.unlink(missing_ok=True)
        _write_copy(source, begun, copied or (lambda _left, _all: None))
        sync(begun)
        if check is not None:
            check(begun)
        name_copy(begun, destination, replace=replace)
        sync(destination.parent)
    except OSError as error:
        raise ArchiveUnwritable(
            f"{destination}: it cannot be written ({error.strerror})"
        ) from error
    finally:
        with suppress(OSError):
            begun.unlink(missing_ok=True)


def _write_copy(source: sqlite3.Connection, path: Path, copied: Copied) -> None:
    with closing(sqlite3.connect(path)) as target:
        # A read transaction pins the state: what is written meanwhile is in the log, and neither
        # copied nor waited for.
        pinned = not source.in_transaction
        if pinned:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        try:
            source.backup(target, pages=STEP, progress=lambda _, left, total: copied(left, total))
        finally:
            if pinned:
                source.rollback()
        become_copy(target)


def become_copy(connection: sqlite3.Connection) -> None:
    """Mark a database as a copy: one file, unlike the archive."""
    connection.execute("PRAGMA journal_mode = DELETE")
    _set_version(connection, _version(connection) | COPY)


def set_leftovers_aside(path: Path) -> None:
    """Keep SQLite from replaying the log of a replaced archive into the copy that replaced it.

    A killed process, or one that still runs, leaves `-wal` and `-shm` beside the archive, and
    SQLite takes them for those of whatever file is there. The log is renamed, not deleted: its
    archive may have been moved elsewhere. Raises ArchiveUnwritable where that is not possible.
    """
    log, index = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    aside = leftover(path)
    if not _has_leftovers(path, log, index):
        return
    try:
        with folder_locked(path.parent):
            if not _has_leftovers(path, log, index):
                return  # another process was faster, and the log is its own
            filled = log.exists() and log.stat().st_size > 0
            if filled:
                log.replace(aside)
            log.unlink(missing_ok=True)
            index.unlink(missing_ok=True)
    except OSError as error:
        raise ArchiveUnwritable(
            f"{path}: it is a backup, and {log.name} belongs to the archive that was here before;"
            f" move that file away ({error.strerror})"
        ) from error
    if filled:
        logger.warning(
            "%s: it is a backup; the log of the archive that was here before is now %s", path, aside
        )


def leftover(path: Path) -> Path:
    """Return the name of a log that is none of the archive's any more."""
    return path.with_name(f"{path.name}-wal.leftover")


def _has_leftovers(path: Path, *leftovers: Path) -> bool:
    return any(left.exists() for left in leftovers) and is_copy(path)


def is_copy(path: Path) -> bool:
    """Read the file alone, without its log; through SQLite, since closing it would drop locks."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as file:
            return bool(_version(file) & COPY)
    except sqlite3.DatabaseError:
        return False  # no database, or one that is written at this instant: not a mere copy


def undo_restore(path: Path) -> None:
    """Take the second name of an archive away that a killed restore has given it.

    Until the backup has its place, the archive is there under both names, and a process that
    opened it by one would not find the log of the other.
    """
    if not path.exists() or path.stat().st_nlink == 1:
        return
    path = path.resolve()
    # A restore that is under way has this lock. Who may not delete the name may not write either.
    with suppress(OSError), folder_locked(path.parent):
        for second in path.parent.glob(f"{glob.escape(path.name)}{ASIDE}*"):
            if second.is_file() and second.samefile(path):
                second.unlink()


def become_archive(connection: sqlite3.Connection) -> None:
    """Mark a copy as an archive; before it is switched to WAL, so that the file itself says so."""
    version = _version(connection)
    if version & COPY:
        _set_version(connection, version & ~COPY)


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _set_version(connection: sqlite3.Connection, version: int) -> None:
    connection.execute(f"PRAGMA user_version = {version}")


@contextmanager
def folder_locked(folder: Path) -> Iterator[None]:
    """Lock the folder: two processes may meet the same leftovers."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _refuse_to_replace(destination: Path) -> None:
    if destination.exists() or destination.is_symlink():
        raise ArchiveUnwritable(f"{destination}: there is a file of that name already")


def name_copy(begun: Path, destination: Path, *, replace: bool) -> None:
    """Give the copy its name."""
    if not replace:
        try:
            os.link(begun, destination)  # unlike a rename, it never replaces a file
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            _refuse_to_replace(destination)
        else:
            return
    begun.replace(destination)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
