"""An output that takes no more: one plain line, and none about the interpreter's end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from tests.scraper.cli.library import fill


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize("command", [["show", "1"], ["stats", "--json"]])
def test_a_full_disk_is_one_line(path: Path, made, command: list[str]) -> None:
    copyfile(made(fill), path)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scraper", *command, "--archive", str(path)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == "Error: the output cannot be written: No space left on device\n"
    assert done.returncode == 1


@pytest.mark.parametrize("command", [["show", "1"], ["stats", "--json"]])
def test_a_reader_that_has_gone_is_no_error(path: Path, made, command: list[str]) -> None:
    copyfile(made(fill), path)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "scraper", *command, "--archive", str(path)],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.stderr, done.returncode) == ("", 0)
