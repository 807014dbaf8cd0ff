"""The folder of an import that runs, and those that killed imports left."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from filelock import FileLock, Timeout

PREFIX = "warta-import-"
_LOCK = "in_use.lock"


@contextmanager
def working_folder() -> Iterator[Path]:
    """Make a temporary folder, and remove those of imports that were killed.

    The system releases the lock in a folder when its process ends, however that happens. A folder
    without one is left alone: another version's, or one that is only just made.
    """
    _remove_left()
    with TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        with FileLock(folder / _LOCK):
            yield folder


def _remove_left() -> None:
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        file = folder / _LOCK
        # Those of other users cannot be opened; a link is followed nowhere.
        with suppress(OSError, Timeout):
            if folder.is_symlink() or file.is_symlink() or not file.is_file():
                continue
            with FileLock(file, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
