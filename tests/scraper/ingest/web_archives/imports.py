"""Imports of web archives into an archive, and all that is in it afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from archive import Archive
from scraper.extraction.workers import Limits
from scraper.ingest.web_archives import sources
from scraper.ingest.web_archives.importing import Advance, Result, WebImport
from scraper.spiders import site_of, sites

NOW = datetime(2026, 11, 25, 3, 4, 5, tzinfo=UTC)


def import_into(
    news: Path,
    *paths: Path,
    jobs: int = 1,
    now: datetime = NOW,
    written: Advance = lambda _bytes: None,
) -> list[Result]:
    """Import files as the command does, at a fixed time; `written` is called for each batch."""
    with TemporaryDirectory() as folder, Archive(news) as archive:
        spool = Path(folder) / "unpacked"
        spool.mkdir()
        opened = [
            sources.opened(path, str(sources.kind_of(path)), spool)
            for path in sources.expanded(list(paths))
        ]
        with WebImport(
            archive,
            opened,
            sites=sites().__getitem__,
            site_of=site_of,
            terms="",
            folder=Path(folder),
            now=now,
            jobs=jobs,
            limits=Limits(),
        ) as work:
            work.index(lambda _bytes: None)
            work.write(written)
            return work.end()


def outcomes(results: Sequence[Result]) -> dict[str, int]:
    """The outcomes of all files, and the reasons, without zeros."""
    found: dict[str, int] = {}
    for result in results:
        for counter in (result.outcomes, result.refused, result.skipped, result.bad):
            for name, count in counter.items():
                found[name] = found.get(name, 0) + count
    return {name: count for name, count in found.items() if count}


def rows(news: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(news)) as db:
        return db.execute(statement).fetchall()


def contents(news: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of an archive's own tables, numbers included; not which files are on which disk."""
    tables = rows(
        news,
        """SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%STRICT%'
        AND name != 'imported_files' ORDER BY name""",
    )
    found = {name: rows(news, f"SELECT * FROM {name} ORDER BY 1, 2") for (name,) in tables}
    found["imported_files"] = rows(
        news, "SELECT id, digest, name, size, counts FROM imported_files ORDER BY 1"
    )
    return found
