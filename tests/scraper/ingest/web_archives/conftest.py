"""An empty archive in a folder of its own, and `warta import` of web archives into it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archive import Archive
from scraper.cli.main import main
from tests.scraper.ingest.web_archives.material import zipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import said."""

    status: int
    rows: list[dict[str, Any]]
    errors: str

    @property
    def counts(self) -> dict[str, Any]:
        """What became of the records of the only file, without zeros and empty counters."""
        (row,) = self.rows
        return {name: value for name, value in row.items() if value and name != "file"}

    @property
    def reasons(self) -> Counter[str]:
        """Why records are no stories, of all files."""
        return sum(
            (Counter(row[k]) for row in self.rows for k in ("refused", "skipped", "bad")), Counter()
        )


class Desk:
    """A folder with an archive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.news = folder / "news.db"

    def write(self, name: str, *records: bytes) -> Path:
        """Write a file: a gzip member a record, or the bytes as they are for another ending."""
        path = self.folder / name
        path.write_bytes(zipped(records) if name.endswith(".warc.gz") else b"".join(records))
        return path

    def take(self, *arguments: object) -> Imported:
        """Import, and check that there was no traceback."""
        words = ["import", "--json", "--archive", str(self.news), "--jobs", "1"]
        done = CliRunner().invoke(main, [*words, *map(str, arguments)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert "Traceback" not in done.output
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return Imported(status=done.exit_code, rows=rows, errors=done.stderr)

    def stories(self) -> dict[str, tuple[str, str]]:
        """The address of each story -> its site and headline; none without an archive."""
        if not self.news.exists():
            return {}
        with Archive(self.news, read_only=True) as archive:
            rows = archive.db.conn.execute("SELECT url, site, headline FROM latest").fetchall()
        return {url: (site, headline) for url, site, headline in rows}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


Make = Callable[..., Imported]
