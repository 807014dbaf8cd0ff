"""One capture as it is read: the record's block to headers and body, and how it came over the wire.

What other crawlers store differs. A body may be as it was sent, chunked and compressed, or decoded,
under headers that say otherwise; CC-NEWS keeps the original ones as `X-Crawler-*`, browsertrix and
pywb as `X-Orig-*`.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from typing import Any

from warcio.bufferedreaders import ChunkedDataReader

from archive.records import Capture, HeaderLines, Wire
from scraper.ingest.answers import refusal_of_status
from scraper.ingest.unpacking import PIECES, unpacked
from scraper.ingest.web_archives.captures import MAX_PAGE, MAX_RECORD, Section
from scraper.ingest.web_archives.records import (
    UNREADABLE,
    Records,
    SectionFile,
    plain_headers,
    quiet,
    status_of,
    target_of,
    time_of,
)

BLOCK = 64 * 1024
"""Bytes read from a file at a time: a page is seldom longer."""
MAX_FIELDS = 64 * 1024
"""Bytes of a metadata record that are read."""
MAX_CODINGS = 3
"""Codings of one body, as in crawls."""

_CRAWLER = "x-crawler-"
_KEPT = re.compile(r"x-(?:crawler|orig)-", re.IGNORECASE)
"""How the names of the headers begin that a crawler replaced."""
_HEADER = re.compile(r"^header: ([^\s:]+): ([^\r\n]*)", re.MULTILINE)
_PRIVATE = re.compile(r"cookie|authorization|proxy-", re.IGNORECASE)
_SECRET = re.compile(r"cookie|(?:proxy-)?authorization", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedPage:
    """A capture as it was read: a response, or the reason why it is no page."""

    url: str = ""
    """As the record says."""
    captured_at: datetime | None = None
    """Aware, UTC; None where the record cannot be read."""
    status: int = 200
    """HTTP status; 200 for a saved page."""
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case; repeated headers joined by a comma."""
    body: bytes = field(default=b"", repr=False)
    """Without chunks and decompressed."""
    wire: Wire | None = field(default=None, repr=False)
    """How it came over the wire, and where it is kept; None for none."""
    incomplete: bool = False
    """Whether there is less of it than its headers say."""
    reason: str | None = None
    """Why it is no page: a code of archive.ledger.wording; None for a page."""


def read_capture(
    section: Section, offset: int, *, software: str | None = None, request: int | None = None
) -> CapturedPage:
    """Read the record at an offset; `request` is the offset of its request in the same section."""
    with SectionFile(section) as file, quiet():
        sent = _request_at(file, request) if request is not None else None
        records = Records(file, offset, block=BLOCK)
        found = CapturedPage(reason="file_changed")
        with suppress(*UNREADABLE):
            for record in records:
                if found.captured_at is not None:
                    return replace(found, headers=found.headers | _headers_beside(found, record))
                found = _captured(section, offset, records, record, software, sent)
                if record.rec_type != "resource":
                    break
    return found


def repeating(own: CapturedPage, payload: CapturedPage) -> CapturedPage:
    """Return the page of a revisit: `own` is its record, with its headers alone, and `payload` the
    capture whose body it repeats.

    Some crawlers write no headers, or those of an answer 304: then it has those of `payload`.
    """
    if payload.reason is not None or own.reason == "bad_http":
        return payload
    if own.reason is not None or own.wire is None or payload.wire is None:
        return own
    if own.status == HTTPStatus.NOT_MODIFIED:
        return payload
    kind = {"content-type": payload.headers.get("content-type", "")}
    length = _number(own.headers.get("content-length"), 0)
    wire = replace(own.wire, length=own.wire.length or length or payload.wire.length)
    return replace(
        own,
        headers=kind | own.headers,
        body=payload.body,
        wire=wire,
        incomplete=payload.incomplete,
        reason=refusal_of_status(own.status),
    )


def _headers_beside(found: CapturedPage, record: Any) -> dict[str, str]:
    """Return the headers of a resource that the next record has, as in warta's own exports."""
    about = plain_headers(record.rec_headers.headers)
    own = found.wire.capture.record_id if found.wire and found.wire.capture else None
    if record.rec_type != "metadata" or own is None or about.get("warc-concurrent-to") != own:
        return {}
    fields = record.raw_stream.read(MAX_FIELDS).decode("utf-8", "replace")
    return {name.lower(): value for name, value in _HEADER.findall(fields)}


def _request_at(file: SectionFile, offset: int) -> tuple[str, HeaderLines] | None:
    """Return method and headers of a request, without cookies and credentials."""
    records = Records(file, offset, block=BLOCK)
    for record in records:
        http = records.http_headers(record, record.raw_stream)
        return (http.protocol, _lines(http)) if http is not None else None
    return None


def _captured(
    section: Section,
    offset: int,
    records: Records,
    record: Any,
    software: str | None,
    sent: tuple[str, HeaderLines] | None,
) -> CapturedPage:
    about = plain_headers(record.rec_headers.headers)
    block = record.raw_stream.read(MAX_RECORD)
    found = CapturedPage(url=target_of(about), captured_at=time_of(about.get("warc-date")))
    evidence = Capture(
        file=section.name,
        offset=None if section.unpacked else offset,
        record_id=about.get("warc-record-id"),
        payload_digest=about.get("warc-payload-digest"),
        software=software,
    )
    wire = Wire(address=about.get("warc-ip-address"), capture=evidence)
    if record.rec_type == "revisit":
        about = {**about, "warc-payload-digest": ""}  # that of the page which it repeats
    if record.rec_type == "resource":
        headers = {"content-type": about.get("content-type", "")}
        reason = "bad_digest" if _is_broken(about, block, block) else None
        return replace(found, headers=headers, body=block, wire=wire, reason=reason)
    stream = BytesIO(block)
    http = records.http_headers(record, stream)
    status = status_of(http)
    if status is None:
        return replace(found, reason="bad_http")
    payload = stream.read()
    if _is_broken(about, block, payload):
        return replace(found, reason="bad_digest")
    return _answered(replace(found, status=status), wire, http, payload, sent)


def _answered(
    found: CapturedPage, wire: Wire, http: Any, payload: bytes, sent: tuple[str, HeaderLines] | None
) -> CapturedPage:
    """Add the headers and the body of an HTTP answer."""
    headers = _joined(http.headers)
    unchunked = _unchunked(payload, headers)
    body, whole = _decoded(unchunked, headers.get("content-encoding", ""))
    if len(body) > MAX_PAGE:
        return replace(found, reason="too_large")
    wire = replace(
        wire,
        protocol=http.protocol or None,
        reason=http.statusline.partition(" ")[2],
        headers=_original(_lines(http)),
        length=_number(headers.get(f"{_CRAWLER}content-length"), len(unchunked)),
    )
    if sent is not None:
        wire = _with_request(wire, *sent)
    short = len(payload) < _number(headers.get("content-length"), 0)
    return replace(
        found,
        headers=headers,
        body=body,
        wire=wire,
        incomplete=not whole or (short and "transfer-encoding" not in headers),
    )


def _lines(http: Any) -> HeaderLines:
    """Return the lines of a head, without the pseudo headers of HTTP/2."""
    return tuple((name, value) for name, value in http.headers if name and name[0] != ":")


def _joined(lines: HeaderLines) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in lines:
        lower = name.lower()
        joined[lower] = f"{joined[lower]}, {value}" if lower in joined else value
    return joined


def _original(lines: HeaderLines) -> HeaderLines:
    """Return the lines that the server sent, where a crawler kept those that it replaced."""
    replaced = {_KEPT.sub("", name).lower() for name, _value in lines if _KEPT.match(name)}
    kept = (line for line in lines if line[0].lower() not in replaced)
    return tuple((_KEPT.sub("", name, count=1), value) for name, value in kept)


def _with_request(wire: Wire, method: str, lines: HeaderLines) -> Wire:
    """Add what was requested; where that had cookies, neither they nor new ones are kept."""
    sent = tuple(line for line in lines if not _PRIVATE.match(line[0]))
    headers = wire.headers
    if any(_SECRET.match(name) for name, _value in lines):
        headers = tuple(line for line in headers if line[0].lower() != "set-cookie")
    return replace(wire, method=method or "GET", request_headers=sent, headers=headers)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else otherwise


def _is_broken(about: Mapping[str, str], block: bytes, payload: bytes) -> bool:
    """Whether a record has other bytes than its digests say.

    That of the block decides, where there is one: tools differ in what a payload is, as sent or
    without chunks, so there either is right.
    """
    if (right := _has_digest(about.get("warc-block-digest"), block)) is not None:
        return not right
    digest = about.get("warc-payload-digest")
    right = _has_digest(digest, payload)
    return right is False and not _has_digest(digest, _dechunked(payload))


def _has_digest(digest: str | None, data: bytes) -> bool | None:
    """Whether data has a digest like `sha1:` and its value in base 32 or 16; None for no such."""
    algorithm, _colon, wanted = (digest or "").partition(":")
    name = algorithm.lower().replace("-", "")
    if name not in ("md5", "sha1", "sha256", "sha512"):
        return None
    found = hashlib.new(name, data, usedforsecurity=False).digest()
    for encoded in (found.hex(), base64.b32encode(found).decode().rstrip("=").lower()):
        if len(wanted.rstrip("=")) == len(encoded):
            return wanted.rstrip("=").lower() == encoded
    return None


def _unchunked(payload: bytes, headers: Mapping[str, str]) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", "").lower():
        return payload
    return _dechunked(payload)


def _dechunked(payload: bytes) -> bytes:
    """Return a body without its chunks; one that has none as it is."""
    chunks: bytes = ChunkedDataReader(BytesIO(payload)).read(MAX_RECORD)
    return chunks


def _decoded(body: bytes, codings: str) -> tuple[bytes, bool]:
    """Decompress a body, where it is compressed at all; return whether it was whole, too."""
    whole = True
    named = [name.strip().lower() for name in codings.split(",")]
    for name in reversed(named[-MAX_CODINGS:]):
        if name in PIECES:
            body, complete = unpacked(body, name, MAX_PAGE)
            whole = whole and complete
    return body, whole
