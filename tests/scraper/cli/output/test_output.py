"""An output that takes no more, or that was closed: no traceback, at most one plain line, and none
about the interpreter's end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from scraper.cli.main import GROUPS
from tests.scraper.cli.library import fill
from tests.scraper.cli.test_startup import READS, words


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


# Forks, as each command is quick then; the status of each is a byte of the file.
_EACH = """
import json, os, sys
from scraper.cli.main import main
statuses = []
for words in json.loads(sys.argv[1]):
    if os.fork() == 0:
        status = 99
        try:
            main(words)
        except SystemExit as ended:
            status = ended.code
        finally:
            os._exit(status)
    statuses.append(os.waitstatus_to_exitcode(os.wait()[1]))
with open("statuses", "w") as file:
    json.dump(statuses, file)
"""
READING = [name for name in READS if name.split()[0] in GROUPS["Read"]]
OUTPUTS = {
    "closed stdin and stdout": '"$@" 2>errors <&- >&-',
    "closed stderr": '"$@" >data 2>&-',
    "gone reader": '"$@" 2>errors',
}
"""What happened to a stream -> how a shell runs a command then."""


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_reading_command_breaks_on_a_stream_that_is_not_there(
    output: str, tmp_path: Path, made
) -> None:
    copyfile(made(fill), tmp_path / "news.db")
    (tmp_path / "errors").touch()
    commands = [[*name.split(), *words(name)] for name in READING]
    reader, writer = os.pipe()
    os.close(reader)
    run = [sys.executable, "-c", _EACH, json.dumps(commands)]
    plain = {name: value for name, value in os.environ.items() if name != "WARTA_ARCHIVE"}
    in_a_shell = ["sh", "-c", OUTPUTS[output], "sh", *run]
    subprocess.run(in_a_shell, cwd=tmp_path, env=plain, stdout=writer, check=True)
    os.close(writer)
    statuses = dict(zip(READING, json.loads((tmp_path / "statuses").read_text()), strict=True))
    assert {name for name, status in statuses.items() if status not in (0, 3)} == set()
    assert "Traceback" not in (tmp_path / "errors").read_text()


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_process_with_a_closed_stream_ends_well(path: Path, made, closed: str) -> None:
    copyfile(made(fill), path)
    run = [sys.executable, "-m", "scraper", "show", "1", "--archive", str(path)]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *run], capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)
