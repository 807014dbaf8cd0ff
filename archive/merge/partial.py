"""The archive that a merge makes: OUT.partial beside OUT, with what it needs to resume."""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.database.connection import immediate, open_file, plain_errors
from archive.database.migrations import bring_up_to_date
from archive.database.rows import column, insertion, value
from archive.database.schema import APPLICATION_ID, SCHEMA
from archive.errors import ArchiveDamaged, ArchiveUnwritable
from archive.merge.inputs import Input

BATCH = 20_000
"""Rows written in one transaction: what a kill costs at most."""
TOGETHER = 200
"""Rows of a table that are written by one call: in the memory of a merge, with their pages."""
CACHE_KIB = 65_536

MAX_GAP = 10_000_000
"""Numbers that an archive may leave out in a row: the memory for them is taken."""

GONE = -1
"""New number of a row that the merged archive is not to have."""

Values = Sequence[Any] | Mapping[str, Any]

_STAGES = (
    "CREATE TABLE merging (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE merging_steps (step TEXT, input INTEGER, last INTEGER,
        PRIMARY KEY (step, input))""",
    """CREATE TABLE merging_numbers ("table" TEXT, input INTEGER, old INTEGER, new INTEGER,
        PRIMARY KEY ("table", input, old)) WITHOUT ROWID""",
    """CREATE TABLE merging_found ("table" TEXT, input INTEGER, old INTEGER, at TEXT, site TEXT,
        name TEXT)""",
    """CREATE TABLE merging_shared ("table" TEXT, new INTEGER, PRIMARY KEY ("table", new))
        WITHOUT ROWID""",
    """CREATE TABLE merging_gone (site TEXT, key TEXT, input INTEGER,
        PRIMARY KEY (site, key, input)) WITHOUT ROWID""",
    """CREATE TABLE merging_revisions (at TEXT, article INTEGER, number INTEGER, input INTEGER,
        revision INTEGER, kind TEXT, changed TEXT, returns_to INTEGER, correction TEXT,
        PRIMARY KEY (at, article, number)) WITHOUT ROWID""",
    """CREATE TABLE merging_outcomes (input INTEGER, "check" INTEGER, outcome TEXT,
        PRIMARY KEY (input, "check")) WITHOUT ROWID""",
    """CREATE TABLE merging_rights (since TEXT, article INTEGER, rule TEXT,
        PRIMARY KEY (since, article)) WITHOUT ROWID""",
    "CREATE TABLE merging_retired (dictionary INTEGER PRIMARY KEY)",
)
"""The tables of a merge, which are dropped at its end."""
_RENUMBER = "INSERT OR REPLACE INTO merging_numbers VALUES (?, ?, ?, ?)"


class Partial:
    """The archive in the making. Its indexes and triggers come last: that is several times as fast,
    and what never changes in an archive is renumbered here.
    """

    def __init__(self, path: Path, db: Database, inputs: Sequence[Input] = ()) -> None:
        self.path = path
        self.db = db
        self._paths = {each.number: each.path for each in inputs}
        self.execute = db.conn.execute
        self._numbers: dict[tuple[str, int], array[int]] = {}
        self._waiting: defaultdict[str, list[Values]] = defaultdict(list)

    def done(self, step: str) -> bool:
        """Return whether a step was finished."""
        return value(self.db, "SELECT 1 FROM merging WHERE name = ?", f"done {step}") is not None

    def finish(self, step: str) -> None:
        """Write that a step is finished, in the transaction that finishes it."""
        self.execute("INSERT OR REPLACE INTO merging VALUES (?, '')", (f"done {step}",))

    def once(self, step: str, do: Callable[[], None]) -> None:
        """Do a step in one transaction, unless it was done."""
        if not self.done(step):
            with immediate(self.db):
                do()
                self.flush()
                self.finish(step)

    def write(self, statement: str, values: Values) -> None:
        """Execute a statement for a row, together with its next ones; `flush` before reading."""
        waiting = self._waiting[statement]
        waiting.append(values)
        if len(waiting) >= TOGETHER:
            self._execute_for(statement, waiting)

    def write_row(self, table: str, row: Mapping[str, Any]) -> None:
        """Insert a row, a value per column, together with the next ones."""
        self.write(insertion(table, tuple(row)), row)

    def flush(self) -> None:
        """Execute what waits; each statement's rows in their order."""
        for statement, waiting in self._waiting.items():
            self._execute_for(statement, waiting)

    def _execute_for(self, statement: str, waiting: list[Values]) -> None:
        self.db.conn.executemany(statement, waiting)
        waiting.clear()

    def last(self, step: str, number: int) -> int:
        """Return the id of the last row of an input that a step has copied."""
        statement = "SELECT last FROM merging_steps WHERE step = ? AND input = ?"
        return value(self.db, statement, step, number) or 0

    def note(self, step: str, lasts: dict[int, int]) -> None:
        """Write the last rows that a step has copied, in the transaction that copies them."""
        self.db.conn.executemany(
            "INSERT OR REPLACE INTO merging_steps VALUES (?, ?, ?)",
            [(step, number, last) for number, last in lasts.items()],
        )

    def renumber(self, table: str, numbers: Sequence[tuple[int, int, int]]) -> None:
        """Write the new numbers of rows, as (input, old, new)."""
        for number, old, new in numbers:
            self.write(_RENUMBER, (table, number, old, new))
            known = self._numbers.get((table, number))
            if known is not None:
                self._put(known, table, number, old, new)

    def numbers(self, table: str, number: int) -> "array[int]":
        """Return the new numbers of an input's rows by their old ones; 0 where there is none.

        Eight bytes a row, and what grows with the archives in the memory of a merge.
        """
        found = self._numbers.get((table, number))
        if found is None:
            self.flush()
            found = self._numbers[table, number] = array("q", (0,))
            statement = """SELECT old, new FROM merging_numbers WHERE "table" = ? AND input = ?"""
            for old, new in self.execute(statement, (table, number)):
                self._put(found, table, number, old, new)
        return found

    def _put(self, numbers: "array[int]", table: str, number: int, old: int, new: int) -> None:
        """Set the new number of a row; raises ArchiveDamaged for an old one that none has."""
        if not 0 <= old < len(numbers) + MAX_GAP:
            raise ArchiveDamaged(
                f"{self._paths.get(number, self.path)}: {table} {old}: no row has such a number;"
                " see `warta verify`"
            )
        if old >= len(numbers):
            numbers.frombytes(bytes(8 * (old + 1 + old // 8 - len(numbers))))
        numbers[old] = new

    def forget(self, table: str) -> None:
        """Free the memory of the numbers of a table."""
        for key in [key for key in self._numbers if key[0] == table]:
            del self._numbers[key]

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table without its number."""
        names = column(self.db, "SELECT name FROM pragma_table_info(?)", table)
        return [name for name in names if name != "id"]


@contextmanager
def opened(path: Path, inputs: Sequence[Input]) -> Iterator[Partial]:
    """Open the partial archive of a merge of these inputs; one of other inputs is begun anew."""
    wanted = "\n".join((_boot(), *(each.content for each in inputs)))
    with plain_errors(path):
        if path.exists() and not _is_of(path, wanted):
            remove(path)
        db = open_file(path, read_only=False)
        try:
            db.conn.execute("PRAGMA foreign_keys = OFF")
            db.conn.execute("PRAGMA journal_mode = TRUNCATE")
            db.conn.execute("PRAGMA synchronous = OFF")  # it is synced before it gets its name
            db.conn.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            if not value(db, "SELECT count(*) FROM sqlite_schema"):
                _begin(db, wanted)
            yield Partial(path, db, inputs)
        finally:
            db.close()


def _boot() -> str:
    """Return what names the time since the computer was started: before, the file was perhaps not
    written whole. Empty where the system does not say.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _begin(db: Database, wanted: str) -> None:
    with immediate(db):
        db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        bring_up_to_date(db)
        for kind, name, _statement in deferred():
            db.conn.execute(f"DROP {kind} {name}")
        for statement in _STAGES:
            db.conn.execute(statement)
        db.conn.execute("INSERT INTO merging VALUES ('inputs', ?)", (wanted,))


def _is_of(path: Path, wanted: str) -> bool:
    try:
        with closing(open_file(path, read_only=False)) as db:
            found = value(db, "SELECT value FROM merging WHERE name = 'inputs'")
    except sqlite3.DatabaseError:
        return False  # killed before it was begun, or at its end: no file of ours
    return bool(found == wanted)


def remove(path: Path) -> None:
    """Remove a partial archive with its journals."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        try:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise ArchiveUnwritable(f"{path}: it cannot be removed ({error.strerror})") from error


def deferred() -> Iterator[tuple[str, str, str]]:
    """Yield (kind, name, statement) of the indexes and triggers that are made at the end."""
    for statement in SCHEMA:
        create, kind, name, *_rest = statement.split(maxsplit=3)
        if create == "CREATE" and kind in ("INDEX", "TRIGGER"):
            yield kind, name, statement


def drop_stages(partial: Partial, *, but: Sequence[str] = ()) -> None:
    """Drop the tables of the merge, but for those that are named."""
    for statement in _STAGES:
        name = statement.split()[2]
        if name not in but:
            partial.execute(f"DROP TABLE IF EXISTS {name}")


@contextmanager
def reopened(path: Path) -> Iterator[Partial]:
    """Open a partial archive that was finished but for its tables of the merge."""
    with closing(open_file(path, read_only=False)) as db:
        yield Partial(path, db)


Items = Iterator[tuple[dict[int, int], int]]
"""After some rows were written: the last row of each input that was copied, and their count."""


def in_batches(partial: Partial, step: str, items: Items, advance: Callable[[int], None]) -> None:
    """Go through `items`, each of which writes some rows and yields the last rows that it copied
    and their count, in transactions of about BATCH rows, and finish the step.
    """
    lasts: dict[int, int] = {}
    written = 0
    partial.execute("BEGIN IMMEDIATE")
    try:
        for last, count in items:
            lasts |= last
            written += count
            if written >= BATCH:
                partial.flush()
                partial.note(step, lasts)
                partial.execute("COMMIT")
                advance(written)
                written = 0
                partial.execute("BEGIN IMMEDIATE")
        partial.flush()
        partial.note(step, lasts)
        partial.finish(step)
        partial.execute("COMMIT")
        advance(written)
    except BaseException:
        partial.db.conn.rollback()
        raise
