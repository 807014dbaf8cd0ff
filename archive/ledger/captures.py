"""Web archives that were imported: the files, and the captures of stories in them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.database.clock import Clock, instant, parsed
from archive.database.rows import column, insert_row, named_rows, update_row, value

Record = tuple[str, datetime, str]
"""Id, time of capture and canonical address of a capture."""

BATCH = 500  # below SQLite's limit of bound values


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """A file of captures as it was when it was imported."""

    digest: str
    """SHA-256 of its bytes, hexadecimal; of a folder, of its files' names and digests."""
    terms: str
    """What decides which of its captures are stories: a digest of publishers and options."""
    name: str
    """Without its folder."""
    size: int
    """Bytes."""
    identity: str
    """Of the file on its disk, by which it is recognised without reading it."""


class Captures:
    """The tables `imported_files` and `captures`; writes belong inside a transaction."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def done(self, *, terms: str, identity: str = "", digest: str = "") -> dict[str, Any] | None:
        """Return the counts of a file that was imported to its end; None for another."""
        counts: str | None = value(
            self._db,
            """SELECT counts FROM imported_files
            WHERE terms = ? AND (identity = ? OR digest = ?) AND counts IS NOT NULL""",
            *(terms, identity, digest),
        )
        return json.loads(counts) if counts is not None else None

    def begin_file(self, file: ImportedFile) -> int:
        """Write that a file's import begins, and return its number."""
        known = "SELECT id FROM imported_files WHERE digest = ? AND terms = ?"
        number = value(self._db, known, file.digest, file.terms)
        if number is not None:
            update_row(self._db, "imported_files", number, identity=file.identity)
            return int(number)
        row = {name: getattr(file, name) for name in ImportedFile.__slots__}
        return insert_row(self._db, "imported_files", row | {"began_at": self._clock.stamp()})

    def end_file(self, number: int, counts: Mapping[str, Any]) -> None:
        """Write that a file was imported to its end, and what became of its records."""
        ended_at, text = self._clock.stamp(), json.dumps(counts, sort_keys=True)
        update_row(self._db, "imported_files", number, ended_at=ended_at, counts=text)

    def join_parts(self, terms: str, counts: Mapping[str, Mapping[str, Any]]) -> None:
        """Let each file be one again that several imports shared, each of other publishers: their
        terms are these with a number. `counts` says by digest what became of its records.
        """
        for digest, counted in counts.items():
            found = self._db.conn.execute(
                "SELECT id FROM imported_files WHERE digest = ? AND terms LIKE ? ORDER BY id",
                (digest, f"{terms} %"),
            )
            numbers = [number for (number,) in found]
            if not numbers:
                continue  # they were joined
            first, *others = numbers
            for other in others:
                self._db.execute(
                    "UPDATE captures SET file_id = ? WHERE file_id = ?", (first, other)
                )
                self._db.execute("DELETE FROM imported_files WHERE id = ?", (other,))
            text = json.dumps(counted, sort_keys=True)
            update_row(self._db, "imported_files", first, terms=terms, counts=text)

    def known_records(self, records: Iterable[Record]) -> set[Record]:
        """Return those of these records that were imported; some tools give one id to many."""
        wanted = {(each[0], instant(each[1]), each[2]): each for each in records}
        known: set[Record] = set()
        for batch in chunks(dict.fromkeys(each[0] for each in wanted), BATCH):
            ids = list(batch)
            found = self._db.conn.execute(
                f"""SELECT record_id, captured_at, url FROM captures c JOIN urls u ON u.id = url_id
                WHERE record_id IN ({",".join("?" * len(ids))})""",  # noqa: S608 - question marks
                ids,
            )
            known |= {wanted[each] for each in found if each in wanted}
        return known

    def is_known(self, url: str, *, site: str, captured_at: datetime, digest: str) -> bool:
        """Return whether a capture of an address is there, by an earlier import or by a crawl: the
        same bytes at the same second; an empty digest is a 304.
        """
        statement = """SELECT 1 FROM urls u WHERE u.url = :url AND u.site = :site AND (
            EXISTS (SELECT 1 FROM captures c
                WHERE c.url_id = u.id AND c.captured_at = :at AND c.digest = :digest)
            OR EXISTS (SELECT 1 FROM snapshots s
                WHERE s.url_id = u.id AND s.fetched_at = :at AND s.digest = :digest)
            OR :digest = '' AND EXISTS (SELECT 1 FROM checks k
                WHERE k.url_id = u.id AND k.outcome = 'not_modified'
                AND coalesce(k.asked_at, substr(k.checked_at, 1, 19) || '+00:00') = :at))"""
        given = {"url": url, "site": site, "at": instant(captured_at), "digest": digest}
        return value(self._db, statement, **given) is not None

    def stands(
        self, site: str, key: str, *, record_id: str, url: str = "", at: datetime | None = None
    ) -> bool:
        """Return whether a story has the text of an earlier capture of it, by its record's id or by
        its canonical address and time.
        """
        statement = """SELECT 1 FROM urls u JOIN captures c ON c.url_id = u.id
            JOIN articles a ON a.site = u.site AND a.key = u.key
            JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
            JOIN snapshots s ON s.id = r.snapshot_id
            WHERE u.site = :site AND u.key = :key AND r.kind != 'removed'
            AND c.outcome IN ('new', 'revised', 'unchanged') AND s.fetched_at <= c.captured_at
            AND (c.record_id = :record_id OR u.url = :url AND c.captured_at = :at)"""
        given = {"site": site, "key": key, "record_id": record_id, "url": url}
        at_text = instant(at) if at is not None else None
        return value(self._db, statement, **given, at=at_text) is not None

    def insert(self, **row: Any) -> None:
        """Write a capture; `captured_at` is an aware datetime."""
        row["captured_at"] = instant(row["captured_at"])
        insert_row(self._db, "captures", row)

    def outcomes(self, file_id: int) -> list[tuple[str, str | None, int]]:
        """Count the captures of a file by outcome and reason."""
        statement = """SELECT outcome, reason, count(*) FROM captures WHERE file_id = ?
            GROUP BY 1, 2 ORDER BY 1, 2"""
        return list(self._db.conn.execute(statement, (file_id,)))

    def stands_since(self, site: str, key: str) -> datetime | None:
        """Return until when a story's newest revision is known to have stood on its page.

        The time of its page, of the last check that found it, or of the last capture of it. A text
        without a page stands since the archive has it. None for a story that is not there.
        """
        newest = named_rows(
            self._db,
            """SELECT r.kind, r.observed_at, s.fetched_at FROM articles a
            JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
            LEFT JOIN snapshots s ON s.id = r.snapshot_id
            WHERE a.site = ? AND a.key = ?""",
            (site, key),
        )
        if not newest:
            return None
        (row,) = newest
        seen = column(
            self._db,
            """SELECT last_checked_at FROM urls WHERE site = :site AND key = :key
                AND state IN ('kept', 'unchanged', 'gone') AND last_checked_at IS NOT NULL
            UNION ALL SELECT max(c.captured_at) FROM urls u JOIN captures c ON c.url_id = u.id
                WHERE u.site = :site AND u.key = :key
                AND c.outcome IN ('new', 'revised', 'unchanged', 'not_modified')""",
            site=site,
            key=key,
        )
        own = row["fetched_at"] if row["kind"] != "removed" else None
        times = map(parsed, [own or row["observed_at"], *seen])
        return max(time for time in times if time is not None)
