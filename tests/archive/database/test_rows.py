"""Rows become values and records, and are written by their columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlite_utils import Database

from archive.database.rows import insert_row, record, update_row, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A record with a field of every kind that is converted."""

    id: int
    at: datetime
    until: datetime | None
    names: tuple[str, ...]
    seen: bool
    note: str | None
    other: str = ""


@pytest.fixture
def db() -> Iterator[Database]:
    with Database(memory=True) as db:
        db.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, at, until, names, seen, note, more)")
        yield db


def test_a_row_is_inserted_updated_and_read_as_a_record(db: Database) -> None:
    at = "2026-11-20T03:04:05+00:00"
    number = insert_row(db, "kept", {"at": at, "names": '["Siti", "Budi"]', "seen": 1})
    assert insert_row(db, "kept", {"at": at}) == number + 1
    update_row(db, "kept", number, note="baru")
    (row,) = db.query("SELECT * FROM kept WHERE id = ?", [number])
    time = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
    assert record(Kept, row, other="lain") == Kept(
        id=number, at=time, until=None, names=("Siti", "Budi"), seen=True, note="baru", other="lain"
    )
    assert record(Kept, row | {"until": at, "names": ["Siti"]}, other="").until == time
    assert value(db, "SELECT note FROM kept WHERE id = ?", number + 1) is None


def test_a_value_is_that_of_the_first_row_and_none_without_one(db: Database) -> None:
    assert value(db, "SELECT 7, 8 UNION ALL SELECT 9, 10") == 7
    assert value(db, "SELECT id FROM kept WHERE id = ?", 1) is None


def test_a_column_that_a_field_needs_must_be_there(db: Database) -> None:
    with pytest.raises(KeyError, match="at"):
        record(Kept, {"id": 1})
