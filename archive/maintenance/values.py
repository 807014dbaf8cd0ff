"""Whether every value in an archive can be read: types, UTF-8, times, JSON, and rows that must be.

Another program may have written what warta never writes; the caller gets one sentence.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.database.connection import connect, plain_errors
from archive.database.rows import value
from archive.database.schema import LISTS, SCHEMA
from archive.errors import ArchiveDamaged, ArchiveError

_TIMES = ("since", "lastmod", "quiet_until")
"""Columns that hold a time, beside all whose name ends with `_at`."""
_ARRAYS = (*LISTS, "changed", "urls")
_OBJECTS = ("headers", "arguments", "counts", "wire")
_SHOWN = {"TEXT": "CAST({} AS BLOB)", "INTEGER": "{}", "BLOB": "length({})"}
"""By type, what of a value is looked at: bytes, for SQLite's own decoding names no row."""
MAX_NUMBER = 2**53
"""None of ours is as large, but keys of 64 bits: sums overflow, and readers of JSON round."""
LAST_YEAR = 9000
"""Of a system clock: nothing can be due after the end of the calendar."""


def damage(path: Path) -> str | None:
    """Return the first value of an archive that cannot be read or followed; None where all can."""
    db = connect(path, read_only=True)
    try:
        return next(chain(problems(db), dangling(db)), None)
    finally:
        db.close()


def explanation(error: Exception, path: Path) -> ArchiveError | None:
    """Return what to say of an unexpected error if a value cannot be read; None: it is a bug."""
    known = isinstance(error, ArchiveError) and type(error) is not ArchiveError
    if known or not path.exists():
        return None
    try:
        with plain_errors(path):
            found = damage(path)
    except ArchiveError as damaged:
        return damaged
    if found is None:
        return None
    return ArchiveDamaged(f"{path}: {found}; see `warta verify`")


def problems(db: Database) -> Iterator[str]:
    """Yield a sentence for each table that is missing and each value that cannot be read."""
    names = {row["name"] for row in db.query("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for table, columns in _tables().items():
        if table not in names:
            yield f"{table}: the table is missing"
            continue
        if table == "clock" and value(db, "SELECT count(*) FROM clock") != 1:
            yield "clock: its only row is missing"
        yield from _problems(db, table, columns)


def dangling(db: Database) -> Iterator[str]:
    """Yield a sentence for each reference to a row that is not there."""
    rows = db.conn.execute(
        """SELECT c."table", l."from", c.rowid, c.parent FROM pragma_foreign_key_check c
        JOIN pragma_foreign_key_list(c."table") l ON l.id = c.fkid"""
    )
    for table, name, number, parent in rows:
        yield f"{table}.{name} of row {number}: points to a row of {parent} that is not there"


@cache
def _tables() -> dict[str, list[tuple[str, str, bool]]]:
    """Return our tables with (name, type, required) of their columns, as warta makes them."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in SCHEMA:
            connection.execute(statement)
        names = connection.execute(
            """SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%'
            AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_%' ESCAPE '!'
            ORDER BY name != 'clock', name"""
        )
        return {
            table: [
                (name, kind, bool(required or key))
                for _n, name, kind, required, _default, key in connection.execute(
                    f"PRAGMA table_info({table})"
                )
            ]
            for (table,) in names.fetchall()
        }


def _problems(db: Database, table: str, columns: list[tuple[str, str, bool]]) -> Iterator[str]:
    shown = [_SHOWN.get(kind, "NULL").format(name) for name, kind, _required in columns]
    types = [f"typeof({name})" for name, *_rest in columns]
    row_name = "rowid" if _has_rowid(db, table) else "0"
    wanted = ", ".join((row_name, *shown, *types))
    rows = db.conn.execute(f"SELECT {wanted} FROM {table}")  # noqa: S608 - names of the schema
    for number, *cells in rows:
        for place, (name, kind, required) in enumerate(columns):
            wrong = _wrong(name, kind, required, cells[place], cells[place + len(columns)])
            if wrong is not None:
                yield f"{table}.{name} of row {number}: {wrong}"


def _has_rowid(db: Database, table: str) -> bool:
    (sql,) = db.conn.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [table]).fetchone()
    return "WITHOUT ROWID" not in sql


def _wrong(
    name: str, kind: str, required: bool, content: bytes | int | None, found: str
) -> str | None:
    """Return what is wrong with one value: the bytes of a text, a number, or a BLOB's length."""
    if found == "null":
        return "it is missing" if required else None
    if found != kind.lower() and not (kind == "REAL" and found == "integer"):
        return f"expected {kind.lower()}, not {found}"
    if content is None:
        return None
    if isinstance(content, int):
        return _wrong_number(name, content)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8"
    try:
        _reading(name)(text)
    except ValueError as error:
        return str(error)
    return None


def _wrong_number(name: str, number: int) -> str | None:
    if name == "signature" and number % 4:
        return f"a signature has four bytes per place, not {number} in all"
    if name != "key" and abs(number) > MAX_NUMBER:
        return f"no number of an archive is as large as {number}"
    return None


def _reading(name: str) -> Callable[[str], Any]:
    if name == "latest":
        return _clock
    if name.endswith("_at") or name in _TIMES:
        return _time
    if name == "day":
        return _day
    if name in _ARRAYS:
        return _array
    return _object if name in _OBJECTS else str


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("it is no time") from None
    if found.tzinfo is None:
        raise ValueError("it is a time without an offset")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("it is no day") from None


def _clock(text: str) -> None:
    """Read the clock's time; that of an archive into which nothing was written is empty."""
    if text and (year := _time(text).year) > LAST_YEAR:
        raise ValueError(f"the archive was written by a clock of the year {year}")


def _array(text: str) -> None:
    found = _json(text)
    if not (isinstance(found, list) and all(isinstance(each, str) for each in found)):
        raise ValueError("it is no JSON array of texts")


def _object(text: str) -> None:
    if not isinstance(_json(text), dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - as of all others


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
