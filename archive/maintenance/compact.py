"""Giving room back: the file is rewritten without what was erased or replaced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from archive.archive import Archive
from archive.database.connection import BUSY_SECONDS, plain_errors
from archive.errors import ArchiveDamaged
from archive.maintenance.takedown import finish

READER_SECONDS = 2
"""How long the log is waited for that a reader holds; it goes by itself when the reader ends."""

STEPS = 20_000
"""Steps of SQLite's machine between two moments at which Ctrl-C is heard; a few milliseconds."""


def compact(archive: Archive, *, now: datetime, moved: Callable[[int], None] | None = None) -> bool:
    """Rewrite the file; True where nothing of the old one is left beside it, False where a reader
    still holds the log.

    Readers go on reading meanwhile, writers wait. Interrupted, or without room on the disk, it
    leaves the archive as it was: raises ArchiveError then. Raises ArchiveDamaged, after all that
    can be done, where a dictionary has to stay.
    """
    conn = archive.db.conn
    conn.execute("PRAGMA secure_delete = ON")
    damage = None
    try:
        finish(archive, now=now, moved=moved)
    except ArchiveDamaged as error:
        damage = error
    with archive.transaction(now):
        conn.execute("INSERT INTO search (search) VALUES ('optimize')")
    conn.set_progress_handler(
        lambda: 0, STEPS
    )  # a callback is where Python hears Ctrl-C; SQLite then takes all of it back
    try:
        with plain_errors(archive.path):
            conn.execute("VACUUM")
            conn.execute(f"PRAGMA busy_timeout = {1000 * READER_SECONDS}")
            (busy, _log, _checkpointed) = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        conn.set_progress_handler(None, STEPS)
        conn.execute(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS}")
    if damage is not None:
        raise damage
    return not busy
