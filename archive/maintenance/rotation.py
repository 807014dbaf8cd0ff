"""Backups whose names sort by time, and which of them are old enough to delete."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive.archive import Reader
from archive.database.backup import is_copy

_TIME = r"\d{8}T\d{6}Z"

_LAST_CHECK = """SELECT c.id, c.checked_at, c.outcome, u.url, u.site
    FROM checks c JOIN urls u ON u.id = c.url_id ORDER BY c.id DESC LIMIT 1"""
_SAME_CHECK = """SELECT c.id, c.checked_at, c.outcome, u.url, u.site
    FROM checks c JOIN urls u ON u.id = c.url_id WHERE c.id = ?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The backups of a folder beside the newest one."""

    old: list[Path]
    """Earlier states of the archive that are beyond the number to keep, oldest first."""
    foreign: list[Path]
    """Of the same form of name, and not known to be a backup of this archive: never deleted."""


def dated_name(archive: Path, now: datetime) -> str:
    """Return the name of a backup that is made now.

    >>> dated_name(Path("data/news.db"), datetime(2026, 11, 30, 3, 4, 5, tzinfo=UTC))
    'news-20261130T030405Z.db'
    """
    return f"{archive.stem}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{archive.suffix}"


def rotation(archive: Reader, newest: Path, *, keep: int) -> Rotation:
    """Find the backups in the folder of the newest one, which counts as kept whatever its name."""
    own: list[Path] = []
    foreign: list[Path] = []
    for path in _others(archive.path, newest):
        (own if _is_earlier_state(path, archive) else foreign).append(path)
    return Rotation(old=own[: max(0, len(own) - (keep - 1))], foreign=foreign)


def _others(archive: Path, newest: Path) -> Iterator[Path]:
    name = re.compile(f"{re.escape(archive.stem)}-{_TIME}{re.escape(archive.suffix)}")
    for path in sorted(newest.parent.iterdir()):
        if name.fullmatch(path.name) and path.name != newest.name:
            yield path


def _is_earlier_state(path: Path, archive: Reader) -> bool:
    """Whether a file is a backup, and the last entry of its ledger is one of this archive's.

    The entries of a ledger are never deleted or changed, so a backup of another archive, or of what
    this one was before an earlier backup was restored, has another one there.
    """
    if path.is_symlink() or not path.is_file() or not is_copy(path):
        return False
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as backup:
            last = backup.execute(_LAST_CHECK).fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(last) and archive.db.conn.execute(_SAME_CHECK, last[:1]).fetchone() == last
