"""Addresses as streams of bytes: read once, in order, within limits, and from public hosts only."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from archive.printable import in_line, without_secrets
from archive.remote import RemoteFile, answered
from scraper.ingest.collections.rows import Unreadable
from scraper.sites.addresses import is_private

MAX_BYTES = 64 * 1024**3
"""Bytes of a file; those of CC-NEWS have one GB."""
MAX_SECONDS = 6 * 3600.0
"""Seconds in which a file has to be read."""
TIMEOUT = (30.0, 120.0)
"""Seconds for a connection, and without a byte."""
ATTEMPTS = 6
"""Times that a file is requested in a row without a byte."""

WEB = ("http", "https")
_BUCKETS: dict[str, dict[str, Any]] = {
    "s3": {"anon": True},
    "gs": {"token": "anon"},
    "az": {},
    "abfs": {},
    "hf": {},
}
"""Scheme -> the options of its file system in fsspec; public buckets need no account."""
SCHEMES = (*WEB, *_BUCKETS)
_RETRIED = (429, 500, 502, 503, 504)
_BROKEN = (requests.RequestException, HTTPError, OSError)


class Unfetched(Exception):
    """An address could not be read now; a later attempt may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Which bytes an address has."""

    size: int | None
    """None where the server does not say."""
    tag: str
    """ETag or time of the last change; empty where the server says neither."""


class Stream:
    """The bytes of an address from its beginning; `read` raises Unreadable and Unfetched."""

    def __init__(
        self, address: str, version: Version, file: BinaryIO, clock: Callable[[], float]
    ) -> None:
        self.address = address
        self.version = version
        self._file = file
        self._clock = clock
        self._until = clock() + MAX_SECONDS
        self._read = 0

    def read(self, size: int) -> bytes:
        """Read up to so many bytes; none at the end."""
        if self._clock() > self._until:
            raise Unreadable(f"it took longer than {MAX_SECONDS / 3600:.0f} hours")
        data = self._file.read(size)
        self._read += len(data)
        if self._read > MAX_BYTES:
            raise Unreadable(f"it has more than {MAX_BYTES // 1024**3} GB")
        return data


@contextmanager
def opened(address: str, clock: Callable[[], float] = time.monotonic) -> Iterator[BinaryIO]:
    """Open an address; raises Unreadable for what is not there, and Unfetched for what may be."""
    if urlsplit(address).scheme.lower() in WEB:
        with _session() as session:
            pages = _Web(session, address)
            yield cast("BinaryIO", Stream(address, pages.version, cast("BinaryIO", pages), clock))
        return
    with _bucket(address) as (file, version):
        yield cast("BinaryIO", Stream(address, version, file, clock))


def version_of(address: str) -> Version:
    """Return which bytes an address has, without reading them; raises as `opened` does."""
    if urlsplit(address).scheme.lower() in WEB:
        with _session() as session, _answer(session, "HEAD", address, {}) as answer:
            return _version(answer)
    with _bucket(address) as (_file, version):
        return version


class _Web:
    """A file of a web server: where the connection breaks it is continued, if it is the same."""

    def __init__(self, session: requests.Session, address: str) -> None:
        self._session = session
        self._address = address
        self._at = 0
        self._answer = self._requested()
        self.version = _version(self._answer)

    def read(self, size: int) -> bytes:
        """Read up to so many bytes."""
        broke = "the connection was closed before the end"
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(2**attempt)
                self._answer.close()
                self._answer = self._requested()
            try:
                data: bytes = self._answer.raw.read(size, decode_content=False)
            except _BROKEN as error:
                broke = _why(error)
                continue
            if data or self._is_whole():
                self._at += len(data)
                return data
        raise Unfetched(f"the connection breaks again and again ({broke})")

    def _is_whole(self) -> bool:
        return self.version.size is None or self._at >= self.version.size

    def _requested(self) -> requests.Response:
        """Request the file from where it was read to."""
        headers = {}
        if self._at:
            headers = {"Range": f"bytes={self._at}-"}
            if self.version.tag:
                headers["If-Range"] = self.version.tag
        answer = _answer(self._session, "GET", self._address, headers)
        if self._at and answer.status_code != HTTPStatus.PARTIAL_CONTENT:
            answer.close()
            raise Unfetched("it changed while it was read, or cannot be continued")
        return answer


def _answer(
    session: requests.Session, method: str, address: str, headers: dict[str, str]
) -> requests.Response:
    try:
        answer = session.request(method, address, headers=headers, stream=True, timeout=TIMEOUT)
    except _BROKEN as error:
        raise Unfetched(_why(error)) from error
    if answer.ok:
        return answer
    answer.close()
    said = f"the server answers {answer.status_code}"
    if answer.status_code in _RETRIED:
        raise Unfetched(said)
    raise Unreadable(said)


def _version(answer: requests.Response) -> Version:
    length = answer.headers.get("Content-Length", "")
    size = int(length) if length.isascii() and length.isdigit() else None
    if size is not None and size > MAX_BYTES:
        answer.close()
        raise Unreadable(f"it has more than {MAX_BYTES // 1024**3} GB")
    tag = answer.headers.get("ETag", "")
    if not tag or tag.startswith("W/"):  # a weak one says nothing of its bytes
        tag = answer.headers.get("Last-Modified", "")
    return Version(size=size, tag=tag)


def _why(error: BaseException) -> str:
    """Return the innermost reason of an error of requests, in a line."""
    while error.__context__ is not None and not isinstance(error, OSError):
        error = error.__context__
    return _said(getattr(error, "strerror", None) or str(error))[:200]


def _said(words: object) -> str:
    """Return what an error says, in a line, without secrets of the address that it quotes."""
    return without_secrets(in_line(str(words)))


@contextmanager
def _session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Accept-Encoding"] = "identity"
        adapter = _PublicHosts(
            max_retries=Retry(
                total=ATTEMPTS,
                backoff_factor=1,
                status_forcelist=_RETRIED,
                allowed_methods=("GET", "HEAD"),
                raise_on_status=False,
                respect_retry_after_header=True,
            )
        )
        for scheme in WEB:
            session.mount(f"{scheme}://", adapter)
        yield session


class _Checked(HTTPConnection):
    """A connection to a public address, whatever its host's name resolves to."""

    def _new_conn(self) -> Any:
        return _public(super()._new_conn())


class _CheckedTLS(HTTPSConnection):
    def _new_conn(self) -> Any:
        return _public(super()._new_conn())


def _public(connected: Any) -> Any:
    if is_private(str(connected.getpeername()[0])):
        connected.close()
        raise Unreadable("its host has an internal address, and is not requested")
    return connected


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTLS


class _PublicHosts(HTTPAdapter):
    """Requests public hosts only, redirects included: by their names, and the addresses that we
    connect to. A proxy resolves names by itself, so that they are resolved here before.
    """

    def init_poolmanager(self, *given: Any, **options: Any) -> None:
        """Called by requests."""
        super().init_poolmanager(*given, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def send(self, request: requests.PreparedRequest, *given: Any, **options: Any) -> Any:
        """Called by requests, for each redirect as well."""
        parts = urlsplit(request.url or "")
        host = parts.hostname or ""
        through_proxy = bool({parts.scheme, "all"} & getproxies().keys()) and not proxy_bypass(host)
        if is_private(host) or (through_proxy and any(map(is_private, _addresses(host)))):
            raise Unreadable("its host is internal, and is not requested")
        return super().send(request, *given, **options)


def _addresses(host: str) -> set[str]:
    """Return the addresses of a host; none where it cannot be resolved here."""
    with suppress(OSError, UnicodeError):
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    return set()


class _Bucket:
    """A file of a bucket; each answer of its server is waited for a limited time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = RemoteFile(file)

    def read(self, size: int) -> bytes:
        """Read up to so many bytes."""
        with _fetching():
            return self._file.read(size)

    def close(self) -> None:
        """Forget the file."""
        self._file.close()


@contextmanager
def _bucket(address: str) -> Iterator[tuple[BinaryIO, Version]]:
    """Open a file of a bucket by its file system in fsspec; raises Unreadable and Unfetched."""
    with _fetching():
        file, version = answered(partial(_opened_bucket, address))
    with closing(_Bucket(file)) as bucket:
        yield cast("BinaryIO", bucket), version


def _opened_bucket(address: str) -> tuple[BinaryIO, Version]:
    import fsspec

    scheme = urlsplit(address).scheme.lower()
    try:
        system, path = fsspec.core.url_to_fs(address, **_BUCKETS[scheme])
    except ImportError as error:
        raise Unreadable(f"{scheme}:// needs a package: {_said(error)}") from error
    about = system.info(path)
    tag = str(about.get("ETag") or about.get("LastModified") or about.get("mtime") or "")
    version = Version(size=about.get("size"), tag=tag)
    if version.size is not None and version.size > MAX_BYTES:
        raise Unreadable(f"it has more than {MAX_BYTES // 1024**3} GB")
    file = system.open(path, "rb", cache_type="readahead", block_size=16 * 1024**2)
    return cast("BinaryIO", file), version


@contextmanager
def _fetching() -> Iterator[None]:
    """Turn whatever a file system raises into Unreadable, or Unfetched where a later attempt may
    succeed.
    """
    try:
        yield
    except (Unreadable, Unfetched):
        raise
    except (FileNotFoundError, PermissionError) as error:
        raise Unreadable(f"it is not there, or not public ({_said(error)})") from error
    except OSError as error:
        raise Unfetched(_why(error)) from error
    except ValueError as error:
        raise Unreadable(f"it is no address of such a file ({_said(error)})") from error
    except Exception as error:
        raise Unfetched(f"it cannot be read ({type(error).__name__})") from error
