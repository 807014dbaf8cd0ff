"""The promises of README, CONTRIBUTING and the design, held against the project itself."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from archive.ledger.wording import REASONS
from scraper.cli.main import main

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("archive/**/*.py"), *ROOT.glob("scraper/**/*.py")])


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_with_a_first_sentence(name):
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    command: click.Command = main.commands[name]
    assert command.get_short_help_str(), name


def test_every_command_is_listed_and_named_in_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert main.list_commands(click.Context(main)) == [
        name for name in main.list_commands(click.Context(main)) if name in main.commands
    ]
    assert set(main.list_commands(click.Context(main))) == set(main.commands)
    for name in set(main.commands) - {"sites"}:
        assert f"warta {name}" in readme, name


def test_the_list_of_commands_says_what_each_says_of_itself():
    listed = CliRunner().invoke(main, ["--help"]).stdout
    for name, command in main.commands.items():
        assert command.name == name
        assert re.search(
            rf"^  {name} +{re.escape(command.get_short_help_str(100))}$", listed, re.MULTILINE
        ), name


def test_every_option_of_every_command_has_help():
    for name, command in main.commands.items():
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts}"


def test_every_reason_that_the_code_gives_has_its_sentence():
    given = set()
    for path in SOURCES:
        given |= set(
            re.findall(
                r'reason="(\w+)"|Refused\("(\w+)"\)|problem="(\w+)"', path.read_text("utf-8")
            )
        )
    codes = {code for match in given for code in match if code} - {
        "limit",
        "archive_failed",
        "unspecified",
    }
    assert codes <= set(REASONS), codes - set(REASONS)


def test_every_field_of_a_public_record_is_documented():
    """A field is followed by a string that says its format and what stands for nothing."""
    found = 0
    for record in ast.parse((ROOT / "archive/records.py").read_text("utf-8")).body:
        if not isinstance(record, ast.ClassDef):
            continue
        for here, after in pairwise([*record.body, None]):
            if isinstance(here, ast.AnnAssign):
                found += 1
                documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                assert documented, f"{record.name}.{ast.unparse(here.target)}"
    assert found > 50


@pytest.mark.parametrize("pattern", ["archive/**/*.py", "scraper/**/*.*", "tests/**/*.py", "*.md"])
def test_every_database_that_a_block_opens_is_closed_with_it(pattern):
    """`with` alone ends a transaction of sqlite3, and Python 3.13 warns of what is left open."""
    opens = re.compile(r"^ *with (?:\(\n *)?sqlite3\.connect\(", re.MULTILINE)
    found = [
        path
        for path in ROOT.glob(pattern)
        if path.suffix in (".py", ".md") and opens.search(path.read_text("utf-8"))
    ]
    assert found == []
