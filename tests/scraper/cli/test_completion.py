"""Completion by bash, zsh and fish: commands that are not loaded yet, their options, and sites."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from scraper.cli.main import main


def completed(shell: str, typed: str) -> list[str]:
    """What the shell is offered for what was typed, without the kind and the help of each."""
    *_before, last = typed.split(" ")
    variables = {
        "_WARTA_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": last if shell == "fish" else str(typed.count(" ")),
    }
    shown = CliRunner().invoke(main, [], prog_name="warta", env=variables)
    lines = shown.stdout.splitlines()
    if shell == "zsh":
        return lines[1::3]
    return [line.partition(",")[2].partition("\t")[0] for line in lines]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("warta cl", ["clean", "clusters", "cluster"]),
        ("warta corpus bu", ["build"]),
        ("warta schedule sy", ["systemd"]),
        ("warta alerts te", ["test"]),
        ("warta clusters --min", ["--min-size"]),
        ("warta crawl r", ["republika", "rmol"]),
        ("warta coverage --site Sua", ["suara"]),
        ("warta help pol", ["politeness"]),
        ("warta help synd", ["syndication"]),
    ],
)
def test_what_was_begun_is_completed(shell: str, typed: str, offered: list[str]) -> None:
    assert sorted(completed(shell, typed)) == sorted(offered)


@pytest.mark.parametrize(
    ("shell", "says"),
    [("bash", "complete -o nosort"), ("zsh", "#compdef warta"), ("fish", "complete --no-files")],
)
def test_each_shell_is_given_its_script(shell: str, says: str) -> None:
    variables = {"_WARTA_COMPLETE": f"{shell}_source"}
    shown = CliRunner().invoke(main, [], prog_name="warta", env=variables)
    assert says in shown.stdout, shown.output


@pytest.mark.parametrize(
    ("typed", "command", "expected"),
    [
        ("warta ", "clusters", set()),
        ("warta schedule ", "cron", {"scraper.cli.schedule.command"}),
        ("warta corpus b", "build", {"scraper.cli.corpus.command"}),
    ],
)
def test_commands_are_offered_without_importing_them(
    typed: str, command: str, expected: set[str]
) -> None:
    """In a process of its own: this one has imported them all."""
    reported = """
import sys
from scraper.cli.main import COMMANDS, main
try:
    main(prog_name="warta")
except SystemExit:
    rooms = {module.partition(".")[0] for module, _line in COMMANDS.values()}
    files = [name for name in sys.modules if name.startswith("scraper.cli.")]
    loaded = [name for name in files if name.split(".")[2] in rooms and name.count(".") > 2]
    print(*loaded, file=sys.stderr)
"""
    completing = {
        "_WARTA_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    done = subprocess.run(
        [sys.executable, "-c", reported],
        env=os.environ | completing,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"plain,{command}" in done.stdout.splitlines()
    assert set(done.stderr.split()) == expected
