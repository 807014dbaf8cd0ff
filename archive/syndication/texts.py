"""Every distinct text of an archive once, with its signature and the keys by which it meets others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.identity import text_digest
from archive.syndication.comparison import Text, compare, newsroom
from archive.syndication.signatures import ALGORITHM, Signature

WINDOW = timedelta(days=60)
"""How far apart two stories may be published to be compared: wire copy is run within days, and
prayer times, rates and weather of a year would all meet. Texts that agree nearly everywhere are
compared whenever they were published.
"""

NEARLY_ALL = 54
"""Places of the 60 of a signature; of texts with a similarity of 0.95 nine in ten agree in so many."""

MOST_PREPARED = 256
"""Texts held for comparing, a tenth of a megabyte each: what runs these days is compared with what
ran these days.
"""

MOST_MET = 256
"""Texts that share keys with one and are looked at, those with most of them in common: only of a
template there are more.
"""

BATCH = 500  # below SQLite's limit of bound values


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An article that runs a text: what decides whether the text is compared."""

    article_id: int
    site: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Another text that may be linked with one."""

    text_id: int
    articles: tuple[int, ...]
    """Who runs it, in the order of their numbers."""
    same_site: bool
    agreement: int
    """Places of 60 in which the signatures agree: the more, the likelier a link."""


class Texts:
    """The tables `texts`, `bands` and `article_texts`; writes belong inside a transaction of the
    Archive.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._prepared: dict[int, Text] = {}

    def forget(self) -> None:
        """After a transaction that was taken back."""
        self._prepared.clear()

    def put(self, article_id: int, body: str) -> int:
        """The number of the article's text, which is written where it is new."""
        read: list[Text] = []

        def signature() -> Signature:
            read.append(Text.of(body, site=""))
            return Signature.of_run(read[0].run, length=read[0].length)

        text_id = self.assign(article_id, digest_of(body), signature)
        if read:
            self._keep(text_id, read[0])
        return text_id

    def assign(self, article_id: int, digest: str, signature: Callable[[], Signature]) -> int:
        """The same for a text whose digest is known."""
        row = self._db.conn.execute(
            "SELECT id, algorithm FROM texts WHERE digest = ?", (digest,)
        ).fetchone()
        text_id = row[0] if row and row[1] == ALGORITHM else self.add(digest, signature())
        self._db.conn.execute(
            "INSERT INTO article_texts VALUES (?, ?) ON CONFLICT (article_id) DO UPDATE SET text_id = excluded.text_id",
            (article_id, text_id),
        )
        return int(text_id)

    def add(self, digest: str, signature: Signature) -> int:
        """Write a text's signature and its keys, for those of another algorithm where it had any;
        its number.
        """
        self._db.conn.execute(
            "DELETE FROM bands WHERE text_id = (SELECT id FROM texts WHERE digest = ? AND algorithm NOT IN (?, ''))",
            (digest, ALGORITHM),
        )
        (text_id,) = self._db.conn.execute(
            """INSERT INTO texts (digest, algorithm, signature) VALUES (?, ?, ?)
            ON CONFLICT (digest) DO UPDATE SET algorithm = excluded.algorithm, signature = excluded.signature RETURNING id""",
            (digest, ALGORITHM, signature.packed()),
        ).fetchone()
        self._db.conn.executemany(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)",
            [(key, text_id) for key in sorted(signature.keys())],
        )
        return int(text_id)

    def forget_other_algorithms(self) -> None:
        """Drop the keys that another version made: today's cannot find them one by one."""
        if self.unread(others_only=True):
            self._db.conn.execute("DELETE FROM bands")
            self._db.conn.execute("UPDATE texts SET algorithm = ''")

    def has(self, article_id: int, digest: str, packed: bytes) -> bool:
        """Whether the archive says that the article runs this text, with this signature of today's
        algorithm.
        """
        row = self._db.conn.execute(
            "SELECT t.digest, t.signature, t.algorithm FROM article_texts x JOIN texts t ON t.id = x.text_id WHERE x.article_id = ?",
            (article_id,),
        ).fetchone()
        return bool(row == (digest, packed, ALGORITHM))

    def of(self, article_id: int) -> int | None:
        """The number of the article's text; None where it was never read for this."""
        row = self._db.conn.execute(
            "SELECT text_id FROM article_texts WHERE article_id = ?", (article_id,)
        ).fetchone()
        return int(row[0]) if row else None

    def drop(self, article_id: int) -> None:
        """The article no longer runs its text; a text that nobody runs is forgotten."""
        text_id = self.of(article_id)
        if text_id is None:
            return
        self._db.conn.execute("DELETE FROM article_texts WHERE article_id = ?", (article_id,))
        if self._db.conn.execute(
            "SELECT 1 FROM article_texts WHERE text_id = ? LIMIT 1", (text_id,)
        ).fetchone():
            return
        (algorithm,) = self._db.conn.execute(
            "SELECT algorithm FROM texts WHERE id = ?", (text_id,)
        ).fetchone()
        if algorithm == ALGORITHM:
            keys = [(key, text_id) for key in sorted(self.signature(text_id).keys())]
            self._db.conn.executemany("DELETE FROM bands WHERE key = ? AND text_id = ?", keys)
        elif algorithm:  # its keys are not known, and are looked for everywhere
            self._db.conn.execute("DELETE FROM bands WHERE text_id = ?", (text_id,))
        self._db.conn.execute("DELETE FROM texts WHERE id = ?", (text_id,))
        self._prepared.pop(text_id, None)

    def signature(self, text_id: int) -> Signature:
        """The signature of a text."""
        (packed,) = self._db.conn.execute(
            "SELECT signature FROM texts WHERE id = ?", (text_id,)
        ).fetchone()
        return Signature.unpacked(packed)

    def runs(self, text_id: int) -> list[Run]:
        """The articles that run a text, in the order of their numbers."""
        return self._runs([text_id]).get(text_id, [])

    def promising(self, text_id: int, among: frozenset[int] | None = None) -> list[Meeting]:
        """The texts that may be linked with this one, the likeliest first: said by signatures,
        sites and times, without reading them.
        """
        own = self.signature(text_id)
        agreements = {
            number: own.agreement(other)
            for number, packed in self._met(own.keys(), MOST_MET if among is None else -1)
            if number != text_id
            and (among is None or number in among)
            and own.promises(other := Signature.unpacked(packed))
        }
        if not agreements:
            return []
        runs = self._runs([text_id, *agreements])
        found: list[Meeting] = []
        for number, agreement in sorted(agreements.items(), key=lambda pair: (-pair[1], pair[0])):
            same_site = _same_site(
                runs.get(text_id, []), runs.get(number, []), anytime=agreement >= NEARLY_ALL
            )
            if same_site is not None:
                articles = tuple(run.article_id for run in runs[number])
                found.append(
                    Meeting(
                        text_id=number, articles=articles, same_site=same_site, agreement=agreement
                    )
                )
        return found

    def linked(self, text_id: int, meeting: Meeting) -> bool:
        """Whether two texts that met are linked."""
        return (
            compare(
                self.prepared(text_id), self.prepared(meeting.text_id), same_site=meeting.same_site
            )
            is not None
        )

    def prepared(self, text_id: int) -> Text:
        """The text, read for comparing; that one site runs it is said with the pair."""
        text = self._prepared.pop(text_id) if text_id in self._prepared else self._prepare(text_id)
        return self._keep(text_id, text)

    def unread(self, *, others_only: bool = False) -> int:
        """Articles whose text was not read for this: kept by an earlier version, or read by another
        algorithm (`others_only`).
        """
        (count,) = self._db.conn.execute(
            """SELECT count(*) FROM articles a LEFT JOIN article_texts x ON x.article_id = a.id LEFT JOIN texts t ON t.id = x.text_id
            WHERE a.revision > 0 AND t.algorithm IS NOT :algorithm AND NOT (:others_only AND t.id IS NULL)""",
            {"algorithm": ALGORITHM, "others_only": others_only},
        ).fetchone()
        return int(count)

    def _met(self, keys: Sequence[int], limit: int) -> list[tuple[int, bytes]]:
        """(text, packed signature) of the texts that have most of the keys, at most `limit`; -1 for
        all.
        """
        marks = ",".join("?" * len(keys))
        return self._db.conn.execute(
            f"""SELECT t.id, t.signature FROM (SELECT text_id, count(*) AS shared FROM bands WHERE key IN ({marks})
                GROUP BY text_id ORDER BY shared DESC, text_id LIMIT {limit}) JOIN texts t ON t.id = text_id""",  # noqa: S608 - marks, a number
            keys,
        ).fetchall()

    def _runs(self, texts: Iterable[int]) -> dict[int, list[Run]]:
        """The articles that run each of the texts, in the order of their numbers."""
        found: dict[int, list[Run]] = {}
        for some in chunks(texts, BATCH):
            numbers = list(some)
            rows = self._db.conn.execute(
                f"""SELECT x.text_id, a.id, a.site, a.published_at FROM article_texts x JOIN articles a ON a.id = x.article_id
                WHERE x.text_id IN ({",".join("?" * len(numbers))}) ORDER BY x.text_id, a.id""",  # noqa: S608 - question marks
                numbers,
            )
            for text_id, number, site, at in rows.fetchall():
                run = Run(
                    article_id=number,
                    site=site,
                    published_at=datetime.fromisoformat(at) if at else None,
                )
                found.setdefault(text_id, []).append(run)
        return found

    def _keep(self, text_id: int, text: Text) -> Text:
        """Among those used last."""
        self._prepared[text_id] = text
        if len(self._prepared) > MOST_PREPARED:
            del self._prepared[next(iter(self._prepared))]
        return text

    def _prepare(self, text_id: int) -> Text:
        (body,) = self._db.conn.execute(
            """SELECT r.body FROM article_texts x JOIN articles a ON a.id = x.article_id
            JOIN revisions r ON r.article_id = a.id AND r.number = a.revision WHERE x.text_id = ? LIMIT 1""",
            (text_id,),
        ).fetchone()
        return Text.of(body, site="")


def digest_of(body: str) -> str:
    """Digest of a text and of where its lines end: a capital at the beginning of a line makes no
    name.
    """
    return text_digest(line for line in body.split("\n") if line.strip())


def _same_site(runs: Iterable[Run], others: Iterable[Run], *, anytime: bool) -> bool | None:
    """Whether one newsroom ran both texts wherever they were run within the window; None where they
    never were.

    Between newsrooms the bar is lower: what passes the other one passes this one, too.
    """
    found: bool | None = None
    for a in runs:
        for b in others:
            if anytime or _near(a.published_at, b.published_at):
                if newsroom(a.site) != newsroom(b.site):
                    return False
                found = True
    return found


def _near(a: datetime | None, b: datetime | None) -> bool:
    return a is None or b is None or abs(a - b) <= WINDOW
