"""All rows of an archive without their numbers: what they point to stands in their place."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

NUMBERED = {
    "identity": "of the file on its disk, which each test has made anew",
    "terms": "which publishers are known",
}
"""Columns of `imported_files` that are no content."""
_TABLES = """SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%STRICT%'
    ORDER BY name"""
_NAMED = {
    ("members", "cluster_id"): "articles",
    ("memberships", "cluster_id"): "articles",
    ("bands", "text_id"): "texts",
}
"""Columns that hold a number without a declared reference: a cluster's is its first article's."""

Row = tuple[Any, ...]


def rows_without_numbers(path: Path) -> dict[str, list[Row]]:
    """Table -> its rows, each with the rows that it points to in place of their numbers."""
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        tables = [name for (name,) in map(tuple, db.execute(_TABLES))]
        found = _Rows(db, set(tables))
        return {name: sorted(found.of_table(name), key=repr) for name in tables}


class _Rows:
    def __init__(self, db: sqlite3.Connection, tables: set[str]) -> None:
        self._db = db
        self._tables = tables
        self.pointers = cache(self._pointers)
        self.row = cache(self._row)

    def of_table(self, table: str) -> list[Row]:
        found = self._db.execute(f"SELECT * FROM {table}")
        return [self._resolved(table, row, frozenset()) for row in found]

    def _pointers(self, table: str) -> dict[str, str]:
        declared = self._db.execute(f"PRAGMA foreign_key_list({table})").fetchall()
        named = {column: to for (of, column), to in _NAMED.items() if of == table}
        return {row["from"]: row["table"] for row in declared} | named

    def _row(self, table: str, number: int, within: frozenset[str]) -> Row | None:
        found = self._db.execute(f"SELECT * FROM {table} WHERE id = ?", (number,)).fetchone()
        return None if found is None else self._resolved(table, found, within)

    def _resolved(self, table: str, row: sqlite3.Row, within: frozenset[str]) -> Row:
        pointers, inside = self.pointers(table), within | {table}
        cells: list[Any] = []
        for name in dict(row):
            to = pointers.get(name)
            if name == "id" or (table == "imported_files" and name in NUMBERED):
                continue
            if to is not None and row[name] is not None and to in self._tables:
                cells.append(self.row(to, row[name], inside) if to not in inside else to)
            else:
                cells.append(row[name])
        return tuple(cells)
