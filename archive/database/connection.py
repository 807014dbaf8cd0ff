"""Opening an SQLite file as an archive: pragmas, migrations, transactions and plain errors."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.database.backup import become_archive, copy_database, set_leftovers_aside, undo_restore
from archive.database.migrations import FIRST, bring_up_to_date, migrations
from archive.database.rows import value
from archive.database.schema import APPLICATION_ID
from archive.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveMissing,
    ArchiveUnwritable,
    NotAnArchive,
    SchemaTooNew,
    SchemaTooOld,
)

logger = logging.getLogger(__name__)

CACHE_KIB = 32_768
LOG_PAGES = 4_000  # 16 MB

BUSY_SECONDS = 60  # longer than any transaction of ours, so that writers queue instead of failing
IMPATIENT_SECONDS = 2
"""How long one who leaves the archive untouched waits: the reader of a page waits as long."""

_PLAIN = {
    "SQLITE_FULL": (ArchiveUnwritable, "the disk is full"),
    "SQLITE_READONLY": (ArchiveUnwritable, "it is read-only"),
    "SQLITE_CANTOPEN": (ArchiveUnwritable, "it cannot be opened or created there"),
    "SQLITE_PERM": (ArchiveUnwritable, "permission denied"),
    "SQLITE_BUSY": (ArchiveBusy, f"another program has kept it locked for {BUSY_SECONDS} seconds"),
    "SQLITE_LOCKED": (ArchiveBusy, "another program keeps it locked"),
    "SQLITE_IOERR": (ArchiveUnwritable, "the disk reports an error"),
    "SQLITE_NOTADB": (NotAnArchive, "it is not an SQLite file"),
    "SQLITE_INTERRUPT": (ArchiveError, "interrupted; nothing is lost"),
    "SQLITE_CORRUPT": (ArchiveDamaged, "the database file is damaged"),
}


STEPS = 20_000
"""Instructions of SQLite's virtual machine between checks for Ctrl-C: a few milliseconds."""


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite into ArchiveErrors that name the file; unknown ones keep their words.

    A violated constraint of ours stays one: a bug.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        known = (plain for code, plain in _PLAIN.items() if name.startswith(code))
        kind, sentence = next(known, (ArchiveError, error))
        raise kind(f"{path}: {sentence}") from error


def no_archive(path: Path) -> ArchiveMissing:
    """Return the error for a command that only reads where there is no archive."""
    return ArchiveMissing(
        f"{path}: there is no archive here; `warta crawl --archive {path}` makes one"
    )


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """Open a plain connection that cannot write, for any thread; the schema is not checked."""
    found = open_file(path, read_only=True, any_thread=True, busy_seconds=IMPATIENT_SECONDS)
    connection = found.conn
    connection.execute("PRAGMA query_only = ON")
    return connection


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive of any version, by its application_id."""
    try:
        with closing(open_file(path, read_only=True)) as db:
            (application,) = db.conn.execute("PRAGMA application_id").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(application == APPLICATION_ID)


def connect(path: Path, *, read_only: bool, untouched: bool = False) -> Database:
    """Open the archive at `path`; make or migrate it unless `read_only`.

    An archive of an earlier version is migrated for reading, too, unless it is to be left
    `untouched`.

    Raises ArchiveMissing, NotAnArchive, SchemaTooNew, SchemaTooOld, ArchiveUnwritable or
    ArchiveDamaged.
    """
    try:
        missing, folder = not path.exists(), path.is_dir()
    except OSError as error:
        raise ArchiveUnwritable(
            f"{path}: it cannot be opened or created there ({error.strerror})"
        ) from error
    if read_only and missing:
        raise no_archive(path)
    if folder:
        raise NotAnArchive(f"{path}: it is a folder, not an archive")
    with plain_errors(path):
        if not untouched:
            set_leftovers_aside(path)
            undo_restore(path)
        db = open_file(path, read_only=read_only, busy_seconds=_patience(untouched))
        try:
            check_kind(db, path)
            if not read_only:
                _migrate(db, path)
            elif migrations.pending(db):
                _migrate_for_reading(path, untouched=untouched)
        except BaseException:
            db.close()
            raise
    return db


def _patience(untouched: bool) -> int:
    return IMPATIENT_SECONDS if untouched else BUSY_SECONDS


def open_file(
    path: Path, *, read_only: bool, any_thread: bool = False, busy_seconds: int = BUSY_SECONDS
) -> Database:
    """Open a database as it is, without looking at what it is."""
    address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    options: dict[str, Any] = {"uri": True, "check_same_thread": not any_thread}
    db = Database(sqlite3.connect(address, timeout=busy_seconds, **options))
    if read_only and not _readable(db) and not path.with_name(path.name + "-wal").exists():
        # WAL's index needs a writable folder; without a log there is nothing in it either.
        db.close()
        db = Database(sqlite3.connect(f"{address}&immutable=1", **options))
    db.conn.execute("PRAGMA foreign_keys = ON")
    # Python handles signals in a callback: Ctrl-C ends a statement that takes minutes.
    db.conn.set_progress_handler(lambda: 0, STEPS)
    return db


def _readable(db: Database) -> bool:
    try:
        db.conn.execute("PRAGMA schema_version").fetchone()
    except sqlite3.OperationalError as error:
        return not error.sqlite_errorname.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN"))
    except sqlite3.DatabaseError:
        return True  # reported by the check that follows
    return True


def check_kind(db: Database, path: Path) -> None:
    """Refuse another program's database, a development version's archive and a later warta's."""
    # In this order: another process may make the archive meanwhile, its tables and its application
    # id at once.
    (objects,) = db.conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = db.conn.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID and objects:
        raise NotAnArchive(
            f"{path}: it is the SQLite database of another program, not an archive of warta"
        )
    applied = {migration.name for migration in migrations.applied(db)}
    if objects and FIRST not in applied:
        raise SchemaTooOld(
            f"{path}: a development version of warta (0.1.0) made this archive, and this version"
            " cannot read it; name another file with --archive and crawl the sites again"
        )
    later = applied - _known()
    if later:
        raise SchemaTooNew(
            f"{path}: a later version of warta wrote this archive ({min(later)});"
            " please upgrade warta"
        )


def _migrate(db: Database, path: Path) -> None:
    """Switch to WAL, so that readers never wait; then migrate, after a backup."""
    become_archive(db.conn)
    _switch_to_wal(db.conn)
    db.conn.execute("PRAGMA synchronous = NORMAL")  # in WAL: safe against a killed process
    # An article's keys and words lie on seventy pages all over the file: hold more of them, and
    # write them back less often.
    db.conn.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    db.conn.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    pending = migrations.pending(db)
    if not pending:
        return
    with immediate(db):
        pending = migrations.pending(db)  # another process may have been faster
        copy = (
            _back_up_before(pending[0].name, path) if pending and migrations.applied(db) else None
        )
        db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        bring_up_to_date(db)
    if copy is not None:
        logger.warning(
            "%s: migrated; an earlier version of warta had made it, and %s is how it was",
            path,
            copy,
        )


def _back_up_before(migration: str, path: Path) -> Path:
    """Copy an earlier archive, which is locked meanwhile, over the copy of an aborted attempt."""
    copy = path.with_name(f"{path.name}.before-{migration.partition('_')[0]}")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
        copy_database(source, copy, replace=True)
    return copy


def _known() -> set[str]:
    """Return the names of the migrations that this version has."""
    with closing(Database(memory=True)) as empty:
        return {migration.name for migration in migrations.pending(empty)}


def known_schema() -> int:
    """Return the schema that this version writes: the number of its migrations."""
    return len(_known())


def schema_version(db: Database) -> int:
    """Count the migrations of warta that were applied."""
    statement = "SELECT count(*) FROM _sqlite_migrations WHERE migration_set = ?"
    return int(value(db, statement, migrations.name))


def check_schema(db: Database, path: Path, *, seen: int) -> int:
    """Return the schema's version; raises SchemaTooNew if it was migrated since `seen`."""
    version = schema_version(db)
    if version != seen:
        check_kind(db, path)
    return version


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Wait for the lock: SQLite does not, and two crawls may make the same archive at once."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _migrate_for_reading(path: Path, *, untouched: bool) -> None:
    """Migrate an older archive, though it is opened for reading only; not one that is to be left
    `untouched`.
    """
    if untouched:
        raise SchemaTooOld(
            f"{path}: an earlier version of warta made this archive; any command that reads it,"
            " such as `warta stats`, migrates it"
        )
    upgraded = open_file(path, read_only=False)
    try:
        with plain_errors(path):
            _migrate(upgraded, path)
    except ArchiveUnwritable as error:
        raise ArchiveUnwritable(
            f"{error}; an earlier version of warta made it: copy it to where it can be migrated"
        ) from error
    finally:
        upgraded.close()


@contextmanager
def read_transaction(db: Database) -> Iterator[None]:
    """Read one state of the archive whatever other processes write; joins an open transaction."""
    if db.conn.in_transaction:
        yield
        return
    db.conn.execute("BEGIN")
    try:
        yield
    finally:
        db.conn.rollback()  # nothing was written


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """Begin a write transaction that takes its lock at once: upgrading a read lock may fail later.

    `db.atomic()` begins without the lock; inside this one it makes savepoints, as do all writing
    methods of sqlite-utils.
    """
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.conn.rollback()
        raise
    try:
        db.conn.execute("COMMIT")
    except BaseException:
        db.conn.rollback()
        raise
