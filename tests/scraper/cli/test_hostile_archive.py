"""Every command over an archive full of hostile text, or of values that another program broke."""

from __future__ import annotations

import shutil
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp

import pytest
from click.testing import CliRunner, Result

from archive.database.schema import SCHEMA
from scraper.cli.main import COMMANDS, main
from tests.scraper.cli.every_command import SERVES
from tests.scraper.cli.hostile import commands, damage, fill, hostile_archive, tables, wrong_values

NETWORK = {"crawl", "doctor", "demo", "corpus"}
WITHOUT_ARCHIVE = {"sites", "config", "help", "extract", "clean"}
ALL = sorted(set(COMMANDS) - NETWORK - SERVES)


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
    hostile_archive(path)
    run_all(path, [name])


def _table_names() -> list[str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in SCHEMA:
            connection.execute(statement)
        return sorted(tables(connection))


TABLES = _table_names()
READING = [name for name in ALL if name not in WITHOUT_ARCHIVE]
ROWS = {"dictionaries": "dictionary", "memberships": "cluster", "members": "cluster"}
"""What sentences call a row, where the table's name is not its plural."""
VARIANTS = 12
"""Turns after which each command has had all its arguments: 1, 2, 3 or 4."""
NOT_FOUND = ("is not in the ledger", "not in the archive", "not yet in the archive")
NOT_FOUND += (
    "no article in the archive as of",
    "no article in the archive has",
    "entry 1 of the search index",
    "numbers: article ",
    "verify --repair search",
)
"""Where a row cannot be found by a broken value, it is unknown; or what is made of the value is
named: an article's numbers, the search index.
"""


def outcomes(path: Path, turn: int) -> Iterator[tuple[tuple[str, ...], Result]]:
    """Each command, with one of its arguments in turn, on a copy of an archive of its own."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for name in READING:
        if name == "import" and turn:  # it starts processes
            continue
        folder = Path(mkdtemp(dir=path.parent))
        tried = commands(folder)[name]
        words = (name, *tried[turn % len(tried)], "--archive", str(folder / "news.db"))
        shutil.copy(path, folder / "news.db")
        yield words, CliRunner().invoke(main, words)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive without damage."""
    path = tmp_path_factory.mktemp("utuh") / "news.db"
    fill(path)
    return path


@pytest.fixture(scope="module")
def usual(whole: Path) -> list[list[int]]:
    """By turn: how the commands end with it."""
    return [[result.exit_code for _w, result in outcomes(whole, turn)] for turn in range(VARIANTS)]


@pytest.fixture
def callback_tracebacks() -> Iterator[None]:
    """Let no exception in a function of SQL pass unseen, as Datasette does once it is imported."""
    sqlite3.enable_callback_tracebacks(True)
    yield
    sqlite3.enable_callback_tracebacks(False)


@pytest.mark.slow
@pytest.mark.usefixtures("callback_tracebacks")
@pytest.mark.parametrize("table", TABLES)
def test_every_broken_value_of_a_column_is_named_in_one_sentence(
    tmp_path: Path, table: str, whole: Path, usual: list[list[int]]
) -> None:
    broken = tmp_path / "rusak.db"
    with closing(sqlite3.connect(whole)) as connection:
        columns = tables(connection)[table]
    for column, kind in columns:
        for turn, wrong in enumerate(wrong_values(column, kind)):
            shutil.copy(whole, broken)
            damage(broken, table, column, wrong)
            found = zip(outcomes(broken, turn), usual[turn % VARIANTS], strict=True)
            for (words, result), code in found:
                given = (column, wrong, words, result.output)
                assert isinstance(result.exception, SystemExit | None), (given, result.exception)
                names = (f"{table}.{column} ", f"{table}: ", f"a row of {table} that is not there")
                row = ROWS.get(table, table.removesuffix("s"))
                others = (f"{row} ", f"{row}s: ", *NOT_FOUND)
                expected = any(words in result.output for words in (*names, *others))
                assert expected or result.exit_code == code, given
