"""Every distinct text of an archive once, with its signature and the keys by which it meets others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.digests import text_digest
from archive.syndication.comparison import Text, compare, newsroom
from archive.syndication.shingles import words
from archive.syndication.signatures import ALGORITHM, Signature

WINDOW = timedelta(days=60)
"""How far apart two stories may be published to be compared: wire copy is run within days, and prayer times, rates and weather of a
year would all meet. Texts that agree nearly everywhere are compared whenever they were published."""

NEARLY_ALL = 54
"""Places of the 60 of a signature; of texts with a similarity of 0.95 nine in ten agree in so many."""

BATCH = 500  # below SQLite's limit of bound values


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An article that runs a text: what decides whether the text is compared."""

    article_id: int
    site: str
    published_at: datetime | None


class Texts:
    """The tables `texts`, `bands` and `article_texts`; writes belong inside a transaction of the Archive."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.prepared = lru_cache(maxsize=256)(self._prepare)

    def forget(self) -> None:
        """After a transaction that was taken back."""
        self.prepared.cache_clear()

    def put(self, article_id: int, body: str) -> int:
        """The number of the article's text, which is written where it is new."""
        return self.assign(article_id, digest_of(body), lambda: Signature.of(words(body)))

    def assign(self, article_id: int, digest: str, signature: Callable[[], Signature]) -> int:
        """The same for a text whose digest is known."""
        row = self._db.conn.execute("SELECT id, algorithm FROM texts WHERE digest = ?", (digest,)).fetchone()
        text_id = row[0] if row and row[1] == ALGORITHM else self.add(digest, signature())
        self._db.conn.execute(
            "INSERT INTO article_texts VALUES (?, ?) ON CONFLICT (article_id) DO UPDATE SET text_id = excluded.text_id",
            (article_id, text_id),
        )
        return int(text_id)

    def add(self, digest: str, signature: Signature) -> int:
        """Write a text's signature and its keys, for those of another algorithm where it had any; its number."""
        self._db.conn.execute(
            "DELETE FROM bands WHERE text_id = (SELECT id FROM texts WHERE digest = ? AND algorithm NOT IN (?, ''))", (digest, ALGORITHM)
        )
        (text_id,) = self._db.conn.execute(
            """INSERT INTO texts (digest, algorithm, signature) VALUES (?, ?, ?)
            ON CONFLICT (digest) DO UPDATE SET algorithm = excluded.algorithm, signature = excluded.signature RETURNING id""",
            (digest, ALGORITHM, signature.packed()),
        ).fetchone()
        self._db.conn.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(key, text_id) for key in sorted(signature.keys())])
        return int(text_id)

    def has(self, article_id: int, digest: str, packed: bytes) -> bool:
        """Whether the archive says that the article runs this text, with this signature of today's algorithm."""
        row = self._db.conn.execute(
            "SELECT t.digest, t.signature, t.algorithm FROM article_texts x JOIN texts t ON t.id = x.text_id WHERE x.article_id = ?",
            (article_id,),
        ).fetchone()
        return bool(row == (digest, packed, ALGORITHM))

    def of(self, article_id: int) -> int | None:
        """The number of the article's text; None where it was never read for this."""
        row = self._db.conn.execute("SELECT text_id FROM article_texts WHERE article_id = ?", (article_id,)).fetchone()
        return int(row[0]) if row else None

    def drop(self, article_id: int) -> None:
        """The article no longer runs its text; a text that nobody runs is forgotten."""
        text_id = self.of(article_id)
        if text_id is None:
            return
        self._db.conn.execute("DELETE FROM article_texts WHERE article_id = ?", (article_id,))
        if self._db.conn.execute("SELECT 1 FROM article_texts WHERE text_id = ? LIMIT 1", (text_id,)).fetchone():
            return
        (algorithm,) = self._db.conn.execute("SELECT algorithm FROM texts WHERE id = ?", (text_id,)).fetchone()
        if algorithm == ALGORITHM:
            keys = [(key, text_id) for key in sorted(self.signature(text_id).keys())]
            self._db.conn.executemany("DELETE FROM bands WHERE key = ? AND text_id = ?", keys)
        elif algorithm:  # its keys are not known, and are looked for everywhere
            self._db.conn.execute("DELETE FROM bands WHERE text_id = ?", (text_id,))
        self._db.conn.execute("DELETE FROM texts WHERE id = ?", (text_id,))
        self.prepared.cache_clear()

    def signature(self, text_id: int) -> Signature:
        """The signature of a text."""
        (packed,) = self._db.conn.execute("SELECT signature FROM texts WHERE id = ?", (text_id,)).fetchone()
        return Signature.unpacked(packed)

    def runs(self, text_id: int) -> list[Run]:
        """The articles that run a text, in the order of their numbers."""
        found = self._db.conn.execute(
            """SELECT a.id, a.site, a.published_at FROM article_texts x JOIN articles a ON a.id = x.article_id
            WHERE x.text_id = ? ORDER BY a.id""",
            (text_id,),
        )
        return [
            Run(article_id=number, site=site, published_at=datetime.fromisoformat(at) if at else None)
            for number, site, at in found.fetchall()
        ]

    def promising(self, text_id: int, among: frozenset[int] | None = None) -> list[tuple[int, bool]]:
        """(text, whether they agree nearly everywhere) of the texts that may be linked with this one, said by signatures alone."""
        own = self.signature(text_id)
        found: set[int] = set()
        for some in chunks(own.keys(), BATCH):
            keys = list(some)
            marks = ",".join("?" * len(keys))
            found.update(row[0] for row in self._db.conn.execute(f"SELECT text_id FROM bands WHERE key IN ({marks})", keys))  # noqa: S608
        found.discard(text_id)
        if among is not None:
            found &= among
        signatures = ((number, self.signature(number)) for number in sorted(found))
        return [(number, own.agreement(other) >= NEARLY_ALL) for number, other in signatures if own.promises(other)]

    def linked(self, one: int, other: int, *, nearly_all: bool) -> bool:
        """Whether two texts are linked as some of the articles run them: one story is what two of them tell."""
        runs, others = self.runs(one), self.runs(other)
        pairs = {newsroom(a.site) == newsroom(b.site) for a in runs for b in others if nearly_all or _near(a.published_at, b.published_at)}
        # Between newsrooms the bar is lower: what passes the other one passes this one, too.
        return bool(pairs) and compare(self.prepared(one), self.prepared(other), same_site=False not in pairs) is not None

    def unread(self, *, others_only: bool = False) -> int:
        """Articles whose text was not read for this: kept by an earlier version, or read by another algorithm (`others_only`)."""
        (count,) = self._db.conn.execute(
            """SELECT count(*) FROM articles a LEFT JOIN article_texts x ON x.article_id = a.id LEFT JOIN texts t ON t.id = x.text_id
            WHERE a.revision > 0 AND t.algorithm IS NOT :algorithm AND NOT (:others_only AND t.id IS NULL)""",
            {"algorithm": ALGORITHM, "others_only": others_only},
        ).fetchone()
        return int(count)

    def _prepare(self, text_id: int) -> Text:
        """The text, read for comparing; that one site runs it is said with the pair."""
        (body,) = self._db.conn.execute(
            """SELECT r.body FROM article_texts x JOIN articles a ON a.id = x.article_id
            JOIN revisions r ON r.article_id = a.id AND r.number = a.revision WHERE x.text_id = ? LIMIT 1""",
            (text_id,),
        ).fetchone()
        return Text.of(body, site="")


def digest_of(body: str) -> str:
    """Digest of a text and of where its lines end: a capital at the beginning of a line makes no name."""
    return text_digest(line for line in body.split("\n") if line.strip())


def _near(a: datetime | None, b: datetime | None) -> bool:
    return a is None or b is None or abs(a - b) <= WINDOW
