"""Rows of SQLite as plain values and records, and how they are written."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, TypeVar, get_type_hints

from sqlite_utils import Database

from archive.database.clock import parsed

T = TypeVar("T")


def value(db: Database, statement: str, *values: Any, **named: Any) -> Any:
    """Return the first column of the first row; None where there is no row."""
    row = db.conn.execute(statement, named or values).fetchone()
    return row[0] if row else None


def column(db: Database, statement: str, *values: Any, **named: Any) -> list[Any]:
    """Return the first column of all rows."""
    return [row[0] for row in db.conn.execute(statement, named or values)]


def named_rows(
    db: Database, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()
) -> list[dict[str, Any]]:
    """Return all rows by the names of their columns: `db.query` makes a savepoint for each."""
    cursor = db.conn.execute(statement, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def insert_row(db: Database, table: str, row: Mapping[str, Any], *, replace: bool = False) -> int:
    """Insert a row, a value per column, in place of one with its key if `replace`.

    Returns its number.
    """
    cursor = db.conn.execute(insertion(table, tuple(row), replace=replace), row)
    assert cursor.lastrowid is not None
    return cursor.lastrowid


@lru_cache(maxsize=256)
def insertion(table: str, columns: Sequence[str], *, replace: bool = False) -> str:
    """Return the statement that inserts a row by the names of its columns."""
    names, marks = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    verb = "REPLACE" if replace else "INSERT"
    return f"{verb} INTO {table} ({names}) VALUES ({marks})"


def update_row(db: Database, table: str, number: int, **values: Any) -> None:
    """Set columns of the row with this `id`."""
    names = ", ".join(f"{name} = :{name}" for name in values)
    values["id"] = number
    db.conn.execute(f"UPDATE {table} SET {names} WHERE id = :id", values)  # noqa: S608 - constants


def record(kind: type[T], row: Mapping[str, Any], **known: Any) -> T:
    """Make a record of the columns that its fields are named after; `known` are fields without one.

    Times, booleans and JSON arrays of texts are converted.
    """
    readers: list[tuple[str, Callable[[Any], Any]]] = _columns(kind)  # type: ignore[arg-type]
    return kind(**{name: read(row[name]) for name, read in readers if name not in known}, **known)


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return tuple(json.loads(value) if isinstance(value, str) else value)


_READ: dict[Any, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    datetime | None: parsed,
    tuple[str, ...]: _texts,
    date | None: _day,
    bool: bool,
}


@cache
def _columns(kind: Any) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return the fields of a dataclass and what converts the value of each."""
    return [(name, _READ.get(hint, _same)) for name, hint in get_type_hints(kind).items()]


def _same(value: Any) -> Any:
    return value
