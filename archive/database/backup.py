"""Copying an archive while it is written: one consistent copy, never half a file by its name."""

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from archive.errors import ArchiveUnwritable

STEP = 2_000
"""Pages copied per step, 8 MB: between two steps progress is reported and Ctrl-C works."""

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""Errors of file systems without hard links, as most USB sticks have."""

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
    report = copied or (lambda _left, _all: None)
    try:
        if not replace:
            _refuse_to_replace(destination)
        begun.unlink(missing_ok=True)
        with closing(sqlite3.connect(begun)) as target:
            # A read transaction pins the state: what is written meanwhile is in the log, and
            # neither copied nor waited for.
            pinned = not source.in_transaction
            if pinned:
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            try:
                source.backup(
                    target, pages=STEP, progress=lambda _status, left, total: report(left, total)
                )
            finally:
                if pinned:
                    source.rollback()
            target.execute("PRAGMA journal_mode = DELETE")  # one file, unlike the archive
        _sync(begun)
        if check is not None:
            check(begun)
        _name(begun, destination, replace=replace)
        _sync(destination.parent)
    except OSError as error:
        raise ArchiveUnwritable(
            f"{destination}: it cannot be written ({error.strerror})"
        ) from error
    finally:
        with suppress(OSError):
            begun.unlink(missing_ok=True)


def _refuse_to_replace(destination: Path) -> None:
    if destination.exists() or destination.is_symlink():
        raise ArchiveUnwritable(f"{destination}: there is a file of that name already")


def _name(begun: Path, destination: Path, *, replace: bool) -> None:
    """Give the copy its name."""
    if not replace:
        try:
            os.link(begun, destination)  # unlike a rename, it never replaces a file
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _refuse_to_replace(destination)
        else:
            return
    begun.replace(destination)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
