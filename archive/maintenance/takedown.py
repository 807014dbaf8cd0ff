"""Taking a story down: its texts and pages are erased, its tombstone stays, so that no later crawl
brings it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.archive import Archive
from archive.errors import ArchiveDamaged

BATCH = 200
"""Snapshots packed anew in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenDown:
    """What was erased."""

    site: str
    key: str
    article_id: int | None
    revisions: int
    snapshots: int
    urls: int
    dictionaries: int
    """Dictionaries that held a page of it, and have to be replaced."""


def take_down(
    archive: Archive, site: str, key: str, *, url: str, reason: str, now: datetime
) -> TakenDown:
    """Erase every text and page of a story, in one transaction, and put up its tombstone; a second
    time changes nothing more.

    What stands in free room, in older parts of the search index and in dictionaries leaves the file
    with `compact`.
    """
    conn = archive.db.conn
    conn.execute("PRAGMA secure_delete = ON")
    with archive.transaction(now):
        article_id = archive.history.bury(site, key, url=url, reason=reason)
        entries = archive.ledger.entries_of(site, key)
        snapshots = _snapshots(archive, site, key, article_id)
        holding = _holding(archive, site, snapshots)
        revisions = archive.history.erase(article_id) if article_id is not None else 0
        archive.history.erase_readings(snapshots)
        archive.snapshots.erase(snapshots)
        for number in holding:  # after the pages are gone, as the newest pages make a fresh one
            archive.snapshots.retire(number)
        for entry in entries:
            if entry.due_reason != "taken_down":
                archive.ledger.move(entry, "taken_down", "refused", due_at=None, why="taken_down")
    return TakenDown(
        site=site,
        key=key,
        article_id=article_id,
        revisions=revisions,
        snapshots=len(snapshots),
        urls=len(entries),
        dictionaries=len(holding),
    )


def finish(archive: Archive, *, now: datetime, moved: Callable[[int], None] | None = None) -> int:
    """Pack anew what was packed with retired dictionaries, and erase these; how many snapshots that
    were.

    In batches, each its own transaction: it may be interrupted, and goes on where it was. A
    dictionary whose snapshots are damaged stays; raises ArchiveDamaged then, after all others.
    """
    count, damages = 0, []
    retired = "SELECT id FROM dictionaries WHERE retired_at IS NOT NULL AND length(packed) > 0 ORDER BY id"
    for (number,) in archive.db.conn.execute(retired).fetchall():
        try:
            while some := _moved(archive, number, now=now):
                count += some
                if moved is not None:
                    moved(some)
        except ArchiveDamaged as error:
            name = archive.snapshots.dictionaries.name(number)
            damages.append(
                f"dictionary {name} may hold pages that were taken down, and cannot be replaced: {error}; see `warta verify`"
            )
    if damages:
        raise ArchiveDamaged(f"{archive.path}: {damages[0]}")
    return count


def _moved(archive: Archive, dictionary_id: int, *, now: datetime) -> int:
    """One batch in one transaction; when none is left the dictionary is erased."""
    with archive.transaction(now):
        some = archive.snapshots.move(dictionary_id, limit=BATCH)
        if not some:
            archive.snapshots.dictionaries.erase(dictionary_id)
    return some


def tombstone(archive: Archive, site: str, key: str) -> dict[str, Any] | None:
    """When and why a story was taken down; None for one that was not."""
    rows = archive.db.query("SELECT * FROM tombstones WHERE site = ? AND key = ?", [site, key])
    return next(iter(rows), None)


def _snapshots(archive: Archive, site: str, key: str, article_id: int | None) -> list[int]:
    """First pages of everything that was kept of the story."""
    found = archive.db.conn.execute(
        """SELECT s.id FROM snapshots s JOIN urls u ON u.id = s.url_id WHERE u.site = ? AND u.key = ? AND s.part = 1
        UNION SELECT snapshot_id FROM revisions WHERE article_id = ? AND snapshot_id IS NOT NULL ORDER BY 1""",
        (site, key, article_id),
    )
    return [number for (number,) in found.fetchall()]


def _holding(archive: Archive, site: str, snapshots: list[int]) -> list[int]:
    """Dictionaries are made of pages: those that hold one of these may pack nothing more, and go as
    soon as they can.
    """
    bodies: set[bytes] = set()
    for number in snapshots:
        try:
            first = archive.snapshots.page(number)
        except ArchiveDamaged:
            return sorted(
                archive.snapshots.dictionaries.of_site(site)
            )  # what cannot be read cannot be looked for: any may hold it
        bodies.update(page.body for page in (first, *first.parts))
    return archive.snapshots.dictionaries.holding(site, *bodies)
