"""Files that `--archive` may name by mistake, and archives in a state that nobody expects."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile

from archive import Archive

FUTURE = datetime(2099, 1, 1, tzinfo=UTC)
PAGE = 4096

Bad = Callable[[Path], str]
"""Makes of a good archive a bad one; returns what the line about it says, "" where it is usable."""


def missing(path: Path) -> str:
    path.unlink()
    return "there is no archive here"


def a_dangling_link(path: Path) -> str:
    path.unlink()
    path.symlink_to("dihapus.db")
    return "there is no archive here"


def a_folder(path: Path) -> str:
    path.unlink()
    path.mkdir()
    return "it is a folder, not an archive"


def text(path: Path) -> str:
    path.write_text("Dua sendok kopi.\n" * 1_000)
    return "it is not an SQLite file"


def another_programs(path: Path) -> str:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE resep (nama TEXT)")
    return "it is the SQLite database of another program"


def of_a_later_version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as later, later:
        later.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('warta', 'm999_terlalu_baru', '2030')"
        )
    return "a later version of warta wrote this archive"


def damaged(path: Path) -> str:
    """Every table's first page is overwritten."""
    with closing(sqlite3.connect(path)) as whole:
        roots = whole.execute("SELECT rootpage FROM sqlite_master WHERE rootpage > 1").fetchall()
    content = bytearray(path.read_bytes())
    for (root,) in roots:
        content[(root - 1) * PAGE : root * PAGE] = b"\xaa" * PAGE
    path.write_bytes(content)
    return "damaged"


def cut_short(path: Path) -> str:
    """A copy that broke off."""
    os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE)
    return "damaged"


def empty_file(path: Path) -> str:
    path.write_bytes(b"")
    return ""


def empty(path: Path) -> str:
    path.unlink()
    Archive(path).close()
    return ""


def written_in_the_future(path: Path) -> str:
    """The clock of the computer that wrote it was wrong."""
    with Archive(path) as archive, archive.transaction(FUTURE):
        archive.db.execute("UPDATE articles SET revision = revision")
    return ""


UNUSABLE: list[Bad] = [
    missing,
    a_dangling_link,
    a_folder,
    text,
    another_programs,
    of_a_later_version,
    damaged,
    cut_short,
]
ODD: list[Bad] = [empty_file, empty, written_in_the_future]


def bad_copy(good: Path, path: Path, bad: Bad) -> str:
    copyfile(good, path)
    return bad(path)


def clear(path: Path) -> None:
    """Remove what is there, whatever it is, with its leftovers."""
    for left in path.parent.glob(f"{path.name}*"):
        if left.is_dir():
            left.rmdir()
        else:
            left.unlink()
