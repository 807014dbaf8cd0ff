"""A site's archive on this machine: copied for a push, replaced by a fetch, set aside."""

import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from archive.database.backup import ASIDE, copy_database
from archive.database.connection import open_file, plain_errors
from archive.database.rows import value
from archive.errors import ArchiveDamaged, ArchiveError, ArchiveUnwritable, NotAnArchive
from archive.ledger.wording import human_bytes
from archive.maintenance.copies import opened_as_it_is, problem_of
from archive.maintenance.restore import free_name, later_takedowns, log_written, restore
from scraper.fleet.store import litestream
from scraper.fleet.store.lineage import contains, marks_of
from scraper.fleet.store.manifests import Manifest

ORPHAN = ".orphan-"
"""Between the names of an archive and the time at which it was set aside."""
_SET_ASIDE = re.compile(f"(?:{re.escape(ORPHAN)}|{re.escape(ASIDE)})\\d{{8}}T\\d{{6}}Z(?:-\\d+)?")
"""What follows the archive's name in that of one that was set aside; without its log."""


@contextmanager
def copied(archive: Path) -> Iterator[Path]:
    """Copy an archive as `warta backup` does, verified, beside it; the copy is removed after."""
    copy = archive.with_name(f"{archive.name}.pushing")
    try:
        with opened_as_it_is(archive) as db, plain_errors(copy):
            copy_database(db.conn, copy, replace=True, check=check_copy)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def check_copy(copy: Path) -> None:
    """Drop what Litestream left in a copy, and verify it. Raises ArchiveDamaged."""
    with closing(sqlite3.connect(copy)) as connection:
        for table in litestream.TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {table}")
    if (problem := problem_of(copy)) is not None:
        raise ArchiveDamaged(f"{copy}: the copy does not verify: {problem}; try `warta verify`")


def is_there(path: Path, found: Manifest) -> bool:
    """Return whether an archive is a replica, or a later state of it."""
    if not path.exists():
        return False
    try:
        with opened_as_it_is(path) as db:
            return contains(db, found.marks)
    except (ArchiveDamaged, NotAnArchive):
        return False


def put(copy: Path, into: Path, *, now: datetime) -> None:
    """Put a verified copy in the place of an archive, which is set aside if it has more."""
    with opened_as_it_is(copy) as backup:
        takedowns, keep = [], False
        if into.exists():
            log_written(into)
            keep = not is_earlier(into, backup_of=copy)
            with suppress(ArchiveDamaged, NotAnArchive), opened_as_it_is(into) as present:
                takedowns = later_takedowns(present, backup)
        kept = restore(
            backup.conn,
            into,
            now=now,
            keep=keep,
            check=lambda _copy: None,
            copied=lambda _left, _all: None,
            takedowns=takedowns,
        )
    if kept is not None:
        _name_orphan(kept)


def _name_orphan(kept: Path) -> None:
    """Rename what a fetch has replaced, with the log of one that is damaged."""
    orphan = free_name(kept.with_name(kept.name.replace(ASIDE, ORPHAN)))
    log = kept.with_name(f"{kept.name}-wal")
    kept.replace(orphan)
    if log.exists():
        log.replace(orphan.with_name(f"{orphan.name}-wal"))


def is_earlier(path: Path, *, backup_of: Path) -> bool:
    """Return whether an archive is an earlier state of a copy; one that is damaged is none."""
    try:
        if _is_empty(path):  # a crawl was killed while it made it
            return True
        with opened_as_it_is(path) as present, opened_as_it_is(backup_of) as backup:
            return contains(backup, marks_of(present))
    except ArchiveError:
        return False


def _is_empty(path: Path) -> bool:
    with plain_errors(path), closing(open_file(path, read_only=True)) as db:
        return not db.conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Raise ArchiveUnwritable, with the path, in the place of an OSError."""
    try:
        yield
    except OSError as error:
        raise ArchiveUnwritable(f"{path}: it cannot be written ({error.strerror})") from error


def make_folder(folder: Path) -> None:
    """Make a folder for archives. Raises ArchiveUnwritable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveUnwritable(f"{folder}: it cannot be made ({error.strerror})") from error


def fetching(into: Path) -> Path:
    """Return where a replica is before it takes the place of an archive."""
    return into.with_name(f"{into.name}.fetching")


def remove(path: Path) -> None:
    """Remove a database and its log."""
    for left in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        with suppress(OSError):
            left.unlink(missing_ok=True)


def set_aside(archive: Path) -> Sequence[Path]:
    """Return the archives that were set aside beside one, oldest first."""
    archive = archive.resolve()  # as `restore` does
    if not archive.parent.is_dir():
        return ()
    found = (path for path in archive.parent.iterdir() if path.name.startswith(archive.name))
    return sorted(path for path in found if _SET_ASIDE.fullmatch(path.name[len(archive.name) :]))


def written_at(path: Path) -> datetime:
    """Return when an archive was written last, by its own clock: the same copy has one name."""
    with opened_as_it_is(path) as db:
        latest = value(db, "SELECT latest FROM clock")
    if not latest:
        return datetime(1970, 1, 1, tzinfo=UTC)
    try:
        return datetime.fromisoformat(latest).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ArchiveDamaged(f"{path}: its clock shows no time") from None


def check_room(path: Path, size: int) -> None:
    """Refuse what cannot have room: the copy, and the archive that is made of it."""
    make_folder(path.parent)
    free = shutil.disk_usage(path.parent).free
    if 2 * size > free:
        raise ArchiveUnwritable(
            f"{path}: {human_bytes(2 * size)} are needed, and {human_bytes(free)} are free"
        )
