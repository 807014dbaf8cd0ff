"""The furniture of each site: what was learnt from its kept pages, set by set."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from archive.database.clock import Clock, parsed
from archive.database.rows import column, insert_row, value
from archive.identity import text_digest
from archive.records import Furniture

MIN_PAGES = 30
"""Stories of a site with a kept page, below which nothing is learnt."""
SAMPLE = 120
"""Pages that are compared: half of them the newest, half from all over the rest."""
MAX_GROWTH = 2_000
"""Pages kept since the last comparison after which the next is due, where they have not doubled: a
new set makes a new extractor, so that kept pages are read again.
"""

_NEWEST_PAGES = """FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    WHERE a.site = :site AND r.snapshot_id IS NOT NULL"""


def furniture_of(blocks: Mapping[str, bool]) -> Furniture | None:
    """Return these blocks as a site's furniture; None for none."""
    if not blocks:
        return None
    ordered = dict(sorted(blocks.items()))
    digest = text_digest(f"{text}\n{in_prose}" for text, in_prose in ordered.items())
    return Furniture(blocks=ordered, digest=digest[:8])


class FurnitureSets:
    """The tables `furniture_sets` and `furniture`; write inside a transaction."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def newest(self, site: str) -> Furniture | None:
        """Return what is furniture of a site today; None for nothing."""
        return self._of_set(site, self._newest_set(site))

    def with_digest(self, site: str, digest: str) -> Furniture | None:
        """Return the set of a site that an extractor's name holds the digest of; None for none."""
        found = "SELECT max(id) FROM furniture_sets WHERE site = ? AND digest = ?"
        return self._of_set(site, value(self._db, found, site, digest))

    def learnt_at(self, site: str, *texts: str) -> datetime | None:
        """Return since when one of these texts is furniture of its site; None where none is."""
        since = """SELECT max(s.learnt_at) FROM furniture f JOIN furniture_sets s
            ON s.id = f.first_set WHERE f.site = ? AND f.text IN (SELECT value FROM json_each(?))"""
        return parsed(value(self._db, since, site, json.dumps(texts)))

    def due(self, site: str) -> list[int]:
        """Return the snapshots to be compared now; none where no comparison is due."""
        last = value(self._db, "SELECT max(pages) FROM furniture_sets WHERE site = ?", site) or 0
        kept = self._pages(site)
        if kept < max(MIN_PAGES, min(2 * last, last + MAX_GROWTH)):
            return []
        pages = column(self._db, f"SELECT r.snapshot_id {_NEWEST_PAGES} ORDER BY 1", site=site)
        newest, rest = pages[-SAMPLE // 2 :], pages[: -SAMPLE // 2]
        spread = min(len(rest), SAMPLE // 2)
        chosen = [rest[place * len(rest) // spread] for place in range(spread)]
        return [*chosen, *newest] if len(pages) >= MIN_PAGES else []

    def write(self, site: str, blocks: Mapping[str, bool]) -> Furniture | None:
        """Write what a comparison found, beside the set before it; returns the new set."""
        before = self._newest_set(site)
        row = {"site": site, "learnt_at": self._clock.stamp(), "pages": self._pages(site)}
        furniture = furniture_of(blocks)
        digest = furniture.digest if furniture is not None else ""
        made = insert_row(self._db, "furniture_sets", row | {"digest": digest})
        known = self._blocks(site, before)
        for text in sorted(known.keys() - {t for t in blocks if known.get(t) == blocks[t]}):
            end = """UPDATE furniture SET ended_set = ?
                WHERE site = ? AND text = ? AND ended_set IS NULL"""
            self._db.conn.execute(end, (made, site, text))
        for text, in_prose in sorted(blocks.items()):
            if known.get(text) != in_prose:
                block = {"site": site, "text": text, "in_prose": in_prose, "first_set": made}
                insert_row(self._db, "furniture", block)
        return furniture

    def _pages(self, site: str) -> int:
        return value(self._db, "SELECT pages FROM packing WHERE site = ?", site) or 0

    def _newest_set(self, site: str) -> int | None:
        found: int | None = value(
            self._db, "SELECT max(id) FROM furniture_sets WHERE site = ?", site
        )
        return found

    def _of_set(self, site: str, number: int | None) -> Furniture | None:
        return furniture_of(self._blocks(site, number))

    def _blocks(self, site: str, number: int | None) -> dict[str, bool]:
        found = self._db.conn.execute(
            """SELECT text, in_prose FROM furniture WHERE site = ? AND first_set <= ?
                AND (ended_set IS NULL OR ended_set > ?) ORDER BY text""",
            (site, number, number),
        )
        return {text: bool(in_prose) for text, in_prose in found}
