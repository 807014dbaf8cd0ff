"""Whether every value in an archive can be read: types, UTF-8, times, JSON, and rows that must be.

Another program may have written what warta never writes; whoever reads it gets one sentence.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.database.connection import connect, plain_errors
from archive.database.schema import LISTS
from archive.errors import ArchiveDamaged, ArchiveError

_TIMES = ("since", "lastmod", "quiet_until", "latest")
"""Columns that hold a time, beside all whose name ends with `_at`."""
_ARRAYS = (*LISTS, "changed", "urls")
_OBJECTS = ("headers", "arguments", "counts")
_OPTIONAL = ("",)
"""What a time may be besides a time: of an archive into which nothing was written."""


def damage(path: Path) -> str | None:
    """Return the first value of an archive that cannot be read; None where all can."""
    db = connect(path, read_only=True)
    try:
        return next(problems(db), None)
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
    return ArchiveDamaged(f"{path}: {found}; see `warta verify`") if found is not None else None


def problems(db: Database) -> Iterator[str]:
    """Yield a sentence for each value that cannot be read."""
    if db.conn.execute("SELECT count(*) FROM clock").fetchone() != (1,):
        yield "clock: its only row is missing"
    tables = db.conn.execute(
        """SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
        AND name NOT LIKE 'search!_%' ESCAPE '!' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
        AND name NOT LIKE '!_%' ESCAPE '!' ORDER BY name"""
    )
    for (table,) in tables.fetchall():
        yield from _problems(db, table)


def _problems(db: Database, table: str) -> Iterator[str]:
    info = db.conn.execute(f"PRAGMA table_info({table})").fetchall()
    columns = [(name, kind, bool(required)) for _n, name, kind, required, *_rest in info]
    texts = [name for name, kind, _required in columns if kind == "TEXT"]
    # As bytes: SQLite's own decoding fails without naming the row.
    shown = [f"CAST({name} AS BLOB)" if name in texts else "NULL" for name, *_rest in columns]
    types = [f"typeof({name})" for name, *_rest in columns]
    row_name = "rowid" if _has_rowid(db, table) else "0"
    rows = db.conn.execute(f"SELECT {row_name}, {', '.join(shown + types)} FROM {table}")  # noqa: S608 - names of the schema
    for number, *cells in rows:
        for place, (name, kind, required) in enumerate(columns):
            wrong = _wrong(name, kind, required, cells[place], cells[place + len(columns)])
            if wrong is not None:
                yield f"{table}.{name} of row {number}: {wrong}"


def _has_rowid(db: Database, table: str) -> bool:
    (sql,) = db.conn.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [table]).fetchone()
    return "WITHOUT ROWID" not in sql


def _wrong(name: str, kind: str, required: bool, content: bytes | None, found: str) -> str | None:
    """Return what is wrong with one value: bytes where its column holds text."""
    if found == "null":
        return "it is missing" if required else None
    if found != kind.lower() and not (kind == "REAL" and found == "integer"):
        return f"expected {kind.lower()}, not {found}"
    if content is None:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8"
    try:
        _reading(name)(text)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def _reading(name: str) -> Callable[[str], Any]:
    if name.endswith("_at") or name in _TIMES:
        return _time
    if name in _ARRAYS:
        return _array
    return _object if name in _OBJECTS else str


def _time(text: str) -> None:
    if text in _OPTIONAL:
        return
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        raise ValueError("it is no time") from None
    if not aware:
        raise ValueError("it is a time without an offset")


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
    except ValueError:
        raise ValueError("it is no JSON") from None
