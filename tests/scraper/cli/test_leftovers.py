"""What commands leave in the folder that they run in: what they were to write, and no lock file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from scraper.cli.demo.proxy import ReplayProxy
from scraper.cli.main import COMMANDS, main
from scraper.politeness.locks import locks_folder
from tests.archive.corpus.newsroom import in_this_process
from tests.scraper.crawling.conftest import FAST, run, serve, small_site

__all__ = ["serve"]

SQLITE = {"news.db-wal", "news.db-shm"}
RUNS: dict[str, tuple[list[list[str]], set[str]]] = {
    "alerts": ([["alerts", "list"], ["alerts", "send"]], set()),
    "backup": ([["backup", "salinan.db"]], {"salinan.db"}),
    "clusters": ([["clusters"], ["clusters", "rebuild"]], set()),
    "compact": ([["compact"]], set()),
    "corpus": ([["corpus", "build", "korpus", "-j", "1", "--opted-out", "keep"]], {"korpus"}),
    "health": ([["health"]], set()),
    "merge": (
        [["backup", "salinan.db"], ["merge", "-j", "1", "semua.db", "news.db", "salinan.db"]],
        {"salinan.db", "semua.db", "semua.db-wal", "semua.db-shm"},
    ),
    "reextract": ([["reextract", "-j", "1", "--all"]], set()),
    "remove": ([["remove", "1", "--reason", "diminta keluarga", "--yes"]], set()),
    "restore": (
        [["backup", "salinan.db"], ["restore", "salinan.db", "--discard", "--yes"]],
        {"salinan.db"},
    ),
    "schedule": ([["schedule", "show"], ["schedule", "cron"], ["schedule", "systemd"]], set()),
    "stats": ([["stats"]], set()),
    "verify": ([["verify", "--repair", "search"]], set()),
}
"""Command -> its runs, and what they are to leave."""


@pytest.fixture
def folder(
    demo: tuple[Path, ReplayProxy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The working folder, with the archive of the demo."""
    shutil.copy(demo[0], tmp_path / "news.db")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - SQLITE - {"news.db"}


@pytest.mark.parametrize("command", RUNS)
def test_a_command_leaves_what_it_was_to_write_and_no_lock(
    folder: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.corpus.executors.readers", in_this_process)
    runs, written = RUNS[command]
    for words in runs:
        done = CliRunner().invoke(main, words)
        assert done.exit_code in (0, 3), done.output
    assert left(folder) == written
    assert list(locks_folder().iterdir()) == []


def test_the_demo_leaves_its_archive(demo: tuple[Path, ReplayProxy]) -> None:
    assert left(demo[0].parent) == set()


@pytest.mark.processes
def test_a_crawl_leaves_its_archive(serve, tmp_path: Path) -> None:
    done = run(serve(small_site(1)), "scraper", "crawl", "rmol", *FAST, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert left(tmp_path) == set()
    assert list(locks_folder().iterdir()) == []


def test_every_command_that_writes_is_tried_here() -> None:
    keep = {name for name, (room, _line) in COMMANDS.items() if room.startswith("maintenance.")}
    assert keep <= set(RUNS)
