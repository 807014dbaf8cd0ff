"""`warta compact`: the room comes back, everything else stays as it was, also where it does not
come to its end.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import pytest
from click.testing import Result

from archive import Archive
from archive.database import connection
from archive.database.schema import APPLICATION_ID
from archive.maintenance.takedown import take_down as erase
from archive.maintenance.verify import verify
from tests.archive.invented import (
    HOUR,
    NOW,
    SITE,
    announce,
    keep,
    keep_page,
    link,
    page,
    rows,
    story,
    url_of,
    value,
)
from tests.archive.writers import writing

Warta = Callable[..., Result]
VIEWS = ("latest", "history", "ledger")


def fill(archive: Archive) -> None:
    """Eight stories, the first edited, and the room of much that was erased: room to give back."""
    for number in range(1, 9):
        announce(archive, link(number))
        keep(archive, story(number))
    keep(archive, story(1, headline="Harga Beras Naik"), at=NOW + HOUR)
    for number in range(30):
        with archive.transaction(NOW):
            archive.robots.record(
                f"besar-{number}.example", status=200, body="# Dilarang.\n" * 2_000, reason=None
            )
    with archive.transaction(NOW):
        archive.db.conn.execute("DELETE FROM robots")


@pytest.fixture(autouse=True)
def library(path: Path, made: Callable[..., Path]) -> Path:
    return Path(copyfile(made(fill), path))


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that programs rely on, with the numbers of the rows."""
    with Archive(path, read_only=True) as archive:
        tables = [
            name
            for (name,) in rows(
                archive,
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%'",
            )
        ]
        found = {view: rows(archive, f"SELECT * FROM {view}") for view in VIEWS}
        return found | {
            table: rows(
                archive,
                f"SELECT rowid, * FROM {table} ORDER BY rowid"
                if table != "bands"
                else "SELECT * FROM bands",
            )
            for table in tables
        }


def complaint(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def is_sound(path: Path) -> bool:
    with Archive(path, read_only=True) as archive:
        return all(finding.ok for finding in verify(archive))


# What it does


def test_the_room_comes_back_and_everything_stays(warta: Warta, path: Path) -> None:
    before, size = contents(path), path.stat().st_size
    result = warta("compact")
    assert (result.exit_code, result.stdout) == (0, "")
    assert path.stat().st_size < size - 500_000
    assert contents(path) == before
    assert is_sound(path)


def test_the_sizes_before_and_after_are_reported(warta: Warta, path: Path) -> None:
    (line,) = warta("compact").stderr.splitlines()
    assert line.startswith(f"{path}: ")
    assert " before, " in line
    assert line.endswith(" now.")


def test_it_stays_an_archive_that_is_read_written_and_searched(warta: Warta, path: Path) -> None:
    warta("compact")
    with Archive(path) as archive:
        assert value(archive, "PRAGMA application_id") == APPLICATION_ID
        assert value(archive, "PRAGMA journal_mode") == "wal"
        assert value(archive, "PRAGMA freelist_count") == 0
        assert keep(archive, story(1, headline="Judul Ketiga"), at=NOW + 2 * HOUR) is not None
    assert "Harga Beras Naik" not in warta("search", "ketiga").stdout
    assert "Judul Ketiga" in warta("search", "ketiga").stdout


def test_a_second_time_changes_nothing_more(warta: Warta, path: Path) -> None:
    warta("compact")
    before = contents(path)
    assert warta("compact").exit_code == 0
    assert contents(path) == before


def test_an_empty_archive_is_compacted(warta: Warta, tmp_path: Path) -> None:
    Archive(tmp_path / "kosong.db").close()
    assert warta("compact", archive=tmp_path / "kosong.db").exit_code == 0


def test_nothing_but_the_archive_is_left(warta: Warta, path: Path) -> None:
    warta("compact")
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_it_finishes_what_a_deferred_take_down_left(warta: Warta, path: Path) -> None:
    secret = b"Nama yang diminta agar dihapus"
    with Archive(path) as archive:
        keep_page(archive, page(3, body=secret * 300))
        keep(archive, story(3, body=secret.decode() * 9), at=NOW + HOUR)
        erase(archive, SITE, "kabar-3", url=url_of(3), reason="diminta", now=NOW + HOUR)
    assert warta("compact").exit_code == 0
    assert secret not in path.read_bytes()
    assert is_sound(path)


# Beside others


@pytest.mark.parametrize("turns", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_a_writer_waits_for_it_and_loses_nothing(warta: Warta, path: Path, turns: int) -> None:
    with writing(path):
        for _turn in range(turns):
            assert warta("compact").exit_code == 0
    assert is_sound(path)
    with Archive(path, read_only=True) as archive:
        assert value(archive, "SELECT count(*) FROM articles") == value(
            archive, "SELECT count(*) FROM urls WHERE state = 'kept'"
        )


def test_a_reader_of_an_older_state_goes_on_reading_it_and_is_reported(
    warta: Warta, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.1)
    with Archive(path, read_only=True) as reader:
        reader.db.conn.execute("BEGIN")
        before = rows(reader, "SELECT * FROM latest")
        result = warta("compact")
        assert result.exit_code == 0
        assert (
            result.stderr.splitlines()[-1]
            == "Another program still reads an older state: its log is removed when it ends."
        )
        assert rows(reader, "SELECT * FROM latest") == before
        reader.db.conn.rollback()
    assert is_sound(path)


def test_a_writer_that_does_not_end_is_reported(
    warta: Warta, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(path)
    with Archive(path) as archive, archive.transaction(NOW):
        monkeypatch.setattr(connection, "BUSY_SECONDS", 0.1)
        assert "another program has kept it locked" in complaint(warta("compact"))
    assert contents(path) == before


# What is in the way


def test_a_missing_archive_is_reported_and_not_made(warta: Warta, tmp_path: Path) -> None:
    assert "there is no archive here" in complaint(
        warta("compact", archive=tmp_path / "tidak-ada.db")
    )
    assert not (tmp_path / "tidak-ada.db").exists()


@pytest.mark.parametrize("command", ["compact", "remove"])
def test_an_archive_in_a_folder_that_cannot_be_looked_into_is_reported(
    warta: Warta, folder_of_a_user: Path, command: str
) -> None:
    shut = folder_of_a_user / "tertutup"
    shut.mkdir()
    Archive(shut / "arsip.db").close()
    shut.chmod(0o000)
    arguments = {"compact": {}, "remove": {"options": ("--reason", "diminta", "--yes")}}[command]
    result = warta(
        command, *(["1"] if command == "remove" else []), archive=shut / "arsip.db", **arguments
    )
    assert str(shut / "arsip.db") in complaint(result)


def test_a_read_only_archive_is_reported(warta: Warta, folder_of_a_user: Path) -> None:
    with Archive(folder_of_a_user / "arsip.db") as archive:
        keep(archive, story(1))
    (folder_of_a_user / "arsip.db").chmod(0o400)
    assert "it is read-only" in complaint(warta("compact", archive=folder_of_a_user / "arsip.db"))


def test_a_damaged_page_that_keeps_a_take_down_from_being_finished_is_named(
    warta: Warta, path: Path
) -> None:
    with Archive(path) as archive:
        archive.db.conn.execute(
            "UPDATE dictionaries SET retired_at = '2026-11-20' WHERE site = 'kabar'"
        )
        archive.db.conn.execute(f"UPDATE snapshots SET digest = '{'0' * 64}' WHERE id = 3")
        archive.db.conn.commit()
    line = complaint(warta("compact"))
    assert "snapshot 3 was damaged" in line


# Ends before its time

COMMAND = """
import os, resource, signal, sys
import archive.archive as store
from archive.maintenance import compact as compaction, takedown
{trouble}
from scraper.cli.main import main
main([*sys.argv[2:], "--archive", sys.argv[1]])
"""

STOPPED_IN_VACUUM = """
compaction.STEPS = 50
class Watched:
    def __init__(self, conn):
        self.conn = conn
    def __getattr__(self, name):
        return getattr(self.conn, name)
    def set_progress_handler(self, handler, steps):
        told = lambda: os.kill(os.getpid(), signal.SIGINT)
        self.conn.set_progress_handler((lambda: (told(), handler())[1]) if handler else None, steps)
opened = store.connect
def connect(path, **named):
    db = opened(path, **named)
    db.conn = Watched(db.conn)
    return db
store.connect = connect
"""

STOPPED_BEFORE_VACUUM = """
def finish(archive, **named):
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1_000_000):
        pass
compaction.finish = finish
"""

SMALL_DISK = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
"""


def told_by(trouble: str, path: Path, *arguments: str) -> list[str]:
    """The lines with which a command that has this trouble ends."""
    command = [sys.executable, "-c", COMMAND.format(trouble=trouble), str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == (130 if "SIGINT" in trouble else 1), done.stderr
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.mark.parametrize(
    "trouble", [STOPPED_BEFORE_VACUUM, STOPPED_IN_VACUUM], ids=["before", "in"]
)
def test_ctrl_c_leaves_the_archive_whole_and_says_so(
    path: Path, warta: Warta, trouble: str
) -> None:
    before = contents(path)
    assert told_by(trouble, path, "compact") == [f"Stopped; {path} is as it was."]
    assert contents(path) == before
    assert is_sound(path)
    assert warta("compact").exit_code == 0


def test_a_full_disk_leaves_the_archive_whole_and_is_reported(path: Path) -> None:
    before = contents(path)
    (line,) = told_by(SMALL_DISK, path, "compact")
    assert line.startswith(f"Error: {path}: the disk ")
    assert contents(path) == before
    assert is_sound(path)


def test_a_killed_one_leaves_the_archive_whole(path: Path, warta: Warta) -> None:
    before = contents(path)
    trouble = STOPPED_IN_VACUUM.replace("SIGINT", "SIGKILL")
    done = subprocess.run(
        [sys.executable, "-c", COMMAND.format(trouble=trouble), str(path), "compact"],
        check=False,
        timeout=300,
    )
    assert done.returncode == -9
    assert contents(path) == before
    with closing(sqlite3.connect(path)) as reader:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert warta("compact").exit_code == 0


@pytest.mark.parametrize(
    "trouble", [STOPPED_BEFORE_VACUUM, STOPPED_IN_VACUUM], ids=["before", "in"]
)
def test_a_take_down_whose_compact_is_stopped_is_reported_to_be_done_and_what_is_left_to_do(
    path: Path, trouble: str
) -> None:
    *_shown, erased, left = told_by(
        trouble, path, "remove", url_of(3), "--reason", "diminta", "--yes"
    )
    assert erased == "Erased 1 revision and 1 kept page; 1 address will never be requested again."
    assert left.startswith("Stopped; ")
    assert left.endswith("until `warta compact`.")
    assert is_sound(path)
    with Archive(path, read_only=True) as archive:
        assert archive.history.taken_down(SITE, "kabar-3")
