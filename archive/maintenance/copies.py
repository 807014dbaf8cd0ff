"""Checks of backups: that one is whole, and what is in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from archive.archive import Archive
from archive.database.backup import is_copy
from archive.database.connection import check_kind, open_file, plain_errors
from archive.database.migrations import migrations
from archive.database.rows import value
from archive.database.schema import APPLICATION_ID
from archive.errors import ArchiveDamaged, ArchiveMissing, NotAnArchive
from archive.maintenance.verify import verify

SAMPLE = 1_000
"""Snapshots and revisions of a copy that are verified; `warta verify` reads them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in an archive or a backup, at a glance."""

    articles: int
    revisions: int
    latest: str | None
    """When it was written last; None: never."""


@contextmanager
def opened_as_it_is(path: Path) -> Iterator[Database]:
    """Open an archive or backup for reading, and migrate nothing.

    Raises ArchiveMissing, NotAnArchive, SchemaTooNew, SchemaTooOld or ArchiveDamaged.
    """
    if path.is_dir():
        raise NotAnArchive(f"{path}: it is a folder, not an archive")
    if not path.is_file():
        raise ArchiveMissing(f"{path}: there is no such file")
    with plain_errors(path):
        # A log beside a copy is another file's.
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        copy = is_copy(path)
        opened = Database(sqlite3.connect(address, uri=True)) if copy else None
        with closing(opened or open_file(path, read_only=True)) as db:
            check_kind(db, path)
            if value(db, "PRAGMA application_id") != APPLICATION_ID:
                raise NotAnArchive(f"{path}: it is empty, not an archive")
            yield db


def contents(db: Database) -> Contents:
    """Count what an open archive or backup holds."""
    return Contents(
        articles=value(db, "SELECT count(*) FROM articles WHERE revision > 0"),
        revisions=value(db, "SELECT count(*) FROM revisions"),
        latest=value(db, "SELECT latest FROM clock") or None,
    )


def problem_of(path: Path) -> str | None:
    """Verify a backup and return what is wrong with it, None if nothing is: the whole file, and a
    sample of its texts and pages if no later release has to migrate it first.
    """
    damaged = "the database file is damaged"
    try:
        with opened_as_it_is(path) as db:
            found = [text for (text,) in db.conn.execute("PRAGMA integrity_check(1)")]
            old = migrations.pending(db)
        if found != ["ok"]:
            return damaged
        return None if old else _first_problem(path)
    except (sqlite3.DatabaseError, ArchiveDamaged):
        return damaged


def _first_problem(path: Path) -> str | None:
    with Archive(path, read_only=True) as archive:
        failed = [finding for finding in verify(archive, sample=SAMPLE) if not finding.ok]
    if not failed:
        return None
    if failed[0].check == "file":
        return "the database file is damaged"
    return f"{failed[0].check}: {failed[0].problems[0]}"
