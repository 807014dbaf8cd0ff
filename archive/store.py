"""class Archive: the one way to write an archive."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlite_utils import Database

from archive.clock import instant
from archive.connection import connect, immediate, plain_errors
from archive.digests import bytes_digest
from archive.history import changed_fields, reading_digest
from archive.ledger import Ledger
from archive.records import Article, Page, Revision, Snapshot
from archive.schema import ARTICLE_COLUMNS
from archive.snapshots import Snapshots

_LISTS = ("authors", "editors", "tags", "warnings")


class Archive:
    """An archive of news on disk: a ledger of URLs, snapshots, articles and their revisions.

    Open one a crawl and close it at the end. Write inside `transaction()`; everything about one page belongs in one.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        """Open, and make or bring up to date unless `read_only`; raises one of archive.errors."""
        self.path = Path(path)
        self.db: Database = connect(self.path, read_only=read_only)
        self.ledger = Ledger(self.db)
        self.snapshots = Snapshots(self.db)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, also against kill -9; waits for other writers; errors are ArchiveErrors."""
        try:
            with plain_errors(self.path), immediate(self.db):
                yield
        except BaseException:
            self.snapshots.forget()
            raise

    def begin_crawl(self, site: str, *, now: datetime, version: str, arguments: Mapping[str, Any]) -> int:
        """A row for a crawl that begins; returns its number."""
        with self.transaction():
            row = self.db.conn.execute(
                "INSERT INTO crawls (site, started_at, version, arguments) VALUES (?, ?, ?, ?) RETURNING id",
                (site, instant(now), version, json.dumps(dict(arguments))),
            ).fetchone()
        return int(row[0])

    def end_crawl(self, crawl_id: int, *, now: datetime, counts: Mapping[str, Any], received: int, reason: str) -> None:
        """How the crawl ended: its counts, bytes received, and why."""
        with self.transaction():
            self.db.conn.execute(
                "UPDATE crawls SET ended_at = ?, counts = ?, bytes = ?, end_reason = ? WHERE id = ?",
                (instant(now), json.dumps(dict(counts)), received, reason, crawl_id),
            )

    def record_robots(self, host: str, *, status: int | None, body: str, now: datetime) -> None:
        """Keep what robots.txt said: a row for each text that was seen, with its first and last time."""
        self.db.conn.execute(
            """INSERT INTO robots (host, digest, status, body, fetched_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (host, digest) DO UPDATE SET last_seen_at = excluded.last_seen_at, status = excluded.status""",
            (host, bytes_digest(body.encode(errors="replace")), status, body, instant(now), instant(now)),
        )

    def pack(self, page: Page) -> Snapshot:
        """The page, packed for keeping; writes nothing."""
        return self.snapshots.pack(page)

    def newest_reading(self, site: str, key: str) -> dict[str, Any] | None:
        """The newest revision of a story as a row, its snapshot and extractor included; None for an unknown story."""
        row = next(
            self.db.query(
                """SELECT a.id AS article_id, a.site, a.removed_at, r.* FROM articles a
                JOIN revisions r ON r.article_id = a.id AND r.number = a.revision WHERE a.site = ? AND a.key = ?""",
                [site, key],
            ),
            None,
        )
        return dict(row, **{name: json.loads(row[name]) for name in _LISTS}) if row is not None else None

    def revise(
        self, article: Article, *, key: str, observed_at: datetime, keep: Callable[[], int | None], technical: bool = False
    ) -> Revision | None:
        """Write what the article says now, if it differs from its newest revision; None where nothing changed.

        `keep` writes the snapshot and gives its number; it is called only if there is a revision to write. `technical`: the
        page did not change, our extractor did.
        """
        reading = article.as_dict()
        last = self.newest_reading(article.site, key)
        if last is None:
            article_id = self._insert_article(article, key, observed_at)
            return self._insert_revision(article_id, 1, "first", reading, observed_at, keep())
        restored = last["removed_at"] is not None and not technical
        if not restored and reading_digest(reading) == last["digest"]:
            return None
        kind = "technical" if technical else "restored" if restored else "publisher"
        changed = changed_fields(last, reading)
        number = last["number"] + 1
        return self._insert_revision(last["article_id"], number, kind, reading, observed_at, keep(), changed=changed)

    def article_id(self, site: str, key: str) -> int:
        """Number of a story that is in the archive."""
        (article_id,) = self.db.conn.execute("SELECT id FROM articles WHERE site = ? AND key = ?", (site, key)).fetchone()
        return int(article_id)

    def note_rights(self, article_id: int, opted_out: str | None) -> None:
        """The rule by which the story's page opts out of text mining today; None where none does."""
        self.db.conn.execute("UPDATE articles SET opted_out = ? WHERE id = ?", (opted_out, article_id))

    def remove(self, article_id: int, *, observed_at: datetime) -> Revision | None:
        """The story is gone from its site (404, 410): a revision with the last text; None where that is known already."""
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
        reading = dict(row, **{name: json.loads(row[name]) for name in _LISTS})
        revision = self._insert_revision(article_id, row["number"] + 1, "removed", reading, observed_at, row["snapshot_id"])
        self.db.conn.execute("UPDATE articles SET removed_at = ? WHERE id = ?", (instant(observed_at), article_id))
        return revision

    def note_robots_rule(self, article_id: int, rule: str | None) -> None:
        """What robots.txt says today of a page that did not change; a rule of the page itself stays."""
        self.db.conn.execute(
            "UPDATE articles SET opted_out = ? WHERE id = ? AND (opted_out IS NULL OR opted_out LIKE 'robots.txt:%')", (rule, article_id)
        )

    def _insert_article(self, article: Article, key: str, now: datetime) -> int:
        row = self.db.conn.execute(
            """INSERT INTO articles (site, key, story_id, url, first_seen_at, revision)
            VALUES (?, ?, ?, ?, ?, 0) RETURNING id""",
            (article.site, key, article.story_id, article.canonical_url, instant(now)),
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
    ) -> Revision:
        digest = reading_digest(reading)
        returns_to = self._earlier(article_id, digest) if changed else None
        row = {name: json.dumps(list(reading[name]), ensure_ascii=False) if name in _LISTS else reading[name] for name in ARTICLE_COLUMNS}
        row |= {
            "article_id": article_id, "number": number, "kind": kind, "changed": json.dumps(list(changed)),
            "returns_to": returns_to, "observed_at": instant(observed_at), "snapshot_id": snapshot_id, "digest": digest,
        }  # fmt: skip
        self._unindex(article_id)
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        self.db.conn.execute(f"INSERT INTO revisions ({names}) VALUES ({marks})", row)  # noqa: S608 - constants
        self.db.conn.execute(
            "UPDATE articles SET revision = ?, removed_at = iif(? = 'technical', removed_at, NULL) WHERE id = ?", (number, kind, article_id)
        )
        self._index(article_id)
        return Revision(article_id=article_id, number=number, kind=kind, changed=changed, returns_to=returns_to, observed_at=observed_at)

    def _earlier(self, article_id: int, digest: str) -> int | None:
        """The newest earlier revision that said the same."""
        (number,) = self.db.conn.execute(
            "SELECT max(number) FROM revisions WHERE article_id = ? AND digest = ?", (article_id, digest)
        ).fetchone()
        return int(number) if number is not None else None

    def _unindex(self, article_id: int) -> None:
        """Take the old text out of the search index, while `searchable` still shows it."""
        self.db.conn.execute(
            """INSERT INTO search (search, rowid, headline, deck, body)
            SELECT 'delete', article_id, headline, deck, body FROM searchable WHERE article_id = ?""",
            (article_id,),
        )

    def _index(self, article_id: int) -> None:
        self.db.conn.execute(
            "INSERT INTO search (rowid, headline, deck, body) SELECT * FROM searchable WHERE article_id = ?", (article_id,)
        )
