"""Temporary folders of imports: those of killed ones go with the next, those in use stay."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from scraper.ingest.web_archives.temporary import PREFIX, working_folder


def _stay(pipe: Connection) -> None:
    with working_folder() as folder:
        (folder / "index.db").write_bytes(b"x")
        pipe.send(str(folder))
        signal.pause()


def test_the_next_import_removes_the_folder_of_one_that_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    theirs = tmp_path / f"{PREFIX}lain"  # without a lock: of another version
    theirs.mkdir()
    elsewhere = tmp_path / "arsip"
    elsewhere.mkdir()
    (elsewhere / "in_use.lock").touch()
    (tmp_path / f"{PREFIX}tautan").symlink_to(elsewhere)
    ours, pipe = multiprocessing.get_context("fork").Pipe()
    running = multiprocessing.get_context("fork").Process(target=_stay, args=(pipe,))
    running.start()
    left = Path(ours.recv())

    with working_folder() as own:
        assert left.exists()
        assert own.exists()
    os.kill(running.pid or 0, signal.SIGKILL)
    running.join()
    assert left.exists()

    with working_folder() as own:
        assert not left.exists()
        assert own.exists()
    assert not own.exists()
    assert theirs.exists()
    assert (elsewhere / "in_use.lock").exists()
