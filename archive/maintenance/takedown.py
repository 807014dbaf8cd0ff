"""Take-down of a story: texts and pages are erased; a tombstone keeps crawls from restoring it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.archive import Archive, Reader
from archive.database.rows import column, value
from archive.errors import ArchiveDamaged

BATCH = 200
"""Snapshots repacked in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenDown:
    """What was erased."""

    site: str
    key: str
    """The story's key in the ledger."""
    article_id: int | None
    """None if the story was never kept."""
    revisions: int
    snapshots: int
    urls: int
    dictionaries: int
    """Dictionaries that held a page of it, and have to be replaced."""


def take_down(
    archive: Archive, site: str, key: str, *, url: str, reason: str, now: datetime
) -> TakenDown:
    """Erase every text and page of a story in one transaction, and write its tombstone; repeating
    it changes nothing.

    What is left in unused space and in dictionaries leaves the file with `compact`; `waiting`
    counts these take-downs. The search indexes are merged here: until then they keep deleted words.
    """
    archive.db.conn.execute("PRAGMA secure_delete = ON")
    with archive.transaction(now):
        article_id = archive.history.bury(site, key, url=url, reason=reason)
        entries = archive.ledger.entries_of(site, key)
        snapshots = _snapshots(archive, site, key, article_id)
        holding = _holding(archive, site, snapshots)
        revisions = archive.history.erase(article_id) if article_id is not None else 0
        archive.history.erase_readings(snapshots)
        archive.snapshots.erase(snapshots)
        for number in holding:  # after the pages are gone: the newest pages make a new one
            archive.snapshots.retire(number)
        for entry in entries:
            if entry.due_reason != "taken_down":
                archive.ledger.move(entry, "taken_down", "refused", due_at=None, why="taken_down")
        archive.db.conn.execute("INSERT INTO search (search) VALUES ('optimize')")
        archive.db.conn.execute("INSERT INTO search_earlier (search_earlier) VALUES ('optimize')")
        _set_waiting(archive, waiting(archive) + 1)
    return TakenDown(
        site=site,
        key=key,
        article_id=article_id,
        revisions=revisions,
        snapshots=len(snapshots),
        urls=len(entries),
        dictionaries=len(holding),
    )


def finish(archive: Archive, *, now: datetime) -> int:
    """Repack what was packed with retired dictionaries, erase these, and return the number of
    snapshots.

    Works in batches, a transaction each; resumes if interrupted. A dictionary whose snapshots are
    damaged stays: raises ArchiveDamaged after all others are done.
    """
    count, damages = 0, []
    retired = "SELECT id FROM dictionaries WHERE retired_at IS NOT NULL AND length(packed) > 0"
    for number in column(archive.db, f"{retired} ORDER BY id"):
        try:
            while some := _move(archive, number, now=now):
                count += some
        except ArchiveDamaged as error:
            name = archive.snapshots.dictionaries.name(number)
            damages.append(
                f"dictionary {name} may hold pages that were taken down, and cannot be replaced:"
                f" {error}; see `warta verify`"
            )
    if damages:
        raise ArchiveDamaged(f"{archive.path}: {damages[0]}")
    return count


def _move(archive: Archive, dictionary_id: int, *, now: datetime) -> int:
    """Repack one batch in a transaction; erase the dictionary if none is left."""
    with archive.transaction(now):
        count = archive.snapshots.repacking.move(dictionary_id, limit=BATCH)
        if not count:
            archive.snapshots.dictionaries.erase(dictionary_id)
    return count


def waiting(archive: Reader) -> int:
    """Count the take-downs since the file was last compacted, by SQLite's `user_version`.

    Its lowest bit says whether the file is a backup (archive.database.backup).
    """
    return int(value(archive.db, "PRAGMA user_version")) >> 1


def nothing_waits(archive: Archive, *, now: datetime) -> None:
    """Write that the file was compacted."""
    with archive.transaction(now):
        _set_waiting(archive, 0)


def _set_waiting(archive: Archive, number: int) -> None:
    archive.db.conn.execute(f"PRAGMA user_version = {number << 1}")


def tombstone(archive: Archive, site: str, key: str) -> dict[str, Any] | None:
    """Return when and why a story was taken down; None if it was not."""
    rows = archive.db.query("SELECT * FROM tombstones WHERE site = ? AND key = ?", [site, key])
    return next(iter(rows), None)


def _snapshots(archive: Archive, site: str, key: str, article_id: int | None) -> list[int]:
    """Return the first pages of everything that was kept of the story."""
    return column(
        archive.db,
        """SELECT s.id FROM snapshots s JOIN urls u ON u.id = s.url_id
        WHERE u.site = ? AND u.key = ? AND s.part = 1
        UNION SELECT snapshot_id FROM revisions
        WHERE article_id = ? AND snapshot_id IS NOT NULL ORDER BY 1""",
        site,
        key,
        article_id,
    )


def _holding(archive: Archive, site: str, snapshots: list[int]) -> list[int]:
    """Return the dictionaries that hold one of these pages: all, if a page cannot be read."""
    bodies: set[bytes] = set()
    for number in snapshots:
        try:
            first = archive.snapshots.page(number)
        except ArchiveDamaged:
            return sorted(archive.snapshots.dictionaries.of_site(site))
        bodies.update(page.body for page in (first, *first.parts))
    return archive.snapshots.dictionaries.holding(site, *bodies)
