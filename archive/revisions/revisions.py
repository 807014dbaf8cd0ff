"""Articles and their revisions, readings, rights and search index, and tombstones: their owner."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlite_utils import Database

from archive.database.clock import Clock
from archive.database.rows import column, insert_row, named_rows, record, update_row, value
from archive.database.schema import ARTICLE_COLUMNS, LISTED_AT, LISTS
from archive.records import Article, Revision
from archive.revisions.changes import Change, change_of, reading_digest
from archive.syndication.clusters import Clusters

_JSON = json.JSONEncoder(ensure_ascii=False)
_NOTE_NEWEST = f"""UPDATE articles AS a SET revision = :number, published_at = :published_at,
    listed_at = (SELECT {LISTED_AT} FROM revisions r
        WHERE r.article_id = :article_id AND r.number = :number),
    removed_at = CASE :kind WHEN 'technical' THEN removed_at
        WHEN 'removed' THEN :observed_at ELSE NULL END
    WHERE id = :article_id"""  # noqa: S608 - constants
_NEWEST = """SELECT a.site, a.removed_at, a.opted_out, r.* FROM articles a
    JOIN revisions r ON r.article_id = a.id AND r.number = a.revision"""


class Revisions:
    """Writing of articles and revisions, inside a transaction of the Archive."""

    def __init__(self, db: Database, clock: Clock, clusters: Clusters) -> None:
        self._db = db
        self._clock = clock
        self._clusters = clusters

    def newest(self, site: str, key: str) -> dict[str, Any] | None:
        """Return a story's newest revision as a row, with `site`, `removed_at` and `opted_out`.

        None for a story that is not in the archive.
        """
        return self._newest("a.site = ? AND a.key = ?", [site, key])

    def revise(
        self, article: Article, *, key: str, snapshot_id: int | None = None, technical: bool = False
    ) -> Revision | None:
        """Write what the article says now if it differs from its newest revision.

        `technical`: the page did not change, our extractor did. None where nothing changed, or the
        story was taken down here.
        """
        newest = self.newest(article.site, key)
        change = change_of(newest, article, technical=technical)
        if change is None or (newest is None and self.taken_down(article.site, key)):
            return None
        return self.write(article, change, key=key, newest=newest, snapshot_id=snapshot_id)

    def write(
        self,
        article: Article,
        change: Change,
        *,
        key: str,
        newest: Mapping[str, Any] | None,
        snapshot_id: int | None,
    ) -> Revision:
        """Write a revision for the change from `newest` to `article`; the first makes the article.

        `snapshot_id` is the page that it was read from, None where that is not kept.
        """
        last = newest or {"article_id": self._insert_article(article, key), "number": 0}
        return self._insert_revision(last, change, article.as_dict(), snapshot_id)

    def note_removal(self, article_id: int) -> Revision | None:
        """Write that a story is gone from its site (404, 410): a revision with the last text.

        None where that is known already.
        """
        last = self._newest("a.id = ? AND a.removed_at IS NULL", [article_id])
        if last is None:
            return None
        return self._insert_revision(last, Change(kind="removed"), last, last["snapshot_id"])

    def article_id(self, site: str, key: str) -> int:
        """Return the number of a story that is in the archive."""
        statement = "SELECT id FROM articles WHERE site = ? AND key = ?"
        return int(value(self._db, statement, site, key))

    def site_of_url(self, url: str) -> str | None:
        """Return the site of a story whose identity is its address; None for an unknown one."""
        statement = "SELECT site FROM articles WHERE url = ? AND key = ? ORDER BY id"
        site: str | None = value(self._db, statement, url, url)
        return site

    def earlier(self, article_id: int, digest: str) -> int | None:
        """Return the number of the newest revision with this digest; None where there is none."""
        statement = "SELECT max(number) FROM revisions WHERE article_id = ? AND digest = ?"
        number: int | None = value(self._db, statement, article_id, digest)
        return number

    def newest_snapshots(self, site: str, count: int) -> list[int]:
        """Return the ids of the newest snapshots that revisions of a site were read from."""
        statement = """SELECT r.snapshot_id FROM revisions r JOIN articles a ON a.id = r.article_id
            WHERE a.site = ? AND r.snapshot_id IS NOT NULL ORDER BY r.id DESC LIMIT ?"""
        return column(self._db, statement, site, count)

    def read_by(self, snapshot_id: int) -> str | None:
        """Return the extractor that read a snapshot last; None where none did."""
        statement = "SELECT extractor FROM readings WHERE snapshot_id = ?"
        extractor: str | None = value(self._db, statement, snapshot_id)
        return extractor

    def refusal_of(self, snapshot_id: int | None) -> str | None:
        """Return why a snapshot holds no story; None where it holds one, or was never read."""
        statement = "SELECT refusal FROM readings WHERE snapshot_id = ?"
        refusal: str | None = value(self._db, statement, snapshot_id)
        return refusal

    def note_refusal(self, snapshot_id: int, refusal: str | None) -> None:
        """Write that a snapshot that was read holds no story after all, or does again."""
        statement = "UPDATE readings SET refusal = ? WHERE snapshot_id = ?"
        self._db.conn.execute(statement, (refusal, snapshot_id))

    def note_reading(
        self,
        snapshot_id: int,
        extractor: str,
        refusal: str | None = None,
        *,
        layout: str | None = None,
    ) -> None:
        """Write which extractor read a snapshot last, by which layout, or why it has no story."""
        row = {"snapshot_id": snapshot_id, "extractor": extractor, "layout": layout}
        row |= {"refusal": refusal, "read_at": self._clock.stamp()}
        insert_row(self._db, "readings", row, replace=True)

    def note_rights(self, article_id: int, opted_out: str | None) -> None:
        """Write the rule by which a story's page opts out of text mining today; None for none."""
        if self._opted_out(article_id) == opted_out:
            return
        update_row(self._db, "articles", article_id, opted_out=opted_out)
        row = {"article_id": article_id, "since": self._clock.stamp(), "rule": opted_out}
        insert_row(self._db, "rights", row)

    def note_robots_rule(self, article_id: int, rule: str | None) -> None:
        """Write what robots.txt says today of a page that did not change.

        A rule of the page itself stays.
        """
        before = self._opted_out(article_id)
        if before is None or before.startswith("robots.txt:"):
            self.note_rights(article_id, rule)

    def taken_down(self, site: str, key: str) -> bool:
        """Return whether the archive's owner took the story down."""
        statement = "SELECT 1 FROM tombstones WHERE site = ? AND key = ?"
        return value(self._db, statement, site, key) is not None

    def bury(self, site: str, key: str, *, url: str, reason: str) -> int | None:
        """Write the tombstone of a story, and return the number of its article if it has one.

        `url` is that of a story that was never kept.
        """
        statement = "SELECT id, url FROM articles WHERE site = ? AND key = ?"
        article_id, url = self._db.conn.execute(statement, (site, key)).fetchone() or (None, url)
        self._db.conn.execute(
            """INSERT INTO tombstones (site, key, article_id, url, reason, taken_down_at)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (site, key) DO UPDATE SET article_id = excluded.article_id""",
            (site, key, article_id, url, reason, self._clock.stamp()),
        )
        return article_id

    def erase(self, article_id: int) -> int:
        """Delete the texts of a story that has a tombstone, also from the search index.

        Returns how many revisions it had.
        """
        self._clusters.erase(article_id)
        self._unindex(article_id)
        self._db.conn.execute(
            """INSERT INTO search_earlier (search_earlier, rowid, headline, deck, body)
            SELECT 'delete', * FROM searchable_earlier
            WHERE revision_id IN (SELECT id FROM revisions WHERE article_id = ?)""",
            (article_id,),
        )
        erased = self._db.conn.execute("DELETE FROM revisions WHERE article_id = ?", [article_id])
        self._db.conn.execute("DELETE FROM rights WHERE article_id = ?", [article_id])
        nothing = {"revision": 0, "opted_out": None, "published_at": None, "listed_at": None}
        update_row(self._db, "articles", article_id, **nothing)
        return erased.rowcount

    def erase_readings(self, snapshots: Sequence[int]) -> None:
        """Delete what is known of the readings of snapshots that are erased next."""
        for number in snapshots:
            self._db.conn.execute("DELETE FROM readings WHERE snapshot_id = ?", (number,))

    def _newest(self, where: str, values: Sequence[Any]) -> dict[str, Any] | None:
        row = next(iter(named_rows(self._db, f"{_NEWEST} WHERE {where}", values)), None)
        return row and row | {name: json.loads(row[name]) for name in LISTS}

    def _opted_out(self, article_id: int) -> str | None:
        statement = "SELECT opted_out FROM articles WHERE id = ?"
        rule: str | None = value(self._db, statement, article_id)
        return rule

    def _insert_article(self, article: Article, key: str) -> int:
        row = {
            "site": article.site,
            "key": key,
            "story_id": article.story_id,
            "url": article.canonical_url,
            "first_seen_at": self._clock.stamp(),
            "revision": 0,
        }
        return insert_row(self._db, "articles", row)

    def _insert_revision(
        self,
        last: Mapping[str, Any],
        change: Change,
        reading: Mapping[str, Any],
        snapshot_id: int | None,
    ) -> Revision:
        """Write a revision after the `last` one of its article."""
        article_id, digest = last["article_id"], reading_digest(reading)
        row = {name: reading[name] for name in ARTICLE_COLUMNS} | asdict(change)
        row |= {name: _JSON.encode(row[name]) for name in (*LISTS, "changed")}
        row |= {
            "article_id": article_id,
            "number": last["number"] + 1,
            "returns_to": self.earlier(article_id, digest) if change.changed else None,
            "observed_at": self._clock.stamp(),
            "snapshot_id": snapshot_id,
            "digest": digest,
        }
        first = change.kind == "first"
        if not first:
            self._unindex(article_id)
        insert_row(self._db, "revisions", row)
        self._db.conn.execute(_NOTE_NEWEST, row)
        self._index(article_id)
        if not first:
            self._index_earlier(article_id, last["number"])
        if first or {"body", "published_at"} & set(change.changed):
            self._clusters.place(article_id, reading["body"], first=first)
        if snapshot_id is not None and change.kind != "removed":
            self.note_reading(snapshot_id, reading["extractor"], layout=reading["layout"])
        return record(Revision, row)

    def _unindex(self, article_id: int) -> None:
        """Take the old text out of the search index, while `searchable` still shows it."""
        self._db.conn.execute(
            """INSERT INTO search (search, rowid, headline, deck, body)
            SELECT 'delete', article_id, headline, deck, body FROM searchable
            WHERE article_id = ?""",
            (article_id,),
        )

    def _index(self, article_id: int) -> None:
        self._db.conn.execute(
            """INSERT INTO search (rowid, headline, deck, body)
            SELECT * FROM searchable WHERE article_id = ?""",
            (article_id,),
        )

    def _index_earlier(self, article_id: int, number: int) -> None:
        """Put a revision that the publisher replaced into the index of earlier texts."""
        self._db.conn.execute(
            """INSERT INTO search_earlier (rowid, headline, deck, body)
            SELECT * FROM searchable_earlier WHERE revision_id =
                (SELECT id FROM revisions WHERE article_id = ? AND number = ?)""",
            (article_id, number),
        )
