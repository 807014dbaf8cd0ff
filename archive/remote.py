"""Files at addresses of fsspec: each answer is waited for a limited time.

Most of its file systems wait forever for a server that says nothing.
"""

import io
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import BinaryIO, TypeVar

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds for some bytes of a file."""
LISTING = 600.0
"""Seconds for the names of the files in a folder: requests to a server for each some of them."""


def answered(call: Callable[[], T], seconds: float | None = None) -> T:
    """Return what a call returns; raises what it raises, and TimeoutError after so many seconds
    (PATIENCE). It is done in a thread of its own, which is left alone then.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:
            done.set_exception(error)

    patience = PATIENCE if seconds is None else seconds
    Thread(target=run, daemon=True).start()
    try:
        return done.result(patience)
    except TimeoutError as error:
        if done.done():
            raise
        raise TimeoutError(f"no answer for {patience:.0f} seconds") from error


class RemoteFile(io.RawIOBase):
    """A file for reading whose every read is answered in time; raises TimeoutError."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read up to so many bytes; all without a size."""
        return answered(partial(self._file.read, size))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def close(self) -> None:
        """Forget the file."""
        self._file.close()
        super().close()
