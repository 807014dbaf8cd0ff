"""Compaction: the file is rewritten without what was erased or replaced (VACUUM)."""

from datetime import datetime

from archive.archive import Archive
from archive.database.connection import BUSY_SECONDS, STEPS, plain_errors
from archive.database.rows import value
from archive.errors import ArchiveDamaged
from archive.maintenance.takedown import finish, nothing_waits, waiting

READER_SECONDS = 2
"""How long to wait for a log that a reader holds; it is removed when the reader ends."""


def compact(archive: Archive, *, now: datetime) -> bool:
    """Rewrite the file; return whether nothing of the old one is left beside it, False if a reader
    still holds the log.

    Readers continue meanwhile, writers wait. If it is interrupted or the disk is full, the archive
    is left as it was: raises ArchiveError. Raises ArchiveDamaged, after everything else is done, if
    a dictionary could not be replaced.
    """
    conn = archive.db.conn
    conn.execute("PRAGMA secure_delete = ON")
    damage = None
    try:
        finish(archive, now=now)
    except ArchiveDamaged as error:
        damage = error
    with archive.transaction(now):
        conn.execute("INSERT INTO search (search) VALUES ('optimize')")
        conn.execute("INSERT INTO search_earlier (search_earlier) VALUES ('optimize')")
    conn.set_progress_handler(lambda: 0, STEPS)  # Ctrl-C rolls everything back
    try:
        with plain_errors(archive.path):
            conn.execute("VACUUM")
            conn.execute(f"PRAGMA busy_timeout = {1000 * READER_SECONDS}")
            busy = value(archive.db, "PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        conn.execute(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS}")
    if damage is not None:
        raise damage
    if not busy and waiting(archive):
        nothing_waits(archive, now=now)
    return not busy
