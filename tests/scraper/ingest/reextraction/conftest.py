"""An archive of three stories of rmol.id, `warta reextract` on it, and today's profile as a test
wants it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from archive.maintenance.verify import verify
from scraper.cli.main import main
from scraper.sites.site import Site
from tests.scraper.crawling.conftest import PROSE, story_url
from tests.scraper.ingest.reextraction.kept import HOUR, NOW, crawled, page_of

Warta = Callable[..., Result]
EDITED = (PROSE[0] + " Ralat redaksi menyusul.", *PROSE[1:])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "news.db"


def three_stories(archive: Archive) -> None:
    for number in (1, 2, 3):
        crawled(archive, page_of(number))
    crawled(archive, page_of(1, prose=EDITED, at=NOW + HOUR))


@pytest.fixture
def archive(path: Path, made: Callable[..., Path]) -> Archive:
    """Three stories, the first of them edited; closed by the tests' own readings."""
    with Archive(copyfile(made(three_stories), path)) as opened:
        return opened


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make these profiles today's."""

    def change(*profiles: Site) -> None:
        for module in ("scraper.spiders", "scraper.cli.ingest.reextract"):
            monkeypatch.setattr(f"{module}.sites", lambda: {site.name: site for site in profiles})

    return change


@pytest.fixture
def warta(path: Path) -> Warta:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(
            main, ["reextract", "--archive", str(path), "-j", "1", *arguments]
        )

    return run


def rows(path: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with Archive(path, read_only=True) as archive:
        return archive.db.conn.execute(statement, values).fetchall()


def revisions(path: Path, number: int = 1) -> list[tuple[str, list[str]]]:
    found = rows(
        path, "SELECT kind, changed FROM history WHERE url = ? ORDER BY number", story_url(number)
    )
    return [(kind, json.loads(changed)) for kind, changed in found]


def fine(result: Result) -> Result:
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def is_sound(path: Path) -> bool:
    with Archive(path, read_only=True) as archive:
        return all(finding.ok for finding in verify(archive))
