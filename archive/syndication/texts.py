"""Every distinct text of an archive once, with its signature and the keys by which texts meet."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlite_utils import Database

from archive.database.clock import Clock, parsed
from archive.database.rows import insert_row, named_rows, record, value
from archive.identity import text_digest
from archive.syndication.comparison import Text, compare, publisher
from archive.syndication.signatures import ALGORITHM, ROWS, WHOLE_BANDS, Signature

_TWINS = """SELECT a.key, a.url, coalesce(r.headline, '') AS headline, x.text_id,
        s.id AS snapshot_id, s.fetched_at, s.crawl_id
    FROM json_each(?) wanted CROSS JOIN article_texts x ON x.text_id = wanted.value
    CROSS JOIN articles a ON a.id = x.article_id
    JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    LEFT JOIN snapshots s ON s.id = r.snapshot_id
    LEFT JOIN readings d ON d.snapshot_id = r.snapshot_id
    WHERE a.site = ? AND a.key != ? AND d.refusal IS NULL AND r.layout != 'imported'
    ORDER BY wanted.key, a.id LIMIT ?"""

WINDOW = timedelta(days=60)
"""How far apart two stories may be published to be compared: wire copy is run within days, and
prayer times, rates and weather of a year would all meet. Texts that agree nearly everywhere are
compared regardless of time.
"""

NEARLY_ALL = 54
"""Places of the 60 of a signature; nine in ten texts with a similarity of 0.95 agree in so many."""

PLACES = ROWS * WHOLE_BANDS
"""Places of a signature of a whole text."""

MAX_PREPARED = 256
"""Texts cached for comparison, a tenth of a megabyte each; texts of the same days meet."""

MAX_READ = 40
"""Bodies remembered between their reading and their writing."""

MAX_MET = 256
"""Texts that share keys with a text and are looked at, those with most keys in common first; only
texts of a template meet more.
"""

_MEETING = "meeting"
"""In `Clock.seen`: the keys of a text, its id, and the other texts that it meets by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An article that runs a text; decides whether the text is compared."""

    article_id: int
    site: str
    published_at: datetime | None
    """Aware; None if the page does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Another text that may be linked with a text."""

    text_id: int
    articles: tuple[int, ...]
    """Ids of the articles that run it, ascending."""
    same_site: bool
    """Whether one publisher runs both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A body as `texts` knows it."""

    digest: str
    text: Text
    signature: Signature

    @classmethod
    def of(cls, body: str) -> Self:
        """Read a body; takes about a millisecond."""
        text = Text.of(body)
        signature = Signature.of_run(text.run, length=text.length)
        return cls(digest=digest_of(body), text=text, signature=signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """Another story of a site that runs a text, or nearly that text, as its newest one."""

    key: str
    """The story's identity at its site."""
    url: str
    headline: str
    """Empty where the page has none."""
    text_id: int
    equal: bool
    """Whether it is the same text."""
    agreement: int
    """In how many of the places of the signatures the texts agree."""
    snapshot_id: int | None
    """The page of its newest revision; None where that is not kept."""
    fetched_at: datetime | None
    """When that page was fetched; aware, UTC."""
    crawl_id: int | None
    """The crawl that fetched it."""


class Texts:
    """The tables `texts`, `bands` and `article_texts`; write inside a transaction."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._execute = db.conn.execute
        self._execute_many = db.conn.executemany
        self._prepared: dict[int, Text] = {}
        self._read: dict[str, Fingerprint] = {}

    def fingerprint(self, body: str) -> Fingerprint:
        """Read a body, which is looked up before it is written; the last ones are remembered."""
        read = self._read.pop(body, None) or Fingerprint.of(body)
        self.remember(body, read)
        return read

    def remember(self, body: str, read: Fingerprint) -> None:
        """Take the fingerprint of a body that was read elsewhere, as in another process."""
        self._read[body] = read
        if len(self._read) > MAX_READ:
            del self._read[next(iter(self._read))]

    def twins(
        self, site: str, key: str, read: Fingerprint, *, agreeing: int, limit: int
    ) -> list[Twin]:
        """Return other stories of a site whose newest text is this one, or agrees with it in so
        many places of the signatures; equal ones first.

        None for a text too short to be compared. Imported stories, whose pages were never fetched,
        do not count, nor does one whose page is not believed any more.
        """
        if not read.signature.whole:
            return []
        equal = self._find(read.digest)
        found = {equal: PLACES} if equal is not None else {}
        for number, packed in self._meeting(read.signature.keys(), equal):
            found[number] = Signature.unpacked(packed).agreement(read.signature)
        numbers = [number for number, agreement in found.items() if agreement >= agreeing]
        rows = named_rows(self._db, _TWINS, (json.dumps(numbers), site, key, limit))
        return [
            record(Twin, row, equal=row["text_id"] == equal, agreement=found[row["text_id"]])
            for row in rows
        ]

    def forget(self) -> None:
        """Drop cached texts, after a transaction was rolled back."""
        self._prepared.clear()

    def put(self, article_id: int, body: str) -> tuple[int, bool]:
        """Assign a text to the article; return its id, and whether it is new, and was written.

        Its fingerprint is remembered no longer: pages that wait need the room.
        """
        read = self.fingerprint(body)
        self._read.pop(body)
        text_id = self._find(read.digest)
        if is_new := text_id is None:
            text_id = self._add(read.digest, read.signature)
            self._cache(text_id, read.text)
        self._assign(article_id, text_id)
        return text_id, is_new

    def put_read(self, article_id: int, digest: str, signature: Signature) -> None:
        """Assign a text that was read elsewhere to the article, and write it if it is new."""
        self._assign(article_id, self._find(digest) or self._add(digest, signature))

    def _find(self, digest: str) -> int | None:
        """Return the id of a text that has a signature of today's algorithm."""
        statement = "SELECT id FROM texts WHERE digest = ? AND algorithm = ?"
        text_id: int | None = value(self._db, statement, digest, ALGORITHM)
        return text_id

    def _assign(self, article_id: int, text_id: int) -> None:
        row = {"article_id": article_id, "text_id": text_id}
        insert_row(self._db, "article_texts", row, replace=True)

    def _add(self, digest: str, signature: Signature) -> int:
        """Write a text's signature and keys, in place of another algorithm's; return its id."""
        met = self._clock.seen.pop(_MEETING, None)
        statement = "SELECT id FROM texts WHERE digest = ? AND algorithm NOT IN (?, '')"
        other = value(self._db, statement, digest, ALGORITHM)
        if other is not None:  # its keys are unknown: scans the table
            self._execute("DELETE FROM bands WHERE text_id = ?", (other,))
        text_id = value(
            self._db,
            """INSERT INTO texts (digest, algorithm, signature) VALUES (?, ?, ?)
            ON CONFLICT (digest) DO UPDATE
                SET algorithm = excluded.algorithm, signature = excluded.signature RETURNING id""",
            digest,
            ALGORITHM,
            signature.packed(),
        )
        self._execute_many(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)",
            [(key, text_id) for key in sorted(signature.keys())],
        )
        if met is not None and met[:2] == (signature.keys(), None):
            self._clock.seen[_MEETING] = signature.keys(), text_id, met[2]
        return int(text_id)

    def forget_other_algorithms(self) -> None:
        """Drop the keys that another version made: today's cannot find them one by one."""
        if self.unread(others_only=True):
            self._execute("DELETE FROM bands")
            self._execute("UPDATE texts SET algorithm = ''")

    def has(self, article_id: int, digest: str, packed: bytes) -> bool:
        """Whether the article is assigned this text, with this signature of today's algorithm."""
        statement = """SELECT 1 FROM article_texts x JOIN texts t ON t.id = x.text_id
            WHERE (x.article_id, t.digest, t.signature, t.algorithm) = (?, ?, ?, ?)"""
        return value(self._db, statement, article_id, digest, packed, ALGORITHM) is not None

    def of(self, article_id: int) -> int | None:
        """Return the id of the article's text; None if it was never assigned one."""
        statement = "SELECT text_id FROM article_texts WHERE article_id = ?"
        text_id: int | None = value(self._db, statement, article_id)
        return text_id

    def drop(self, article_id: int) -> None:
        """Unassign the article's text, and delete the text if no other article runs it."""
        text_id = self.of(article_id)
        if text_id is None:
            return
        self._execute("DELETE FROM article_texts WHERE article_id = ?", (article_id,))
        algorithm, is_run = self._execute(
            """SELECT algorithm, EXISTS (SELECT 1 FROM article_texts x WHERE x.text_id = t.id)
            FROM texts t WHERE id = ?""",
            (text_id,),
        ).fetchone()
        if is_run:
            return
        self._clock.seen.pop(_MEETING, None)
        if algorithm == ALGORITHM:
            keys = [(key, text_id) for key in sorted(self.signature(text_id).keys())]
            self._execute_many("DELETE FROM bands WHERE key = ? AND text_id = ?", keys)
        elif algorithm:  # its keys are unknown: scans the table
            self._execute("DELETE FROM bands WHERE text_id = ?", (text_id,))
        self._execute("DELETE FROM texts WHERE id = ?", (text_id,))
        self._prepared.pop(text_id, None)

    def signature(self, text_id: int) -> Signature:
        """Return the signature of a text."""
        statement = "SELECT signature FROM texts WHERE id = ?"
        return Signature.unpacked(value(self._db, statement, text_id))

    def runs(self, text_id: int) -> list[Run]:
        """Return the articles that run a text, by id."""
        return self._runs([text_id]).get(text_id, [])

    def promising(self, text_id: int, among: frozenset[int] | None = None) -> list[Meeting]:
        """Return the texts that may be linked with this one, the likeliest first, unread."""
        own = self.signature(text_id)
        met = self._meeting(own.keys(), text_id, among)
        agreements = self._agreements(own, met)
        runs = self._runs([text_id, *agreements]) if agreements else {}
        found: list[Meeting] = []
        for number, agreement in sorted(agreements.items(), key=lambda pair: (-pair[1], pair[0])):
            theirs = runs.get(number, [])
            anytime = agreement >= NEARLY_ALL
            same_site = _same_site(runs.get(text_id, []), theirs, anytime=anytime)
            if same_site is not None:
                articles = tuple(run.article_id for run in theirs)
                found.append(Meeting(text_id=number, articles=articles, same_site=same_site))
        return found

    def _agreements(self, own: Signature, met: Sequence[tuple[int, bytes]]) -> dict[int, int]:
        """Return in how many places those of the met texts agree that are worth comparing."""
        found: dict[int, int] = {}
        for number, packed in met:
            other = Signature.unpacked(packed)
            if own.promises(other):
                found[number] = own.agreement(other)
        return found

    def linked(self, text_id: int, meeting: Meeting) -> bool:
        """Whether two texts that met are linked."""
        one, other = self.prepared(text_id), self.prepared(meeting.text_id)
        return compare(one, other, same_site=meeting.same_site) is not None

    def prepared(self, text_id: int) -> Text:
        """Return the text prepared for comparison."""
        text = self._prepared.pop(text_id, None) or Text.of(self._body(text_id))
        return self._cache(text_id, text)

    def unread(self, *, others_only: bool = False) -> int:
        """Count the articles without a text of today's algorithm, or with one of others only."""
        statement = """SELECT count(*) FROM articles a
            LEFT JOIN article_texts x ON x.article_id = a.id LEFT JOIN texts t ON t.id = x.text_id
            WHERE a.revision > 0 AND t.algorithm IS NOT :algorithm
                AND NOT (:others_only AND t.id IS NULL)"""
        return int(value(self._db, statement, algorithm=ALGORITHM, others_only=others_only))

    def _meeting(
        self, keys: Sequence[int], text_id: int | None, among: frozenset[int] | None = None
    ) -> list[tuple[int, bytes]]:
        """Return (text id, packed signature) of the other texts with most of the keys of a text, or
        of those `among` which it may be; None is the id of one that is not written yet.

        Those of the last text are remembered: it is doubted, written and compared in turn.
        """
        if among is not None:
            return [met for met in self._met(keys, -1) if met[0] in among and met[0] != text_id]
        met = self._clock.seen.get(_MEETING)
        if met is None or met[:2] != (keys, text_id):
            found = [each for each in self._met(keys, MAX_MET) if each[0] != text_id]
            met = self._clock.seen[_MEETING] = keys, text_id, found[: MAX_MET - 1]
        return list(met[2])

    def _met(self, keys: Sequence[int], limit: int) -> list[tuple[int, bytes]]:
        """Return (text id, packed signature) of the texts with most of the keys; limit -1: all."""
        return self._execute(
            """SELECT t.id, t.signature FROM
                (SELECT text_id, count(*) AS shared FROM bands
                WHERE key IN (SELECT value FROM json_each(?))
                GROUP BY text_id ORDER BY shared DESC, text_id LIMIT ?)
            JOIN texts t ON t.id = text_id""",
            (json.dumps(keys), limit),
        ).fetchall()

    def _runs(self, texts: Sequence[int]) -> dict[int, list[Run]]:
        """Return the articles that run each of the texts, by id."""
        found: dict[int, list[Run]] = {}
        rows = self._execute(
            """SELECT x.text_id, a.id, a.site, a.published_at
            FROM article_texts x JOIN articles a ON a.id = x.article_id
            WHERE x.text_id IN (SELECT value FROM json_each(?)) ORDER BY x.text_id, a.id""",
            (json.dumps(texts),),
        )
        for text_id, number, site, at in rows.fetchall():
            run = Run(article_id=number, site=site, published_at=parsed(at))
            found.setdefault(text_id, []).append(run)
        return found

    def _cache(self, text_id: int, text: Text) -> Text:
        """Keep the text among those used last."""
        self._prepared[text_id] = text
        if len(self._prepared) > MAX_PREPARED:
            del self._prepared[next(iter(self._prepared))]
        return text

    def _body(self, text_id: int) -> str:
        statement = """SELECT l.body FROM article_texts x
            JOIN latest l ON l.article_id = x.article_id WHERE x.text_id = ? LIMIT 1"""
        return str(value(self._db, statement, text_id))


def digest_of(body: str) -> str:
    """Return the digest of a text and its line ends: a capital after one makes no name."""
    return text_digest(line for line in body.split("\n") if line.strip())


def _same_site(runs: Iterable[Run], others: Iterable[Run], *, anytime: bool) -> bool | None:
    """Whether one publisher ran both texts wherever they were run within WINDOW; None if they never
    were.

    Between publishers the bar is lower: what passes the other one passes this one, too.
    """
    found: bool | None = None
    for a in runs:
        for b in others:
            if anytime or _near(a.published_at, b.published_at):
                if publisher(a.site) != publisher(b.site):
                    return False
                found = True
    return found


def _near(a: datetime | None, b: datetime | None) -> bool:
    return a is None or b is None or abs(a - b) <= WINDOW
