"""`warta backup --keep N`: which copies it deletes, and which files it never does."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from archive import Archive
from archive.database.backup import copy_database
from archive.maintenance.rotation import dated_name, rotation
from tests.archive.invented import DAY, NOW, announce, keep, link, story, value

Warta = Callable[..., Result]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (made := tmp_path / "cadangan").mkdir()
    return made


def copied(archive: Archive, folder: Path, at: timedelta) -> Path:
    copy = folder / dated_name(archive.path, NOW + at)
    copy_database(archive.db.conn, copy)
    return copy


@pytest.fixture
def nightly(path: Path, folder: Path) -> list[Path]:
    """Copies of five days; each day a story came."""
    made = []
    with Archive(path) as archive:
        for day in range(1, 6):
            announce(archive, link(day))
            keep(archive, story(day), at=NOW + day * DAY)
            made.append(copied(archive, folder, day * DAY))
    return made


def test_the_names_sort_by_time_and_are_the_archives(path: Path) -> None:
    assert dated_name(path, NOW) == "news-20261120T030405Z.db"
    assert dated_name(Path("arsip"), NOW) == "arsip-20261120T030405Z"


def test_the_newest_copies_stay(warta: Warta, folder: Path, nightly: list[Path]) -> None:
    result = warta("backup", str(folder), options=("--keep", "3"))
    assert (result.exit_code, result.stdout) == (0, "")
    made, *deleted = result.stderr.splitlines()
    assert made.endswith(", verified.")
    assert deleted == [f"{path}: deleted." for path in nightly[:3]]
    assert [path.exists() for path in nightly] == [False, False, False, True, True]
    (newest,) = set(names(folder)) - {path.name for path in nightly}
    with Archive(folder / newest, read_only=True) as archive:
        assert value(archive, "SELECT count(*) FROM articles") == 5


def test_fewer_copies_than_are_kept_all_stay(
    warta: Warta, folder: Path, nightly: list[Path]
) -> None:
    assert warta("backup", str(folder), options=("--keep", "7")).exit_code == 0
    assert len(names(folder)) == 6


def test_the_new_copy_stays_though_the_clock_went_back(path: Path, nightly: list[Path]) -> None:
    with Archive(path) as archive:
        early = copied(archive, nightly[0].parent, -DAY)
        found = rotation(archive, early, keep=1)
    assert (found.old, found.foreign) == (nightly, [])


def another_archive(path: Path, copy: Path) -> None:
    with Archive(path.with_name("lain.db")) as other:
        announce(other, link(1), at=NOW - DAY)
        keep(other, story(1), at=NOW - DAY)
        copy_database(other.db.conn, copy)


def an_empty_archive(path: Path, copy: Path) -> None:
    with Archive(path.with_name("kosong.db")) as other:
        copy_database(other.db.conn, copy)


def a_text(path: Path, copy: Path) -> None:
    copy.write_text("Resep kopi tubruk.")


def an_archive_in_use(path: Path, copy: Path) -> None:
    shutil.copy(next(copy.parent.glob("news-*.db")), copy)
    Archive(copy).close()


def a_damaged_copy(path: Path, copy: Path) -> None:
    copy.write_bytes(next(copy.parent.glob("news-*.db")).read_bytes()[:6_000])


def a_link(path: Path, copy: Path) -> None:
    copy.symlink_to(next(copy.parent.glob("news-*.db")))


def a_folder(path: Path, copy: Path) -> None:
    copy.mkdir()


@pytest.mark.parametrize(
    "put",
    [
        *(another_archive, an_empty_archive, a_text),
        *(an_archive_in_use, a_damaged_copy, a_link, a_folder),
    ],
)
def test_a_file_that_only_has_such_a_name_is_never_deleted(
    warta: Warta, path: Path, folder: Path, nightly: list[Path], put: Callable[[Path, Path], None]
) -> None:
    copy = folder / dated_name(path, NOW - DAY)
    put(path, copy)
    result = warta("backup", str(folder), options=("--keep", "1"))
    assert result.exit_code == 0, result.output
    stays = f"{copy}: it is not known to be a copy of this archive, and stays."
    assert stays in result.stderr.splitlines()
    assert copy.name in names(folder)
    assert not any(path.exists() for path in nightly)


def test_other_names_are_not_even_looked_at(
    warta: Warta, folder: Path, nightly: list[Path]
) -> None:
    others = ["news.db", "news-2026-11-22.db", "berita-20261120T030405Z.db", "news-x.db"]
    for name in others:
        shutil.copy(nightly[0], folder / name)
    result = warta("backup", str(folder), options=("--keep", "1"))
    assert set(others) < set(names(folder))
    assert "stays" not in result.stderr


def test_copies_of_what_came_before_a_restore_to_an_earlier_day_stay(
    path: Path, nightly: list[Path]
) -> None:
    shutil.copy(nightly[1], path)
    with Archive(path) as archive:
        announce(archive, link(70))
        keep(archive, story(70), at=NOW + 8 * DAY)
        found = rotation(archive, copied(archive, path.parent / "cadangan", 9 * DAY), keep=1)
    assert (found.old, found.foreign) == (nightly[:2], nightly[2:])


def test_where_the_copy_does_not_verify_nothing_is_deleted(
    warta: Warta, path: Path, folder: Path, nightly: list[Path]
) -> None:
    with closing(sqlite3.connect(path)) as vandal:
        vandal.execute(f"UPDATE snapshots SET digest = '{'0' * 64}' WHERE id = 3")
        vandal.execute("UPDATE articles SET revision = 9 WHERE id = 1")
        vandal.commit()
    result = warta("backup", str(folder), options=("--keep", "1"))
    assert result.exit_code == 1
    assert names(folder) == sorted(path.name for path in nightly)


@pytest.mark.parametrize("destination", ["tidak-ada", "cadangan.db"])
def test_copies_by_time_need_a_folder(warta: Warta, tmp_path: Path, destination: str) -> None:
    Archive(tmp_path / "news.db").close()
    (tmp_path / "cadangan.db").write_text("")
    result = warta("backup", str(tmp_path / destination), options=("--keep", "2"))
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: {tmp_path / destination}: there is no such folder; --keep needs one\n"
    )


def test_keeping_none_is_wrong_usage(warta: Warta, folder: Path) -> None:
    assert warta("backup", str(folder), options=("--keep", "0")).exit_code == 2
