"""Copying of the long tables: the rows of all inputs in the order of time, a few at a time.

The ids of an archive's rows are in the order of their times, so that each input is read from its
beginning to its end, and the merged file written likewise. What stands in two inputs, a copy of the
same archive or one merged before, has the same time, too, and is written once.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from archive.database.rows import value
from archive.ledger.ledger import MERGED
from archive.merge.inputs import Input, dangling, reading
from archive.merge.partial import GONE, Items, Partial, in_batches
from archive.merge.stories import RIGHTS_ELSEWHERE, TEXTS_ELSEWHERE

Values = tuple[Any, ...]
Found = tuple[int, Values]
"""(number of the input, row: id, time and the columns that are copied)"""
Advance = Callable[[int], None]

_READING = """INSERT INTO readings (snapshot_id, extractor, layout, refusal, read_at)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT (snapshot_id) DO UPDATE
    SET (extractor, layout, refusal, read_at) = (excluded.extractor, excluded.layout,
        excluded.refusal, excluded.read_at)
    WHERE coalesce(excluded.read_at, '') > coalesce(read_at, '')"""
"""A page that stands in several inputs: its newest reading."""


def _stream(
    found: Input, table: str, columns: Sequence[str], time: str, after: int
) -> Iterator[tuple[str, int, list[Values]]]:
    """Yield (time, number of the input, rows of that time); `columns` are expressions of SQL."""
    names = ", ".join(columns)
    statement = f"SELECT id, {time}, {names} FROM {table} WHERE id > ? ORDER BY id"
    with reading(found.path):
        rows = found.db.conn.execute(statement, (after,))
        for at, some in groupby(rows, key=itemgetter(1)):
            yield at or "", found.number, list(some)


class Copying:
    """The steps that copy a table each."""

    def __init__(
        self,
        partial: Partial,
        inputs: Sequence[Input],
        advance: Advance,
        *,
        without: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        """`without`: by table the columns that are not copied, each with the SQL in its place."""
        self._partial = partial
        self._inputs = {each.number: each for each in inputs}
        self._advance = advance
        self._without = without
        self.steps = {
            "crawls": self.crawls,
            "snapshots": self.snapshots,
            "readings": self.readings,
            "revisions": self.revisions,
            "rights": self.rights,
            "checks": self.checks,
            "captures": self.captures,
        }
        """By table, in their order: a row comes after those that it points to."""

    def table(
        self,
        table: str,
        time: str,
        write: Callable[[list[Found]], None],
        plan: "_Plan | None" = None,
    ) -> None:
        """Copy a table: `write` gets all rows of a time. Those of a `plan` are written between."""
        columns = self._columns(table)

        def items() -> Items:
            streams = [
                _stream(each, table, columns, time, self._partial.last(table, number))
                for number, each in self._inputs.items()
            ]
            ordered = heapq.merge(*streams, key=itemgetter(0))
            for _at, some in groupby(ordered, key=itemgetter(0)):
                found = [(number, row) for _time, number, rows in some for row in rows]
                write(found)
                yield {number: row[0] for number, row in found}, len(found)
            if plan is not None:
                yield {}, plan.write_rest()

        in_batches(self._partial, table, items(), self._advance)

    def _columns(self, table: str) -> list[str]:
        """Return what is read of a table, in the order of its columns."""
        without = self._without.get(table, {})
        return [without.get(name, name) for name in self._partial.columns(table)]

    def crawls(self) -> None:
        """Copy the crawls, each with the archive that it was merged from."""
        insert = _Insert(self._partial, "crawls")
        origin, ended = insert.place("merged_id"), insert.place("ended_at")
        identity = [insert.place(name) for name in ("site", "started_at", "version", "arguments")]

        def write(found: list[Found]) -> None:
            crawls: dict[Values, Values] = {}
            members: dict[Values, list[Found]] = {}
            for number, row in sorted(found, key=lambda each: (each[0], each[1][0])):
                values = list(row[2:])
                archives = self._partial.numbers("merged_archives", number)
                old = values[origin] or 0
                values[origin] = (old < len(archives) and archives[old]) or None
                key = tuple(values[place] for place in identity)
                members.setdefault(key, []).append((number, row))
                known = crawls.get(key)
                if known is None or (known[ended] is None and values[ended] is not None):
                    crawls[key] = tuple(values)
            for key in sorted(crawls):
                insert.row(crawls[key], members[key])

        self.table("crawls", "started_at", write)

    def snapshots(self) -> None:
        """Copy the pages as they are packed, without those of stories that were taken down."""
        insert = _Insert(self._partial, "snapshots")
        first = 2 + insert.place("first_part_id")

        def write(found: list[Found]) -> None:
            for further in (False, True):  # the first page of a story before its others
                some = [each for each in found if (each[1][first] is not None) == further]
                if some:
                    self._write_pages(some, insert)

        self.table("snapshots", "kept_at", write)

    def _write_pages(self, found: list[Found], insert: "_Insert") -> None:
        """Write pages that were kept at one time, each once, in its smallest frame."""
        packed, dictionary = insert.place("packed"), insert.place("dictionary_id")
        pages: dict[Values, Values] = {}
        members: dict[Values, list[Found]] = {}
        for number, row in found:
            gone = self._partial.numbers("snapshots", number)
            if row[0] < len(gone) and gone[row[0]] == GONE:
                continue
            values = self._pointing("snapshots", number, row, insert)
            if values is None:
                continue
            same = tuple(
                (each is not None, each)
                for place, each in enumerate(values)
                if place not in (packed, dictionary)
            )
            members.setdefault(same, []).append((number, row))
            known = pages.get(same)
            if known is None or len(values[packed]) < len(known[packed]):
                pages[same] = values
        for same in sorted(pages):
            insert.row(pages[same], members[same])

    def _pointing(self, table: str, number: int, row: Values, insert: "_Insert") -> Values | None:
        """Return the row with the new numbers of the rows that it points to; None if one of them is
        gone.
        """
        values = list(row[2:])
        for place, target in insert.pointers:
            old = values[place]
            if old is None:
                continue
            numbers = self._partial.numbers(target, number)
            new = _new(numbers, old)
            if not new:
                raise dangling(self._inputs[number].path, table, row[0])
            if new == GONE:
                return None
            values[place] = new
        return tuple(values)

    def readings(self) -> None:
        """Copy by which extractor each page was read last."""

        def items() -> Items:
            for number, found in self._inputs.items():
                numbers = self._partial.numbers("snapshots", number)
                after = self._partial.last("readings", number)
                with reading(found.path):
                    rows = found.db.conn.execute(
                        """SELECT snapshot_id, extractor, layout, refusal, read_at FROM readings
                        WHERE snapshot_id > ? ORDER BY snapshot_id""",
                        (after,),
                    )
                    for old, *values in rows:
                        new = _new(numbers, old)
                        if not new:
                            raise dangling(found.path, "readings", old)
                        if new != GONE:
                            self._partial.write(_READING, (new, *values))
                        yield {number: old}, 1

        in_batches(self._partial, "readings", items(), self._advance)

    def revisions(self) -> None:
        """Copy the revisions as they are, and among them write those of merged histories."""
        insert = _Insert(self._partial, "revisions")
        article, number = insert.place("article_id"), insert.place("number")
        newest = value(self._partial.db, "SELECT max(observed_at) FROM revisions") or ""
        planned = self._partial.db.conn.execute(
            """SELECT at, article, number, input, revision, kind, changed, returns_to, correction
            FROM merging_revisions WHERE at > ? ORDER BY at, article, number""",
            (newest,),
        )
        plan = _Plan(planned, lambda row: insert.row(self._planned_row(row, insert)))

        def write(found: list[Found]) -> None:
            at = found[0][1][1]
            plan.write_before(at)
            rows = [self._planned_row(row, insert) for row in plan.at(at)]
            rows += self._copied("revisions", found, insert, {TEXTS_ELSEWHERE})
            for values in sorted(rows, key=itemgetter(article, number)):
                insert.row(values)

        self.table("revisions", "observed_at", write, plan)

    def _planned_row(self, plan: Values, insert: "_Insert") -> Values:
        at, article, number, archive, revision, kind, changed, returns_to, correction = plan
        found = self._inputs[archive]
        names = ", ".join(self._columns("revisions"))
        with reading(found.path):
            row = found.db.conn.execute(
                f"SELECT id, observed_at, {names} FROM revisions WHERE id = ?", (revision,)
            ).fetchone()
        pointing = self._pointing("revisions", archive, row, insert)
        assert pointing is not None
        values = dict(zip(insert.columns, pointing, strict=True)) | {
            "observed_at": at,
            "article_id": article,
            "number": number,
            "kind": kind,
            "changed": changed,
            "returns_to": returns_to,
            "correction": correction,
        }
        return tuple(values.values())

    def rights(self) -> None:
        """Copy from when on stories opt out of text mining, and write what was merged of it."""
        insert = _Insert(self._partial, "rights")
        article = insert.place("article_id")
        newest = value(self._partial.db, "SELECT max(since) FROM rights") or ""
        planned = self._partial.db.conn.execute(
            """SELECT since, article, rule FROM merging_rights WHERE since > ?
            ORDER BY since, article""",
            (newest,),
        )
        plan = _Plan(planned, lambda row: insert.row(_right(row)))

        def write(found: list[Found]) -> None:
            at = found[0][1][1]
            plan.write_before(at)
            rows = [_right(row) for row in plan.at(at)]
            rows += self._copied("rights", found, insert, {RIGHTS_ELSEWHERE, TEXTS_ELSEWHERE})
            for values in sorted(rows, key=itemgetter(article)):
                insert.row(values)

        self.table("rights", "since", write, plan)

    def _copied(
        self, table: str, found: list[Found], insert: "_Insert", elsewhere: set[int]
    ) -> Iterator[Values]:
        """Yield the rows of articles whose rows are copied as they are."""
        article = insert.place("article_id")
        for number, row in found:
            flags = self._partial.numbers("elsewhere", number)
            old = row[2 + article]
            if old < len(flags) and flags[old] in elsewhere:
                continue
            values = self._pointing(table, number, row, insert)
            if values is not None:
                yield values

    def captures(self) -> None:
        """Copy the captures of files that were imported, archive by archive."""
        insert = _Insert(self._partial, "captures")
        names = ", ".join(insert.columns)

        def items() -> Items:
            for number, found in self._inputs.items():
                after = self._partial.last("captures", number)
                statement = f"SELECT id, NULL, {names} FROM captures WHERE id > ? ORDER BY id"
                with reading(found.path):
                    for row in found.db.conn.execute(statement, (after,)):
                        values = self._pointing("captures", number, row, insert)
                        if values is not None:
                            insert.row(values)
                        yield {number: row[0]}, 1

        in_batches(self._partial, "captures", items(), self._advance)

    def checks(self) -> None:
        """Copy the checks, without those that an earlier merge added."""
        insert = _Insert(self._partial, "checks")
        url, outcome, state = (insert.place(name) for name in ("url_id", "outcome", "state"))
        corrected = {
            (number, check): into
            for number, check, into in self._partial.execute("SELECT * FROM merging_outcomes")
        }

        def write(found: list[Found]) -> None:
            rows: list[Values] = []
            known: set[Values] = set()
            number_before = 0
            here: set[Values] = set()
            for number, row in found:
                if number != number_before:
                    known |= here
                    number_before, here = number, set()
                values = self._pointing("checks", number, row, insert)
                if values is None or values[outcome] == MERGED:
                    continue
                into = corrected.get((number, row[0]))
                if into is not None:
                    changed = list(values)
                    changed[outcome] = changed[state] = into
                    values = tuple(changed)
                here.add(values)
                if values not in known:
                    rows.append(values)
            for values in sorted(rows, key=itemgetter(url)):
                insert.row(values)

        self.table("checks", "checked_at", write)


class _Plan:
    """Rows that a merge planned, in order of time, each with its time first."""

    def __init__(self, rows: Iterator[Values], write: Callable[[Values], None]) -> None:
        self._rows = rows
        self._write = write
        self._next = next(rows, None)

    def at(self, at: str) -> list[Values]:
        """Return those of a time, after the earlier ones were written."""
        found = []
        while self._next is not None and self._next[0] <= at:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found

    def write_before(self, at: str) -> None:
        """Write those before a time."""
        while self._next is not None and self._next[0] < at:
            self._write(self._next)
            self._next = next(self._rows, None)

    def write_rest(self) -> int:
        """Write those that are left, and return how many."""
        count = 0
        while self._next is not None:
            self._write(self._next)
            count += 1
            self._next = next(self._rows, None)
        return count


def _new(numbers: Sequence[int], old: int) -> int:
    """Return the new number of a row; 0 for one that is not there."""
    return numbers[old] if 0 < old < len(numbers) else 0


def _right(plan: Values) -> Values:
    since, article, rule = plan
    return article, since, rule


class _Insert:
    """Inserts rows of a table under the next numbers."""

    def __init__(self, partial: Partial, table: str) -> None:
        columns = partial.columns(table)
        self._partial = partial
        self._table = table
        self.columns = columns
        self._next = (value(partial.db, f"SELECT max(id) FROM {table}") or 0) + 1
        marks = ", ".join("?" * (1 + len(columns)))
        self._statement = f"INSERT INTO {table} (id, {', '.join(columns)}) VALUES ({marks})"
        targets = partial.execute(f'SELECT "from", "table" FROM pragma_foreign_key_list({table!r})')
        self.pointers = [
            (columns.index(name), target) for name, target in targets if target != "merged_archives"
        ]

    def place(self, name: str) -> int:
        """Return the place of a column."""
        return self.columns.index(name)

    def row(self, values: Values, members: Sequence[Found] = ()) -> None:
        """Insert a row; `members` are the rows of inputs that it stands for."""
        self._partial.write(self._statement, (self._next, *values))
        if members:
            numbers = [(number, row[0], self._next) for number, row in members]
            self._partial.renumber(self._table, numbers)
        self._next += 1
