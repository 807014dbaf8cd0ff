"""The articles that a filter leaves, in an order, with their newest revisions."""

import json
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from sqlite_utils import Database

from archive.search.filters import Filter

Order = Literal["newest", "oldest", "kept"]
_ORDERS: dict[Order, str] = {
    "newest": "a.listed_at DESC, a.id DESC",
    "oldest": "a.listed_at, a.id",
    "kept": "a.id",
}
ORDERS = tuple(_ORDERS)
"""By the time of publication, else of discovery; by article number: as they were first kept."""

BATCH = 500
"""Articles read at a time: a few megabytes."""


def chosen(
    db: Database,
    where: Filter,
    *,
    order: Order = "newest",
    limit: int | None = None,
    words: str | None = None,
) -> Sequence[int]:
    """Return the numbers of the articles; `words`: a query of FTS5, of today's texts only.

    Stories that were taken down here are none of them, also in the past.
    """
    have = "a.id IN (SELECT rowid FROM search WHERE search MATCH :words)" if words else "1"
    statement = f"""SELECT a.id FROM articles a {where.joined_texts()}
        WHERE a.revision > 0 AND {have} AND {where.sql()}
        ORDER BY {_ORDERS[order]} LIMIT :limit"""
    values = where.values() | {"words": words, "limit": -1 if limit is None else limit}
    return array("q", (number for (number,) in db.conn.execute(statement, values)))


def count(db: Database, where: Filter) -> int:
    """Count the articles."""
    return len(chosen(db, where, order="kept"))


def columns(db: Database) -> tuple[str, ...]:
    """Return the columns of the view `latest`."""
    return tuple(
        name for name, *_rest in db.conn.execute("SELECT * FROM latest LIMIT 0").description
    )


def rows(
    db: Database, numbers: Sequence[int], names: Sequence[str]
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield rows of `latest`, these columns, in batches of bounded memory and in this order."""
    statement = f"""SELECT {", ".join(f"l.{name}" for name in names)}
        FROM json_each(?) c CROSS JOIN latest l ON l.article_id = c.value ORDER BY c.key"""
    for begin in range(0, len(numbers), BATCH):
        some = json.dumps(list(numbers[begin : begin + BATCH]))
        yield db.conn.execute(statement, [some]).fetchall()
