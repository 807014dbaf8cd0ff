"""Bad input: each command answers each kind with one plain line, and never with a traceback.

The commands are found in their tree, and what is wrong for an option follows from its type: a new
command or option is tried here without another line.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import copyfile
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from archive import Archive
from scraper.cli import options
from scraper.cli.main import main
from tests.preloaded import warta as warta_alone
from tests.scraper.cli import bad_archives
from tests.scraper.cli.bad_archives import ODD, UNUSABLE, Bad, bad_copy
from tests.scraper.cli.every_command import (
    EVERY_COMMAND,
    ON_AN_ARCHIVE,
    STARTS_CRAWLS,
    groups,
    words,
)
from tests.scraper.cli.library import fill

NEEDS_NONE = {
    "corpus explain",
    "import",
    "schedule cron",
    "schedule show",
    "schedule systemd",
    *STARTS_CRAWLS,
}
"""They make an archive, or do without one, where there is none yet."""
READS_NONE = {"alerts test", "restore", "sites"}
"""The archive is only named in a message, replaced, or says where to look."""


@pytest.fixture(autouse=True)
def a_folder_of_its_own(tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a command might leave behind is left there; the network is beyond a proxy that is
    down.
    """
    folder = tmp_path / "kerja"
    folder.mkdir()
    (folder / "resep.txt").write_text("Dua sendok kopi.")
    (folder / "halaman.html").write_text("<p>Air sungai naik perlahan.")
    (folder / "berkas.csv").write_text("url,headline,body\nhttps://kabar.example/9,Air,Air naik.\n")
    copyfile(good, folder / "cadangan.db")
    monkeypatch.chdir(folder)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(folder))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    return folder


@pytest.fixture(scope="session")
def good(made: Any) -> Path:
    return Path(made(fill))


def run(name: str, *arguments: str, archive: Path | None = None) -> Result:
    """Run a command; those that might crawl, in a process of their own."""
    given = [*name.split()]
    if archive is not None and name in ON_AN_ARCHIVE:
        given += ["--archive", str(archive)]
    given += arguments
    if name not in STARTS_CRAWLS:
        return CliRunner().invoke(main, given)
    done = warta_alone(*given, environment=dict(os.environ), cwd=Path.cwd(), timeout=60)
    out, err = done.stdout.encode(), done.stderr.encode()
    runner = CliRunner()
    return Result(runner, out, err, out + err, None, done.returncode, None)


def problem(result: Result, says: str = "") -> str:
    """Return what is wrong with the answer of a command to bad input; "" is nothing."""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"a traceback of {result.exception!r}"
    if result.exit_code not in (1, 2) or result.stdout:
        return f"exit status {result.exit_code}, on stdout {result.stdout[:200]!r}"
    lines = result.stderr.splitlines()
    if len(lines) != 1 or not lines[0].startswith("Error: ") or says not in lines[0]:
        return f"stderr {lines}"
    return ""


def only_problems(found: dict[str, str]) -> dict[str, str]:
    return {what: problem for what, problem in found.items() if problem}


# Archives


ABSENT = [bad_archives.missing, bad_archives.a_dangling_link]


@pytest.mark.parametrize("name", [name for name in ON_AN_ARCHIVE if name not in READS_NONE])
def test_an_archive_that_cannot_be_used_is_one_line(name: str, good: Path, path: Path) -> None:
    found = {}
    for bad in UNUSABLE:
        if bad in ABSENT and name in NEEDS_NONE:
            continue
        says = bad_copy(good, path, bad)
        found[bad.__name__] = problem(run(name, *words(name), archive=path), says)
        bad_archives.clear(path)
    assert only_problems(found) == {}


@pytest.mark.parametrize("bad", UNUSABLE)
def test_a_backup_that_cannot_be_restored_is_one_line(bad: Bad, good: Path, path: Path) -> None:
    copy = path.with_name("cadangan.db")
    says = bad_copy(good, copy, bad)
    if bad in ABSENT:
        says = "there is no such file"
    assert problem(run("restore", str(copy), archive=path), says) == ""
    assert not path.exists()


@pytest.mark.parametrize("name", [name for name in ON_AN_ARCHIVE if name not in STARTS_CRAWLS])
def test_an_odd_archive_is_used_or_refused_in_one_line(name: str, good: Path, path: Path) -> None:
    found = {}
    for bad in ODD:
        bad_copy(good, path, bad)
        result = run(name, *words(name), archive=path)
        if result.exit_code not in (0, 3):
            found[bad.__name__] = problem(result)
        bad_archives.clear(path)
    assert only_problems(found) == {}


def test_an_archive_that_may_not_be_read_is_one_line(folder_of_a_user: Path) -> None:
    path = folder_of_a_user / "news.db"
    Archive(path).close()
    path.chmod(0)
    found = {
        name: problem(run(name, *words(name), archive=path))
        for name in ON_AN_ARCHIVE
        if name not in STARTS_CRAWLS | READS_NONE
    }
    assert only_problems(found) == {}


@pytest.mark.parametrize("name", [name for name in ON_AN_ARCHIVE if name not in STARTS_CRAWLS])
def test_an_archive_that_vanishes_while_it_is_used_is_no_traceback(
    name: str, good: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def vanishing(address: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(address, **options)
        if path.name in str(address):
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA schema_version")  # which opens it
            path.unlink(missing_ok=True)
        return connection

    monkeypatch.setattr(sqlite3, "connect", vanishing)
    copyfile(good, path)
    result = run(name, *words(name), archive=path)
    if result.exit_code not in (0, 3):
        assert problem(result) == ""


# Arguments and options


def wrong_values(parameter: click.Parameter) -> Iterator[str]:
    """Yield what is wrong for an argument or option of this type."""
    kind = parameter.type
    if isinstance(kind, options.Parsed) and kind.name in ("time", "yyyy-mm-dd"):
        yield from ("2026-02-31", "31 Februari 2026", "0000-01-01", "2026-11-20T08:00", "besok", "")
    elif isinstance(kind, (options.Parsed, click.Choice)):
        yield from ("tidak/ada", "")
    elif isinstance(kind, (click.IntRange, click.FloatRange)):
        yield from ("dua", "", "1e999", "nan")
        yield from (str(limit + by) for limit, by in ((kind.min, -1), (kind.max, 1)) if limit)
    elif isinstance(kind, click.Path) and parameter.name not in ("path", "files"):
        yield from ("/dev/null/berkas", "resep.txt/berkas")
    elif parameter.name in ("site", "sites", "names") and parameter.required is False:
        yield from ("tidak-ada", "")


ANYTHING = {("import", "site"), ("corpus build", "out"), ("sites", "archive")}
"""A publisher that warta does not crawl has a name, too; a plan is written nowhere; profiles may be
beside an archive that is not there.
"""


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_a_wrong_value_is_one_line(name: str, good: Path, path: Path) -> None:
    copyfile(good, path)
    found = {}
    for parameter in EVERY_COMMAND[name].params:
        if (name, parameter.name) in ANYTHING:
            continue
        for value in wrong_values(parameter):
            result = run(name, *words(name, parameter, value), archive=path)
            found[f"{parameter.opts[-1]} {value}"] = problem(result)
    assert only_problems(found) == {}


@pytest.mark.parametrize(
    "name", [name for name in EVERY_COMMAND if name not in STARTS_CRAWLS | {"import"}]
)
def test_a_number_beyond_all_bounds_is_no_traceback(name: str, good: Path, path: Path) -> None:
    copyfile(good, path)
    found = {}
    for parameter in EVERY_COMMAND[name].params:
        if isinstance(parameter.type, click.types.IntParamType):
            result = run(name, *words(name, parameter, "9" * 40), archive=path)
            if result.exit_code not in (0, 3):
                found[parameter.opts[-1]] = problem(result)
    assert only_problems(found) == {}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, command in EVERY_COMMAND.items()
        if {"since", "until"} <= {parameter.name for parameter in command.params}
    ],
)
def test_a_beginning_after_the_end_is_one_line(name: str, good: Path, path: Path) -> None:
    copyfile(good, path)
    days = ("--since", "2026-11-02", "--until", "2026-11-01")
    assert (
        problem(run(name, *days, *words(name), archive=path), "--since is later than --until") == ""
    )


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_an_unknown_option_is_one_line(name: str) -> None:
    result = run(name, "--tidak-ada", *words(name))
    assert problem(result, "No such option '--tidak-ada'") == ""


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_a_missing_argument_is_one_line(name: str) -> None:
    if any(parameter.required for parameter in EVERY_COMMAND[name].params):
        assert problem(run(name), "Missing") == ""


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_an_argument_too_many_is_one_line(name: str) -> None:
    if not any(parameter.nargs == -1 for parameter in EVERY_COMMAND[name].params):
        assert problem(run(name, *["1"] * 9)) == ""


@pytest.mark.parametrize("name", list(groups()))
def test_an_unknown_command_is_one_line(name: str) -> None:
    result = CliRunner().invoke(main, [*name.split(), "tidak-ada"])
    assert problem(result, "No such command 'tidak-ada'") == ""


# A terminal of 20 columns

# Each command in a fork of one process that has imported them all, on a terminal of its own.
_EACH_ON_A_TERMINAL = """
import fcntl, json, os, pty, struct, sys, termios
from scraper.cli.main import main
found = []
for words in json.loads(sys.argv[1]):
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
        main(words)
    shown = b""
    try:
        while read := os.read(terminal, 65536):
            shown += read
    except OSError:  # its other end is closed
        pass
    os.close(terminal)
    found.append([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()])
print(json.dumps(found))
"""


@pytest.mark.slow
def test_on_a_terminal_of_20_columns_every_command_is_no_traceback(good: Path, path: Path) -> None:
    copyfile(good, path)
    names = [name for name in EVERY_COMMAND if name not in STARTS_CRAWLS]
    given = [["--archive", str(path)] if name in ON_AN_ARCHIVE else [] for name in names]
    calls = [
        [*name.split(), *archive, *words(name)] for name, archive in zip(names, given, strict=True)
    ]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-c", _EACH_ON_A_TERMINAL, json.dumps(calls)],
        env=environment | {"PAGER": "cat", "TERM": "xterm"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    for name, (status, shown) in zip(names, json.loads(done.stdout), strict=True):
        assert "Traceback" not in shown, name
        assert status in (0, 1, 2, 3), name
        assert shown.strip() or status == 0, name


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_a_help_text_fits_into_20_columns_without_a_traceback(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    result = CliRunner().invoke(main, [*name.split(), "--help"])
    assert (result.exit_code, result.stderr) == (0, "")
