"""Which kept pages leave, and what was answered about them: read in batches, as of a time."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from archive.archive import Reader
from archive.database.clock import exact, instant
from archive.database.rows import column, named_rows
from archive.search.filters import Filter
from archive.search.listing import chosen

BATCH = 200
"""Stories, or pages of none, read in one transaction: a taken-down story is out of the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which pages are exported."""

    where: Filter = field(default_factory=Filter)
    """Of which stories."""
    revisions: bool = False
    """Every kept page, also those that led to no story; else the newest of each story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A kept page that leaves: its snapshot, without the bytes."""

    number: int
    """Of the snapshot."""
    url_id: int
    fetched_at: str
    opted_out: bool
    headline: str | None
    """Of the story that was read from it; None where none was."""


class Selection:
    """The pages of an archive as of a time, story by story, each story's in the order of time."""

    def __init__(self, archive: Reader, wanted: Wanted) -> None:
        self._db = archive.db
        self._wanted = wanted
        self.stories: Sequence[int] = chosen(self._db, wanted.where, order="kept")
        """Numbers of the articles."""

    def story_batches(self, after: int) -> Iterator[Sequence[int]]:
        """Yield the numbers of stories behind one, in batches."""
        begin = bisect_right(self.stories, after)
        for start in range(begin, len(self.stories), BATCH):
            yield self.stories[start : start + BATCH]

    def of_stories(self, numbers: Sequence[int]) -> list[list[Kept]]:
        """Return the pages of each story; none where no page was kept, or none is believed."""
        rows = named_rows(self._db, _OF_STORIES, {"stories": json.dumps(list(numbers))})
        found = {story: list(some) for story, some in groupby(rows, lambda row: row["article_id"])}
        return [self._leaving(found.get(number, [])) for number in numbers]

    def _leaving(self, rows: Iterable[dict[str, Any]]) -> list[Kept]:
        if self._wanted.revisions:
            return [_kept(row) for row in rows]
        return [_kept(row) for row in rows if row["refusal"] is None][-1:]

    def without_story(self, after: int) -> list[Kept]:
        """Return the next pages that led to no story, behind a snapshot; none unless all pages are
        wanted, or where only stories have what is filtered by.
        """
        where = self._wanted.where
        if not self._wanted.revisions or where.reads_texts or where.removed is not None:
            return []
        values = {
            "after": after,
            "sites": json.dumps(where.sites) if where.sites else None,
            "since": instant(where.since),
            "until": instant(where.until),
            "batch": BATCH,
        }
        return [_kept(row) for row in named_rows(self._db, _WITHOUT_STORY, values)]

    def not_modified(self, pages: Iterable[Kept]) -> dict[int, list[datetime]]:
        """Return when a server said of which of these pages (snapshots) that it still had it.

        A 304 is about the page that was sent before it: where that one is none of them, or was
        not kept, it is about none. One that an archive has twice, as it was received and from a web
        archive that it was exported to, counts once.
        """
        known = {(page.url_id, page.fetched_at): page.number for page in pages}
        found: dict[int, dict[datetime, None]] = {page.number: {} for page in pages}
        urls = json.dumps(sorted({url_id for url_id, _at in known}))
        current: dict[int, int | None] = {}
        for url_id, at, is_same in self._db.conn.execute(_ANSWERS, [urls]):
            if not is_same:
                current[url_id] = known.get((url_id, at))
            elif (number := current.get(url_id)) is not None:
                found[number][datetime.fromisoformat(at)] = None
        return {number: list(times) for number, times in found.items()}

    def robots_hosts(self) -> set[str]:
        """Return the hosts whose robots.txt was ever requested."""
        return set(column(self._db, "SELECT DISTINCT host FROM robots"))

    def robots(self, hosts: Iterable[str], at: datetime) -> list[dict[str, Any]]:
        """Return what hosts answered for their robots.txt until a time, in the order of time."""
        values = {"hosts": json.dumps(sorted(hosts)), "at": exact(at)}
        return named_rows(self._db, _ROBOTS, values)


def _kept(row: dict[str, Any]) -> Kept:
    return Kept(
        number=row["number"],
        url_id=row["url_id"],
        fetched_at=row["fetched_at"],
        opted_out=row["opted_out"] is not None,
        headline=row["headline"],
    )


_COLUMNS = """s.id AS number, s.url_id, s.fetched_at, s.opted_out,
    (SELECT r.headline FROM revisions r WHERE r.snapshot_id = s.id ORDER BY r.number DESC LIMIT 1)
        AS headline"""
_OF_STORIES = f"""
    WITH stories AS (SELECT value AS id FROM json_each(:stories)),
    pages AS (
        SELECT a.id AS article_id, s.id AS number FROM stories c
            CROSS JOIN articles a ON a.id = c.id
            CROSS JOIN main.urls u INDEXED BY urls_key ON u.site = a.site AND u.key = a.key
            CROSS JOIN snapshots s ON s.url_id = u.id AND s.part = 1
        UNION
        SELECT r.article_id, r.snapshot_id FROM stories c
            CROSS JOIN revisions r ON r.article_id = c.id AND r.snapshot_id IS NOT NULL)
    SELECT p.article_id, g.refusal, {_COLUMNS} FROM pages p
    CROSS JOIN snapshots s ON s.id = p.number LEFT JOIN readings g ON g.snapshot_id = s.id
    ORDER BY p.article_id, s.id"""
_WITHOUT_STORY = f"""
    SELECT {_COLUMNS} FROM snapshots s CROSS JOIN urls u ON u.id = s.url_id
    WHERE s.part = 1 AND s.id > :after
        AND NOT EXISTS (SELECT 1 FROM articles a WHERE a.site = u.site AND a.key = u.key)
        AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.snapshot_id = s.id)
        AND (:sites IS NULL OR u.site IN (SELECT value FROM json_each(:sites)))
        AND (:since IS NULL OR coalesce(u.published_at, u.first_seen_at) >= :since)
        AND (:until IS NULL OR coalesce(u.published_at, u.first_seen_at) <= :until)
    ORDER BY s.id LIMIT :batch"""
# In the order of time: captures of others may be imported long after they were made.
_ANSWERS = """
    SELECT c.url_id, coalesce(c.asked_at, substr(c.checked_at, 1, 19) || '+00:00'),
        c.outcome = 'not_modified' OR c.status IS 304
    FROM json_each(?) j CROSS JOIN checks c ON c.url_id = j.value
    WHERE c.outcome = 'not_modified' OR c.status = 304 OR c.status BETWEEN 200 AND 299
        OR c.outcome = 'imported' AND c.asked_at IS NOT NULL
    ORDER BY iif(c.status IS NULL, coalesce(c.asked_at, c.checked_at), c.checked_at), c.id"""
_ROBOTS = """
    SELECT id AS number, host, status, reason, body, fetched_at, url, wire FROM robots
    WHERE fetched_at <= :at AND host IN (SELECT value FROM json_each(:hosts)) ORDER BY id"""
