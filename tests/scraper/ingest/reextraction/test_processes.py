"""`warta reextract` in processes of its own: on several cores, stopped, killed, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from archive import Archive
from archive.maintenance.verify import verify
from tests.preloaded import warta
from tests.scraper.crawling.conftest import story_url
from tests.scraper.ingest.reextraction.kept import NOW, crawled, page_of

STORIES = 40
STOPS = [
    ("1", 20),
    *(pytest.param(*stop, marks=pytest.mark.slow) for stop in [("1", 1), ("2", 1), ("2", 20)]),
]
"""Processes, and the page at which they are stopped."""


def write(archive: Archive) -> None:
    """Forty stories that all read otherwise under the changed rule."""
    for number in range(1, STORIES + 1):
        crawled(archive, page_of(number))


@pytest.fixture(scope="module")
def written(made: Callable[..., Path]) -> Path:
    return made(write)


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    return Path(copyfile(written, tmp_path / "news.db"))


def reextract(
    path: Path, *arguments: str, trouble: str | None = None
) -> subprocess.CompletedProcess[str]:
    return warta(
        "reextract",
        "--archive",
        str(path),
        *arguments,
        environment=os.environ | ({"TROUBLE": trouble} if trouble else {}),
        changed="tests.scraper.ingest.reextraction.changed_rule",
    )


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that a run may write, but for the time at which it did."""
    statements = {
        "revisions": (
            "SELECT article_id, number, kind, changed, snapshot_id, digest, body FROM revisions"
            " ORDER BY article_id, number"
        ),
        "readings": "SELECT snapshot_id, extractor, refusal FROM readings ORDER BY snapshot_id",
        "urls": "SELECT * FROM urls ORDER BY id",
        "checks": "SELECT * FROM checks ORDER BY id",
        "articles": "SELECT * FROM articles ORDER BY id",
    }
    with Archive(path, read_only=True) as archive:
        assert all(finding.ok for finding in verify(archive))
        return {
            name: archive.db.conn.execute(statement).fetchall()
            for name, statement in statements.items()
        }


@pytest.fixture(scope="module")
def alone(
    written: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], dict[str, list[tuple[Any, ...]]]]:
    """A run in one process that nothing disturbed, and what it wrote."""
    path = Path(copyfile(written, tmp_path_factory.mktemp("undisturbed") / "news.db"))
    done = reextract(path, "-j", "1", "--json")
    assert done.returncode == 0
    found = contents(path)
    assert [row[2] for row in found["revisions"]] == ["first", "technical"] * STORIES
    return done, found


@pytest.fixture(scope="module")
def undisturbed(alone: Any) -> dict[str, list[tuple[Any, ...]]]:
    return alone[1]


def test_one_process_and_two_write_the_same_and_tell_it_in_the_same_order(
    path: Path, alone: Any, undisturbed: Any
) -> None:
    together = reextract(path, "-j", "2", "--json")
    assert together.returncode == 0, together.stderr
    assert alone[0].stdout == together.stdout
    assert together.stdout.count("\n") == STORIES
    assert contents(path) == undisturbed


def test_a_dry_run_in_two_processes_writes_nothing(path: Path) -> None:
    before = path.read_bytes()
    done = reextract(path, "-j", "2", "--dry-run")
    assert done.returncode == 0
    assert done.stderr == f"{STORIES} stories would change. Nothing was written.\n"
    assert path.read_bytes() == before


@pytest.mark.parametrize(("jobs", "page"), STOPS)
def test_ctrl_c_ends_it_in_one_line_and_the_next_run_goes_on(
    path: Path, undisturbed: Any, jobs: str, page: int
) -> None:
    stopped = reextract(path, "-j", jobs, trouble=f"SIGINT:{page}")
    assert stopped.returncode == 130
    whole = (page - 1) // 8 * 8  # in batches of eight
    read = f"{whole} page" + ("" if whole == 1 else "s")
    assert (
        stopped.stderr
        == f"Stopped after {read}; what was written is complete, and the next run resumes.\n"
    )
    assert technical(path) == whole
    assert reextract(path, "-j", jobs).stderr == f"{STORIES - whole} stories changed.\n"
    assert contents(path) == undisturbed


@pytest.mark.parametrize(("jobs", "page"), STOPS)
def test_killed_it_leaves_whole_batches_and_the_next_run_goes_on(
    path: Path, undisturbed: Any, jobs: str, page: int
) -> None:
    killed = reextract(path, "-j", jobs, trouble=f"SIGKILL:{page}")
    assert killed.returncode == -signal.SIGKILL
    assert technical(path) == (page - 1) // 8 * 8
    assert reextract(path, "-j", jobs).returncode == 0
    assert contents(path) == undisturbed


@pytest.mark.slow
def test_it_may_be_killed_again_and_again(path: Path, undisturbed: Any) -> None:
    for _turn in range(3):
        assert reextract(path, "-j", "1", trouble="SIGKILL:15").returncode == -signal.SIGKILL
    reextract(path, "-j", "1")
    assert contents(path) == undisturbed


@pytest.mark.parametrize("jobs", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_a_page_that_kills_its_reader_is_reported_in_one_line_and_costs_nothing_else(
    path: Path, jobs: str
) -> None:
    done = reextract(path, "-j", jobs, "--json", trouble="READER")
    assert done.returncode == 3
    assert done.stderr == (
        f"{story_url(5)}: reading it did not end: its process ended (signal 9)\n"
    )
    assert technical(path) == STORIES - 1
    again = reextract(path, "-j", jobs)  # it is read again when the extractor changes, not before
    assert again.stderr.startswith("Nothing to read")


def technical(path: Path) -> int:
    with Archive(path, read_only=True) as archive:
        ((number,),) = archive.db.conn.execute(
            "SELECT count(*) FROM history WHERE kind = 'technical'"
        ).fetchall()
    return int(number)


@pytest.mark.slow
def test_it_runs_beside_a_crawl_which_loses_nothing(path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.scraper.ingest.reextraction.changed_rule",
        "reextract",
        "--archive",
        str(path),
        "-j",
        "1",
    ]
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as beside,
        Archive(path) as archive,
    ):
        for number in range(1, 31):
            crawled(archive, page_of(100 + number, at=NOW))
        _out, told = beside.communicate(timeout=300)
        assert (beside.returncode, told.split()[1]) == (0, "stories"), told
    with Archive(path, read_only=True) as archive:
        assert all(finding.ok for finding in verify(archive))
        assert archive.article(story_url(130)).revision >= 1
