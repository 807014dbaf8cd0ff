"""A WARC that is read as it arrives: the index pass sees a file, of which only the latest bytes are
there.
"""

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from scraper.ingest.web_archives.captures import Section
from scraper.ingest.web_archives.records import SectionFile

STEP = 1024 * 1024
"""Bytes that are read of a stream at a time."""
IN_MEMORY = 48 * 1024 * 1024
"""Bytes of the window that are held in memory; a longer one is on the disk."""
PASSED = 16 * 1024 * 1024
"""Bytes that were passed, after which they are forgotten."""


class Window(SectionFile):
    """The bytes of a stream from the last ones that were passed up to those that were read."""

    def __init__(
        self, stream: BinaryIO, section: Section, advance: Callable[[int], object]
    ) -> None:
        self.section = section
        self._stream = stream
        self._advance = advance
        self._digest = hashlib.sha256()
        self._bytes = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._first = self._end = self._at = 0

    def close(self) -> None:
        """Forget the bytes; the stream stays open."""
        self._bytes.close()
        io.RawIOBase.close(self)

    def tell(self) -> int:
        """Return the position in the stream."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position that was not passed."""
        assert whence == os.SEEK_SET and offset >= self._first
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        """Read some bytes; none at the end of the stream."""
        assert size >= 0
        self._arrive(self._at + size)
        self._bytes.seek(self._at - self._first)
        data = self._bytes.read(size)
        self._at += len(data)
        return data

    def _arrive(self, until: int) -> bool:
        """Have the bytes up to a position; return whether they are there."""
        self._bytes.seek(0, os.SEEK_END)
        while self._end < until:
            data = self._stream.read(STEP)
            if not data:
                return False
            self._digest.update(data)
            self._end += self._bytes.write(data)
            self._advance(len(data))
        return True

    def pass_by(self, offset: int) -> None:
        """Forget what is before an offset, when that is much."""
        if offset - self._first < PASSED:
            return
        self._bytes.seek(offset - self._first)
        rest = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        while data := self._bytes.read(STEP):
            rest.write(data)
        self._bytes.close()
        self._bytes, self._first = rest, offset

    def copy(self, begin: int, end: int, out: BinaryIO) -> None:
        """Write bytes that are there to the same place of another file."""
        copy(self, begin, end, out, at=self.section.start + begin)

    def rest(self) -> tuple[int, str]:
        """Read to the end; return the bytes of the whole and their SHA-256."""
        while self._arrive(self._end + STEP):
            self.pass_by(self._end)
        return self._end, self._digest.hexdigest()


def copy(file: SectionFile, begin: int, end: int, out: BinaryIO, *, at: int) -> None:
    """Write a part of a section to a place of another file, whose other bytes are holes."""
    before = file.tell()
    file.seek(begin)
    out.seek(at)
    while begin < end and (data := file.read(min(STEP, end - begin))):
        begin += out.write(data)
    file.seek(before)


def whole_file(stream: BinaryIO, path: Path) -> None:
    """Write a stream to the disk: a package whose parts are found from its end."""
    with path.open("wb") as out:
        while data := stream.read(STEP):
            out.write(data)
