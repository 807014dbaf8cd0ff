"""Which rows of several archives are one, and their numbers: in the order of time, as one archive
would have given them.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from archive.merge.inputs import Input, reading
from archive.merge.partial import Partial

_ROWS = {
    "urls": "SELECT id, first_seen_at, site, url FROM urls",
    "articles": "SELECT id, first_seen_at, site, key FROM articles",
}
"""By table the query for (id, time, and the two columns that identify a row)."""

Members = list[tuple[int, int]]
"""The rows that are one, as (input, id there)."""


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


def shared(partial: Partial, table: str) -> Iterator[int]:
    """Yield the new numbers of the rows that stand in several inputs."""
    rows = partial.execute("""SELECT new FROM merging_shared WHERE "table" = ?""", (table,))
    return (new for (new,) in rows)
