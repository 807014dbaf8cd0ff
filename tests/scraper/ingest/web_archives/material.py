"""Records of web archives byte by byte: as crawlers write them, and as no crawler should.

warcio writes only what is right. Here every line of a record can be another one.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from uuid import NAMESPACE_URL, uuid5

import brotli
import zstandard

from tests.benchmarks.pages import invented_pages

DATE = "2026-11-21T08:00:00Z"
HTML = ("Content-Type", "text/html; charset=utf-8")
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
SAME_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"

Headers = Iterable[tuple[str, str]]

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@cache
def stories(count: int) -> list[tuple[str, bytes]]:
    """Addresses and pages of stories of one site, always the same."""
    return list(invented_pages("rmol", 60))[:count]


def record(
    kind: str,
    url: str | None,
    block: bytes = b"",
    *,
    date: str | None = DATE,
    more: Headers = (),
    length: int | str | None = None,
    version: bytes = b"WARC/1.1",
    end: bytes = b"\r\n\r\n",
) -> bytes:
    """A record; `length` in place of the block's own."""
    identity = uuid5(NAMESPACE_URL, f"{kind} {url} {date} {hashlib.sha1(block).hexdigest()}")
    headers: list[tuple[str, str | None]] = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<urn:uuid:{identity}>"),
        ("WARC-Target-URI", url),
        ("WARC-Date", date),
    ]
    given = {name.lower() for name, _value in more}
    headers = [pair for pair in headers if pair[1] is not None and pair[0].lower() not in given]
    headers += more
    if "content-length" not in given:
        headers.append(("Content-Length", str(len(block) if length is None else length)))
    lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers)
    return version + b"\r\n" + lines + b"\r\n" + block + end


def http(
    body: bytes, *, status: str = "HTTP/1.1 200 OK", headers: Headers = (HTML,), sized: bool = True
) -> bytes:
    """An HTTP message."""
    size = [("Content-Length", str(len(body)))] if sized else []
    lines = "".join(f"{name}: {value}\r\n" for name, value in [*headers, *size])
    return f"{status}\r\n{lines}\r\n".encode("utf-8", "surrogateescape") + body


def response(url: str, body: bytes, *, block: bytes | None = None, **record_of: object) -> bytes:
    """A response with a page, as most crawlers write it."""
    return record(
        "response",
        url,
        http(body) if block is None else block,
        more=[
            ("Content-Type", "application/http; msgtype=response"),
            *record_of.pop("more", ()),  # type: ignore[misc]
        ],
        **record_of,  # type: ignore[arg-type]
    )


def encoded(body: bytes, *encodings: str) -> bytes:
    """A message whose body was encoded, in this order."""
    for name in encodings:
        body = ENCODERS[name](body)
    return http(body, headers=[HTML, ("Content-Encoding", ", ".join(encodings))])


def chunked(body: bytes, *, size: int = 1_000, more: Headers = ()) -> bytes:
    """A message in chunks, as it came over the wire."""
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    wire = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    headers = [HTML, ("Transfer-Encoding", "chunked"), *more]
    return http(wire, headers=headers, sized=False)


def cc_news(body: bytes, encoding: str = "gzip") -> bytes:
    """A message as CC-NEWS keeps it: decoded, its own headers under other names."""
    return http(
        body,
        headers=[
            HTML,
            ("X-Crawler-Content-Encoding", encoding),
            ("X-Crawler-Transfer-Encoding", "chunked"),
            ("X-Crawler-Content-Length", "123"),
        ],
    )


def digest(data: bytes) -> str:
    """A digest as WARCs have it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def warcinfo(software: str = "invented/1.0") -> bytes:
    """The record that most files begin with."""
    info = f"software: {software}\r\nformat: WARC File Format 1.1\r\n".encode()
    return record("warcinfo", None, info, more=[("Content-Type", "application/warc-fields")])


def zipped(records: Iterable[bytes]) -> bytes:
    """A file with a gzip member a record."""
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def zipped_whole(records: Iterable[bytes]) -> bytes:
    """A file that somebody packed as a whole."""
    return gzip.compress(b"".join(records), mtime=0)


def arc(url: str, body: bytes) -> bytes:
    """A file of the format before WARC, with one page."""
    block = http(body)
    version = b"1 0 Alexa Internet\nURL IP-address Archive-date Content-type Archive-length\n"
    head = f"filedesc://old.arc 0.0.0.0 20161121080000 text/plain {len(version)}\n".encode()
    page = f"{url} 192.0.2.7 20161121080000 text/html {len(block)}\n".encode()
    return head + version + b"\n" + page + block + b"\n"
