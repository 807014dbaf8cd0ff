"""Records of WARC files: the index pass over a range of a file, and one record as it is read.

A file is indexed in ranges, on several cores: each begins with the first record that begins in it.
Whether that is the record that follows the last one of the range before, its reader compares.
"""

import io
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import BufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeadersParserException

from archive.identity import joined_url
from scraper.ingest.answers import refusal_of_status, refusal_of_type
from scraper.ingest.unpacking import GZIP
from scraper.ingest.web_archives.captures import MAX_RECORD, Indexed, Section
from scraper.sites.site import Identity, Site

try:
    from isal import isal_zlib as fast_zlib
except ModuleNotFoundError:  # there is no wheel for this computer
    fast_zlib = zlib  # type: ignore[misc]

BLOCK = 256 * 1024
"""Bytes read from a file at a time."""
MAX_LINE = 64 * 1024
"""Bytes of a line of headers."""
MAX_LINES = 5_000
"""Lines of headers of one record, and empty ones behind it."""
MAX_INFO = 8 * 1024
"""Bytes of a warcinfo record that are read."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

_GZIP = b"\x1f\x8b\x08"
_PLAIN = re.compile(rb"WARC/[01]\.\d+\r?\n")
LENGTH = "content-length"
_LENGTH = re.compile(r"[0-9]{1,18}")
_FOURTEEN = re.compile(r"[0-9]{14}")
_SOFTWARE = re.compile(rb"^software:[ \t]*([^\r\n]{1,200})", re.IGNORECASE | re.MULTILINE)
UNREADABLE: tuple[Any, ...] = (
    *(ArchiveLoadFailed, StatusAndHeadersParserException, zlib.error, fast_zlib.error),
    *(ValueError, AttributeError, TypeError, IndexError),
)
"""What warcio raises where a record is broken."""

SiteOf = Callable[[str], Site | None]
"""Returns the publisher of an address; None for an unknown one."""


@dataclass(slots=True, kw_only=True)
class RangeIndex:
    """What the index pass finds in a range of a section."""

    first: int | None
    """Offset of the first record; None where none begins in it."""
    after: int
    """Offset behind the last record."""
    records: int = 0
    wanted: list[Indexed] = field(default_factory=list)
    """Captures of stories, their requests, redirects to them, and robots.txt."""
    others: Counter[str] = field(default_factory=Counter)
    """Records without a page of a story, by reason."""
    damages: Counter[str] = field(default_factory=Counter)
    """Places where the file is damaged, by reason; what follows is read."""
    software: str | None = None
    """The crawler, as a warcinfo record says."""
    last: Indexed | None = None
    """The last record that was counted."""


class SectionFile(io.RawIOBase):
    """The bytes of a section; positions count from its beginning."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self._file = section.path.open("rb", buffering=0)
        self.seek(0)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def readable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in the section."""
        return self._file.tell() - self.section.start

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position in the section."""
        assert whence == os.SEEK_SET
        return self._file.seek(self.section.start + offset) - self.section.start

    def read(self, size: int = -1) -> bytes:
        """Read up to the end of the section."""
        left = max(0, self.section.length - self.tell())
        return self._file.read(left if size < 0 else min(size, left)) or b""


class _Reader(BufferedReader):  # type: ignore[misc]
    """Reads lines of limited length and number, for headers are hostile, too; raises zlib.error
    where warcio's would read to the end of the file.
    """

    DECOMPRESSORS = BufferedReader.DECOMPRESSORS | {"gzip": partial(fast_zlib.decompressobj, GZIP)}
    lines = 0

    def _decompress(self, data: bytes) -> bytes:
        return self.decompressor.decompress(data) if self.decompressor else data

    def readline(self, length: int | None = None) -> bytes:
        """Read a line; raises ArchiveLoadFailed beyond the limits, before it reads another."""
        if self.lines >= MAX_LINES:
            raise ArchiveLoadFailed("its headers are too long")
        line: bytes = super().readline(min(length or MAX_LINE, MAX_LINE))
        self.lines += 1 if len(line) < MAX_LINE else MAX_LINES
        return line


class Records:
    """The records of a section, beginning with the one at an offset."""

    def __init__(self, file: SectionFile, offset: int, *, block: int = BLOCK) -> None:
        file.seek(offset)
        kind = "gzip" if file.section.compressed else None
        self._iterator = ArchiveIterator(file, no_record_parse=True)
        self._iterator.reader = _Reader(self._iterator.fh, block_size=block, decomp_type=kind)
        self._iterator.known_format = "warc"
        self.offset = offset
        """Of the current record, then behind it."""
        self.damage: str | None = None
        """Why the last record is none, or is not whole: a code of archive.ledger.wording."""

    def __iter__(self) -> Iterator[Any]:
        """Yield warcio's records, until there is damage or the end of the section."""
        before = self.offset
        try:
            for record in self._iterator:
                if self.offset < 0:  # it is another one in the gzip member of the record before
                    self.offset, self.damage = before, "broken_record"
                    return
                before = self.offset
                if not _LENGTH.fullmatch(plain_headers(record.rec_headers.headers).get(LENGTH, "")):
                    self.damage = "broken_record"
                    return
                yield record
                self._iterator.reader.lines = 0
                self._iterator.read_to_end()
                if record.length is None or record.raw_stream.limit > 0:
                    self.damage = "incomplete_record"
                    return
                self.offset = self._iterator.offset
                self._iterator.reader.lines = 0
        except EOFError:
            return
        except UNREADABLE as error:
            per_file = "non-chunked gzip" in str(error)
            self.damage = "one_gzip_member" if per_file else "broken_record"

    def http_headers(self, record: Any, stream: Any) -> Any:
        """Parse the head of the response, or the request, in a record's block."""
        parser = self._iterator.loader.http_parser
        if record.rec_type == "request":
            parser = self._iterator.loader.http_req_parser
        with suppress(EOFError, *UNREADABLE):
            return parser.parse(stream)
        return None


Passed = Callable[[Indexed, int], None]
"""Called with the row of a whole record, and the offset behind it."""


def index_range(
    section: Section, begin: int, end: int, *, exact: bool, site_of: SiteOf, now: datetime
) -> RangeIndex:
    """Index the records that begin in a range; `exact`: one begins where the range does.

    Behind damage it goes on with the next record. Captures later than `now` by a day are none.
    """
    with SectionFile(section) as file:
        return index_file(file, begin, end, exact=exact, site_of=site_of, now=now)


def index_file(
    file: SectionFile,
    begin: int,
    end: int,
    *,
    exact: bool,
    site_of: SiteOf,
    now: datetime,
    passed: Passed = lambda _row, _after: None,
) -> RangeIndex:
    """Index the records of an open section as `index_range` does."""
    with quiet():
        offset = begin if exact else next_record(file, file.section, begin, end)
        found = RangeIndex(first=offset, after=begin)
        while offset is not None and offset < end:
            records = Records(file, offset)
            _index_to_damage(records, end, found, site_of, now, passed)
            offset = found.after = records.offset
            if records.damage is None:
                break
            offset = _behind_damage(file, file.section, records, found, end)
        return found


def _index_to_damage(
    records: Records, end: int, found: RangeIndex, site_of: SiteOf, now: datetime, passed: Passed
) -> None:
    last: Indexed | None = None
    try:
        for record in records:
            if last is not None:
                passed(last, records.offset)
                last = None
            if records.offset >= end:
                break
            last = _index(_RecordReader(records, record, site_of, now), found)
    except UNREADABLE:
        records.damage = "broken_record"
    if last is not None and last.offset < records.offset:
        passed(last, records.offset)


def _index(reader: "_RecordReader", found: RangeIndex) -> Indexed:
    found.records += 1
    found.last = row = reader.indexed(found)
    if row.reason is not None:
        found.others[row.reason] += 1
    elif row.kind != "none":
        found.wanted.append(row)
    return row


def _behind_damage(
    file: SectionFile, section: Section, records: Records, found: RangeIndex, end: int
) -> int | None:
    """Count the record that is damaged, in place of what it seemed to be; return the next one."""
    offset, damage = records.offset, str(records.damage)
    found.damages[damage] += 1
    last = found.last
    if last is not None and last.offset == offset:
        if last.reason is not None:
            found.others[last.reason] -= 1
        elif found.wanted and found.wanted[-1] is last:
            found.wanted.pop()
        found.others[damage] += 1
    elif damage != "incomplete_record":
        found.records += 1
        found.others[damage] += 1
    following = next_record(file, section, offset + 1, section.length)
    found.after = section.length if following is None else following
    return following if following is not None and following < end else None


def next_record(file: SectionFile, section: Section, begin: int, end: int) -> int | None:
    """Return the offset of the first record that begins in a range; None where none does."""
    position, rest = begin, b""
    while position - len(rest) < end:
        file.seek(position)
        data = rest + file.read(BLOCK)
        start = position - len(rest)
        for offset in _marks(data, compressed=section.compressed):
            if start + offset >= end:
                return None
            if not section.compressed or _begins_record(file, start + offset):
                return start + offset
        if len(data) == len(rest):
            return None
        position, rest = start + len(data), data[-12:]
    return None


def _marks(data: bytes, *, compressed: bool) -> Iterator[int]:
    if not compressed:
        yield from (match.start() for match in _PLAIN.finditer(data))
        return
    at = data.find(_GZIP)
    while at >= 0:
        yield at
        at = data.find(_GZIP, at + 1)


def _begins_record(file: SectionFile, offset: int) -> bool:
    """Whether the gzip member at an offset is a record of a WARC."""
    file.seek(offset)
    try:
        head = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(file.read(1024), 16)
    except zlib.error:
        return False
    return _PLAIN.match(head) is not None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what warcio prints about broken records from the user: it is counted."""
    with open(os.devnull, "w") as nothing, redirect_stderr(nothing):  # noqa: PTH123
        yield


class _RecordReader:
    """Reads one record for the index."""

    def __init__(self, records: Records, record: Any, site_of: SiteOf, now: datetime) -> None:
        self._records = records
        self._record = record
        self._site_of = site_of
        self._now = now
        self._headers = plain_headers(record.rec_headers.headers)

    def indexed(self, found: RangeIndex) -> Indexed:
        """Return the row of the index; its `reason` says why it is no capture of a story."""
        kind = self._headers.get("warc-type", "")
        if kind == "warcinfo" and found.software is None:
            info = _SOFTWARE.search(self._record.raw_stream.read(MAX_INFO))
            found.software = info and info[1].decode("utf-8", "replace").strip()
        if kind not in ("response", "resource", "revisit", "request"):
            return self._row(reason="other_record")
        url = target_of(self._headers)
        about = about_address(url, self._site_of)
        if isinstance(about, str):
            return self._row(url=url, reason="other_record" if kind == "request" else about)
        return self._of_publisher(kind, {"url": url} | about)

    def _of_publisher(self, kind: str, row: dict[str, Any]) -> Indexed:
        headers = self._headers
        row["captured_at"] = time_of(headers.get("warc-date"))
        row["refers_to"] = headers.get("warc-concurrent-to")
        if (reason := refusal_of_time(row["captured_at"], self._now)) is not None:
            return self._row(**row, reason=reason)
        if kind == "request":
            return self._row(**row | {"kind": "request"})
        is_robots = row["kind"] == "robots"
        if "warc-segment-number" in headers or "warc-segment-origin-id" in headers:
            return self._row(**row, reason="segmented")
        if "warc-truncated" in headers:
            return self._row(**row, reason="warc_truncated")
        if (self._record.length or 0) > MAX_RECORD:
            return self._row(**row, reason="too_large")
        if is_robots:
            return self._row(**row, reason="robots_txt" if kind == "revisit" else None)
        if kind == "revisit":
            return self._row(**self._revisit(row))
        if kind == "resource":
            return self._row(**row, reason=refusal_of_type(headers.get("content-type", "")))
        return self._row(**self._response(row))

    def _response(self, row: dict[str, Any]) -> dict[str, Any]:
        http = self._records.http_headers(self._record, self._record.raw_stream)
        status = status_of(http)
        if status is None:
            return row | {"reason": "bad_http"}
        if status == 304:
            return row | {"kind": "unchanged"}
        fields = plain_headers(http.headers)
        if 300 <= status < 400:
            target = joined_url(row["url"], fields.get("location", ""))
            return row | {"kind": "redirect", "leads_to": target}
        content_type = fields.get("content-type", "")
        if status == HTTPStatus.PARTIAL_CONTENT:
            return row | {"reason": "incomplete"}
        return row | {"reason": refusal_of_status(status) or refusal_of_type(content_type)}

    def _revisit(self, row: dict[str, Any]) -> dict[str, Any]:
        headers = self._headers
        if headers.get("warc-profile", "").endswith("server-not-modified"):
            return row | {"kind": "unchanged"}
        refers_to = headers.get("warc-refers-to")
        if refers_to is None:
            url = unbracketed(headers.get("warc-refers-to-target-uri", ""))
            at = time_of(headers.get("warc-refers-to-date"))
            refers_to = f"{at.isoformat(timespec='microseconds')} {url}" if at is not None else None
        return row | {"kind": "same", "refers_to": refers_to}

    def _row(self, *, kind: str = "none", **row: Any) -> Indexed:
        return Indexed(
            offset=self._records.offset,
            length=self._record.length or 0,
            kind=kind,
            record_id=self._headers.get("warc-record-id"),
            payload_digest=self._headers.get("warc-payload-digest"),
            **row,
        )


def about_address(url: str, site_of: SiteOf) -> dict[str, Any] | str:
    """Return what an address says for the index, else why it is none of a story: a code of
    archive.ledger.wording.
    """
    if not url.lower().startswith(("http://", "https://")):
        return "not_web"
    site = site_of(url)
    if site is None:
        return "unknown_publisher"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "bad_address"
    if parts.path == "/robots.txt":
        return {"kind": "robots", "site": site.name, "key": parts.hostname or ""}
    found = site.identify(url)
    if not isinstance(found, Identity):
        return found.reason
    return {"kind": "page", "site": site.name, "key": found.key, "part": site.part_number(url)}


def refusal_of_time(captured_at: datetime | None, now: datetime) -> str | None:
    """Return why a time of capture is none; a clock that is a day ahead is believed."""
    if captured_at is None:
        return "bad_capture_date"
    if not EARLIEST <= captured_at <= now + timedelta(days=1):
        return "impossible_capture_date"
    return None


def plain_headers(headers: list[tuple[str, str]]) -> Mapping[str, str]:
    """Return the first header of each name in lower case."""
    return {name.strip().lower(): value.strip() for name, value in reversed(headers)}


def unbracketed(url: str) -> str:
    """Return an address without the angle brackets that some tools write."""
    return url[1:-1] if url.startswith("<") and url.endswith(">") else url


def target_of(headers: Mapping[str, str]) -> str:
    """Return the address that a record is about; spaces in it as browsers send them."""
    return unbracketed(headers.get("warc-target-uri", "")).replace(" ", "%20")


def time_of(text: str | None) -> datetime | None:
    """Read a WARC-Date: aware, UTC; None for what is none.

    Also one of 14 digits, as old tools wrote them in UTC.
    """
    if _FOURTEEN.fullmatch(text or ""):
        text = f"{text[:8]}T{text[8:]}"  # type: ignore[index]
    try:
        found = datetime.fromisoformat(text or "")
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def status_of(http: Any) -> int | None:
    """Return the status of a response; None where there is no readable status line."""
    code = http.get_statuscode() if http is not None else ""
    return int(code) if code.isascii() and code.isdigit() and len(code) == 3 else None
