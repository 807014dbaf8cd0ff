"""`warta restore`: a backup takes the archive's place, and at no time is there neither."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from unittest.mock import Mock

import pytest
from click.testing import Result

from archive import Archive
from archive.database.backup import copy_database, is_copy
from archive.maintenance.copies import opened_as_it_is
from archive.maintenance.restore import restore
from archive.maintenance.verify import verify
from scraper.politeness.locks import schedule_lock, writer_lock
from tests.archive.database.test_migrations import add_a_migration, write
from tests.archive.database.test_restoring import beside, crawling
from tests.archive.invented import DAY, NOW, announce, keep, link, story, url_of, value
from tests.questions import dialogue

Warta = Callable[..., Result]


def fill(archive: Archive) -> None:
    """Eight stories; a copy beside the archive was made when there were four."""
    for number in range(1, 9):
        announce(archive, link(number))
        keep(archive, story(number))
        if number == 4:
            copy_database(archive.db.conn, archive.path.with_name("cadangan.db"))


@pytest.fixture
def backup(path: Path, tmp_path: Path, made: Callable[..., Path]) -> Path:
    """A copy of the archive, which has eight stories by now: four more than the copy."""
    copyfile(made(fill), path)
    return Path(copyfile(made(fill).with_name("cadangan.db"), tmp_path / "cadangan.db"))


def stories(path: Path) -> int:
    with Archive(path, read_only=True) as archive:
        assert [finding for finding in verify(archive) if not finding.ok] == []
        return int(value(archive, "SELECT count(*) FROM articles"))


def aside(path: Path) -> Path:
    (found,) = path.parent.glob(f"{path.name}.before-restore-*Z")
    return found


def complaint(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    line = result.stderr.splitlines()[-1]
    assert line.startswith("Error: ")
    return line


# What it does


def test_the_backup_takes_the_archives_place_which_is_kept(
    warta: Warta, path: Path, backup: Path
) -> None:
    before = backup.read_bytes()
    result = warta("restore", str(backup))
    assert (result.exit_code, result.stdout) == (0, ""), result.output
    source, present, done, kept = result.stderr.splitlines()
    assert source.startswith(f"{backup}: 4 articles, 4 revisions, last written 2026-11-20T")
    assert present.startswith(f"{path}: 8 articles, 8 revisions, last written")
    assert done == f"{path}: restored, 4 articles, verified."
    assert kept == f"What was there is kept: {aside(path)}. Delete it when you no longer need it."
    assert (stories(path), stories(aside(path)), backup.read_bytes()) == (4, 8, before)


def test_what_was_kept_is_restored_in_the_same_way(warta: Warta, path: Path, backup: Path) -> None:
    warta("restore", str(backup))
    kept = aside(path).rename(path.with_name("dulu.db"))
    assert warta("restore", str(kept)).exit_code == 0
    assert (stories(path), stories(aside(path))) == (8, 4)


def test_it_is_written_to_like_any_archive(warta: Warta, path: Path, backup: Path) -> None:
    warta("restore", str(backup))
    with Archive(path) as archive:
        keep(archive, story(20))
    assert stories(path) == 5


def test_where_there_is_no_archive_one_is_made(warta: Warta, tmp_path: Path, backup: Path) -> None:
    new = tmp_path / "baru.db"
    result = warta("restore", str(backup), archive=new)
    assert f"{new}: there is no archive yet" in result.stderr
    assert stories(new) == 4
    assert list(tmp_path.glob("baru.db*")) == [new]


def test_a_link_to_the_archive_stays_a_link(warta: Warta, path: Path, backup: Path) -> None:
    (name := path.with_name("tautan.db")).symlink_to(path)
    assert warta("restore", str(backup), archive=name).exit_code == 0
    assert (name.is_symlink(), stories(path)) == (True, 4)


def test_those_who_could_read_it_still_can(warta: Warta, path: Path, backup: Path) -> None:
    path.chmod(0o640)
    warta("restore", str(backup))
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_dry_run_compares_and_changes_nothing(warta: Warta, path: Path, backup: Path) -> None:
    result = warta("restore", str(backup), options=("--dry-run",))
    assert result.exit_code == 0
    assert len(result.stderr.splitlines()) == 2
    assert stories(path) == 8


def test_only_on_request_the_present_archive_is_discarded(
    warta: Warta, path: Path, backup: Path
) -> None:
    refused = warta("restore", str(backup), options=("--discard",))
    assert refused.exit_code == 2
    assert "nothing was restored: stdin is no terminal" in refused.stderr
    assert warta("restore", str(backup), options=("--discard", "--yes")).exit_code == 0
    assert stories(path) == 4
    assert list(path.parent.glob("news.db.before*")) == []


@pytest.mark.processes
def test_on_a_terminal_it_asks_before_it_discards(path: Path, backup: Path) -> None:
    words = ("restore", str(backup), "--discard", "--archive", str(path))
    assert dialogue(*words, typed="n\n").terminal.endswith("Stopped; nothing was restored.\n")
    assert stories(path) == 8
    assert dialogue(*words, typed="y\n").code == 0
    assert stories(path) == 4


def test_a_read_only_medium_is_restored_from(warta: Warta, path: Path, backup: Path) -> None:
    backup.chmod(0o400)
    assert warta("restore", str(backup)).exit_code == 0
    assert stories(path) == 4


# What the old archive has left


@pytest.mark.parametrize("marked", [True, False], ids=["by warta", "by another program"])
def test_the_log_of_a_killed_crawl_is_never_replayed_into_the_backup(
    path: Path, warta: Warta, tmp_path: Path, marked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kind: an archive that was migrated and killed, and a copy from before the migration."""
    write(path)
    copy = tmp_path / "cadangan.db"
    with Archive(path, read_only=True) as archive:
        if marked:
            copy_database(archive.db.conn, copy)
        else:
            with closing(sqlite3.connect(copy)) as target:
                archive.db.conn.backup(target)
    with crawling(path) as process:
        process.kill()
        process.wait()
    assert beside(path, "-wal").stat().st_size > path.stat().st_size
    assert warta("restore", str(copy)).exit_code == 0
    assert not beside(path, "-wal").exists()
    add_a_migration(monkeypatch)
    with Archive(path) as archive:  # it is migrated, as the backup was not
        assert value(archive, "SELECT count(*) FROM urls") == 6
        assert value(archive, "SELECT count(*) FROM moods") == 4
        assert [finding for finding in verify(archive) if not finding.ok] == []
    with Archive(aside(path), read_only=True) as archive:  # with all that stood in the log
        assert value(archive, "SELECT count(*) FROM urls") == 16


def test_an_archive_that_is_damaged_is_kept_with_its_log(
    path: Path, warta: Warta, backup: Path
) -> None:
    path.write_bytes(b"\xaa" * 50_000)
    beside(path, "-wal").write_bytes(b"log")
    result = warta("restore", str(backup))
    assert f"{path}: 50.0 kB, and it cannot be read (it is not an SQLite file)" in result.stderr
    assert stories(path) == 4
    assert aside(path).read_bytes() == b"\xaa" * 50_000
    assert beside(aside(path), "-wal").read_bytes() == b"log"


def test_the_log_of_an_archive_that_was_moved_away_is_kept(
    path: Path, warta: Warta, backup: Path
) -> None:
    path.rename(path.with_name("dipindah.db"))
    beside(path, "-wal").write_bytes(b"log")
    assert warta("restore", str(backup)).exit_code == 0
    assert stories(path) == 4
    assert beside(path, "-wal.leftover").read_bytes() == b"log"


# What is refused


@pytest.mark.parametrize("lock", [schedule_lock, lambda path: writer_lock(path, "suara")])
def test_while_a_crawl_or_a_schedule_runs_nothing_is_restored(
    path: Path, backup: Path, lock: Callable[[Path], object]
) -> None:
    command = [sys.executable, "-m", "scraper", "restore", str(backup), "--archive", str(path)]
    with lock(path):  # type: ignore[attr-defined]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout) == (1, "")
    assert "another" in done.stderr.splitlines()[-1]
    assert stories(path) == 8
    assert not list(path.parent.glob("*.lock"))


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "SELECT count(*) FROM urls"])
def test_while_any_program_has_it_open_nothing_is_restored(
    warta: Warta, path: Path, backup: Path, statement: str
) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(statement).fetchall()
        assert "another program has it open" in complaint(warta("restore", str(backup)))
    assert stories(path) == 8
    assert [found.name for found in path.parent.glob("news.db.*")] == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty, not an archive"),
        (b"Resep kopi tubruk." * 100, "it is not an SQLite file"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_backup_is_reported_in_one_line(
    warta: Warta, path: Path, backup: Path, content: bytes | None, why: str
) -> None:
    other = path.with_name("lain.db")
    if content is not None:
        other.write_bytes(content)
    assert complaint(warta("restore", str(other))) == f"Error: {other}: {why}"
    assert stories(path) == 8


def test_the_archive_itself_and_another_programs_database_are_refused(
    warta: Warta, path: Path, backup: Path
) -> None:
    assert warta("restore", str(path)).exit_code == 2
    other = path.with_name("lain.db")
    with closing(sqlite3.connect(other)) as program:
        program.execute("CREATE TABLE resep (nama)")
    assert "the SQLite database of another program" in complaint(warta("restore", str(other)))


def test_a_backup_of_a_later_release_is_refused(
    warta: Warta, path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        add_a_migration(patch)
        Archive(backup).close()
    assert "a later version of warta" in complaint(warta("restore", str(backup)))
    assert stories(path) == 8


def test_a_damaged_backup_is_refused(warta: Warta, path: Path, backup: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[20_000:60_000] = b"\xaa" * 40_000
    backup.write_bytes(content)
    assert complaint(warta("restore", str(backup))) == (
        f"Error: {backup}: it does not verify, and was not restored: the database file is damaged"
    )
    assert stories(path) == 8
    assert not list(path.parent.glob("news.db.*"))


def test_a_dry_run_verifies_the_backup(warta: Warta, path: Path, backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as vandal:
        vandal.execute("UPDATE articles SET revision = 9 WHERE id = 1")
        vandal.commit()
    line = complaint(warta("restore", str(backup), options=("--dry-run",)))
    assert "it does not verify" in line


def test_stories_that_were_taken_down_since_are_named(
    warta: Warta, path: Path, backup: Path
) -> None:
    taken = warta("remove", "2", options=("--reason", "diminta", "--yes"))
    assert taken.exit_code == 0, taken.output
    for option, verb in ((("--dry-run",), "would be"), (("--yes",), "was")):
        lines = warta("restore", str(backup), options=option).stderr.splitlines()
        assert f"Taken down after this backup: {url_of(2)}" in lines
        assert f"1 story {verb} taken down again." in lines
    with Archive(path, read_only=True) as archive:
        assert archive.db.conn.execute("SELECT key, reason FROM tombstones").fetchall() == [
            ("kabar-2", "diminta")
        ]
        assert value(archive, "SELECT count(*) FROM revisions WHERE article_id = 2") == 0
    assert (stories(path), is_copy(path)) == (4, True)
    assert sorted(file.name for file in path.parent.glob("*restor*")) == [aside(path).name]


def test_a_take_down_outlives_the_second_restore_as_well(
    warta: Warta, path: Path, backup: Path
) -> None:
    assert warta("remove", "2", options=("--reason", "diminta", "--yes")).exit_code == 0
    for _turn in range(2):
        assert warta("restore", str(backup), options=("--yes",)).exit_code == 0
        assert story(3).headline.encode() in path.read_bytes()
        assert story(2).headline.encode() not in path.read_bytes()
    with Archive(path, read_only=True) as archive:
        assert value(archive, "SELECT count(*) FROM tombstones") == 1


def test_without_a_terminal_a_newer_archive_is_replaced_only_with_yes(
    warta: Warta, path: Path, backup: Path
) -> None:
    with Archive(path) as archive:
        keep(archive, story(9), at=NOW + DAY)
    refused = warta("restore", str(backup))
    assert refused.exit_code == 2
    assert "nothing was restored: stdin is no terminal" in refused.stderr
    assert stories(path) == 9
    assert warta("restore", str(backup), options=("--yes",)).exit_code == 0
    assert stories(path) == 4


@pytest.mark.processes
def test_on_a_terminal_it_asks_before_it_replaces_a_newer_archive(path: Path, backup: Path) -> None:
    with Archive(path) as archive:
        keep(archive, story(9), at=NOW + DAY)
    words = ("restore", str(backup), "--archive", str(path))
    refused = dialogue(*words, typed="n\n")
    assert f"{path} was written after this backup. Replace it?" in refused.terminal
    assert (refused.code, stories(path)) == (130, 9)
    assert dialogue(*words, typed="y\n").code == 0
    assert stories(path) == 4


def test_an_archive_that_is_no_newer_is_replaced_without_a_question(
    warta: Warta, path: Path, backup: Path
) -> None:
    assert warta("restore", str(backup)).exit_code == 0


def test_what_two_restores_of_one_second_replace_is_kept_twice(path: Path, backup: Path) -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    kept = []
    for _turn in range(3):
        with opened_as_it_is(backup) as source:
            unused = Mock(return_value=None)
            kept.append(restore(source.conn, path, now=now, keep=True, check=unused, copied=unused))
    names = [file.name.partition(".before-restore-")[2] for file in kept if file is not None]
    assert names == ["20261130T000000Z", "20261130T000000Z-2", "20261130T000000Z-3"]


def test_a_backup_whose_texts_do_not_verify_is_refused(
    warta: Warta, path: Path, backup: Path
) -> None:
    with closing(sqlite3.connect(backup)) as vandal:
        vandal.execute("UPDATE articles SET revision = 9 WHERE id = 1")
        vandal.commit()
    line = complaint(warta("restore", str(backup)))
    assert f"{backup}: it does not verify, and was not restored: numbers: article 1" in line
    assert stories(path) == 8


# Ends before its time

DRIVER = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from archive.maintenance.copies import opened_as_it_is, problem_of
from archive.maintenance.restore import restore

def run(backup, path):
    with opened_as_it_is(backup) as source:
        restore(source.conn, path, now=datetime(2026, 11, 30, tzinfo=UTC), keep=True,
            check=problem_of, copied=lambda _left, _all: None)
"""

KILLED = (
    DRIVER
    + """
import shutil
place, count = Path(sys.argv[1]), 0
EVENTS = {"os.rename", "os.link", "os.remove", "sqlite3.connect", "os.chmod", "os.chown"}
while True:
    folder = place / str(count)
    shutil.copytree(place / "mula", folder)
    child = os.fork()
    if child == 0:
        left = count
        def die(event, _given):
            global left
            if event in EVENTS:
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
        sys.addaudithook(die)
        run(folder / "cadangan.db", folder / "news.db")
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    if status == 0:
        print(count)
        break
    count += 1
"""
)


@pytest.mark.processes
def test_killed_at_any_time_the_old_or_the_new_archive_is_there_whole(
    tmp_path: Path, path: Path, backup: Path
) -> None:
    with closing(sqlite3.connect(path)) as kept_open:  # so that its log is not empty
        kept_open.execute("SELECT count(*) FROM urls").fetchone()
        with Archive(path) as archive:
            announce(archive, link(50))
            place = tmp_path / "mati"
            (place / "mula").mkdir(parents=True)
            for name in ("news.db", "news.db-wal", "cadangan.db"):
                shutil.copy(tmp_path / name, place / "mula" / name)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(place)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    times = int(done.stdout)
    assert times > 8
    found = []
    for number in range(times + 1):
        news = place / str(number) / "news.db"
        with Archive(news) as archive:  # also after a kill between two names: it can be written
            urls = value(archive, "SELECT count(*) FROM urls")
            announce(archive, link(60))
        found.append(urls)
        assert value_of(news, "PRAGMA integrity_check") == "ok"
    assert set(found) == {4, 9}
    assert found == sorted(found, reverse=True)


def value_of(path: Path, statement: str) -> object:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchone()[0]


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
from scraper.cli.main import main
main(["restore", sys.argv[1], "--archive", sys.argv[2]])
"""


@pytest.mark.processes
def test_a_disk_that_is_full_keeps_the_archive(path: Path, backup: Path) -> None:
    command = [sys.executable, "-c", FULL, str(backup), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 1
    assert ": the disk " in done.stderr.splitlines()[-1]
    assert stories(path) == 8
    assert not list(path.parent.glob("news.db.*"))


def test_a_medium_without_links_keeps_the_archive_all_the_same(
    warta: Warta, path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_paths: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    assert warta("restore", str(backup)).exit_code == 0
    assert (stories(path), stories(aside(path))) == (4, 8)


def test_ctrl_c_while_it_copies_keeps_the_archive(
    warta: Warta, path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "scraper.cli.maintenance.restore.copying",
        lambda _advance: lambda _left, _all: os.kill(os.getpid(), signal.SIGINT),
    )
    stopped = warta("restore", str(backup))
    assert (stopped.exit_code, stopped.stdout) == (130, "")
    assert stopped.stderr.splitlines()[-1] == f"Stopped; {path} is as it was."
    assert stories(path) == 8
