"""What a merge refuses, in one line; where it ends early, nothing is half-written."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from shutil import copyfile
from unittest.mock import patch

import pytest

from archive import Archive
from archive.database.lock_files import take_lock
from archive.errors import ArchiveBusy, ArchiveError, ArchiveUnwritable
from archive.merge import copying, inputs, merge, partial
from archive.merge.merge import Options
from tests.archive.invented import DAY, HOUR, NOW, SITE, announce, keep, link, new_archive, story
from tests.archive.merge.worlds import LATER, content, dump, merged
from tests.archive.removals import put


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Two archives that have one story in common."""
    found = [tmp_path / "a.db", tmp_path / "b.db"]
    for place, path in enumerate(found):
        with new_archive(path) as archive:
            for number in (1, 2 + place, 4 + place):
                announce(archive, link(number), at=NOW + place * HOUR)
                text = f"Kabar {number} menurut mesin {place}."
                put(archive, number, text, hours=1 + 2 * number + place)
    return found


def truncated(path: Path) -> str:
    path.write_bytes(path.read_bytes()[:-4096])
    return "damaged"


def missing(path: Path) -> str:
    path.unlink()
    return "there is no such file"


def empty(path: Path) -> str:
    path.write_bytes(b"")
    return "it is empty, not an archive"


def a_text(path: Path) -> str:
    path.write_text("Dua sendok kopi.\n" * 900)
    return "it is not an SQLite file"


def a_folder(path: Path) -> str:
    path.unlink()
    path.mkdir()
    return "it is a folder, not an archive"


def _changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as changed, changed:
        changed.execute("PRAGMA foreign_keys = OFF")
        changed.execute(statement)


def another_programs(path: Path) -> str:
    path.unlink()
    _changed(path, "CREATE TABLE resep (nama TEXT)")
    return "it is the SQLite database of another program"


def of_an_earlier_version(path: Path) -> str:
    _changed(path, "DELETE FROM _sqlite_migrations WHERE name LIKE 'm008%'")
    return "any command that reads it, such as `warta stats`, migrates it"


def of_a_later_version(path: Path) -> str:
    _changed(path, "UPDATE _sqlite_migrations SET name = 'm999' WHERE name LIKE 'm008%'")
    return "a later version of warta wrote this archive"


def a_row_that_is_gone(path: Path) -> str:
    _changed(path, "UPDATE snapshots SET url_id = 999 WHERE id = 2")
    return "points to a row"


def a_text_that_is_no_text(path: Path) -> str:
    _changed(path, "UPDATE checks SET reason = CAST(x'ff' AS TEXT) WHERE id = 2")
    return "it is not UTF-8"


def a_clock_that_shows_no_time(path: Path) -> str:
    _changed(path, "UPDATE clock SET latest = 'kemarin'")
    return "clock: its latest time is none"


def a_number_for_which_there_is_no_memory(path: Path) -> str:
    _changed(path, "UPDATE urls SET id = 9223372036854775807 WHERE id = (SELECT max(id) FROM urls)")
    return "no row has such a number"


def a_number_below_zero(path: Path) -> str:
    _changed(path, "UPDATE articles SET id = -1 WHERE id = (SELECT max(id) FROM articles)")
    return "no row has such a number"


BAD: list[Callable[[Path], str]] = [
    *(truncated, missing, empty, a_text, a_folder, another_programs),
    *(of_an_earlier_version, of_a_later_version, a_row_that_is_gone, a_text_that_is_no_text),
    *(a_clock_that_shows_no_time, a_number_for_which_there_is_no_memory, a_number_below_zero),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.__name__)
def test_a_bad_input_is_named_and_nothing_is_left(
    paths: list[Path], bad: Callable[[Path], str]
) -> None:
    wanted = bad(paths[1])
    out = paths[0].with_name("all.db")
    with pytest.raises(ArchiveError) as caught:
        merged(out, paths)
    assert str(paths[1]) in str(caught.value)
    assert wanted in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in out.parent.glob("all*")] == []


HOSTILE = {
    "TEXT": ("CAST(x'ff' AS TEXT)", "'kemarin'", "''", "'[1'", "char(0) || 'x'"),
    "INTEGER": ("-1", "0", "9223372036854775807", "NULL"),
    "REAL": ("9e999", "NULL"),
    "BLOB": ("x'ff'", "NULL"),
}
"""Values that a column of a type can hold, and no archive of ours has."""


def filled(path: Path) -> list[tuple[str, str, str]]:
    """Fill the tables that are empty, and return every column as (table, name, type)."""
    columns: list[tuple[str, str, str]] = []
    with closing(sqlite3.connect(path)) as db, db:
        tables = db.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%STRICT%'").fetchall()
        for (table,) in tables:
            own = db.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
            columns += [(table, *each) for each in own]
            if not db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:
                row = [_cell(*each) for each in own]
                db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    return columns


def _cell(name: str, kind: str) -> object:
    usual = {"INTEGER": 1, "REAL": 0.5, "BLOB": b""}
    texts = {"site": SITE, "state": "began", "counts": "{}"}
    return usual.get(kind, texts.get(name, NOW.isoformat()))


@pytest.mark.slow
def test_whatever_stands_in_a_column_a_merge_ends_well_or_with_one_line(paths: list[Path]) -> None:
    columns = filled(paths[1])
    hostile, out = paths[0].with_name("c.db"), paths[0].with_name("all.db")
    every = [(*each, cell) for each in columns for cell in HOSTILE[each[2]]]
    for table, name, _kind, cell in Random(19).sample(every, 60):
        copyfile(paths[1], hostile)
        try:
            _changed(hostile, f"UPDATE {table} SET {name} = {cell}")
        except sqlite3.Error:
            continue  # the schema does not let it in
        try:
            merged(out, [paths[0], hostile])
        except ArchiveError as error:
            assert str(hostile) in str(error), (table, name, cell)
            assert "\n" not in str(error)
            assert not out.exists()
        for path in out.parent.glob("all.db*"):
            path.unlink()


def test_an_archive_that_is_there_is_not_replaced_and_is_no_input_of_itself(
    paths: list[Path],
) -> None:
    before = paths[0].read_bytes()
    with pytest.raises(ArchiveUnwritable, match="there is a file of that name already"):
        merged(paths[0], [paths[1]])
    with pytest.raises(ArchiveError, match="it is among the archives"):
        merged(paths[0], paths, update=True)
    assert paths[0].read_bytes() == before


def test_one_archive_under_two_names_is_merged_once_and_named(paths: list[Path]) -> None:
    copy = paths[0].with_name("salinan.db")
    copyfile(paths[0], copy)
    notes: list[str] = []
    out = paths[0].with_name("all.db")
    merge.merge(
        out,
        [*paths, copy, paths[0]],
        Options(clusters=False),
        now=LATER,
        advance=lambda _rows, _all: None,
        note=notes.append,
    )
    (line,) = notes
    assert "it holds the same as" in line
    assert str(copy) in line
    other = paths[0].with_name("other.db")
    merged(other, paths)
    assert content(out) == content(other)


@pytest.mark.parametrize(("hours", "refused"), [(0, False), (3, False), (20, True)])
def test_clocks_that_disagree_are_reported_and_refused_beyond_a_limit(
    tmp_path: Path, hours: int, *, refused: bool
) -> None:
    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    for place, path in enumerate(paths):
        with new_archive(path) as archive:
            for number in range(4):
                at = NOW + timedelta(hours=hours * place, minutes=number)
                put(archive, number, f"Air sungai surut {place}.", hours=0)
                dated = (at - timedelta(hours=hours * place)).strftime("%a, %d %b %Y %H:%M:%S GMT")
                with archive.transaction(at):
                    archive.db.execute(
                        """UPDATE snapshots SET fetched_at = ?, headers = json_object('date', ?)
                        WHERE id = (SELECT max(id) FROM snapshots)""",
                        [at.isoformat(), dated],
                    )
    notes: list[str] = []
    asked = {"now": LATER, "advance": lambda _rows, _all: None, "note": notes.append}
    if refused:
        with pytest.raises(ArchiveError, match=r"20 hours ahead .* --force merges"):
            merge.merge(tmp_path / "all.db", paths, Options(clusters=False), **asked)
    merge.merge(tmp_path / "all.db", paths, Options(clusters=False, force=refused), **asked)
    assert len(notes) == (hours > 0)
    assert all(f"{hours} hours ahead of that of" in note for note in notes)


def test_an_archive_that_is_written_meanwhile_is_read_as_it_was(paths: list[Path]) -> None:
    out, anew = paths[0].with_name("all.db"), paths[0].with_name("anew.db")
    merged(anew, paths)
    with Archive(paths[1]) as archive:
        original = copying.Copying.revisions

        def after_a_page(self: copying.Copying) -> None:
            keep(archive, story(30), at=NOW + 2 * DAY)
            original(self)

        with patch.object(copying.Copying, "revisions", after_a_page):
            merged(out, paths)
    assert content(out) == content(anew)
    assert merged(out, paths, update=True).stories == 6


def test_two_merges_into_one_archive_do_not_meet(paths: list[Path]) -> None:
    out = paths[0].with_name("all.db")

    def second() -> None:
        try:
            merged(out, paths)
        except ArchiveBusy:
            os._exit(7)

    with take_lock(out.with_name("all.db.partial.lock")):
        other = multiprocessing.get_context("fork").Process(target=second)
        other.start()
        other.join()
    assert other.exitcode == 7


def test_on_a_full_disk_nothing_is_half_written_and_the_merge_resumes(paths: list[Path]) -> None:
    out = paths[0].with_name("all.db")

    def limited() -> None:
        """A limit of the size of files stands for the disk."""
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        try:
            merged(out, paths)
        except ArchiveUnwritable:
            os._exit(7)

    process = multiprocessing.get_context("fork").Process(target=limited)
    process.start()
    process.join()
    assert process.exitcode == 7
    assert not out.exists()
    merged(out, paths)
    assert not out.with_name("all.db.partial").exists()


POINTS = range(1, 90, 8)


@pytest.mark.slow
@pytest.mark.parametrize("update", [False, True])
def test_killed_anywhere_a_merge_resumes_to_the_same_rows(
    paths: list[Path], *, update: bool
) -> None:
    out, whole = paths[0].with_name("all.db"), paths[0].with_name("whole.db")
    with patch.object(partial, "BATCH", 2):
        merged(whole, paths)
        wanted, killed = dump(whole), 0
        for point in POINTS:
            out.unlink(missing_ok=True)
            if update:
                merged(out, paths[:1])
            before = dump(out) if update else None
            process = multiprocessing.get_context("fork").Process(
                target=_killed_at, args=(point, out, paths, update)
            )
            process.start()
            process.join()
            killed += process.exitcode == -signal.SIGKILL
            if process.exitcode == -signal.SIGKILL and before is not None:
                assert dump(out) == before
            merged(out, paths, update=update or out.exists())
            assert content(out) == content(whole)
            if not update:
                assert dump(out) == wanted
    assert killed > len(POINTS) // 2


def _killed_at(point: int, out: Path, paths: list[Path], update: bool) -> None:
    calls = 0

    def counted(*_given: object) -> None:
        nonlocal calls
        calls += 1
        if calls == point:
            os.kill(os.getpid(), signal.SIGKILL)

    connect = partial.open_file

    def traced(path: Path, *, read_only: bool) -> object:
        db = connect(path, read_only=read_only)
        db.conn.set_trace_callback(lambda sql: counted() if sql.startswith("COMMIT") else None)
        return db

    with patch.object(partial, "open_file", traced):
        merged(out, paths, update=update)


def test_the_newest_pages_say_how_far_a_clock_is_ahead() -> None:
    assert list(inputs._ahead("2026-11-20T03:04:05+00:00", "{}")) == []
    assert list(inputs._ahead("kemarin", '{"date": "Fri, 20 Nov 2026 03:04:05 GMT"}')) == []
    found = inputs._ahead("2026-11-20T04:04:05+00:00", '{"date": "Fri, 20 Nov 2026 03:04:05 GMT"}')
    assert list(found) == [3600.0]


def test_an_archive_that_is_open_or_written_while_it_is_updated_stays(paths: list[Path]) -> None:
    out = paths[0].with_name("all.db")
    merged(out, paths[:1])
    with Archive(out), pytest.raises(ArchiveBusy, match="another program has it open"):
        merged(out, paths, update=True)
    original = merge._put

    def after_a_page(*given: Path, latest: str | None) -> None:
        with Archive(out) as archive:
            keep(archive, story(50), at=NOW + 3 * DAY)
        original(*given, latest=latest)

    with (
        patch.object(merge, "_put", after_a_page),
        pytest.raises(ArchiveBusy, match="it was written while it was updated"),
    ):
        merged(out, paths, update=True)
    assert merged(out, paths, update=True).stories == 6
