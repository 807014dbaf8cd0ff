"""Snapshots: what the servers sent, kept and returned byte for byte."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlite_utils import Database

from archive.database.clock import Clock, instant
from archive.database.connection import read_transaction
from archive.database.rows import insert_row, named_rows
from archive.database.wire import wire_json, wire_of
from archive.errors import ArchiveDamaged
from archive.identity import bytes_digest
from archive.records import Page, Snapshot
from archive.snapshots import compression
from archive.snapshots.dictionaries import Dictionaries
from archive.snapshots.dictionary_trials import DictionaryTrials
from archive.snapshots.header_forms import HeaderForms
from archive.snapshots.repack import Repacking

logger = logging.getLogger(__name__)

KEPT_HEADERS = (
    "content-type content-language date etag last-modified server tdm-policy tdm-reservation"
    " x-robots-tag via"
).split()
"""Headers that describe the page, by name; as they came, with all others, they are in `wire`."""


class Snapshots:
    """The table `snapshots`; write inside a transaction."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._execute_many = db.conn.executemany
        self._clock = clock
        self._forms = HeaderForms(db)
        self.dictionaries = Dictionaries(db, clock)
        self.repacking = Repacking(db, self.dictionaries)
        self._trials = DictionaryTrials(db, self.repacking)
        self._warned: set[str] = set()

    def pack(self, page: Page) -> Snapshot:
        """Pack the page and its parts with the site's newest dictionary unless it is damaged."""
        return self.packing(page)()

    def packing(self, page: Page) -> Callable[[], Snapshot]:
        """Choose the dictionary, and return what packs the page: it may run in any thread."""
        dictionary_id = self.dictionaries.newest(page.site)
        problem = self.dictionaries.problem(dictionary_id)
        if problem is not None:
            self._warn(problem)
            dictionary_id = None
        return partial(_packed, page, dictionary_id, self.dictionaries.content(dictionary_id))

    def _warn(self, problem: str) -> None:
        """Log a problem once."""
        if problem not in self._warned:
            logger.warning(
                "%s: new pages are kept without it; `warta verify` names the pages that need it",
                problem,
            )
            self._warned.add(problem)

    def insert(
        self, snapshot: Snapshot, *, url_id: int, crawl_id: int | None, opted_out: str | None
    ) -> int:
        """Write the snapshot with its parts, and return the id of the first page.

        `opted_out` is the rule by which robots.txt, a header or the page opts out of text mining;
        None if none does.
        """
        common = {"url_id": url_id, "crawl_id": crawl_id, "opted_out": opted_out}
        snapshot = self._up_to_date(snapshot)
        first = self._insert(snapshot, {**common, "part": 1, "first_part_id": None})
        for part, further in enumerate(snapshot.parts, 2):
            self._insert(further, {**common, "part": part, "first_part_id": first})
        self._trials.after_page(snapshot.page.site)
        return first

    def erase(self, first_pages: Sequence[int]) -> None:
        """Delete snapshots, each with its further parts."""
        for column in ("first_part_id", "id"):
            self._execute_many(
                f"DELETE FROM snapshots WHERE {column} = ?",  # noqa: S608 - constants
                [(number,) for number in first_pages],
            )

    def page(self, snapshot_id: int) -> Page:
        """Return the page as it was fetched, parts included; raises ArchiveDamaged."""
        with read_transaction(self._db):
            rows = named_rows(self._db, _PAGE, {"id": snapshot_id})
            if not rows:
                raise ArchiveDamaged(f"snapshot {snapshot_id} is not in the archive")
            first, *further = map(self._page, rows)
        if further:
            return replace(first, parts=tuple(further))
        return first

    def retire(self, dictionary_id: int) -> None:
        """Retire a dictionary; the newest pages make a new one if no other is effective."""
        self.dictionaries.retire(dictionary_id)
        site = self.dictionaries.site(dictionary_id)
        if self.dictionaries.effective(site) is None:
            self._trials.make(site)

    def _page(self, row: dict[str, Any]) -> Page:
        """Return the page of a row, without its further parts."""
        dictionary = self.dictionaries.content(row.pop("dictionary_id"))
        body = compression.unpack(row.pop("packed"), row.pop("digest"), dictionary)
        try:
            headers = json.loads(row.pop("headers"))
            fetched_at = datetime.fromisoformat(row.pop("fetched_at"))
            wire = wire_of(row.pop("wire"), lines=self._forms, known=headers)
        except ValueError as error:
            raise ArchiveDamaged(
                f"a snapshot was damaged: its headers, its wire or its time cannot be read: {error}"
            ) from error
        return Page(body=body, headers=headers, fetched_at=fetched_at, wire=wire, **row)

    def _insert(self, snapshot: Snapshot, common: Mapping[str, object]) -> int:
        page = snapshot.page
        headers = {name: page.headers[name] for name in KEPT_HEADERS if name in page.headers}
        row = {
            **common,
            "requested_url": page.requested_url,
            "url": page.url,
            "status": page.status,
            "headers": json.dumps(headers, ensure_ascii=False),
            "fetched_at": instant(page.fetched_at),
            "digest": snapshot.digest,
            "size": len(page.body),
            "dictionary_id": snapshot.dictionary_id,
            "packed": snapshot.packed,
            "missing_parts": page.missing_parts,
            "kept_at": self._clock.stamp(),
            "wire": wire_json(page.wire, lines=self._forms, known=headers),
        }
        return insert_row(self._db, "snapshots", row)

    def _up_to_date(self, snapshot: Snapshot) -> Snapshot:
        """Pack the snapshot again if its dictionary was retired since, outside this transaction."""
        chosen = snapshot.dictionary_id
        if chosen is None or not self.dictionaries.is_retired(chosen, snapshot.page.site):
            return replace(snapshot, parts=tuple(self._up_to_date(part) for part in snapshot.parts))
        self.dictionaries.effective(snapshot.page.site)
        return self.pack(snapshot.page)


_PAGE = """
    SELECT u.site, s.requested_url, s.url, s.status, s.headers, s.fetched_at, s.digest,
        s.dictionary_id, s.packed, s.missing_parts, s.wire
    FROM snapshots s JOIN urls u ON u.id = s.url_id
    WHERE s.id = :id OR s.first_part_id = :id ORDER BY s.part"""


def _packed(page: Page, dictionary_id: int | None, dictionary: bytes | None) -> Snapshot:
    return Snapshot(
        page=page,
        digest=bytes_digest(page.body),
        packed=compression.pack(page.body, dictionary),
        dictionary_id=dictionary_id,
        parts=tuple(_packed(part, dictionary_id, dictionary) for part in page.parts),
    )
