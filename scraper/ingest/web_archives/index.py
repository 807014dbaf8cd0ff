"""The index of an import's captures: a temporary database, so that any number needs little memory.

It is in one order, whatever that of the files: by site, time of capture, address and digest.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from scraper.ingest.web_archives.captures import Indexed

NEAR = timedelta(hours=1)
"""Between the captures of a story's pages that are joined: later ones may be of another text."""
MAX_NEAR = 100
"""Captures of further pages of a story that are looked at."""
MAX_HOPS = 20
"""Redirects that led to one capture, as in crawls."""
REDIRECTED = timedelta(minutes=10)
"""Between two of them: crawlers wait between the requests to a host."""
SAME_DAY = timedelta(days=1)
"""Between a page and the robots.txt that was captured nearest to it."""

_COLUMNS = """source section offset length kind url site key part captured_at record_id
    payload_digest refers_to leads_to""".split()
_TABLE = f"""CREATE TABLE indexed (number INTEGER PRIMARY KEY, {", ".join(_COLUMNS)})"""
_INDEXES = (
    """CREATE INDEX in_order ON indexed (site, captured_at, url, payload_digest, record_id,
        source, section, offset) WHERE kind IN ('page', 'same', 'unchanged') AND part = 1""",
    "CREATE INDEX records ON indexed (record_id)",
    "CREATE INDEX requests ON indexed (refers_to) WHERE kind = 'request'",
    "CREATE INDEX places ON indexed (url, captured_at) WHERE kind = 'page'",
    "CREATE INDEX payloads ON indexed (url, payload_digest, captured_at) WHERE kind = 'page'",
    "CREATE INDEX parts ON indexed (site, key, captured_at) WHERE part > 1",
    "CREATE INDEX redirects ON indexed (leads_to, captured_at) WHERE kind = 'redirect'",
    "CREATE INDEX robots ON indexed (key, captured_at) WHERE kind = 'robots'",
)
_STORIES = "kind IN ('page', 'same', 'unchanged') AND part = 1"
_ORDER = f"""SELECT * FROM indexed WHERE {_STORIES}
    ORDER BY site, captured_at, url, payload_digest, record_id,
        source, section, offset"""  # noqa: S608 - constants


_DIVIDED = (
    "ALTER TABLE indexed ADD COLUMN shard INTEGER",
    "UPDATE indexed SET shard = shard_of(site)",
    "CREATE INDEX shards ON indexed (shard)",
    "CREATE INDEX pages ON indexed (record_id) WHERE kind = 'page'",
    "CREATE INDEX times ON indexed (url, captured_at) WHERE kind = 'page'",
)
"""Each capture's shard, and what those of other shards find it by."""
_REPEATED = (
    "SELECT DISTINCT refers_to FROM indexed WHERE kind = 'same' AND refers_to != ''",
    "SELECT *, 0 AS part FROM indexed WHERE kind = 'page' AND record_id = ? AND shard != ?",
    """SELECT *, 0 AS part FROM indexed WHERE kind = 'page' AND url = ? AND captured_at = ?
        AND shard != ?""",
)


class Index:
    """The captures of stories in all files of an import."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(_TABLE)
        self._kinds: set[str] = set()
        """Kinds of captures that there are, `part` among them: others are not looked up."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._db.close()

    def add(self, source: int, section: int, rows: Iterable[Indexed]) -> None:
        """Add what was found in a section of a file."""
        marks = ", ".join("?" * len(_COLUMNS))
        self._db.executemany(
            f"INSERT INTO indexed ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608
            (_values(source, section, row) for row in rows),
        )

    def divide(self, shard_of: Callable[[str], int]) -> None:
        """Finish the index of one file, of which each shard takes its part by their sites."""
        self._db.create_function("shard_of", 1, shard_of, deterministic=True)
        for statement in _DIVIDED:
            self._db.execute(statement)
        self._db.commit()

    def take(self, path: Path, source: int, shard: int) -> None:
        """Add a shard's captures from the index of one file."""
        statement = "SELECT * FROM indexed WHERE shard = ? ORDER BY number"
        with closing(_opened(path)) as other:
            self._insert(source, other.execute(statement, (shard,)))

    def take_repeated(self, path: Path, source: int, shard: int) -> None:
        """Add from the index of one file the pages of other shards that revisits of this one
        repeat: as no part of a story, so that they are read for nothing else.
        """
        wanted, by_id, by_place = _REPEATED
        with closing(_opened(path)) as other:
            for (refers_to,) in map(tuple, self._db.execute(wanted).fetchall()):
                self._insert(source, other.execute(by_id, (refers_to, shard)))
                at, _space, url = refers_to.partition(" ")
                if url:
                    self._insert(source, other.execute(by_place, (url, at, shard)))

    def _insert(self, source: int, rows: Iterable[sqlite3.Row]) -> None:
        marks = ", ".join("?" * len(_COLUMNS))
        self._db.executemany(
            f"INSERT INTO indexed ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608
            ([source, *(row[name] for name in _COLUMNS[1:])] for row in rows),
        )

    def complete(self) -> None:
        """Make what the reading searches by."""
        for statement in _INDEXES:
            self._db.execute(statement)
        kinds = "SELECT DISTINCT kind FROM indexed UNION SELECT 'part' FROM indexed WHERE part > 1"
        self._kinds = {row["kind"] for row in self._db.execute(kinds)}

    def in_order(self) -> Iterator[sqlite3.Row]:
        """Yield the captures of stories' first pages and what says that they did not change."""
        yield from self._db.execute(_ORDER)

    def repeated(self, row: sqlite3.Row) -> sqlite3.Row | None:
        """Return the capture whose payload a revisit repeats; None where it is not there.

        Heritrix once wrote no more of it than the digest.
        """
        return self._referred(row) or self._with_payload(row)

    def _referred(self, row: sqlite3.Row) -> sqlite3.Row | None:
        if not row["refers_to"]:
            return None
        by_id = "SELECT * FROM indexed WHERE record_id = ? AND kind = 'page' ORDER BY number"
        if (found := self._first(by_id, row["refers_to"])) is not None:
            return found
        at, _space, url = row["refers_to"].partition(" ")
        by_place = """SELECT * FROM indexed WHERE url = ? AND captured_at = ? AND kind = 'page'
            ORDER BY payload_digest, record_id, source, section, offset"""
        return self._first(by_place, url, at)

    def _with_payload(self, row: sqlite3.Row) -> sqlite3.Row | None:
        """Return the newest earlier capture of an address with a payload."""
        if not row["payload_digest"]:
            return None
        return self._first(
            """SELECT * FROM indexed WHERE url = ? AND payload_digest = ? AND kind = 'page'
                AND captured_at <= ?
            ORDER BY captured_at DESC, record_id, source, section, offset""",
            *(row["url"], row["payload_digest"], row["captured_at"]),
        )

    def request_of(self, row: sqlite3.Row) -> int | None:
        """Return the offset of the request of a response, in the same section of its file."""
        if "request" not in self._kinds:
            return None
        for column, value in (("refers_to", row["record_id"]), ("record_id", row["refers_to"])):
            found = value and self._first(
                f"""SELECT offset FROM indexed WHERE {column} = ? AND kind = 'request'
                AND source = ? AND section = ? AND url = ?""",  # noqa: S608 - constants
                *(value, row["source"], row["section"], row["url"]),
            )
            if found:
                return int(found["offset"])
        return None

    def hops_to(self, row: sqlite3.Row) -> list[sqlite3.Row]:
        """Return the redirects of a story's addresses that led to a capture of it, in order."""
        hops: list[sqlite3.Row] = []
        while "redirect" in self._kinds and len(hops) < MAX_HOPS:
            since = datetime.fromisoformat(row["captured_at"]) - REDIRECTED
            hop = self._first(
                """SELECT * FROM indexed WHERE kind = 'redirect' AND leads_to = ?
                    AND captured_at BETWEEN ? AND ? AND site = ? AND key = ? AND url != leads_to
                ORDER BY captured_at DESC, url, record_id, source, section, offset""",
                *(row["url"], _text(since), row["captured_at"], row["site"], row["key"]),
            )
            if hop is None or any(hop["url"] == other["url"] for other in hops):
                break
            hops.insert(0, hop)
            row = hop
        return hops

    def parts_near(self, row: sqlite3.Row) -> list[sqlite3.Row]:
        """Return the captures of further pages of a story, the nearest in time first."""
        if "part" not in self._kinds:
            return []
        at = datetime.fromisoformat(row["captured_at"])
        return self._db.execute(
            """SELECT * FROM indexed WHERE site = ? AND key = ? AND part > 1 AND kind = 'page'
                AND captured_at BETWEEN ? AND ?
            ORDER BY abs(julianday(captured_at) - julianday(?)), captured_at, payload_digest,
                record_id, source, section, offset LIMIT ?""",
            (row["site"], row["key"], _text(at - NEAR), _text(at + NEAR), _text(at), MAX_NEAR),
        ).fetchall()

    def robots_near(self, host: str, at: datetime) -> sqlite3.Row | None:
        """Return the robots.txt of a host that was captured nearest to a time, within a day."""
        if "robots" not in self._kinds:
            return None
        return self._first(
            """SELECT * FROM indexed WHERE kind = 'robots' AND key = ?
                AND captured_at BETWEEN ? AND ?
            ORDER BY abs(julianday(captured_at) - julianday(?)), captured_at, payload_digest,
                record_id, source, section, offset""",
            *(host, _text(at - SAME_DAY), _text(at + SAME_DAY), _text(at)),
        )

    def of(self, numbers: Iterable[int]) -> list[sqlite3.Row]:
        """Return captures by their numbers."""
        statement = "SELECT * FROM indexed WHERE number = ?"
        return [self._db.execute(statement, (number,)).fetchone() for number in numbers]

    def bytes_in_order(self) -> int:
        """Return the bytes of the records that `in_order` yields."""
        statement = f"SELECT coalesce(sum(length), 0) FROM indexed WHERE {_STORIES}"  # noqa: S608
        return int(self._db.execute(statement).fetchone()[0])

    def count_stories(self, source: int) -> int:
        """Count a file's captures of stories, without those of further pages."""
        statement = f"SELECT count(*) FROM indexed WHERE source = ? AND {_STORIES}"  # noqa: S608
        return int(self._db.execute(statement, (source,)).fetchone()[0])

    def parts(self, source: int) -> list[sqlite3.Row]:
        """Return a file's captures of further pages."""
        return self._db.execute(
            """SELECT * FROM indexed WHERE source = ? AND part > 1
            AND kind IN ('page', 'same', 'unchanged')""",
            (source,),
        ).fetchall()

    def _first(self, statement: str, *values: Any) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(f"{statement} LIMIT 1", values).fetchone()
        return found


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    return db


def _values(source: int, section: int, row: Indexed) -> list[Any]:
    at = _text(row.captured_at) if row.captured_at is not None else ""
    known = {"source": source, "section": section, "captured_at": at}
    given = (known[name] if name in known else getattr(row, name) for name in _COLUMNS)
    return [value if value is not None else "" for value in given]


def _text(at: datetime) -> str:
    """Write a time so that text order is time order, and SQLite can count with it."""
    return at.isoformat(timespec="microseconds")
