"""class Reader: an archive for reading, with typed records, as it stands or as it stood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlite_utils import Database

from archive import reading
from archive.clock import Clock
from archive.connection import plain_errors
from archive.records import Article, KeptArticle, KeptRevision, Page
from archive.schema import ARTICLE_COLUMNS, LISTS
from archive.snapshots import Snapshots

BATCH = 500
"""Articles read at a time, so that an archive of any size is iterated in little memory."""

_TIMES = ("published_at", "modified_at")


class Reader:
    """Articles, revisions and snapshots of an open archive.

    `db` is the sqlite_utils Database beneath: `reader.db.query("select url, headline from latest")` gives dictionaries.
    """

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self.db = db
        self.clock = Clock(db)
        self.snapshots = Snapshots(db, self.clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.db.close()

    def articles(self, *, site: str | None = None) -> Iterator[KeptArticle]:
        """Every article with its newest revision, in the order of their numbers; removed stories with their last text.

        Read in batches: articles that a crawl adds meanwhile may be among them, unless the reading is as of a moment.
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
            return _kept_article(reading.latest(self.db, reading.find_article(self.db, str(reference))))

    def revisions(self, reference: str | int) -> list[KeptRevision]:
        """All revisions of an article with their texts, oldest first; raises ArticleUnknown."""
        with plain_errors(self.path):
            article_id = reading.find_article(self.db, str(reference))
            rows = self.db.query(
                """SELECT a.site, a.url, a.story_id, r.* FROM revisions r JOIN articles a ON a.id = r.article_id
                WHERE a.id = ? ORDER BY r.number""",
                [article_id],
            )
            return [_kept_revision(row) for row in rows]

    def page(self, snapshot_id: int) -> Page:
        """The page that the server sent, byte for byte, its further parts included; raises ArchiveDamaged where it is not that."""
        with plain_errors(self.path):
            return self.snapshots.page(snapshot_id)


def _article(row: dict[str, Any]) -> Article:
    """The article of a row; its own address is the only one that a revision keeps."""
    given = {name: row[name] for name in ARTICLE_COLUMNS}
    given |= {name: tuple(json.loads(row[name]) if isinstance(row[name], str) else row[name]) for name in LISTS}
    given |= {name: _time(row[name]) for name in _TIMES}
    return Article(url=row["url"], canonical_url=row["url"], site=row["site"], story_id=row["story_id"], **given)


def _kept_article(row: dict[str, Any]) -> KeptArticle:
    return KeptArticle(
        article_id=row["article_id"], article=_article(row), revision=row["revision"], cluster_id=row["cluster_id"],
        first_seen_at=datetime.fromisoformat(row["first_seen_at"]), observed_at=datetime.fromisoformat(row["observed_at"]),
        removed_at=_time(row["removed_at"]), opted_out=row["opted_out"],
    )  # fmt: skip


def _kept_revision(row: dict[str, Any]) -> KeptRevision:
    return KeptRevision(
        article_id=row["article_id"], number=row["number"], kind=row["kind"], changed=tuple(json.loads(row["changed"])),
        returns_to=row["returns_to"], correction=row["correction"], snapshot_id=row["snapshot_id"],
        observed_at=datetime.fromisoformat(row["observed_at"]), article=_article(row),
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
