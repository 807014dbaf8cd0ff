"""Every command over an archive full of hostile text, or of values that another program broke."""

from __future__ import annotations

import shutil
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from archive.database.schema import SCHEMA
from archive.maintenance.verify import verify
from scraper.cli.main import COMMANDS, main
from tests.scraper.cli.every_command import SERVES
from tests.scraper.cli.hostile.material import (
    commands,
    damage,
    fill,
    hostile_archive,
    tables,
    wrong_values,
)
from tests.scraper.cli.hostile.reads import Reads, affects, recorded

NETWORK = {"crawl", "doctor", "demo", "corpus"}
FLEET = {"fleet"}
"""Its commands read a database server: tests/fleet/test_commands_of_a_fleet.py."""
WITHOUT_ARCHIVE = {"merge", "sites", "config", "help", "extract", "clean"}
ALL = sorted(set(COMMANDS) - NETWORK - FLEET - SERVES)


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
    "are damaged, and not in it",
    "the archive is empty",
)
"""Where a row cannot be found by a broken value, it is unknown; or what is made of the value is
named: an article's numbers, the search index, pages that an export leaves out, an archive whose
clock says that nothing was written.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A folder in which commands run one after another, each on a copy of an archive of its own."""

    folder: Path
    tried: dict[str, list[tuple[str, ...]]]
    """Arguments of each command, which name files of the folder."""
    files: frozenset[Path]

    @classmethod
    def at(cls, folder: Path) -> Bench:
        tried = commands(folder)
        return cls(folder=folder, tried=tried, files=frozenset(folder.iterdir()))

    def words(self, name: str, turn: int) -> tuple[str, ...]:
        """A command with one of its arguments in turn."""
        tried = self.tried[name]
        return (name, *tried[turn % len(tried)], "--archive", str(self.folder / "news.db"))

    def run(self, words: tuple[str, ...], path: Path) -> Result:
        for left in set(self.folder.iterdir()) - self.files:
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
        shutil.copy(path, self.folder / "news.db")
        return CliRunner().invoke(main, words)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folder = tmp_path / "meja"
    folder.mkdir()
    return Bench.at(folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive without damage, in one file."""
    path = tmp_path_factory.mktemp("utuh") / "news.db"
    fill(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What a command does with that archive."""

    name: str
    code: int
    reads: Reads


@pytest.fixture(scope="module")
def usual(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> list[list[Usual]]:
    """By turn."""
    bench = Bench.at(tmp_path_factory.mktemp("biasa"))
    found: list[list[Usual]] = []
    for turn in range(VARIANTS):
        found.append([])
        for name in READING:
            if name == "import" and turn:  # it starts processes
                continue
            with recorded() as reads:
                code = bench.run(bench.words(name, turn), whole).exit_code
            found[-1].append(Usual(name=name, code=code, reads=reads))
    return found


@pytest.fixture
def callback_tracebacks() -> Iterator[None]:
    """Let no exception in a function of SQL pass unseen, as Datasette does once it is imported."""
    sqlite3.enable_callback_tracebacks(True)
    yield
    sqlite3.enable_callback_tracebacks(False)


def test_nothing_is_wrong_with_the_archive_that_is_to_be_broken(whole: Path) -> None:
    with Archive(whole, read_only=True) as archive:
        assert [finding for finding in verify(archive) if not finding.ok] == []


@pytest.mark.slow
@pytest.mark.usefixtures("callback_tracebacks")
@pytest.mark.parametrize("table", TABLES)
def test_every_broken_value_of_a_column_is_named_in_one_sentence(
    tmp_path: Path, table: str, whole: Path, usual: list[list[Usual]], bench: Bench
) -> None:
    """By each command that reads it; what it does with others was seen without damage."""
    broken = tmp_path / "rusak.db"
    with closing(sqlite3.connect(whole)) as connection:
        columns = tables(connection)[table]
    for column, kind in columns:
        for turn, wrong in enumerate(wrong_values(column, kind)):
            shutil.copy(whole, broken)
            damage(broken, table, column, wrong)
            for one in usual[turn % VARIANTS]:
                if (one.name == "import" and turn) or not affects(one.reads, table, column):
                    continue
                words = bench.words(one.name, turn)
                result = bench.run(words, broken)
                given = (column, wrong, words, result.output)
                assert isinstance(result.exception, SystemExit | None), (given, result.exception)
                names = (f"{table}.{column} ", f"{table}: ", f"a row of {table} that is not there")
                row = ROWS.get(table, table.removesuffix("s"))
                others = (f"{row} ", f"{row}s: ", *NOT_FOUND)
                expected = any(words in result.output for words in (*names, *others))
                assert expected or result.exit_code == one.code, given


@pytest.mark.parametrize(
    ("words", "read", "unread"),
    [
        ("show 1", ("revisions", "body"), ("snapshots", "packed")),
        ("page 1 --info", ("snapshots", "headers"), ("members", "of_first")),
        ("list", ("revisions", "headline"), ("checks", "status")),
        ("remove 1 --reason diminta --yes", ("urls", "etag"), None),
        ("compact", ("members", "of_first"), None),
        ("verify", ("manners", "delay"), None),
    ],
)
def test_what_a_command_reads_is_known(
    whole: Path, bench: Bench, words: str, read: tuple[str, str], unread: tuple[str, str] | None
) -> None:
    """It decides which commands are tried with a broken value."""
    with recorded() as reads:
        bench.run((*words.split(), "--archive", str(bench.folder / "news.db")), whole)
    assert affects(reads, *read)
    assert unread is None or not affects(reads, *unread)
