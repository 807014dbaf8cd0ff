"""A folder or an object store, by fsspec: objects that are written once, read, listed, deleted."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from io import RawIOBase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fsspec.core import url_to_fs

from archive.errors import PackageMissing
from archive.printable import one_line
from scraper.configuration.store_address import address_problem
from scraper.fleet.records import FleetError, FleetUnavailable

PIECE = 1 << 20
PART = 32 << 20
"""Bytes of an upload's part: an S3 object has at most 10,000 of them."""

PARTIAL = ".partial"
"""Ending of a file that is being written."""

_PART_OF_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_LASTING = {
    errno.ENOSPC: "it is full",
    errno.EDQUOT: "it is full",
    errno.EFBIG: "the file is too large for it",
    errno.EROFS: "it is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOTDIR: "it is no folder",
}
"""What does not pass by itself."""
_NEEDS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs"}


class Missing(FleetError):
    """There is no such object, or no such store."""


class Reader(RawIOBase):
    """An open object, whose errors are kept apart from those of what is done with it."""

    def __init__(self, file: Any, plain: Callable[[], AbstractContextManager[None]]) -> None:
        super().__init__()
        self._file = file
        self._plain = plain

    def read(self, size: int = -1) -> bytes:
        """Read up to so many bytes."""
        with self._plain():
            return bytes(self._file.read(size))


class Objects:
    """The objects below an address; every name stays below it."""

    def __init__(self, address: str) -> None:
        """Raises FleetError for an address that is none, and PackageMissing."""
        self.shown = _shown(address)
        if why := address_problem(address):
            raise FleetError(f"{self.shown}: {why}")
        protocol = address.partition("://")[0] if "://" in address else "file"
        try:
            self._fs, self._root = url_to_fs(address, use_listings_cache=False)
        except ImportError:
            package = _NEEDS.get(protocol, f"for {protocol}://")
            raise PackageMissing(f"{self.shown}: the package {package} is not installed") from None
        except Exception as error:
            raise FleetError(f"{self.shown}: it is no address of a store") from error
        self.protocols: tuple[str, ...] = _protocols(self._fs)
        self.is_folder = "file" in self.protocols

    @property
    def root(self) -> str:
        """The folder's path, or bucket and prefix."""
        return str(self._root)

    @property
    def place(self) -> str:
        """What no other store has in common with it, without a secret."""
        return " ".join((self.protocols[0], self.endpoint or "", self.root))

    @property
    def endpoint(self) -> str | None:
        """The server of an object store, where the environment names another than the usual one."""
        given = getattr(self._fs, "endpoint_url", None)
        names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
        return given or next((os.environ[name] for name in names if os.environ.get(name)), None)

    def path(self, name: str) -> str:
        """Return where an object is; raises FleetError for a name that could be elsewhere."""
        parts = name.split("/")
        if not all(_PART_OF_NAME.fullmatch(part) for part in parts):
            raise FleetError(f"{self.shown}: {one_line(name)[:200]!r} is no name of an object")
        return "/".join((self.root.rstrip("/"), *parts))

    def write(self, name: str, pieces: Iterable[bytes]) -> int:
        """Write an object, and return its size; what could not be written whole is removed.

        It is there whole or not at all: an object store shows it when it is closed, and in a folder
        it gets its name then.
        """
        path = self.path(name)
        begun = path + PARTIAL if self.is_folder else path
        with self._plain():
            if self.is_folder:
                self._make_folder(path)
            try:
                written = self._written(begun, pieces)
                if self.is_folder:
                    Path(begun).replace(path)
            except BaseException:
                with suppress(Exception):
                    self._fs.rm_file(begun)
                raise
        return written

    def _written(self, path: str, pieces: Iterable[bytes]) -> int:
        written = 0
        with self._fs.open(path, "wb", block_size=PART) as target:
            for piece in pieces:
                target.write(piece)
                written += len(piece)
            _sync(target)
        if (found := self._fs.info(path)["size"]) != written:
            raise FleetUnavailable(f"{self.shown}: {found} of {written} bytes arrived")
        return written

    def _make_folder(self, path: str) -> None:
        """Make the folder of an object, but not the store: it may not be mounted."""
        if not self._fs.isdir(self._root):
            raise FleetUnavailable(f"{self.shown}: there is no such folder")
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)

    @contextmanager
    def opened(self, name: str) -> Iterator[Reader]:
        """Open an object for reading; raises Missing where there is none."""
        with ExitStack() as stack:
            with self._plain():
                file = stack.enter_context(self._fs.open(self.path(name), "rb", block_size=PART))
            yield Reader(file, self._plain)

    def read(self, name: str, *, limit: int) -> bytes | None:
        """Return a small object, None if there is none; raises FleetError for a larger one."""
        with self._plain():
            try:
                found: bytes = self._fs.cat_file(self.path(name), start=0, end=limit + 1)
            except FileNotFoundError:
                return None
        if len(found) > limit:
            raise FleetError(f"{self.shown}: {name} is larger than {limit} bytes")
        return found

    def names(self, folder: str = "") -> list[str]:
        """Return the names of what lies directly in a folder, sorted; others' names are skipped."""
        with self._plain():
            self._fs.invalidate_cache()
            if self.is_folder and not self._fs.isdir(self._root):
                raise FleetUnavailable(f"{self.shown}: there is no such folder")
            try:
                found = self._fs.ls(self.path(folder) if folder else self._root, detail=False)
            except FileNotFoundError:
                return []
        names = (str(path).rstrip("/").rpartition("/")[2] for path in found)
        return sorted(name for name in names if _PART_OF_NAME.fullmatch(name))

    def delete(self, name: str, *, folder: bool = False) -> None:
        """Delete an object, or a folder with all that is in it, if it is there."""
        with self._plain(), suppress(FileNotFoundError):
            self._fs.rm(self.path(name), recursive=folder)

    @contextmanager
    def _plain(self) -> Iterator[None]:
        """Turn the errors of any file system into ours, in words without credentials."""
        try:
            yield
        except FleetError:
            raise
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise Missing(f"{self.shown}: there is no such folder or bucket") from error
            if words := _LASTING.get(error.errno or 0):
                raise FleetError(f"{self.shown}: {words}") from error
            if isinstance(error, PermissionError):
                raise FleetError(f"{self.shown}: permission denied") from error
            raise FleetUnavailable(f"{self.shown}: {_reason(error)}") from error
        except Exception as error:  # those of each client library
            raise FleetUnavailable(f"{self.shown}: {_reason(error)}") from error


def _protocols(fs: Any) -> tuple[str, ...]:
    found = fs.protocol
    return (found,) if isinstance(found, str) else tuple(found)


def _shown(address: str) -> str:
    """Return an address without what may be secret in it."""
    if "://" not in address:
        return one_line(address)
    try:
        parts = urlsplit(address)
    except ValueError:
        return "the store"
    return one_line(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def _reason(error: Exception) -> str:
    """Say what kind of error it is: the texts of client libraries may quote requests."""
    if isinstance(error, OSError) and error.errno and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    return f"it does not answer ({type(error).__name__})"


def _sync(target: Any) -> None:
    """Wait until a file of a folder is on its disk; objects of a store are once they are closed."""
    target.flush()
    with suppress(Exception):
        os.fsync(target.fileno())
