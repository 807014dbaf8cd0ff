"""Keeping what the servers sent, and giving it back byte for byte."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlite_utils import Database

from archive.database.clock import Clock, instant
from archive.errors import ArchiveDamaged
from archive.identity import bytes_digest
from archive.records import Page, Snapshot
from archive.snapshots import compression
from archive.snapshots.dictionaries import Dictionaries
from archive.snapshots.dictionary_trials import Renewal
from archive.snapshots.repack import Repacking

logger = logging.getLogger(__name__)

KEPT_HEADERS = (
    "content-type",
    "content-language",
    "date",
    "etag",
    "last-modified",
    "server",
    "tdm-policy",
    "tdm-reservation",
    "x-robots-tag",
    "via",
)
"""Headers that say something about the page; cookies and tokens are nobody's business."""


class Snapshots:
    """Packing, writing and reading of snapshots; writes belong inside a transaction of the Archive."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.dictionaries = Dictionaries(db, clock)
        self._repacking = Repacking(db, self.dictionaries)
        self._renewal = Renewal(db, self.dictionaries, self._repacking)
        self._told: set[str] = set()

    def forget(self) -> None:
        """After a transaction that was taken back: a dictionary made in it does not exist."""
        self.dictionaries.forget()

    def pack(self, page: Page) -> Snapshot:
        """The page and its parts, packed with the newest dictionary of its site; with none where
        that one is damaged.
        """
        dictionary_id = self.dictionaries.newest(page.site)
        problem = self.dictionaries.problem(dictionary_id)
        if problem is not None:
            self._tell(problem)
            dictionary_id = None
        return Snapshot(
            page=page,
            digest=bytes_digest(page.body),
            packed=compression.pack(page.body, self.dictionaries.content(dictionary_id)),
            dictionary_id=dictionary_id,
            parts=tuple(self.pack(part) for part in page.parts),
        )

    def _tell(self, problem: str) -> None:
        """Once is enough."""
        if problem not in self._told:
            logger.warning(
                "%s: new pages are kept without it; `warta verify` names the pages that need it",
                problem,
            )
            self._told.add(problem)

    def insert(
        self, snapshot: Snapshot, *, url_id: int, crawl_id: int | None, opted_out: str | None
    ) -> int:
        """Write the snapshot with its parts; return the number of the first page.

        `opted_out` is the rule by which robots.txt, a header or the page opts out of text mining;
        None where none does.
        """
        common = {"url_id": url_id, "crawl_id": crawl_id, "opted_out": opted_out}
        snapshot = self._up_to_date(snapshot)
        first = self._insert(snapshot, {**common, "part": 1, "first_part_id": None})
        for part, further in enumerate(snapshot.parts, 2):
            self._insert(further, {**common, "part": part, "first_part_id": first})
        self._renewal.after_page(snapshot.page.site)
        return first

    def erase(self, first_pages: Sequence[int]) -> None:
        """Delete snapshots, each with its further parts."""
        for column in ("first_part_id", "id"):
            self._db.conn.executemany(
                f"DELETE FROM snapshots WHERE {column} = ?",  # noqa: S608 - constants
                [(number,) for number in first_pages],
            )

    def page(self, snapshot_id: int) -> Page:
        """The page as it was fetched, parts included; raises ArchiveDamaged where a digest does not
        check.
        """
        with _steady(self._db):
            rows = self._rows(snapshot_id)
            if not rows:
                raise ArchiveDamaged(f"snapshot {snapshot_id} is not in the archive")
            first, *further = rows
            return self._page(first, parts=tuple(self._page(row) for row in further))

    def move(self, dictionary_id: int, *, limit: int) -> int:
        """Pack up to `limit` snapshots of this dictionary anew, with the site's newest other one,
        or with none.

        Returns how many were moved, 0 when none is left; raises ArchiveDamaged where a snapshot
        does not check.
        """
        return self._repacking.move(dictionary_id, limit=limit)

    def retire(self, dictionary_id: int) -> None:
        """Pack with this dictionary never again; its site's newest pages make a fresh one, if no
        other is in force.
        """
        self.dictionaries.retire(dictionary_id)
        site = self.dictionaries.site(dictionary_id)
        if self.dictionaries.in_force(site) is None:
            self._renewal.make(site)

    def _rows(self, snapshot_id: int) -> list[tuple[object, ...]]:
        return self._db.conn.execute(
            """SELECT s.id, u.site, s.requested_url, s.url, s.status, s.headers, s.fetched_at, s.digest, s.dictionary_id,
                s.packed, s.missing_parts
            FROM snapshots s JOIN urls u ON u.id = s.url_id WHERE s.id = :id OR s.first_part_id = :id ORDER BY s.part""",
            {"id": snapshot_id},
        ).fetchall()

    def _page(self, row: tuple[object, ...], parts: tuple[Page, ...] = ()) -> Page:
        (
            _id,
            site,
            requested,
            url,
            status,
            headers,
            fetched,
            digest,
            dictionary_id,
            packed,
            missing,
        ) = row
        dictionary = (
            self.dictionaries.content(dictionary_id) if isinstance(dictionary_id, int) else None
        )
        assert isinstance(packed, bytes)
        body = compression.unpack(packed, str(digest), dictionary)
        try:
            kept, at = json.loads(str(headers)), datetime.fromisoformat(str(fetched))
        except ValueError as error:
            raise ArchiveDamaged(
                f"a snapshot was damaged: its headers or its time cannot be read: {error}"
            ) from error
        return Page(
            site=str(site),
            requested_url=str(requested),
            url=str(url),
            status=int(str(status)),
            headers=kept,
            body=body,
            fetched_at=at,
            parts=parts,
            missing_parts=int(str(missing)),
        )

    def _insert(self, snapshot: Snapshot, common: Mapping[str, object]) -> int:
        page = snapshot.page
        row = {
            **common,
            "requested_url": page.requested_url,
            "url": page.url,
            "status": page.status,
            "headers": _kept(page.headers),
            "fetched_at": instant(page.fetched_at),
            "digest": snapshot.digest,
            "size": len(page.body),
            "dictionary_id": snapshot.dictionary_id,
            "packed": snapshot.packed,
            "missing_parts": page.missing_parts,
            "kept_at": self._clock.stamp(),
        }
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        cursor = self._db.conn.execute(
            f"INSERT INTO snapshots ({names}) VALUES ({marks}) RETURNING id", row
        )  # noqa: S608 - constants
        return int(cursor.fetchone()[0])

    def _up_to_date(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot, or a new one where its dictionary was retired since it was packed, outside
        the transaction.
        """
        chosen = snapshot.dictionary_id
        if chosen is None or not self.dictionaries.is_retired(chosen, snapshot.page.site):
            return replace(snapshot, parts=tuple(self._up_to_date(part) for part in snapshot.parts))
        self.dictionaries.in_force(snapshot.page.site)
        return self.pack(snapshot.page)


@contextmanager
def _steady(db: Database) -> Iterator[None]:
    """One state of the archive for several questions: another process may move a snapshot to
    another dictionary between them.
    """
    if db.conn.in_transaction:
        yield
        return
    db.conn.execute("BEGIN")
    try:
        yield
    finally:
        db.conn.execute("ROLLBACK")  # nothing was written


def _kept(headers: Mapping[str, str]) -> str:
    return json.dumps(
        {name: headers[name] for name in KEPT_HEADERS if name in headers}, ensure_ascii=False
    )
