"""Locks: one process at a time asks a site, one crawls it into an archive, one runs the schedule. A
killed process holds none.

A site is asked by one process of a user on this machine, whatever archive it writes to, so that its
delay holds: those locks stand in the user's cache folder, or where WARTA_LOCKS says. The others
stand beside the archive, which several users may share.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout
from platformdirs import user_cache_path

from archive.errors import ArchiveUnwritable, Locked

_MOMENT = 0.2
"""Seconds that a lock is waited for."""


def site_lock(site: str) -> BaseFileLock:
    """The right to ask a site, taken; `release()` gives it back. Raises Locked.

    Taken again by the same process it is the same lock, and free when it has been given back as
    often.
    """
    return _taken(
        locks_folder() / f"{site}.lock", f"{site} is being asked by another process; one at a time"
    )


def writer_lock(archive: Path, site: str) -> ExitStack:
    """The right to write a site's stories into an archive, until the stack is closed. Raises
    Locked.
    """
    refusal = (
        f"{archive}: {site} is being crawled by another process; one crawl of a site at a time"
    )
    with ExitStack() as stack:
        stack.callback(_taken(_beside(archive, site), refusal).release)
        return stack.pop_all()


def schedule_lock(archive: Path) -> BaseFileLock:
    """The lock of the process that crawls on schedule, taken; raises Locked."""
    return _taken(
        _beside(archive, "schedule"),
        f"{archive}: another `warta schedule run` sees to this archive already",
    )


def locks_of(archive: Path | None, sites: Sequence[str]) -> ExitStack:
    """What crawls of these sites need: nobody else asks them, nobody else writes their stories into
    the archive. All or none.

    Without an archive what only asking them needs. Raises Locked.
    """
    with ExitStack() as stack:
        for site in sites:
            if archive is not None:
                stack.enter_context(writer_lock(archive, site))
            stack.callback(site_lock(site).release)
        return stack.pop_all()


def _beside(archive: Path, name: str) -> Path:
    real = archive.resolve()  # one archive under two names is one archive
    return real.with_name(f"{real.name}.{name}.lock")


def locks_folder() -> Path:
    """Where the locks of sites stand, the same for all processes of a user; it is made where it is
    not there.
    """
    named = os.environ.get("WARTA_LOCKS")
    folder = Path(named) if named else user_cache_path("warta") / "locks"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if named or os.access(folder, os.W_OK):
            return folder
    except OSError as error:
        if named:
            raise ArchiveUnwritable(
                f"{folder}: the folder of locks cannot be made ({error.strerror}); WARTA_LOCKS names it"
            ) from error
    return _temporary()


def _temporary() -> Path:
    """For a user without a home that can be written to."""
    folder = Path(tempfile.gettempdir()) / f"warta-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise ArchiveUnwritable(
            f"{folder}: the folder of locks belongs to somebody else; name another one with WARTA_LOCKS"
        )
    return folder


def _taken(file: Path, refusal: str) -> BaseFileLock:
    """A lock of the operating system on a small file, which stays: it is the lock that counts, and
    it ends with its process.

    Who only writes down that a crawl was killed holds it for a moment.
    """
    lock = FileLock(file, is_singleton=True, thread_local=False)
    try:
        lock.acquire(timeout=_MOMENT)
    except Timeout:
        raise Locked(refusal) from None
    except OSError as error:
        raise ArchiveUnwritable(f"{file}: the lock cannot be taken ({error.strerror})") from error
    return lock
