"""A backup put in an archive's place is read as it is, whatever that archive has left beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result

from archive import Archive
from archive.database.backup import copy_database
from archive.database.migrations import migrations
from archive.errors import ArchiveUnwritable
from archive.maintenance.verify import verify
from tests.archive.database.test_migrations import add_a_migration, contents, write
from tests.archive.invented import announce, keep, link, story, url_of, value
from tests.conftest import allow_again

Warta = Callable[..., Result]

CRAWL = """
import sys
from archive import Archive
from archive.database.backup import copy_database
from archive.database.migrations import migrations
from tests.archive.database.test_migrations import m002_moods
from tests.archive.invented import announce, keep, link, story
migrations()(m002_moods)
archive = Archive(sys.argv[1])
announce(archive, *map(link, range(20, 30)))
for number in range(20, 30):
    keep(archive, story(number))
print("written", flush=True)
sys.stdin.readline()
archive.close()
"""


@contextmanager
def crawling(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program of the second release, which has migrated the archive and written ten stories."""
    with subprocess.Popen(
        [sys.executable, "-c", CRAWL, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "written\n"
            yield process
        finally:
            process.kill()


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@pytest.fixture
def killed(path: Path) -> Path:
    """An archive that was migrated, and whose crawl was killed: most of it is in its log."""
    write(path)
    with crawling(path) as process:
        process.kill()
        process.wait()
    assert beside(path, "-wal").stat().st_size > path.stat().st_size
    return path


@pytest.mark.parametrize("read_only", [True, False])
def test_the_copy_made_before_a_migration_is_restored_and_migrated_again(
    killed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, read_only: bool
) -> None:
    shutil.move(beside(killed, ".before-m002"), killed)
    add_a_migration(monkeypatch)
    with Archive(killed, read_only=read_only) as archive:
        assert migrations.pending(archive.db) == []
        assert value(archive, "SELECT count(*) FROM urls") == 6
        assert value(archive, "SELECT count(*) FROM moods") == 4
        assert [finding for finding in verify(archive) if not finding.ok] == []
    first, second = caplog.messages
    assert first == (
        f"{killed}: it is a backup; the log of the archive that was here before is now"
        f" {killed}-wal.leftover"
    )
    assert f"{killed}.before-m002 is how it was" in second


def test_the_release_that_made_it_reads_it_as_it_was(path: Path, killed: Path) -> None:
    shutil.move(beside(killed, ".before-m002"), killed)
    with Archive(killed) as archive:  # its migrations are those of the first release
        assert announce(archive, link(9)) == [url_of(9)]


def test_a_backup_made_by_the_command_takes_a_killed_archives_place(
    path: Path, warta: Warta, tmp_path: Path
) -> None:
    write(path)
    copy = tmp_path / "copy.db"
    assert warta("backup", str(copy)).exit_code == 0
    before = contents(copy)
    with crawling(path) as process:
        process.kill()
    shutil.copy(copy, path)
    shown = warta("explain", url_of(5))
    assert shown.exit_code == 0
    assert "timeout" not in shown.stderr
    assert contents(path) == before


def test_the_log_belongs_to_the_archive_wherever_that_was_moved(
    killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "moved.db"
    killed.rename(moved)
    shutil.move(beside(killed, ".before-m002"), killed)
    add_a_migration(monkeypatch)
    Archive(killed).close()
    beside(killed, "-wal.leftover").rename(beside(moved, "-wal"))
    with Archive(moved) as archive:
        assert value(archive, "SELECT count(*) FROM urls") == 16
        assert [finding for finding in verify(archive) if not finding.ok] == []


def test_a_crawl_that_still_runs_in_the_archive_that_was_replaced_does_not_touch_the_backup(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path)
    with crawling(path) as process:
        shutil.move(beside(path, ".before-m002"), path)
        add_a_migration(monkeypatch)
        with Archive(path) as archive:
            keep(archive, story(9))
            process.communicate("\n")  # it closes the archive that is no longer there
            assert process.returncode == 0
            keep(archive, story(10))
            with Archive(path, read_only=True) as reader:
                assert value(reader, "SELECT count(*) FROM articles") == 6
    with Archive(path) as archive:
        assert value(archive, "SELECT count(*) FROM articles") == 6
        assert [finding for finding in verify(archive) if not finding.ok] == []


def test_a_backup_that_was_opened_is_an_archive_and_keeps_its_own_log(
    path: Path, warta: Warta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path)
    copy = tmp_path / "copy.db"
    warta("backup", str(copy))
    with crawling(copy) as process:
        process.kill()
    assert beside(copy, "-wal").exists()
    add_a_migration(monkeypatch)
    with Archive(copy, read_only=True) as archive:
        assert value(archive, "SELECT count(*) FROM urls") == 16
    assert not beside(copy, "-wal.leftover").exists()


def test_commands_that_meet_the_leftovers_at_once_open_the_backup(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(beside(killed, ".before-m002"), killed)
    add_a_migration(monkeypatch)

    def write_one(number: int) -> None:
        with Archive(killed) as archive:
            keep(archive, story(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_one, range(40, 48)))
    with Archive(killed) as archive:
        assert value(archive, "SELECT count(*) FROM articles") == 4 + 8


def test_where_the_log_cannot_be_moved_one_line_says_what_to_do(folder_of_a_user: Path) -> None:
    path = folder_of_a_user / "news.db"
    write(path)
    with Archive(path) as archive:
        announce(archive, link(9))
        log = beside(path, "-wal").read_bytes()
        copy_database(archive.db.conn, beside(path, ".copy"))
    beside(path, ".copy").replace(path)
    beside(path, "-wal").write_bytes(log)
    folder_of_a_user.chmod(0o500)
    with pytest.raises(
        ArchiveUnwritable, match=r"news\.db: it is a backup.*news\.db-wal.*move that file away"
    ) as refused:
        Archive(path)
    assert len(str(refused.value).splitlines()) == 1
    allow_again(folder_of_a_user)
    assert beside(path, "-wal").read_bytes() == log
