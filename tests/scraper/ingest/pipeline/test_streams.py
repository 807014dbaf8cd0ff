"""Addresses are read within limits, from public hosts only, and continued where they break."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from threading import Event
from typing import ClassVar

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry

from archive import remote
from scraper.ingest.collections.rows import Unreadable
from scraper.ingest.pipeline import streams
from scraper.ingest.pipeline.streams import Unfetched, opened, version_of
from tests.scraper.ingest.pipeline.server import Files

DATA = Random(1).randbytes(300_000)


def read(address: str) -> bytes:
    with opened(address) as file:
        return b"".join(iter(lambda: file.read(10_000), b""))


@pytest.mark.usefixtures("loopback_is_public")
def test_a_connection_that_breaks_is_continued_where_it_was(server: Files) -> None:
    server.files["a.warc.gz"], server.breaks = DATA, 3
    assert read(server.url("a.warc.gz")) == DATA
    ranges = [wanted for _method, _path, wanted in server.requests]
    assert ranges[0] == "" and all(wanted.startswith("bytes=") for wanted in ranges[1:])
    assert len(ranges) == 4


@pytest.mark.usefixtures("loopback_is_public")
def test_one_that_breaks_again_and_again_may_be_read_later(
    server: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["a.warc.gz"], server.breaks = DATA, 1_000
    server.share = 0.0
    monkeypatch.setattr(streams, "ATTEMPTS", 2)
    with pytest.raises(Unfetched, match="breaks again and again"):
        read(server.url("a.warc.gz"))


@pytest.mark.usefixtures("loopback_is_public")
def test_a_file_that_is_not_there_is_one_sentence(server: Files) -> None:
    with pytest.raises(Unreadable, match="the server answers 404"):
        read(server.url("tiada.warc.gz"))


@pytest.mark.usefixtures("loopback_is_public")
def test_a_file_has_a_limit_of_bytes_and_of_time(
    server: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["a.warc.gz"] = DATA
    seconds = iter(range(0, 1_000_000, 3_600))
    with (
        pytest.raises(Unreadable, match="longer than 6 hours"),
        opened(server.url("a.warc.gz"), lambda: float(next(seconds))) as file,
    ):
        while file.read(1_000):
            pass
    monkeypatch.setattr(streams, "MAX_BYTES", 1_000)
    for attempt in (read, version_of):
        with pytest.raises(Unreadable, match="it has more than"):
            attempt(server.url("a.warc.gz"))


@pytest.mark.parametrize("through", ["directly", "a redirect", "a name"])
def test_internal_addresses_are_not_requested(
    server: Files, monkeypatch: pytest.MonkeyPatch, through: str
) -> None:
    server.files["a.warc.gz"] = DATA
    address = server.url("a.warc.gz")
    if through == "a redirect":
        server.redirects["luar"] = address
        refused = streams.is_private
        hosts = iter([False, False])  # the first host is public, by its name and its address
        monkeypatch.setattr(
            streams, "is_private", lambda host: next(hosts, None) is None and refused(host)
        )
        address = server.url("luar")
    elif through == "a name":
        names = streams.is_private
        monkeypatch.setattr(streams, "is_private", lambda host: host != "localhost" and names(host))
        address = address.replace("127.0.0.1", "localhost")
    with pytest.raises(Unreadable, match="internal"):
        read(address)
    assert all(path == "luar" for _method, path, _range in server.requests)


def test_a_bucket_whose_package_is_missing_is_one_sentence() -> None:
    with pytest.raises(Unreadable, match="gs:// needs a package"):
        read("gs://umum/a.warc.gz")


class Bucket(MemoryFileSystem):
    """A bucket whose server does at one of its answers what a test wants."""

    protocol = "az"
    cachable = False
    store: ClassVar[dict[str, object]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    does: ClassVar[dict[str, Callable[[], object]]] = {}

    def info(self, path: str, **given: object) -> object:
        self.does.get("info", bool)()
        return super().info(path, **given)

    def open(self, *given: object, **named: object) -> object:
        file = super().open(*given, **named)
        read = file.read
        file.read = lambda size: self.does.get("read", bool)() or read(size)
        return file


def fails(error: Exception) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("answer", ["info", "read"])
@pytest.mark.parametrize(
    ("what", "raised", "sentence"),
    [
        (Event().wait, Unfetched, "no answer for 0 seconds"),
        (fails(ValueError("no account")), Unreadable, "no address of such a file .no account."),
        (fails(KeyError("x")), Unfetched, "it cannot be read .KeyError."),
        (fails(OSError(5, "away")), Unfetched, "away"),
        (fails(PermissionError("private")), Unreadable, "not public"),
    ],
    ids=["silent", "no account", "broken", "away", "private"],
)
def test_whatever_a_bucket_does_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    what: Callable[[], object],
    raised: type[Exception],
    sentence: str,
) -> None:
    monkeypatch.setitem(_registry, "az", Bucket)
    Bucket().pipe_file("az://umum/a.warc.gz", DATA)
    assert read("az://umum/a.warc.gz") == DATA
    monkeypatch.setattr(remote, "PATIENCE", 0.1)
    monkeypatch.setattr(Bucket, "does", {answer: what})
    with pytest.raises(raised, match=sentence):
        read("az://umum/a.warc.gz")
