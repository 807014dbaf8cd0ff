"""What an export has written so far: a folder beside its file, from which the same export goes on.

The folder holds the WARC files and a small database with how far they are whole: what was written
behind that is cut off. Nothing has its final name until all of it is there.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from errno import ENOSPC
from pathlib import Path
from typing import Any, BinaryIO

from filelock import Timeout

from archive.database.lock_files import take_lock
from archive.errors import ExportError, Locked

_STATE = "export.db"
_SCHEMA = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS captures (line TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS pages (line TEXT NOT NULL);"""


@dataclass(slots=True, kw_only=True)
class State:
    """How far an export is: all that has been written whole."""

    options: dict[str, Any]
    """What was exported from which archive; another export does not go on here."""
    at: str
    """The archive is read as of this time."""
    removed: str
    """How many stories had been taken down when it began, and when the last one."""
    phase: str = "stories"
    """`stories`, `others` (pages without a story), `robots`, `written` or `packed`."""
    after: int = 0
    """The last story, or page, that is written."""
    files: int = 0
    """WARC files so far."""
    offset: int = 0
    """Whole bytes of the last one."""
    counts: dict[str, int] = field(default_factory=dict)
    schemes: dict[str, str] = field(default_factory=dict)
    """Host -> the scheme of its pages: whose robots.txt belongs to them."""


class Partial:
    """The folder of an export that is not finished; one process at a time holds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._is_open = False
        self._held = ExitStack()

    def __enter__(self) -> "Partial":
        if self.folder.is_symlink() or (self.folder.is_dir() and not self._is_ours()):
            raise ExportError(f"{self.folder}: it is in the way, and is left as it is")
        self.folder.mkdir(exist_ok=True)
        try:
            self._held.enter_context(take_lock(self.folder / "lock"))
        except Timeout:
            raise Locked(f"{self.folder}: another process is writing this export") from None
        try:
            self._open()
        except BaseException:
            self._held.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        if self._is_open and self.state() is None:  # nothing was begun
            self.finish()
        self._db.close()
        self._held.close()
        with suppress(OSError):  # what is left is to go on with
            self.folder.rmdir()

    def _is_ours(self) -> bool:
        names = {path.name for path in self.folder.iterdir()}
        return _STATE in names or names <= {"lock"}

    def _open(self) -> None:
        self._db = sqlite3.connect(self.folder / _STATE)
        try:
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise _plain(self.folder, error) from error
        self._is_open = True

    def state(self) -> State | None:
        """Return how far the export is; None for one that begins."""
        with self.plain_errors():
            row = self._db.execute("SELECT json FROM state").fetchone()
        try:
            return None if row is None else State(**json.loads(row[0]))
        except (ValueError, TypeError) as error:
            raise _damaged(self.folder) from error

    def commit(self, state: State, captures: Iterable[str] = (), pages: Iterable[str] = ()) -> None:
        """Note how far the files are whole, with the lines of their index and their pages."""
        with self.plain_errors(), self._db:
            self._db.execute("REPLACE INTO state VALUES (1, ?)", [json.dumps(asdict(state))])
            self._db.executemany("INSERT INTO captures VALUES (?)", ((line,) for line in captures))
            self._db.executemany("INSERT INTO pages VALUES (?)", ((line,) for line in pages))

    def captures(self) -> Iterator[str]:
        """Yield the lines of the index, sorted."""
        for (line,) in self._db.execute("SELECT line FROM captures ORDER BY line"):
            yield line

    def pages(self) -> Iterator[str]:
        """Yield the lines of the pages, in the order of the files."""
        for (line,) in self._db.execute("SELECT line FROM pages ORDER BY rowid"):
            yield line

    def forget(self) -> None:
        """Begin anew: remove what was written."""
        with self.plain_errors(), self._db:
            for table in ("state", "captures", "pages"):
                self._db.execute(f"DELETE FROM {table}")
        self._remove_but(_STATE, f"{_STATE}-wal", f"{_STATE}-shm", "lock")

    def finish(self) -> None:
        """Remove what is left once the files have their names."""
        self._db.close()
        self._is_open = False
        self._remove_but("lock")

    def _remove_but(self, *names: str) -> None:
        for path in self.folder.iterdir():
            if path.name not in names:
                path.unlink()

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Turn errors of SQLite into one that names the folder."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise _plain(self.folder, error) from error

    def append_to(self, name: str, offset: int) -> BinaryIO:
        """Open a file at the end of what is whole, cutting off the rest; raises ExportError where
        that is no longer there.
        """
        path = self.folder / name
        if offset and not path.exists():
            raise _damaged(self.folder)
        file = path.open("r+b" if offset else "wb")
        if os.fstat(file.fileno()).st_size < offset:
            file.close()
            raise _damaged(self.folder)
        file.truncate(offset)
        file.seek(offset)
        return file


def _plain(folder: Path, error: sqlite3.DatabaseError) -> ExportError | OSError:
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_FULL":
        return OSError(ENOSPC, os.strerror(ENOSPC))
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return _damaged(folder)
    return ExportError(f"{folder}: it cannot be written ({error})")


def _damaged(folder: Path) -> ExportError:
    return ExportError(f"{folder}: it was damaged; remove it to begin anew")
