"""Locks beside an archive: one crawl a site at a time, and one schedule, whoever starts them. A killed process holds none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from archive.errors import ArchiveError, ArchiveUnwritable


class Locked(ArchiveError):
    """Another process does the same already."""


def crawl_lock(archive: Path, site: str) -> BaseFileLock:
    """The lock of a site's crawls, taken; `release()` gives it back. Raises Locked.

    Taken again by the same process it is the same lock, and free when it has been released as often.
    """
    return _taken(archive, site, f"{archive}: {site} is being crawled by another process; one crawl of a site at a time")


def schedule_lock(archive: Path) -> BaseFileLock:
    """The lock of the process that crawls on schedule, taken; raises Locked."""
    return _taken(archive, "schedule", f"{archive}: another `warta schedule run` sees to this archive already")


def crawl_locks(archive: Path, sites: Sequence[str]) -> ExitStack:
    """The locks of several sites, all or none; the stack gives them back. Raises Locked."""
    with ExitStack() as stack:
        for site in sites:
            stack.callback(crawl_lock(archive, site).release)
        return stack.pop_all()


def _taken(archive: Path, name: str, refusal: str) -> BaseFileLock:
    """A lock of the operating system on a small file, which stays: it is the lock that counts, and it ends with its process."""
    real = archive.resolve()  # one archive under two names is one archive
    lock = FileLock(real.with_name(f"{real.name}.{name}.lock"), is_singleton=True, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise Locked(refusal) from None
    except OSError as error:
        raise ArchiveUnwritable(f"{lock.lock_file}: the lock cannot be taken ({error.strerror})") from error
    return lock
