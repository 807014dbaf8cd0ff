"""Which columns of an archive a command reads: it cannot notice what is wrong with others."""

from __future__ import annotations

import multiprocessing.process
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

EVERY = "*"
"""For a table or a column."""
_WRITES = (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE)
Reads = set[tuple[str, str]]


@contextmanager
def recorded() -> Iterator[Reads]:
    """Note (table, column) of all that is read meanwhile, by SQLite's authorizer.

    A table that is written to counts as read whole, and the archive as read whole by checks of its
    file, copies, VACUUM, and whatever another process does.
    """
    found: Reads = set()

    def note(action: int, name: str | None, column: str | None, *_where: Any) -> int:
        if action == sqlite3.SQLITE_READ:
            found.add((str(name), str(column)))
        elif action in _WRITES:
            found.add((str(name), EVERY))
        elif action == sqlite3.SQLITE_ATTACH or (
            action == sqlite3.SQLITE_PRAGMA and str(name).endswith("_check")
        ):
            whole()
        return sqlite3.SQLITE_OK

    def whole(*_arguments: Any, **_options: Any) -> None:
        found.add((EVERY, EVERY))

    class Watched(sqlite3.Connection):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.set_authorizer(note)

        def backup(self, *arguments: Any, **options: Any) -> None:
            whole()
            super().backup(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Watched))
        for owner, method in (
            (multiprocessing.process.BaseProcess, "start"),
            (subprocess.Popen, "__init__"),
        ):
            patch.setattr(owner, method, _first(whole, getattr(owner, method)))
        yield found


def _first(note: Any, function: Any) -> Any:
    def called(*arguments: Any, **options: Any) -> Any:
        note()
        return function(*arguments, **options)

    return called


def affects(reads: Reads, table: str, column: str) -> bool:
    """Whether a command that reads this can notice a wrong value in a column."""
    return not reads.isdisjoint({(table, column), (table, EVERY), (EVERY, EVERY)})
