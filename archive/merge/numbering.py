"""Which rows of several archives are one, and their numbers: in the order of time, as one archive
would have given them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from archive.database.rows import named_rows
from archive.merge.inputs import Input, dangling, reading
from archive.merge.partial import Partial

_ROWS = {
    "urls": "SELECT id, first_seen_at, site, url FROM urls",
    "articles": "SELECT id, first_seen_at, site, key FROM articles",
}
"""By table the query for (id, time, and the two columns that identify a row)."""

Members = list[tuple[int, int]]
"""The rows that are one, as (input, id there)."""
Group = tuple[int, Members, list[dict[str, Any]]]
"""A new number, the rows that it stands for, and what they hold, in the same order."""

BLOCK = 1_000
"""Groups that are read together."""


def number(partial: Partial, inputs: Sequence[Input], table: str) -> None:
    """Give the rows of a table of all inputs their new numbers."""
    for each in inputs:
        with reading(each.path):
            partial.db.conn.executemany(
                "INSERT INTO merging_found VALUES (?, ?, ?, ?, ?, ?)",
                ((table, each.number, *row) for row in each.db.conn.execute(_ROWS[table])),
            )
    partial.execute("CREATE INDEX merging_names ON merging_found (site, name, at)")
    partial.execute(
        """CREATE TABLE merging_ranks AS SELECT site, name, min(at) AS at, count(*) AS members
        FROM merging_found GROUP BY site, name ORDER BY 3, 1, 2"""
    )
    partial.execute("CREATE INDEX merging_ranked ON merging_ranks (site, name)")
    partial.execute(
        """INSERT INTO merging_numbers SELECT f."table", f.input, f.old, r.rowid
        FROM merging_found f CROSS JOIN merging_ranks r ON r.site = f.site AND r.name = f.name
        ORDER BY f.input, f.old"""
    )
    partial.execute(
        "INSERT INTO merging_shared SELECT ?, rowid FROM merging_ranks WHERE members > 1", (table,)
    )
    partial.execute("DROP TABLE merging_ranks")
    partial.execute("DROP INDEX merging_names")
    partial.execute("DELETE FROM merging_found")


def note_gone(partial: Partial, inputs: Sequence[Input]) -> None:
    """Note the stories that an input found gone without ever having kept them."""
    for each in inputs:
        with reading(each.path):
            rows = each.db.conn.execute(
                """SELECT DISTINCT u.site, u.key FROM urls u WHERE u.state = 'gone' AND NOT EXISTS
                (SELECT 1 FROM articles a WHERE a.site = u.site AND a.key = u.key)"""
            )
            partial.db.conn.executemany(
                "INSERT INTO merging_gone VALUES (?, ?, ?)", ((*row, each.number) for row in rows)
            )


def groups(partial: Partial, table: str, *, after: int) -> Iterator[tuple[int, Members]]:
    """Yield the new numbers above `after`, each with the rows that it stands for."""
    rows = partial.execute(
        """SELECT new, input, old FROM merging_numbers WHERE "table" = ? AND new > ?
        ORDER BY new, input""",
        (table, after),
    )
    for new, members in groupby(rows, key=itemgetter(0)):
        yield new, [(number, old) for _new, number, old in members]


def blocks(
    partial: Partial, inputs: Mapping[int, Input], table: str, *, after: int
) -> Iterator[list[Group]]:
    """Yield the groups with their rows, some at a time, in the order of their new numbers."""
    every = groups(partial, table, after=after)
    while block := list(islice(every, BLOCK)):
        wanted: dict[int, list[int]] = {}
        for _new, members in block:
            for number, old in members:
                wanted.setdefault(number, []).append(old)
        rows = {number: _rows(inputs[number], table, some) for number, some in wanted.items()}
        yield [
            (new, members, [rows[number][old] for number, old in members]) for new, members in block
        ]


def _rows(found: Input, table: str, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    statement = f"SELECT * FROM {table} WHERE id IN (SELECT value FROM json_each(?))"
    with reading(found.path):
        rows = {row["id"]: row for row in named_rows(found.db, statement, [json.dumps(numbers)])}
    for number in numbers:
        if number not in rows:
            raise dangling(found.path, table, number)
    return rows


def shared(partial: Partial, table: str) -> Iterator[int]:
    """Yield the new numbers of the rows that stand in several inputs."""
    rows = partial.execute("""SELECT new FROM merging_shared WHERE "table" = ?""", (table,))
    return (new for (new,) in rows)
