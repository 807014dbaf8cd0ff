"""class Reader: an archive for reading, with typed records, as it stands or as it stood."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlite_utils import Database

from archive.database.as_of import read_as_of
from archive.database.clock import Clock
from archive.database.connection import (
    check_schema,
    connect,
    immediate,
    plain_errors,
    schema_version,
)
from archive.database.schema import ARTICLE_COLUMNS, LISTS
from archive.identity import bytes_digest
from archive.ledger.backoff import Manners
from archive.ledger.ledger import Ledger
from archive.records import IMPORTED, Article, KeptArticle, KeptRevision, Page, Revision, Snapshot
from archive.revisions import queries
from archive.revisions.changes import changed_fields, correction_note, reading_digest
from archive.revisions.reread_queue import Replays
from archive.snapshots.snapshots import Snapshots
from archive.syndication.clusters import Clusters

BATCH = 500
"""Articles read at a time, so that an archive of any size is iterated in little memory."""

_TIMES = ("published_at", "modified_at")


class Reader:
    """Articles, revisions and snapshots of an open archive.

    `db` is the sqlite_utils Database beneath: `reader.db.query("select url, headline from latest")`
    gives dictionaries.
    """

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self.db = db
        self.clock = Clock(db)
        self.snapshots = Snapshots(db, self.clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.db.close()

    def articles(self, *, site: str | None = None) -> Iterator[KeptArticle]:
        """Every article with its newest revision, in the order of their numbers; removed stories
        with their last text.

        Read in batches: articles that a crawl adds meanwhile may be among them, unless the reading
        is as of a moment.
        """
        after = 0
        while True:
            with plain_errors(self.path):
                batch = list(
                    self.db.query(
                        """SELECT * FROM latest WHERE article_id > :after AND (:site IS NULL OR site = :site)
                        ORDER BY article_id LIMIT :batch""",
                        {"after": after, "site": site, "batch": BATCH},
                    )
                )
            yield from map(_kept_article, batch)
            if len(batch) < BATCH:
                return
            after = batch[-1]["article_id"]

    def article(self, reference: str | int) -> KeptArticle:
        """The article that goes by a URL, a story id or its number; raises ArticleUnknown."""
        with plain_errors(self.path):
            return _kept_article(
                queries.latest(self.db, queries.find_article(self.db, str(reference)))
            )

    def revisions(self, reference: str | int) -> list[KeptRevision]:
        """All revisions of an article with their texts, oldest first; raises ArticleUnknown."""
        with plain_errors(self.path):
            article_id = queries.find_article(self.db, str(reference))
            rows = self.db.query(
                """SELECT a.site, a.url, a.story_id, r.* FROM revisions r JOIN articles a ON a.id = r.article_id
                WHERE a.id = ? ORDER BY r.number""",
                [article_id],
            )
            return [_kept_revision(row) for row in rows]

    def page(self, snapshot_id: int) -> Page:
        """The page that the server sent, byte for byte, its further parts included; raises
        ArchiveDamaged where it is not that.
        """
        with plain_errors(self.path):
            return self.snapshots.page(snapshot_id)


def _article(row: dict[str, Any]) -> Article:
    """The article of a row; its own address is the only one that a revision keeps."""
    given = {name: row[name] for name in ARTICLE_COLUMNS}
    given |= {
        name: tuple(json.loads(row[name]) if isinstance(row[name], str) else row[name])
        for name in LISTS
    }
    given |= {name: _time(row[name]) for name in _TIMES}
    return Article(
        url=row["url"],
        canonical_url=row["url"],
        site=row["site"],
        story_id=row["story_id"],
        **given,
    )


def _kept_article(row: dict[str, Any]) -> KeptArticle:
    return KeptArticle(
        article_id=row["article_id"],
        article=_article(row),
        revision=row["revision"],
        cluster_id=row["cluster_id"],
        first_seen_at=datetime.fromisoformat(row["first_seen_at"]),
        observed_at=datetime.fromisoformat(row["observed_at"]),
        removed_at=_time(row["removed_at"]),
        opted_out=row["opted_out"],
    )


def _kept_revision(row: dict[str, Any]) -> KeptRevision:
    return KeptRevision(
        article_id=row["article_id"],
        number=row["number"],
        kind=row["kind"],
        changed=tuple(json.loads(row["changed"])),
        returns_to=row["returns_to"],
        correction=row["correction"],
        snapshot_id=row["snapshot_id"],
        observed_at=datetime.fromisoformat(row["observed_at"]),
        article=_article(row),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class Archive(Reader):
    """An archive of news on disk: a ledger of URLs, snapshots, articles and their revisions.

    Open one a crawl and close it at the end. Write inside `transaction()`; everything about one
    page belongs in one.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        """Open, and make or bring up to date unless `read_only`; raises one of archive.errors."""
        super().__init__(Path(path), connect(Path(path), read_only=read_only))
        self._schema = schema_version(self.db)
        self.ledger = Ledger(self.db, self.clock)
        self.manners = Manners(self.db, self.clock)
        self.replays = Replays(self.db, self.ledger)
        self.clusters = Clusters(self.db, self.clock)

    def as_of(self, moment: datetime) -> Reader:
        """The archive as it stood at `moment` (aware), on a connection of its own, for reading;
        close it, or use it in a `with`.

        All of it: articles, revisions, the ledger, snapshots, and any SQL on the public views. Two
        readings of one moment are the same for ever once something was written after it; `settled`
        tells. Stories that were taken down with `warta remove` are gone from the past too. Raises
        ValueError for a time without an offset.

        Its costs are those of today's archive; the search index knows only today's texts.
        """
        db = connect(self.path, read_only=True)
        try:
            read_as_of(db, moment)
        except BaseException:
            db.close()
            raise
        return Reader(self.path, db)

    def settled(self, moment: datetime) -> bool:
        """Whether nothing more can be written at or before `moment`: something was written after
        it.
        """
        latest = self.clock.latest()
        return latest is not None and moment < latest

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, also against kill -9; waits for other writers; errors are
        ArchiveErrors.
        """
        try:
            with plain_errors(self.path), immediate(self.db), self.clock.steady():
                self._schema = check_schema(self.db, self.path, seen=self._schema)
                yield
        except BaseException:
            self.snapshots.forget()
            self.clusters.texts.forget()
            raise

    def begin_crawl(
        self, site: str, *, now: datetime, version: str, arguments: Mapping[str, Any]
    ) -> int:
        """A row for a crawl that begins, of a site that nobody else crawls: one before it without
        an end was killed. Returns its number.
        """
        with self.transaction():
            self._end_killed(site, now, "broke_off")
            row = self.db.conn.execute(
                "INSERT INTO crawls (site, started_at, version, arguments) VALUES (?, ?, ?, ?) RETURNING id",
                (site, self.clock.stamp(now), version, json.dumps(dict(arguments))),
            ).fetchone()
        return int(row[0])

    def end_crawl(
        self, crawl_id: int, *, now: datetime, counts: Mapping[str, Any], received: int, reason: str
    ) -> None:
        """How the crawl ended: its counts, bytes received, and why."""
        with self.transaction():
            self.db.conn.execute(
                "UPDATE crawls SET ended_at = ?, counts = ?, bytes = ?, end_reason = ? WHERE id = ?",
                (self.clock.stamp(now), json.dumps(dict(counts)), received, reason, crawl_id),
            )

    def end_killed(self, site: str, *, now: datetime, reason: str = "broke_off") -> None:
        """Write down that the newest crawl of a site, if it has no end, is over; for who knows that
        nobody is at it any more.

        `ended_at` is when that was found out: nothing is written into the past.
        """
        with self.transaction():
            self._end_killed(site, now, reason)

    def _end_killed(self, site: str, now: datetime, reason: str) -> None:
        self.db.conn.execute(
            """UPDATE crawls SET ended_at = ?, end_reason = ?
            WHERE id = (SELECT max(id) FROM crawls WHERE site = ?) AND ended_at IS NULL""",
            (self.clock.stamp(now), reason, site),
        )

    def record_robots(
        self, host: str, *, status: int | None, body: str, now: datetime, reason: str | None = None
    ) -> None:
        """Keep what a request for robots.txt brought: a row for each answer that was seen, with its
        first and last time.

        `status` is None where none came, and `reason` (a code of archive.ledger.wording) says why.
        """
        at = self.clock.stamp(now)
        self.db.conn.execute(
            """INSERT INTO robots (host, digest, status, reason, body, fetched_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (host, coalesce(status, 0), coalesce(reason, ''), digest) DO UPDATE SET last_seen_at = excluded.last_seen_at""",
            (host, bytes_digest(body.encode(errors="replace")), status, reason, body, at, at),
        )

    def pack(self, page: Page) -> Snapshot:
        """The page, packed for keeping; writes nothing."""
        return self.snapshots.pack(page)

    def newest_reading(self, site: str, key: str) -> dict[str, Any] | None:
        """The newest revision of a story as a row, its snapshot and extractor included; None for an
        unknown story.
        """
        row = next(
            self.db.query(
                """SELECT a.id AS article_id, a.site, a.removed_at, r.* FROM articles a
                JOIN revisions r ON r.article_id = a.id AND r.number = a.revision WHERE a.site = ? AND a.key = ?""",
                [site, key],
            ),
            None,
        )
        return (
            dict(row, **{name: json.loads(row[name]) for name in LISTS})
            if row is not None
            else None
        )

    def revise(
        self,
        article: Article,
        *,
        key: str,
        observed_at: datetime,
        keep: Callable[[], int | None],
        technical: bool = False,
    ) -> Revision | None:
        """Write what the article says now, if it differs from its newest revision.

        `keep` writes the snapshot and gives its number; it is called only if there is a revision to
        write. `technical`: the page did not change, our extractor did. The first page of a story
        that was imported makes a technical revision, even of an equal text: what differs may be
        another scraper's doing. None where nothing changed, or the story was taken down.
        """
        reading = article.as_dict()
        last = self.newest_reading(article.site, key)
        if last is None:
            if self.taken_down(article.site, key):
                return None
            article_id = self._insert_article(article, key, observed_at)
            return self._insert_revision(
                article_id,
                1,
                "first",
                reading,
                observed_at,
                keep(),
                correction=correction_note(None, reading),
            )
        restored = last["removed_at"] is not None and not technical
        first_page = last["layout"] == IMPORTED != article.layout
        if not restored and not first_page and reading_digest(reading) == last["digest"]:
            return None
        kind = "restored" if restored else "technical" if technical or first_page else "publisher"
        changed, correction = (
            changed_fields(last, reading),
            None if kind == "technical" else correction_note(last, reading),
        )
        number = last["number"] + 1
        return self._insert_revision(
            last["article_id"],
            number,
            kind,
            reading,
            observed_at,
            keep(),
            changed=changed,
            correction=correction,
        )

    def taken_down(self, site: str, key: str) -> bool:
        """Whether the archive's owner took the story down."""
        return (
            self.db.conn.execute(
                "SELECT 1 FROM tombstones WHERE site = ? AND key = ?", (site, key)
            ).fetchone()
            is not None
        )

    def note_reading(
        self,
        snapshot_id: int,
        extractor: str,
        refusal: str | None = None,
        *,
        layout: str | None = None,
        now: datetime,
    ) -> None:
        """Write down which extractor read a snapshot last, with which layout, and why it gave no
        story.
        """
        self.db.conn.execute(
            """INSERT INTO readings (snapshot_id, extractor, refusal, layout, read_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (snapshot_id) DO UPDATE SET extractor = excluded.extractor, refusal = excluded.refusal,
                layout = excluded.layout, read_at = excluded.read_at""",
            (snapshot_id, extractor, refusal, layout, self.clock.stamp(now)),
        )

    def article_id(self, site: str, key: str) -> int:
        """Number of a story that is in the archive."""
        (article_id,) = self.db.conn.execute(
            "SELECT id FROM articles WHERE site = ? AND key = ?", (site, key)
        ).fetchone()
        return int(article_id)

    def note_rights(self, article_id: int, opted_out: str | None, *, now: datetime) -> None:
        """The rule by which the story's page opts out of text mining today; None where none does."""
        (before,) = self.db.conn.execute(
            "SELECT opted_out FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        if before == opted_out:
            return
        self.db.conn.execute(
            "UPDATE articles SET opted_out = ? WHERE id = ?", (opted_out, article_id)
        )
        self.db.conn.execute(
            "INSERT INTO rights (article_id, since, rule) VALUES (?, ?, ?)",
            (article_id, self.clock.stamp(now), opted_out),
        )

    def note_robots_rule(self, article_id: int, rule: str | None, *, now: datetime) -> None:
        """What robots.txt says today of a page that did not change; a rule of the page itself
        stays.
        """
        (before,) = self.db.conn.execute(
            "SELECT opted_out FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        if before is None or before.startswith("robots.txt:"):
            self.note_rights(article_id, rule, now=now)

    def note_removal(self, article_id: int, *, observed_at: datetime) -> Revision | None:
        """The story is gone from its site (404, 410): a revision with the last text; None where
        that is known already.
        """
        row = next(
            self.db.query(
                """SELECT r.* FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
                WHERE a.id = ? AND a.removed_at IS NULL""",
                [article_id],
            ),
            None,
        )
        if row is None:
            return None
        reading = dict(row, **{name: json.loads(row[name]) for name in LISTS})
        return self._insert_revision(
            article_id, row["number"] + 1, "removed", reading, observed_at, row["snapshot_id"]
        )

    def _insert_article(self, article: Article, key: str, now: datetime) -> int:
        row = self.db.conn.execute(
            """INSERT INTO articles (site, key, story_id, url, first_seen_at, revision)
            VALUES (?, ?, ?, ?, ?, 0) RETURNING id""",
            (article.site, key, article.story_id, article.canonical_url, self.clock.stamp(now)),
        ).fetchone()
        return int(row[0])

    def _insert_revision(
        self,
        article_id: int,
        number: int,
        kind: str,
        reading: Mapping[str, Any],
        observed_at: datetime,
        snapshot_id: int | None,
        *,
        changed: tuple[str, ...] = (),
        correction: str | None = None,
    ) -> Revision:
        digest, at = reading_digest(reading), self.clock.stamp(observed_at)
        returns_to = self.earlier(article_id, digest) if changed else None
        row = {
            name: json.dumps(list(reading[name]), ensure_ascii=False)
            if name in LISTS
            else reading[name]
            for name in ARTICLE_COLUMNS
        }
        row |= {
            "article_id": article_id,
            "number": number,
            "kind": kind,
            "changed": json.dumps(list(changed)),
            "returns_to": returns_to,
            "observed_at": at,
            "snapshot_id": snapshot_id,
            "digest": digest,
            "correction": correction,
        }
        self._unindex(article_id)
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        self.db.conn.execute(f"INSERT INTO revisions ({names}) VALUES ({marks})", row)  # noqa: S608 - constants
        self.db.conn.execute(
            """UPDATE articles SET revision = :number, published_at = :published_at,
                removed_at = CASE :kind WHEN 'technical' THEN removed_at WHEN 'removed' THEN :at ELSE NULL END WHERE id = :id""",
            {
                "number": number,
                "kind": kind,
                "at": at,
                "id": article_id,
                "published_at": row["published_at"],
            },
        )
        self._index(article_id)
        if kind == "first" or {"body", "published_at"} & set(changed):
            self.clusters.place(article_id, reading["body"], now=observed_at)
        if snapshot_id is not None and kind != "removed":
            self.note_reading(
                snapshot_id, reading["extractor"], layout=reading["layout"], now=observed_at
            )
        return Revision(
            article_id=article_id,
            number=number,
            kind=kind,
            changed=changed,
            returns_to=returns_to,
            correction=correction,
            observed_at=datetime.fromisoformat(at),
        )

    def earlier(self, article_id: int, digest: str) -> int | None:
        """Number of the newest revision with this `archive.revisions.changes.reading_digest`; None
        where there is none.
        """
        (number,) = self.db.conn.execute(
            "SELECT max(number) FROM revisions WHERE article_id = ? AND digest = ?",
            (article_id, digest),
        ).fetchone()
        return int(number) if number is not None else None

    def erase(self, article_id: int, *, now: datetime) -> int:
        """Delete the texts of a story that has a tombstone, also from the search index; how many
        revisions it had.
        """
        self.clusters.erase(article_id, now=now)
        self._unindex(article_id)
        erased = self.db.conn.execute(
            "DELETE FROM revisions WHERE article_id = ?", (article_id,)
        ).rowcount
        self.db.conn.execute("DELETE FROM rights WHERE article_id = ?", (article_id,))
        self.db.conn.execute(
            "UPDATE articles SET revision = 0, opted_out = NULL, published_at = NULL WHERE id = ?",
            (article_id,),
        )
        return erased

    def _unindex(self, article_id: int) -> None:
        """Take the old text out of the search index, while `searchable` still shows it."""
        self.db.conn.execute(
            """INSERT INTO search (search, rowid, headline, deck, body)
            SELECT 'delete', article_id, headline, deck, body FROM searchable WHERE article_id = ?""",
            (article_id,),
        )

    def _index(self, article_id: int) -> None:
        self.db.conn.execute(
            "INSERT INTO search (rowid, headline, deck, body) SELECT * FROM searchable WHERE article_id = ?",
            (article_id,),
        )
