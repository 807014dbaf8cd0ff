"""Keeping what the servers sent, and giving it back byte for byte."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from sqlite_utils import Database

from archive import compression
from archive.clock import Clock, instant
from archive.digests import bytes_digest
from archive.errors import ArchiveDamaged
from archive.records import Page, Snapshot

KEPT_HEADERS = (
    "content-type", "content-language", "date", "etag", "last-modified", "server", "tdm-policy", "tdm-reservation",
    "x-robots-tag", "via",
)  # fmt: skip
"""Headers that say something about the page; cookies and tokens are nobody's business."""


class Snapshots:
    """Packing, writing and reading of snapshots; writes belong inside a transaction of the Archive."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._clock = Clock(db)
        self._dictionary = lru_cache(maxsize=32)(self._read_dictionary)
        self._newest: dict[str, int | None] = {}

    def forget(self) -> None:
        """After a transaction that was taken back: a dictionary made in it does not exist."""
        self._newest.clear()
        self._dictionary.cache_clear()

    def pack(self, page: Page) -> Snapshot:
        """The page and its parts, packed with the newest dictionary of its site."""
        dictionary_id = self._newest_dictionary(page.site)
        dictionary = self._dictionary(dictionary_id) if dictionary_id is not None else None
        return Snapshot(
            page=page,
            digest=bytes_digest(page.body),
            packed=compression.pack(page.body, dictionary),
            dictionary_id=dictionary_id,
            parts=tuple(self.pack(part) for part in page.parts),
        )

    def insert(self, snapshot: Snapshot, *, url_id: int, crawl_id: int | None, opted_out: str | None) -> int:
        """Write the snapshot with its parts; return the number of the first page.

        `opted_out` is the rule by which robots.txt, a header or the page opts out of text mining; None where none does.
        """
        common = {"url_id": url_id, "crawl_id": crawl_id, "opted_out": opted_out}
        first = self._insert(snapshot, {**common, "part": 1, "first_part_id": None})
        for part, further in enumerate(snapshot.parts, 2):
            self._insert(further, {**common, "part": part, "first_part_id": first})
        self._make_dictionary(snapshot.page.site, snapshot.page.fetched_at)
        return first

    def page(self, snapshot_id: int) -> Page:
        """The page as it was fetched, parts included; raises ArchiveDamaged where a digest does not check."""
        rows = self._db.conn.execute(
            """SELECT s.id, u.site, s.requested_url, s.url, s.status, s.headers, s.fetched_at, s.digest, s.dictionary_id,
                s.packed, s.missing_parts
            FROM snapshots s JOIN urls u ON u.id = s.url_id WHERE s.id = :id OR s.first_part_id = :id ORDER BY s.part""",
            {"id": snapshot_id},
        ).fetchall()
        if not rows:
            raise ArchiveDamaged(f"snapshot {snapshot_id} is not in the archive")
        first, *further = rows
        return self._page(first, parts=tuple(self._page(row) for row in further))

    def _page(self, row: tuple[object, ...], parts: tuple[Page, ...] = ()) -> Page:
        _id, site, requested, url, status, headers, fetched, digest, dictionary_id, packed, missing = row
        dictionary = self._dictionary(dictionary_id) if isinstance(dictionary_id, int) else None
        assert isinstance(packed, bytes)
        return Page(
            site=str(site), requested_url=str(requested), url=str(url), status=int(str(status)),
            headers=json.loads(str(headers)), body=compression.unpack(packed, str(digest), dictionary),
            fetched_at=datetime.fromisoformat(str(fetched)), parts=parts, missing_parts=int(str(missing)),
        )  # fmt: skip

    def _insert(self, snapshot: Snapshot, common: Mapping[str, object]) -> int:
        page = snapshot.page
        row = {
            **common, "requested_url": page.requested_url, "url": page.url, "status": page.status, "headers": _kept(page.headers),
            "fetched_at": instant(page.fetched_at), "digest": snapshot.digest, "size": len(page.body),
            "dictionary_id": snapshot.dictionary_id, "packed": snapshot.packed, "missing_parts": page.missing_parts,
            "kept_at": self._clock.stamp(page.fetched_at),
        }  # fmt: skip
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        cursor = self._db.conn.execute(f"INSERT INTO snapshots ({names}) VALUES ({marks}) RETURNING id", row)  # noqa: S608 - constants
        return int(cursor.fetchone()[0])

    def _newest_dictionary(self, site: str) -> int | None:
        if self._newest.get(site) is None:
            row = self._db.conn.execute("SELECT max(id) FROM dictionaries WHERE site = ?", (site,)).fetchone()
            self._newest[site] = row[0]
        return self._newest[site]

    def _read_dictionary(self, dictionary_id: int) -> bytes:
        row = self._db.conn.execute("SELECT packed, digest FROM dictionaries WHERE id = ?", (dictionary_id,)).fetchone()
        if row is None:
            raise ArchiveDamaged(f"dictionary {dictionary_id} is not in the archive")
        return compression.unpack(row[0], row[1])

    def _make_dictionary(self, site: str, now: datetime) -> None:
        """As soon as there are pages enough: from then on the site's pages are packed with it."""
        if self._newest_dictionary(site) is not None:
            return
        rows = self._db.conn.execute(
            """SELECT s.id FROM snapshots s JOIN urls u ON u.id = s.url_id
            WHERE u.site = ? AND s.part = 1 ORDER BY s.id DESC LIMIT ?""",
            (site, compression.PAGES_IN_DICTIONARY),
        ).fetchall()
        if len(rows) < compression.PAGES_IN_DICTIONARY:
            return
        content = compression.dictionary_of([self.page(row[0]).body for row in reversed(rows)])
        self._db.conn.execute(
            "INSERT INTO dictionaries (site, created_at, digest, packed) VALUES (?, ?, ?, ?)",
            (site, instant(now), bytes_digest(content), compression.pack(content)),
        )


def _kept(headers: Mapping[str, str]) -> str:
    return json.dumps({name: headers[name] for name in KEPT_HEADERS if name in headers}, ensure_ascii=False)
