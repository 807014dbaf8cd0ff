"""Take-down of stories: texts and pages are erased; tombstones keep crawls from restoring them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.archive import Archive, Reader
from archive.database.rows import column, value
from archive.errors import ArchiveDamaged

BATCH = 200
"""Snapshots repacked in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story to take down."""

    site: str
    key: str
    """Its key in the ledger."""
    url: str
    """Any of its addresses; kept with the tombstone of a story that was never kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What a take-down would erase."""

    article_id: int | None
    """None if the story was never kept."""
    headline: str | None
    url: str
    revisions: int
    snapshots: int
    """Kept pages; the further pages of a story count as one with its first."""
    bytes: int
    """Of its texts and compressed pages."""
    urls: int
    cluster_id: int | None
    others: int
    """Other articles in its cluster, which stay."""


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


def extent(archive: Archive, story: Story) -> Extent:
    """Return what taking a story down would erase; writes nothing."""
    found = next(
        archive.db.query(
            """SELECT a.id AS article_id, a.url, l.headline, l.cluster_id,
                (SELECT count(*) FROM members m WHERE m.cluster_id = l.cluster_id) AS members,
                (SELECT coalesce(sum(length(CAST(r.body AS BLOB))), 0) FROM revisions r
                    WHERE r.article_id = a.id) AS bytes,
                (SELECT count(*) FROM revisions r WHERE r.article_id = a.id) AS revisions
            FROM articles a LEFT JOIN latest l ON l.article_id = a.id
            WHERE a.site = ? AND a.key = ?""",
            [story.site, story.key],
        ),
        {},
    )
    snapshots = snapshots_of(archive, story.site, story.key, found.get("article_id"))
    packed = "SELECT coalesce(sum(length(packed)), 0) FROM snapshots WHERE ? IN (id, first_part_id)"
    pages = sum(value(archive.db, packed, number) for number in snapshots)
    return Extent(
        article_id=found.get("article_id"),
        headline=found.get("headline"),
        url=found.get("url", story.url),
        revisions=found.get("revisions", 0),
        snapshots=len(snapshots),
        bytes=pages + found.get("bytes", 0),
        urls=len(archive.ledger.entries_of(story.site, story.key)),
        cluster_id=found.get("cluster_id"),
        others=max(0, found.get("members", 0) - 1),
    )


def take_down(
    archive: Archive, site: str, key: str, *, url: str, reason: str, now: datetime
) -> TakenDown:
    """Take one story down, as `take_down_all` does."""
    (done,) = take_down_all(archive, [Story(site=site, key=key, url=url)], reason=reason, now=now)
    return done


def take_down_all(
    archive: Archive, stories: Sequence[Story], *, reason: str, now: datetime
) -> list[TakenDown]:
    """Erase every text and page of the stories in one transaction, and write their tombstones;
    repeating it changes nothing.

    What is left in unused space and in dictionaries leaves the file with `compact`; `waiting`
    counts these take-downs. The search indexes are merged here: until then they keep deleted words.
    """
    archive.db.conn.execute("PRAGMA secure_delete = ON")
    with archive.transaction(now):
        holding = [dictionaries_holding(archive, story) for story in stories]
        done = [
            _erase(archive, story, reason, dictionaries=len(numbers))
            for story, numbers in zip(stories, holding, strict=True)
        ]
        for number in sorted(set().union(*holding)):
            # After the pages are gone: the newest pages make a new one.
            archive.snapshots.retire(number)
        archive.db.conn.execute("INSERT INTO search (search) VALUES ('optimize')")
        archive.db.conn.execute("INSERT INTO search_earlier (search_earlier) VALUES ('optimize')")
        _set_waiting(archive, waiting(archive) + len(stories))
    return done


def _erase(archive: Archive, story: Story, reason: str, *, dictionaries: int) -> TakenDown:
    article_id = archive.history.bury(story.site, story.key, url=story.url, reason=reason)
    entries = archive.ledger.entries_of(story.site, story.key)
    snapshots = snapshots_of(archive, story.site, story.key, article_id)
    revisions = archive.history.erase(article_id) if article_id is not None else 0
    archive.history.erase_readings(snapshots)
    archive.snapshots.erase(snapshots)
    for entry in entries:
        if entry.due_reason != "taken_down":
            archive.ledger.move(entry, "taken_down", "refused", due_at=None, why="taken_down")
    return TakenDown(
        site=story.site,
        key=story.key,
        article_id=article_id,
        revisions=revisions,
        snapshots=len(snapshots),
        urls=len(entries),
        dictionaries=dictionaries,
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


def snapshots_of(archive: Reader, site: str, key: str, article_id: int | None) -> list[int]:
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


def dictionaries_holding(archive: Reader, story: Story) -> list[int]:
    """Return the dictionaries that hold one of a story's pages: all, if a page cannot be read."""
    statement = "SELECT id FROM articles WHERE site = ? AND key = ?"
    article_id = value(archive.db, statement, story.site, story.key)
    bodies: set[bytes] = set()
    for number in snapshots_of(archive, story.site, story.key, article_id):
        try:
            first = archive.snapshots.page(number)
        except ArchiveDamaged:
            return sorted(archive.snapshots.dictionaries.of_site(story.site))
        bodies.update(page.body for page in (first, *first.parts))
    return archive.snapshots.dictionaries.holding(story.site, *bodies)
