"""Whether an open archive is still the file at its path: what is written to another is lost."""

from __future__ import annotations

from pathlib import Path

from archive.errors import ArchiveMoved

Identity = tuple[int, int]
"""Device and inode of a file."""


class SameFile:
    """Compares the files at the path of an archive, and of its log, with those that were opened.

    SQLite goes on writing to a file that was moved or deleted; the next to open the path sees
    none of it. A second hard link leads to the file, but not to its log, which SQLite looks for
    beside the name that it was opened by. Make one for an open connection that has read something:
    its log is there until it is closed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._opened = _identity(path)
        self._opened_log = _identity(self._log)

    def check(self) -> None:
        """Raise ArchiveMoved if it is another file now."""
        if _identity(self._path) != self._opened:
            raise ArchiveMoved(
                f"{self._path}: it was moved, deleted or replaced while it was written;"
                " what was written until then is in the file that was opened"
            )
        if self._opened is not None and self._path.stat().st_nlink > 1:
            raise ArchiveMoved(
                f"{self._path}: it has a second name (a hard link), under which a reader would not"
                " find its log; remove that link"
            )
        if _identity(self._log) != self._opened_log:
            raise ArchiveMoved(
                f"{self._path}: its log {self._log.name} was moved, deleted or replaced while it"
                " was written; run `warta verify` before the next crawl"
            )


def _identity(path: Path) -> Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
