"""WARC records (WARC/1.1) of pages and answers, by warcio; each is a gzip member of its own.

Nothing in a record depends on when or where it is written: the same page gives the same bytes.
Bodies are kept decoded. By the convention of CC-NEWS, Content-Length is that of the body here, and
what the server sent of Content-Encoding, Transfer-Encoding and another Content-Length has
`X-Crawler-` before its name.
"""

import re
from base64 import b32encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from http import HTTPStatus
from io import BytesIO
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit
from uuid import UUID, uuid5

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.database.clock import utc
from archive.records import Capture, Exchange, Page, Wire

try:
    from isal.isal_zlib import compress
except ModuleNotFoundError:  # there is no wheel for this computer
    from zlib import compress

VERSION = "WARC/1.1"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
SAME_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
FIELDS = "application/warc-fields"

_NAMESPACE = UUID("6f0d4c0e-6f0b-5c1e-9d59-7c1f0a3c9b52")
"""Of record ids: they are made of what the record says, so that a record keeps its own."""
_LEVEL, _GZIP = 2, 31
"""igzip packs about as well here as zlib does with 3, in a fifth of the time."""
_CODINGS = frozenset(("gzip", "x-gzip", "deflate", "br", "zstd", "identity", ""))
"""Content codings that crawls and imports decode."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_PLAIN_URL = re.compile(r"[!-~]+")
_METHODS = frozenset("GET HEAD POST PUT DELETE OPTIONS PATCH".split())
_HTTP = {
    "response": "application/http; msgtype=response",
    "revisit": "application/http; msgtype=response",
    "request": "application/http; msgtype=request",
}
"""Content-Type of records of HTTP."""
_HTTP_1 = ("HTTP/1.0", "HTTP/1.1")

Fields = Sequence[tuple[str, object]]
"""Names and values of `application/warc-fields`; a value that is None has no line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it stands in a file, and what an index says of it."""

    kind: str
    """WARC-Type."""
    id: str
    """WARC-Record-ID."""
    url: str
    """WARC-Target-URI; empty for a warcinfo."""
    date: str
    """WARC-Date."""
    digest: str
    """WARC-Payload-Digest: that of the page which a revisit refers to."""
    mime: str
    status: int | None
    """HTTP status; None where the record has none."""
    packed: bytes = field(repr=False)


def packed(data: bytes) -> bytes:
    """Compress into one gzip member, without a time and a name."""
    return compress(data, _LEVEL, _GZIP)


def warcinfo(name: str, at: datetime, fields: Fields) -> Record:
    """Return the first record of the file `name`: who wrote it, and how to read it."""
    body = _fields(fields)
    return _record("warcinfo", "", at, body, content_type=FIELDS, more={"WARC-Filename": name})


def page_records(
    page: Page, *, number: int, part: int = 1, earlier: Sequence[Record] = ()
) -> Iterator[Record]:
    """Yield the records of one page, without its further parts; the page itself is the last that
    is a `response` or `revisit`, or a `resource` where how it came is unknown.

    It is a revisit, without the body, if one of the responses with its URL that were written
    `earlier` has the same. `number`, the snapshot's, and `part` keep apart what is equal otherwise.
    """
    seed, wire = f"{number}.{part}", page.wire
    for step, hop in enumerate(wire.hops if wire is not None else (), 1):
        answer = _response(hop.url, hop.status, hop.fetched_at, b"", hop, f"{seed}.{step}")
        yield answer
        yield from _request(hop.url, hop.fetched_at, hop, answer)
    if wire is None or not (wire.headers or wire.protocol):
        yield from _resource(page, seed)
        return
    truncated = wire.capture.truncated if wire.capture is not None else None
    digest = _digest(page.body) if earlier and truncated is None else ""
    date = warc_date(page.fetched_at)  # one with that is the same capture, as after a merge
    same = next((each for each in earlier if each.digest == digest and each.date != date), None)
    if same is not None:
        found = _same_payload(page, wire, same, seed)
    else:
        found = _response(
            page.url, page.status, page.fetched_at, page.body, wire, seed, truncated=truncated
        )
    yield found
    yield from _request(page.url, page.fetched_at, wire, found)
    yield from _metadata(found, page.fetched_at, _provenance(wire.capture))


def not_modified(page: Record, at: datetime) -> Record:
    """Return the revisit for a 304: the server said that it still had the page of that record.

    The headers of the answer were not kept: its block is empty.
    """
    return _record("revisit", page.url, at, b"", more=_referring(NOT_MODIFIED, page), seed=page.id)


def _same_payload(page: Page, wire: Wire, same: Record, seed: str) -> Record:
    """Return the revisit for a page whose bytes are in an earlier record: its headers alone."""
    return _answer(
        "revisit",
        page.url,
        page.status,
        page.fetched_at,
        b"",
        wire,
        seed,
        size=len(page.body),
        more=_referring(SAME_PAYLOAD, same),
    )


def _referring(profile: str, page: Record) -> dict[str, str]:
    """Return the headers of a revisit of an earlier record."""
    return {
        "WARC-Profile": profile,
        "WARC-Refers-To": page.id,
        "WARC-Refers-To-Target-URI": page.url,
        "WARC-Refers-To-Date": page.date,
        "WARC-Payload-Digest": page.digest,
    }


def robots_answer(
    url: str,
    at: datetime,
    *,
    status: int | None,
    reason: str | None,
    body: str,
    wire: Wire | None = None,
    number: int = 0,
) -> Iterator[Record]:
    """Yield what a host answered for its robots.txt: its text, or why there is none.

    Where it is known how it came, an answer is a `response` with its request, as those of pages.
    `number` keeps apart the answers of hosts that redirect to one address.
    """
    text = body.encode(errors="replace")
    if wire is not None and status is not None:
        known: dict[str, Any] = {"requested_url": url, "url": url, "status": status, "wire": wire}
        answer = Page(site="", headers={}, body=text, fetched_at=at, **known)
        yield from page_records(answer, number=number, part=0)
    elif status == HTTPStatus.OK:
        kind = "text/plain; charset=utf-8"
        yield _record("resource", url, at, text, content_type=kind, seed=f"{number}.0")
    else:
        fields = _fields([("status", status), ("reason", reason)])
        yield _record("metadata", url, at, fields, content_type=FIELDS, seed=f"{number}.0")


def _resource(page: Page, seed: str) -> Iterator[Record]:
    """Yield a page of which only the headers that describe it are known."""
    kind = _clean(page.headers.get("content-type", "")) or "application/octet-stream"
    found = _record("resource", page.url, page.fetched_at, page.body, content_type=kind, seed=seed)
    yield found
    via = page.requested_url if page.requested_url != page.url else None
    fields: list[tuple[str, object]] = [("status", page.status), ("via", via)]
    fields += [("header", f"{name}: {value}") for name, value in page.headers.items()]
    capture = page.wire.capture if page.wire is not None else None
    yield from _metadata(found, page.fetched_at, [*fields, *_provenance(capture)])


def _provenance(capture: Capture | None) -> Fields:
    """Return where an imported page comes from."""
    if capture is None:
        return []
    return [
        ("importedFrom", capture.file),
        ("importedOffset", capture.offset),
        ("importedRecord", capture.record_id),
        ("importedPayloadDigest", capture.payload_digest),
        ("importedSoftware", capture.software),
    ]


def _metadata(about: Record, at: datetime, fields: Fields) -> Iterator[Record]:
    """Yield what else is known of a page; nothing if that is nothing."""
    body = _fields(fields)
    if body:
        more = {"WARC-Concurrent-To": about.id}
        yield _record("metadata", about.url, at, body, content_type=FIELDS, more=more)


def _response(
    url: str,
    status: int,
    at: datetime,
    body: bytes,
    exchange: Exchange,
    seed: str,
    *,
    truncated: str | None = None,
) -> Record:
    more: dict[str, str] = {}
    if truncated is None and exchange.length and not body:
        truncated = "unspecified"  # the body of a redirect is not kept
    if truncated is not None:
        more["WARC-Truncated"] = _clean(truncated)
    return _answer("response", url, status, at, body, exchange, seed, size=len(body), more=more)


def _answer(
    kind: str,
    url: str,
    status: int,
    at: datetime,
    body: bytes,
    exchange: Exchange,
    seed: str,
    *,
    size: int,
    more: Mapping[str, str],
) -> Record:
    """Make the record of an answer whose body has `size` bytes, also where it is elsewhere."""
    protocol = exchange.protocol if exchange.protocol in _HTTP_1 else "HTTP/1.1"
    headers = _decoded(exchange, size)
    http = _Http(f"{status} {_reason(exchange, status)}", headers, protocol=protocol)
    mime = next((value for name, value in headers if name.lower() == "content-type"), "")
    more = {**_address(exchange), **more}
    return _record(kind, url, at, body, http=http, more=more, seed=seed, status=status, mime=mime)


def _request(url: str, at: datetime, exchange: Exchange, answer: Record) -> Iterator[Record]:
    """Yield the request of an answer, where its headers are known."""
    if not exchange.request_headers:
        return
    parts = address(_uri(url))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    method = exchange.method if exchange.method in _METHODS else "GET"
    http = _Http(f"{target} HTTP/1.1", _lines(exchange.request_headers), protocol=method)
    more = {"WARC-Concurrent-To": answer.id, **_address(exchange)}
    yield _record("request", url, at, b"", http=http, more=more)


def address(url: str) -> SplitResult:
    """Split an address; what is none has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _address(exchange: Exchange) -> dict[str, str]:
    """Return the header of the server's address; none where it is unknown."""
    found = _ip_address(exchange.address or "")
    return {"WARC-IP-Address": found} if found else {}


@lru_cache(maxsize=1000)
def _ip_address(text: str) -> str:
    """Return an IP address as it is usually written; empty for what is none."""
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _reason(exchange: Exchange, status: int) -> str:
    if exchange.reason is not None:
        return _clean(exchange.reason)
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _decoded(exchange: Exchange, size: int) -> list[tuple[str, str]]:
    """Return the headers of an answer whose body is kept decoded."""
    headers, has_length = [], False
    for name, value in _lines(exchange.headers):
        lower = name.lower()
        is_length = lower == "content-length"
        if _is_undone(lower, value) or (is_length and value != str(size)):
            headers.append((f"X-Crawler-{name}", value))
            continue
        has_length |= is_length
        headers.append((name, value))
    if not has_length:
        headers.append(("Content-Length", str(size)))
    return headers


def _is_undone(name: str, value: str) -> bool:
    """Whether a header names a coding of the body that was undone: others are kept as they came."""
    if name == "transfer-encoding":
        return True
    outermost = value.rpartition(",")[2].strip().lower()
    return name == "content-encoding" and outermost in _CODINGS


def _lines(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return lines that stay lines: none without a name, as are HTTP/2's own, and no breaks."""
    return [(name, _clean(value)) for name, value in headers if _is_name(name)]


@lru_cache(maxsize=1000)
def _is_name(name: str) -> bool:
    return _TOKEN.fullmatch(name) is not None


def _clean(value: object) -> str:
    text = str(value)
    if not text.isprintable():
        text = _CONTROLS.sub(" ", text)
    return text.strip()


def _fields(fields: Fields) -> bytes:
    lines = [f"{name}: {_clean(value)}\r\n" for name, value in fields if value is not None]
    return "".join(lines).encode(errors="replace")


def _uri(url: str) -> str:
    """Return an address as a URI: ASCII, without spaces."""
    if _PLAIN_URL.fullmatch(url):
        return url
    return quote(url, safe="%/:=&?~#+!$,;'@()*[]|", errors="replace")


def warc_date(at: datetime) -> str:
    """Write a time as WARC does: UTC, to the second."""
    return utc(at).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


class _Http(StatusAndHeaders):
    """Headers of HTTP, written as they came: bytes of ISO 8859-1."""

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        """Called by warcio."""
        self.headers_buff = (self.to_str() + "\r\n").encode("latin-1", "replace")


def _digest(*parts: bytes) -> str:
    if not any(parts):
        return _EMPTY
    found = sha1(usedforsecurity=False)
    for part in parts:
        found.update(part)
    return f"sha1:{b32encode(found.digest()).decode()}"


_EMPTY = "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
"""Of no bytes, as most records have no body."""


class _Writer:
    """warcio's writer, into memory."""

    def __init__(self) -> None:
        self._writer = WARCWriter(None, gzip=False, warc_version=VERSION)

    def __call__(
        self, kind: str, headers: Mapping[str, str], body: bytes, http: _Http | None
    ) -> bytes:
        record = self._writer.create_warc_record(
            "",
            kind,
            payload=BytesIO(body),
            length=len(body),
            warc_content_type=headers["Content-Type"],
            warc_headers=StatusAndHeaders("", list(headers.items()), protocol=VERSION),
            http_headers=http,
        )
        self._writer.out = BytesIO()
        self._writer.write_record(record)
        return self._writer.out.getvalue()  # type: ignore[no-any-return]


_write = _Writer()


def _record(
    kind: str,
    url: str,
    at: datetime,
    body: bytes,
    *,
    http: _Http | None = None,
    content_type: str = "",
    more: Mapping[str, str] | None = None,
    seed: str = "",
    status: int | None = None,
    mime: str = "",
) -> Record:
    """Make a record; its id is made of its kind, address, time, digest, and `seed` or `more`."""
    head, more = b"", more or {}
    if http is not None:
        http.compute_headers_buffer()
        head = http.headers_buff
    uri, date, block = _uri(url), warc_date(at), _digest(head, body)
    digest = more.get("WARC-Payload-Digest") or (_digest(body) if head else block)
    own = seed or more.get("WARC-Concurrent-To") or more.get("WARC-Filename", "")
    found = f"<urn:uuid:{uuid5(_NAMESPACE, f'{kind} {uri} {date} {block} {own}')}>"
    headers = {"WARC-Type": kind, "WARC-Record-ID": found, "WARC-Target-URI": uri}
    headers |= {"WARC-Date": date, **more, "WARC-Payload-Digest": digest}
    headers |= {"WARC-Block-Digest": block, "Content-Type": content_type or _HTTP[kind]}
    if kind == "warcinfo":
        del headers["WARC-Target-URI"], headers["WARC-Payload-Digest"]
    return Record(
        kind=kind,
        id=found,
        url=uri,
        date=date,
        digest=digest,
        mime=mime or content_type,
        status=status,
        packed=packed(_write(kind, headers, body, http)),
    )
