"""`warta demo` where nothing can be written: one plain line, before anything is crawled."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from scraper.cli.main import main
from tests.archive.invented import NOW


def demo(path: Path) -> Result:
    return CliRunner().invoke(main, ["demo", "--archive", str(path)])


@pytest.fixture(autouse=True, scope="module")
def imported() -> None:
    """Before a test steps down to a user who may not read what is imported."""
    assert CliRunner().invoke(main, ["demo", "--help"]).exit_code == 0


def line_of(done: Result) -> str:
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line.removeprefix("Error: ")


def test_a_folder_that_may_not_be_written(folder_of_a_user: Path) -> None:
    folder_of_a_user.chmod(0o500)
    assert line_of(demo(folder_of_a_user / "demo.db")).startswith(f"{folder_of_a_user}/demo.db: ")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert line_of(demo(tmp_path / "tidak" / "demo.db")).startswith(str(tmp_path / "tidak"))


def test_a_demo_that_may_not_be_replaced(folder_of_a_user: Path) -> None:
    path = folder_of_a_user / "demo.db"
    with Archive(path) as archive, archive.transaction(NOW):
        archive.crawls.begin("rmol", version="0", arguments={"demo": "1"})
    folder_of_a_user.chmod(0o500)
    assert line_of(demo(path)).startswith(f"{path}: it cannot be written there (Permission denied)")
    assert path.exists()


@pytest.mark.parametrize("content", [b"catatan harian " * 500, b"SQLite format 3\0" * 99])
def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "demo.db"
    path.write_bytes(content)
    assert line_of(demo(path)).startswith(f"{path}: ")
    assert path.read_bytes() == content


def test_an_archive_of_real_crawls_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    with Archive(path) as archive, archive.transaction(NOW):
        archive.crawls.begin("rmol", version="0", arguments={})
    assert "this is an archive of real crawls" in line_of(demo(path))


def test_a_folder_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "demo.db").mkdir()
    assert "it is a folder" in line_of(demo(tmp_path / "demo.db"))


def test_no_room_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object, **_named: object) -> str:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("tempfile.mkdtemp", full)
    assert "No space left on device" in line_of(demo(tmp_path / "demo.db"))


@pytest.mark.processes
def test_a_full_disk(tmp_path: Path) -> None:
    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

    done = subprocess.run(
        [sys.executable, "-m", "scraper", "demo", "--archive", str(tmp_path / "demo.db")],
        preexec_fn=little_room,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "disk" in line
