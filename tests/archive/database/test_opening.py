"""Opening a file as an archive: it is one, it becomes one, or one plain sentence says why not."""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from archive import Archive
from archive.database.schema import APPLICATION_ID
from archive.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveMissing,
    ArchiveUnwritable,
    NotAnArchive,
    SchemaTooNew,
)
from tests.archive.invented import NOW, SITE, announce, keep, link, story, value


def make(path: Path) -> None:
    with Archive(path) as archive:
        keep(archive, story())


def test_a_new_archive_is_made_where_there_is_none(path: Path) -> None:
    make(path)
    with Archive(path, read_only=True) as archive:
        assert value(archive, "SELECT count(*) FROM latest") == 1


def test_an_archive_is_marked_as_ours_and_written_ahead(archive: Archive) -> None:
    assert value(archive, "PRAGMA application_id") == APPLICATION_ID
    assert value(archive, "PRAGMA journal_mode") == "wal"
    assert value(archive, "PRAGMA foreign_keys") == 1


def test_a_closed_archive_is_one_file(path: Path) -> None:
    make(path)
    assert [left.name for left in path.parent.iterdir()] == ["news.db"]


def test_opening_again_changes_nothing(path: Path) -> None:
    make(path)
    before = path.read_bytes()
    Archive(path).close()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "name",
    [
        "arsip berita.db",
        "100%.db",
        "berita#1?.db",
        "berita&mode=memory.db",
        "kopi-naïf.db",
        "'; --.db",
    ],
)
def test_any_name_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    make(tmp_path / name)
    assert [left.name for left in tmp_path.iterdir()] == [name]


def test_reading_makes_no_archive(path: Path) -> None:
    with pytest.raises(ArchiveMissing, match=r"news\.db: there is no archive here"):
        Archive(path, read_only=True)
    assert not path.exists()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_folder_is_no_archive(tmp_path: Path, read_only: bool) -> None:
    with pytest.raises(NotAnArchive, match="it is a folder"):
        Archive(tmp_path, read_only=read_only)


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    "content", [b"halo", b"Pasar Tanjung ramai.\n" * 500, b"SQLite format 2\0" + b"x" * 5000]
)
def test_a_file_that_is_not_sqlite_is_refused_and_left_alone(
    path: Path, content: bytes, read_only: bool
) -> None:
    path.write_bytes(content)
    with pytest.raises(NotAnArchive, match="it is not an SQLite file"):
        Archive(path, read_only=read_only)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("read_only", [True, False])
def test_another_programs_database_is_refused_and_left_alone(path: Path, read_only: bool) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE resep (nama TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(NotAnArchive, match="database of another program"):
        Archive(path, read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [True, False])
def test_an_archive_of_a_later_warta_is_refused(path: Path, read_only: bool) -> None:
    make(path)
    later = sqlite3.connect(path)
    later.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('warta',"
        " 'm999_bulan', '2031-01-01')"
    )
    later.commit()
    later.close()
    with pytest.raises(SchemaTooNew, match=r"later version of warta.*m999_bulan.*upgrade"):
        Archive(path, read_only=read_only)


def test_migrations_of_another_tool_in_the_same_file_do_not_matter(path: Path) -> None:
    make(path)
    tool = sqlite3.connect(path)
    tool.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('catatan',"
        " 'm999', '2031-01-01')"
    )
    tool.commit()
    tool.close()
    Archive(path).close()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_name_that_is_too_long_is_reported_plainly(tmp_path: Path, read_only: bool) -> None:
    with pytest.raises(ArchiveError):
        Archive(tmp_path / ("berita" * 60), read_only=read_only)


@pytest.mark.parametrize("place", ["tidak-ada/news.db", "berkas/news.db"])
def test_a_folder_that_is_not_there_is_reported_plainly(tmp_path: Path, place: str) -> None:
    (tmp_path / "berkas").write_text("sebuah berkas, bukan folder")
    with pytest.raises(ArchiveUnwritable, match=r"news\.db: it cannot be opened or created there"):
        Archive(tmp_path / place)


def test_a_folder_without_permission_is_reported_plainly(folder_of_a_user: Path) -> None:
    folder_of_a_user.chmod(0o500)
    with pytest.raises(ArchiveUnwritable, match="cannot be opened or created there"):
        Archive(folder_of_a_user / "news.db")


@pytest.mark.parametrize("read_only", [True, False])
def test_a_folder_that_may_not_be_entered_is_reported_plainly(
    folder_of_a_user: Path, read_only: bool
) -> None:
    closed = folder_of_a_user / "tertutup"
    closed.mkdir(mode=0o000)
    with pytest.raises(ArchiveError, match=r"news\.db: "):
        Archive(closed / "news.db", read_only=read_only)


def test_a_read_only_file_takes_no_writes_and_says_so(folder_of_a_user: Path) -> None:
    path = folder_of_a_user / "news.db"
    make(path)
    path.chmod(0o400)
    with (
        pytest.raises(ArchiveUnwritable, match=r"news\.db: it is read-only"),
        Archive(path) as archive,
    ):
        announce(archive, link(2))


def test_a_read_only_file_can_be_read(folder_of_a_user: Path) -> None:
    path = folder_of_a_user / "news.db"
    make(path)
    path.chmod(0o400)
    with Archive(path, read_only=True) as archive:
        assert value(archive, "SELECT count(*) FROM latest") == 1


def test_an_archive_on_a_read_only_medium_can_be_read(folder_of_a_user: Path) -> None:
    path = folder_of_a_user / "news.db"
    make(path)
    path.chmod(0o400)
    folder_of_a_user.chmod(0o500)
    with Archive(path, read_only=True) as archive:
        assert value(archive, "SELECT count(*) FROM latest") == 1


def test_a_reader_cannot_write(path: Path) -> None:
    make(path)
    with (
        Archive(path, read_only=True) as archive,
        pytest.raises(ArchiveUnwritable, match="it is read-only"),
    ):
        announce(archive, link(2))


def test_a_full_disk_is_reported_plainly_and_nothing_is_half_written(archive: Archive) -> None:
    keep(archive, story(1))
    pages = value(archive, "PRAGMA page_count")
    archive.db.conn.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ArchiveUnwritable, match=r"news\.db: the disk is full"):
        keep(archive, story(2, body="Air sungai naik perlahan. " * 5000))
    assert (
        value(archive, "SELECT count(*) FROM urls")
        == value(archive, "SELECT count(*) FROM snapshots")
        == 1
    )
    assert value(archive, "PRAGMA integrity_check") == "ok"


def test_after_a_full_disk_has_room_again_the_archive_goes_on(archive: Archive) -> None:
    archive.db.conn.execute("PRAGMA max_page_count = 1")
    with pytest.raises(ArchiveUnwritable):
        keep(archive, story(1, body="Air sungai naik perlahan. " * 5000))
    archive.db.conn.execute("PRAGMA max_page_count = 1000000")
    assert keep(archive, story(1, body="Air sungai naik perlahan. " * 5000)) is not None


def test_a_lock_that_is_never_let_go_is_reported_plainly(archive: Archive, path: Path) -> None:
    archive.db.conn.execute("PRAGMA busy_timeout = 0")
    with (
        Archive(path) as other,
        other.transaction(NOW),
        pytest.raises(ArchiveUnwritable, match="another program"),
    ):
        announce(archive, link())


def test_a_damaged_file_is_reported_plainly(path: Path) -> None:
    make(path)
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996  # the root of the schema
    path.write_bytes(content)
    with pytest.raises(ArchiveDamaged, match=r"news\.db: the database file is damaged"):
        Archive(path)


def test_a_copied_archive_is_an_archive(path: Path, tmp_path: Path) -> None:
    make(path)
    shutil.copy(path, tmp_path / "salinan.db")
    with Archive(tmp_path / "salinan.db") as copy:
        assert keep(copy, story(2)) is not None


def test_an_error_inside_a_transaction_takes_all_of_it_back(archive: Archive) -> None:
    with pytest.raises(ZeroDivisionError), archive.transaction(story().published_at):
        archive.ledger.announce(SITE, [link()], source="sitemap")
        raise ZeroDivisionError
    assert value(archive, "SELECT count(*) FROM urls") == 0
    assert announce(archive, link()) == [link().url]


def open_together(paths: list[Path], barrier: Barrier, number: int) -> None:
    for path in paths:
        barrier.wait()
        with Archive(path) as archive:
            keep(archive, story(number))


def test_processes_that_make_the_same_new_archive_at_once_share_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    paths, barrier = [tmp_path / f"{turn}.db" for turn in range(8)], context.Barrier(3)
    together = [
        context.Process(target=open_together, args=(paths, barrier, number)) for number in range(3)
    ]
    for process in together:
        process.start()
    for process in together:
        process.join()
    assert [process.exitcode for process in together] == [0, 0, 0]
    for path in paths:
        with Archive(path, read_only=True) as archive:
            assert value(archive, "SELECT count(*) FROM latest") == 3
