"""Every command over an archive full of hostile text, or of values that another program broke."""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from scraper.cli.main import COMMANDS, main
from tests.scraper.cli.hostile import commands, damage, fill, make_hostile, tables

NETWORK = {"crawl", "doctor", "demo", "corpus"}
WITHOUT_ARCHIVE = {"sites", "config", "help", "extract", "clean"}
ALL = sorted(set(COMMANDS) - NETWORK)


def run_all(path: Path, names: list[str]) -> None:
    """No control character but the line break, nothing that reorders text, no exception."""
    for name in names:
        for words in commands(path.parent)[name]:
            named = () if name in WITHOUT_ARCHIVE else ("--archive", str(path))
            result = CliRunner().invoke(main, [name, *words, *named])
            wrong = {letter for letter in result.output if letter != "\n" and hidden(letter)}
            assert not wrong, (name, words, wrong)
            assert isinstance(result.exception, SystemExit | None), (name, words, result.exception)
            assert "Traceback" not in result.output


def hidden(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs") or letter in "\u202e\u2066\u2028"


@pytest.mark.parametrize("name", ALL)
def test_no_command_shows_what_a_page_hides(path: Path, name: str) -> None:
    fill(path)
    make_hostile(path)
    run_all(path, [name])


WRONG = ("CAST(x'ff1b' AS TEXT)", "'bukan'", "NULL", "x'00'", "'9999-12-31T23:59:59+00:00'")


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_no_broken_value_gives_a_traceback(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "awal.db"
    fill(path)
    with closing(sqlite3.connect(path)) as connection:
        known = list(tables(connection))
    for table in known:
        folder = tmp_path / table
        folder.mkdir()
        fill(folder / "news.db")
        damage(folder / "news.db", table, None, wrong)
        run_all(folder / "news.db", ALL)
