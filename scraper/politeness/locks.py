"""Locks: one process at a time requests pages of a site, and one writes them into an archive.

The process that crawls holds both locks of its sites (`leases.take_all`). Within a process they are
re-entrant; a killed process holds none. The lock of a site holds per user and machine, whatever the
archive, so that the delay between requests does: it is in the user's cache folder, or where
WARTA_LOCKS says. The others are beside the archive, which several users may share.
"""

import os
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from filelock import Timeout
from platformdirs import user_cache_path

from archive.database.lock_files import take_lock
from archive.errors import ArchiveUnwritable, Locked
from scraper.politeness.lock_notes import holder_of, leave_note

_TIMEOUT = 0.2
"""Seconds to wait: recording that a crawl was killed holds its lock for less."""


def site_lock(site: str, archive: Path | None = None) -> ExitStack:
    """Take the lock for requests to a site; closing the stack releases it. Raises Locked.

    `archive` is where its pages are written, for others to read.
    """
    refusal = f"{site}: another process is crawling this site; one at a time"
    return _taken(locks_folder() / f"{site}.lock", refusal, archive)


def writer_lock(archive: Path, site: str) -> ExitStack:
    """Take the lock for writing a site's stories into an archive; raises Locked."""
    refusal = f"{archive}: another process is crawling {site}; one crawl of a site at a time"
    return _taken(_beside(archive, site), refusal, archive)


def schedule_lock(archive: Path) -> ExitStack:
    """Take the lock of the process that crawls on schedule; raises Locked."""
    refusal = f"{archive}: another `warta schedule run` is running for this archive"
    return _taken(_beside(archive, "schedule"), refusal, archive)


def nobody_writes(archive: Path, sites: Iterable[str]) -> ExitStack:
    """Take the locks of all that write into an archive: schedule and crawls; raises Locked."""
    with ExitStack() as stack:
        stack.enter_context(schedule_lock(archive))
        for site in sites:
            stack.enter_context(writer_lock(archive, site))
        return stack.pop_all()


def _beside(archive: Path, name: str) -> Path:
    real = archive.resolve()  # one archive under two names is one archive
    return real.with_name(f"{real.name}.{name}.lock")


def locks_folder() -> Path:
    """Return the folder of the sites' locks, one for all processes of a user; make it if needed."""
    named = os.environ.get("WARTA_LOCKS")
    folder = Path(named) if named else user_cache_path("warta") / "locks"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if named or os.access(folder, os.W_OK):
            return folder
    except OSError as error:
        if named:
            raise ArchiveUnwritable(
                f"{folder}: the folder for locks cannot be created ({error.strerror}); "
                "WARTA_LOCKS names it"
            ) from error
    return _temporary()


def _temporary() -> Path:
    """Return a folder for a user without a writable home; nobody else may write to it."""
    folder = Path(tempfile.gettempdir()) / f"warta-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise ArchiveUnwritable(
            f"{folder}: the folder for locks belongs to another user; "
            "name another one with WARTA_LOCKS"
        )
    return folder


def _taken(file: Path, refusal: str, archive: Path | None) -> ExitStack:
    try:
        held = take_lock(file, wait=_TIMEOUT)
    except Timeout:
        holder = holder_of(file)
        raise Locked(f"{refusal} ({holder})" if holder else refusal) from None
    except OSError as error:
        raise ArchiveUnwritable(f"{file}: the lock cannot be taken ({error.strerror})") from error
    leave_note(file, archive)
    return held
