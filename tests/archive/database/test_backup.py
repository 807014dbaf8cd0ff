"""`warta backup`: one whole, verified file under the name that was asked for, or nothing at all."""

from __future__ import annotations

import errno
import os
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
from archive.database import backup
from archive.database.schema import APPLICATION_ID
from archive.errors import ArchiveUnwritable
from tests.archive.invented import HOUR, NOW, announce, keep, link, rows, story, value
from tests.archive.writers import writing

Warta = Callable[..., Result]


def fill(archive: Archive) -> None:
    for number in range(1, 9):
        announce(archive, link(number))
        keep(archive, story(number))
    keep(archive, story(1, headline="Harga Beras Naik"), at=NOW + HOUR)


@pytest.fixture(autouse=True)
def library(path: Path, made: Callable[..., Path]) -> Path:
    return Path(copyfile(made(fill), path))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "salinan" / "news.db"


@pytest.fixture(autouse=True)
def folder(copy: Path) -> Path:
    copy.parent.mkdir()
    return copy.parent


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def complaint(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


# What it makes


def test_a_copy_holds_the_same_in_every_table(warta: Warta, path: Path, copy: Path) -> None:
    result = warta("backup", str(copy))
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert result.stderr.startswith(f"{copy}: ")
    assert result.stderr.endswith(", verified.\n")
    assert dump(copy) == dump(path)
    with Archive(copy) as archive:
        assert value(archive, "PRAGMA application_id") == APPLICATION_ID
        assert keep(archive, story(99)) is not None


def test_a_copy_is_one_file_and_nothing_is_left_beside_it(warta: Warta, copy: Path) -> None:
    warta("backup", str(copy))
    assert [found.name for found in copy.parent.iterdir()] == [copy.name]
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_copy_into_a_folder_is_named_like_the_archive(
    warta: Warta, path: Path, folder: Path
) -> None:
    assert warta("backup", str(folder)).exit_code == 0
    assert dump(folder / path.name) == dump(path)


def test_an_empty_archive_is_copied(warta: Warta, tmp_path: Path, copy: Path) -> None:
    Archive(tmp_path / "kosong.db").close()
    assert warta("backup", str(copy), archive=tmp_path / "kosong.db").exit_code == 0
    with Archive(copy, read_only=True) as archive:
        assert value(archive, "SELECT count(*) FROM urls") == 0


def test_what_was_committed_and_stands_only_in_the_log_is_copied(
    warta: Warta, path: Path, copy: Path
) -> None:
    with Archive(path) as archive:
        keep(archive, story(20))
        assert path.with_name(path.name + "-wal").stat().st_size > 0
        assert warta("backup", str(copy)).exit_code == 0
    with Archive(copy, read_only=True) as archive:
        assert value(archive, "SELECT count(*) FROM articles") == 9


def test_a_backup_changes_no_byte_of_the_archive(warta: Warta, path: Path, copy: Path) -> None:
    before = path.read_bytes()
    warta("backup", str(copy))
    assert path.read_bytes() == before


def test_a_copy_beside_a_writer_that_never_pauses_ends_and_is_one_time(
    warta: Warta, path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "STEP", 1)  # the writer commits between any two pages
    with writing(path) as writer:
        counted = []
        for name in ("satu.db", "dua.db", "tiga.db"):
            assert warta("backup", str(folder / name)).exit_code == 0
            with Archive(folder / name, read_only=True) as archive:
                ((articles, kept, revisions, snapshots),) = rows(
                    archive,
                    """SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM urls
                    WHERE state = 'kept'),
                        (SELECT count(*) FROM revisions) - 1, (SELECT count(*)
                        FROM snapshots) - 1""",
                )
            assert articles == kept == revisions == snapshots
            counted.append(articles)
        assert writer.is_alive()
        assert counted == sorted(counted)


# What is in the way


def test_a_file_that_is_there_already_is_never_touched(warta: Warta, copy: Path) -> None:
    copy.write_text("Resep kopi tubruk.")
    assert "there is a file of that name already" in complaint(warta("backup", str(copy)))
    assert copy.read_text() == "Resep kopi tubruk."
    assert [found.name for found in copy.parent.iterdir()] == [copy.name]


def test_a_file_of_that_name_in_the_folder_is_never_touched(
    warta: Warta, path: Path, folder: Path
) -> None:
    (folder / path.name).write_text("Resep kopi tubruk.")
    assert "there is a file of that name already" in complaint(warta("backup", str(folder)))
    assert (folder / path.name).read_text() == "Resep kopi tubruk."


def test_the_archive_cannot_be_copied_onto_itself(warta: Warta, path: Path) -> None:
    before = path.read_bytes()
    assert "there is a file of that name already" in complaint(warta("backup", str(path)))
    assert path.read_bytes() == before


def test_a_file_that_comes_while_it_copies_is_never_touched(path: Path, copy: Path) -> None:
    with (
        Archive(path, read_only=True) as archive,
        pytest.raises(ArchiveUnwritable, match="it cannot be written"),
    ):
        backup.copy_database(
            archive.db.conn,
            copy,
            check=lambda _partial: copy.write_text("Resep kopi tubruk.") and None,
        )
    assert copy.read_text() == "Resep kopi tubruk."
    assert [found.name for found in copy.parent.iterdir()] == [copy.name]


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
def test_a_medium_without_links_takes_the_copy_all_the_same(
    warta: Warta, path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_paths: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)  # as on a USB stick
    assert warta("backup", str(copy)).exit_code == 0
    assert dump(copy) == dump(path)
    assert [found.name for found in copy.parent.iterdir()] == [copy.name]


def test_a_folder_that_is_not_there_is_reported(warta: Warta, copy: Path) -> None:
    assert "it cannot be opened or created there" in complaint(
        warta("backup", str(copy.parent / "tidak-ada" / "news.db"))
    )


def test_a_folder_that_is_a_file_is_reported(warta: Warta, copy: Path) -> None:
    copy.write_text("Resep kopi tubruk.")
    complaint(warta("backup", str(copy / "news.db")))


def test_a_name_that_is_too_long_is_reported(warta: Warta, copy: Path) -> None:
    complaint(warta("backup", str(copy.with_name("n" * 300))))


@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_folder_that_takes_no_files_is_reported(
    warta: Warta, folder_of_a_user: Path, mode: int
) -> None:
    with Archive(folder_of_a_user / "arsip.db") as archive:
        keep(archive, story(1))
    shut = folder_of_a_user / "tertutup"
    shut.mkdir(mode=mode)
    line = complaint(warta("backup", str(shut / "news.db"), archive=folder_of_a_user / "arsip.db"))
    assert str(shut / "news.db") in line
    shut.chmod(0o700)
    assert list(shut.iterdir()) == []


@pytest.mark.parametrize("suffix", ["", "-journal", "-wal", "-shm"])
def test_what_a_killed_backup_left_does_not_matter(
    warta: Warta, path: Path, copy: Path, suffix: str
) -> None:
    copy.with_name(copy.name + ".partial" + suffix).write_bytes(path.read_bytes()[:20_000])
    assert warta("backup", str(copy)).exit_code == 0
    assert dump(copy) == dump(path)
    assert [found.name for found in copy.parent.iterdir()] == [copy.name]


def test_a_damaged_archive_is_not_copied(warta: Warta, path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(path)) as vandal:
        vandal.execute(f"UPDATE snapshots SET digest = '{'0' * 64}' WHERE id = 3")
        vandal.commit()
    line = complaint(warta("backup", str(copy)))
    assert "the copy does not verify" in line
    assert "snapshot 3 of " in line
    assert list(copy.parent.iterdir()) == []


@pytest.mark.parametrize("table", ["checks", "search_data"])
def test_an_archive_whose_file_is_damaged_is_not_copied(
    warta: Warta, path: Path, copy: Path, table: str
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = b"\xaa" * 4096
    path.write_bytes(content)
    line = complaint(warta("backup", str(copy)))
    assert (
        line
        == "Error: the copy does not verify, and was deleted: the database file is damaged; try"
        " `warta verify`"
    )
    assert list(copy.parent.iterdir()) == []


# Ends before its time

SMALL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
from scraper.cli.main import main
main(["backup", "--archive", sys.argv[1], sys.argv[2]])
"""

STOPPED_WHILE_COPYING = """
import os, signal, sys
from archive.database import backup as backups
from scraper.cli.maintenance import backup
backups.STEP = 5
copied = backup.copy_database
def stop(left, total):
    os.kill(os.getpid(), signal.SIGINT)
backup.copy_database = lambda *given, **named: copied(*given, **{**named, "copied": stop})
from scraper.cli.main import main
main(["backup", "--archive", sys.argv[1], sys.argv[2]])
"""

STOPPED_WHILE_CHECKING = """
import os, signal, sys
from archive.maintenance import copies
verify = copies.verify
def stop(*given, **named):
    for finding in verify(*given, **named):
        os.kill(os.getpid(), signal.SIGINT)
        yield finding
copies.verify = stop
from scraper.cli.main import main
main(["backup", "--archive", sys.argv[1], sys.argv[2]])
"""


def told_by(script: str, *arguments: Path) -> str:
    """The one line with which a program ends."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == (130 if "SIGINT" in script else 1), done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line.removeprefix("Error: ")


def test_a_disk_that_is_full_is_reported_and_nothing_is_left(path: Path, copy: Path) -> None:
    assert path.stat().st_size > 40_000
    assert told_by(SMALL_DISK, path, copy).startswith(f"{copy}: the disk ")
    assert list(copy.parent.iterdir()) == []


@pytest.mark.parametrize(
    "script", [STOPPED_WHILE_COPYING, STOPPED_WHILE_CHECKING], ids=["copying", "checking"]
)
def test_ctrl_c_ends_it_in_one_line_and_leaves_nothing(path: Path, copy: Path, script: str) -> None:
    before = path.read_bytes()
    assert told_by(script, path, copy) == f"Stopped; there is no {copy}."
    assert list(copy.parent.iterdir()) == []
    assert path.read_bytes() == before
