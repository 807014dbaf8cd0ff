"""class Archive: composes what an archive holds. class Reader: typed reading, also of the past."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlite_utils import Database

from archive import frames
from archive.database.as_of import read_as_of
from archive.database.clock import Clock, parsed, settled_until
from archive.database.connection import (
    STEPS,
    check_schema,
    connect,
    immediate,
    plain_errors,
    read_transaction,
    schema_version,
)
from archive.database.rows import record
from archive.database.same_file import SameFile
from archive.errors import ArchiveMoved
from archive.ledger.backoff import Backoffs
from archive.ledger.captures import Captures
from archive.ledger.crawls import Crawls
from archive.ledger.ledger import Ledger
from archive.ledger.robots import RobotsAnswers
from archive.records import Article, KeptArticle, KeptRevision, Page
from archive.revisions import queries
from archive.revisions.change_log import ChangeFilter, ChangeKey, KeptChange, changes
from archive.revisions.furniture import FurnitureSets
from archive.revisions.reread_queue import RereadQueue
from archive.revisions.revisions import Revisions
from archive.search.filters import Filter, Sort
from archive.search.search import Found
from archive.search.search import search as find
from archive.snapshots.snapshots import Snapshots
from archive.syndication.clusters import Clusters

if TYPE_CHECKING:
    import pandas
    import pyarrow

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
        self._due: Callable[[], bool] | None = None
        self.clock = Clock(db)
        self.crawls = Crawls(db, self.clock)
        self.snapshots = Snapshots(db, self.clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.db.close()

    def interrupt_when(self, due: Callable[[], bool]) -> None:
        """Interrupt a query once `due` says so, which is called about every millisecond of it.

        The query then raises sqlite3.OperationalError (SQLITE_INTERRUPT), or an ArchiveError where
        a method of this class makes it.
        """
        self._due = due
        self.db.conn.set_progress_handler(due, STEPS)

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
            yield from map(_kept, batch)
            if len(batch) < BATCH:
                return
            after = batch[-1]["article_id"]

    def article(self, reference: str | int) -> KeptArticle:
        """Return the article with this URL, story id or number; raises ArticleUnknown."""
        with plain_errors(self.path):
            article_id = queries.find_article(self.db, str(reference))
            return _kept(queries.latest(self.db, article_id))

    def revisions(self, reference: str | int) -> list[KeptRevision]:
        """Return all revisions of an article, oldest first; raises ArticleUnknown."""
        with plain_errors(self.path):
            article_id = queries.find_article(self.db, str(reference))
            rows = self.db.query(
                """SELECT a.site, a.url, a.story_id, r.* FROM revisions r
                JOIN articles a ON a.id = r.article_id WHERE a.id = ? ORDER BY r.number""",
                [article_id],
            )
            return [record(KeptRevision, row, article=_article(row)) for row in rows]

    def changes(
        self,
        wanted: ChangeFilter | None = None,
        *,
        limit: int | None = None,
        after: ChangeKey | None = None,
    ) -> Iterator[KeptChange]:
        """Yield what publishers changed, or what `wanted` says, newest first, at most `limit`.

        `after`, a change that was yielded before, makes it the next page.
        """
        with plain_errors(self.path):
            yield from changes(self.db, wanted or ChangeFilter(), limit=limit, after=after)

    def page(self, snapshot_id: int) -> Page:
        """Return a page as its server sent it, further parts included; raises ArchiveDamaged."""
        with plain_errors(self.path):
            return self.snapshots.page(snapshot_id)

    def to_pandas(
        self,
        view: frames.View = "latest",
        *,
        columns: Sequence[str] | None = None,
        where: Filter | None = None,
    ) -> "pandas.DataFrame":
        """Read a public view, or some of its columns and articles, as a frame: times aware and in
        UTC, lists as lists, names of few values as categories, missing numbers as missing.

        Raises ValueError for an unknown view or column, PackageMissing without the extra
        `notebook`. It is all in memory: name the columns where texts are not needed.
        """
        with plain_errors(self.path):
            return frames.frame(self.db, view, columns=columns, where=where)

    def to_arrow(
        self,
        view: frames.View = "latest",
        *,
        columns: Sequence[str] | None = None,
        where: Filter | None = None,
    ) -> "pyarrow.Table":
        """Read a public view as an Arrow table, as `to_pandas`."""
        with plain_errors(self.path):
            return frames.table(self.db, view, columns=columns, where=where)

    def arrow_batches(
        self,
        view: frames.View = "latest",
        *,
        columns: Sequence[str] | None = None,
        where: Filter | None = None,
    ) -> "pyarrow.RecordBatchReader":
        """Read a public view in batches of bounded memory, for archives larger than that.

        All of them are as of one time; until the last one is read, or the archive is closed, the
        log of what is written meanwhile grows.
        """
        with plain_errors(self.path):
            return frames.batches(self.db, view, columns=columns, where=where)


def _kept(row: dict[str, Any]) -> KeptArticle:
    return record(KeptArticle, row, article=_article(row))


def _article(row: dict[str, Any]) -> Article:
    """Return the article of a row; its own address is the only one that a revision keeps."""
    return record(Article, row, canonical_url=row["url"])


class Archive(Reader):
    """An archive of news on disk; each attribute owns its tables.

    Open one per crawl and close it at the end. Write inside `transaction(now)`; everything about
    one page belongs in one.
    """

    def __init__(
        self, path: str | Path, *, read_only: bool = False, untouched: bool = False
    ) -> None:
        """Open, and make or migrate unless `read_only`; raises one of archive.errors.

        Also for reading, an archive of an earlier version is migrated first, unless it is to be
        left `untouched`: then SchemaTooOld is raised.
        """
        opened = connect(Path(path), read_only=read_only or untouched, untouched=untouched)
        super().__init__(Path(path), opened)
        self._untouched = untouched
        self._file = SameFile(self.path)
        self._schema = schema_version(self.db)
        self.ledger = Ledger(self.db, self.clock)
        self.robots = RobotsAnswers(self.db, self.clock)
        self.captures = Captures(self.db, self.clock)
        self.backoffs = Backoffs(self.db, self.clock)
        self.clusters = Clusters(self.db, self.clock)
        self.history = Revisions(self.db, self.clock, self.clusters)
        self.reread_queue = RereadQueue(self.db)
        self.furniture = FurnitureSets(self.db, self.clock)

    def as_of(self, at: datetime) -> Reader:
        """Open the archive as of an aware time, for reading, on a connection of its own; close it.

        All of it: articles, revisions, the ledger, snapshots, and any SQL on the public views. Two
        readings as of one time are equal forever once something was written after it, which
        `settled` says. Stories that were taken down with `warta remove` are gone from the past
        too. Raises ValueError for a time without an offset.

        It costs what reading today's archive costs; the search index knows only today's texts.
        """
        db = connect(self.path, read_only=True, untouched=self._untouched)
        try:
            read_as_of(db, at)
        except BaseException:
            db.close()
            raise
        past = Reader(self.path, db)
        if self._due is not None:
            past.interrupt_when(self._due)
        return past

    def search(
        self,
        query: str,
        *,
        where: Filter | None = None,
        sort: Sort = "relevance",
        limit: int = 20,
        offset: int = 0,
        stem: bool = False,
        earlier: bool = False,
    ) -> Found:
        """Find articles by the words of their newest texts, but the first `offset` of them.

        The language of queries is documented in archive.search.query; `note` says how one that is
        not well-formed was understood. Raises QueryError for too many words.

        `stem` finds other forms of Indonesian words, too, and needs the extra `stem`; `earlier`
        finds earlier texts as well, where the newest one lacks the words.
        """
        with plain_errors(self.path), read_transaction(self.db):
            return find(
                self.db,
                query,
                where=where,
                sort=sort,
                limit=limit,
                offset=offset,
                stem=stem,
                earlier=earlier,
            )

    def settled(self, at: datetime) -> bool:
        """Return whether nothing more can be written at or before a time, nor be merged there from
        what the archives that this one was merged from write next.
        """
        latest, until = self.clock.latest(), parsed(settled_until(self.db))
        return latest is not None and at < (latest if until is None else min(latest, until))

    @contextmanager
    def transaction(self, now: datetime) -> Iterator[None]:
        """Write all of it or nothing, also against kill -9, with one time: `now`, which is aware.

        Waits for other writers; errors of SQLite are ArchiveErrors. Raises ArchiveMoved where the
        file is no longer the one at the path, or was not any more when it was written.
        """
        try:
            with plain_errors(self.path), immediate(self.db), self.clock.set_to(now):
                self._file.check()
                self._schema = check_schema(self.db, self.path, seen=self._schema)
                yield
            self._file.check()
        except ArchiveMoved:
            self._empty_log()
            raise
        except BaseException:
            self.snapshots.dictionaries.forget()
            self.clusters.texts.forget()
            raise

    def _empty_log(self) -> None:
        """Write the log into the file that is open: SQLite does not when it closes a moved one."""
        with suppress(sqlite3.Error):
            self.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
