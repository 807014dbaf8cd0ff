"""class Archive: composes what an archive holds. class Reader: typed reading, also of the past."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlite_utils import Database

from archive.database.as_of import read_as_of
from archive.database.clock import Clock, parsed
from archive.database.connection import (
    check_schema,
    connect,
    immediate,
    plain_errors,
    schema_version,
)
from archive.database.schema import ARTICLE_COLUMNS, LISTS
from archive.ledger.backoff import Backoffs
from archive.ledger.crawls import Crawls
from archive.ledger.ledger import Ledger
from archive.ledger.robots import RobotsAnswers
from archive.records import Article, KeptArticle, KeptRevision, Page
from archive.revisions import queries
from archive.revisions.reread_queue import RereadQueue
from archive.revisions.revisions import Revisions
from archive.snapshots.snapshots import Snapshots
from archive.syndication.clusters import Clusters

BATCH = 500
"""Articles read at a time, so that an archive of any size is iterated in little memory."""


class Reader:
    """Articles, revisions and snapshots of an open archive.

    `db` is the sqlite_utils Database below: `reader.db.query("select url, headline from latest")`
    yields dictionaries.
    """

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self.db = db
        self.clock = Clock(db)
        self.crawls = Crawls(db, self.clock)
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
        """Yield every article by number with its newest revision, removed ones with their last.

        Read in batches: articles that a crawl adds meanwhile may be among them, unless the archive
        is read as of a time.
        """
        after = 0
        while True:
            with plain_errors(self.path):
                batch = list(
                    self.db.query(
                        """SELECT * FROM latest
                        WHERE article_id > :after AND (:site IS NULL OR site = :site)
                        ORDER BY article_id LIMIT :batch""",
                        {"after": after, "site": site, "batch": BATCH},
                    )
                )
            yield from map(_kept_article, batch)
            if len(batch) < BATCH:
                return
            after = batch[-1]["article_id"]

    def article(self, reference: str | int) -> KeptArticle:
        """Return the article with this URL, story id or number; raises ArticleUnknown."""
        with plain_errors(self.path):
            article_id = queries.find_article(self.db, str(reference))
            return _kept_article(queries.latest(self.db, article_id))

    def revisions(self, reference: str | int) -> list[KeptRevision]:
        """Return all revisions of an article, oldest first; raises ArticleUnknown."""
        with plain_errors(self.path):
            article_id = queries.find_article(self.db, str(reference))
            rows = self.db.query(
                """SELECT a.site, a.url, a.story_id, r.* FROM revisions r
                JOIN articles a ON a.id = r.article_id WHERE a.id = ? ORDER BY r.number""",
                [article_id],
            )
            return [_kept_revision(row) for row in rows]

    def page(self, snapshot_id: int) -> Page:
        """Return a page as its server sent it, further parts included; raises ArchiveDamaged."""
        with plain_errors(self.path):
            return self.snapshots.page(snapshot_id)


def _article(row: dict[str, Any]) -> Article:
    """Return the article of a row; its own address is the only one that a revision keeps."""
    fields = {name: row[name] for name in ARTICLE_COLUMNS}
    for name in LISTS:
        fields[name] = tuple(json.loads(row[name]) if isinstance(row[name], str) else row[name])
    for name in ("published_at", "modified_at"):
        fields[name] = parsed(row[name])
    return Article(
        url=row["url"],
        canonical_url=row["url"],
        site=row["site"],
        story_id=row["story_id"],
        **fields,
    )


def _kept_article(row: dict[str, Any]) -> KeptArticle:
    return KeptArticle(
        article_id=row["article_id"],
        article=_article(row),
        revision=row["revision"],
        cluster_id=row["cluster_id"],
        first_seen_at=datetime.fromisoformat(row["first_seen_at"]),
        observed_at=datetime.fromisoformat(row["observed_at"]),
        removed_at=parsed(row["removed_at"]),
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


class Archive(Reader):
    """An archive of news on disk; each attribute owns its tables.

    Open one per crawl and close it at the end. Write inside `transaction(now)`; everything about
    one page belongs in one.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        """Open, and make or migrate unless `read_only`; raises one of archive.errors."""
        super().__init__(Path(path), connect(Path(path), read_only=read_only))
        self._schema = schema_version(self.db)
        self.ledger = Ledger(self.db, self.clock)
        self.robots = RobotsAnswers(self.db, self.clock)
        self.backoffs = Backoffs(self.db, self.clock)
        self.clusters = Clusters(self.db, self.clock)
        self.history = Revisions(self.db, self.clock, self.clusters)
        self.reread_queue = RereadQueue(self.db)

    def as_of(self, at: datetime) -> Reader:
        """Open the archive as of an aware time, for reading, on a connection of its own; close it.

        All of it: articles, revisions, the ledger, snapshots, and any SQL on the public views. Two
        readings as of one time are equal forever once something was written after it, which
        `settled` says. Stories that were taken down with `warta remove` are gone from the past
        too. Raises ValueError for a time without an offset.

        It costs what reading today's archive costs; the search index knows only today's texts.
        """
        db = connect(self.path, read_only=True)
        try:
            read_as_of(db, at)
        except BaseException:
            db.close()
            raise
        return Reader(self.path, db)

    def settled(self, at: datetime) -> bool:
        """Return whether nothing more can be written at or before a time."""
        latest = self.clock.latest()
        return latest is not None and at < latest

    @contextmanager
    def transaction(self, now: datetime) -> Iterator[None]:
        """Write all of it or nothing, also against kill -9, with one time: `now`, which is aware.

        Waits for other writers; errors of SQLite are ArchiveErrors.
        """
        try:
            with plain_errors(self.path), immediate(self.db), self.clock.set_to(now):
                self._schema = check_schema(self.db, self.path, seen=self._schema)
                yield
        except BaseException:
            self.snapshots.dictionaries.forget()
            self.clusters.texts.forget()
            raise
