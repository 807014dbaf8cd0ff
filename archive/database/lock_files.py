"""Locks between processes: a file that is there only while its lock is held.

The operating system locks the file (flock), not its name: a killed process holds nothing, and what
it leaves is a file that the lock's next holder takes over and removes. Users and containers
that share the folder share the lock.
"""

from contextlib import ExitStack, suppress
from pathlib import Path
from threading import RLock

from filelock import FileLock

_THREADS = RLock()
"""A thread that releases a lock would remove the file under another one that takes it."""


def take_lock(file: Path, *, wait: float = 0.0) -> ExitStack:
    """Take a lock that is re-entrant within the process; closing the stack releases it.

    Raises filelock.Timeout where another process holds it longer than `wait` seconds, and OSError.
    """
    lock = FileLock(file, is_singleton=True, thread_local=False)
    with _THREADS:
        lock.acquire(timeout=wait)
    held = ExitStack()
    held.callback(_release, lock, file)
    return held


def _release(lock: FileLock, file: Path) -> None:
    with _THREADS:
        if lock.lock_counter == 1:
            # While it is held: a process that opened the file meanwhile finds that it has no name
            # any more, and tries again.
            with suppress(OSError):
                file.unlink(missing_ok=True)
        lock.release()
