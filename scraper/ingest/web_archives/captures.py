"""What a web archive holds: captures, and where their records are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

MAX_RECORD = 64 * 1024 * 1024
"""Bytes of a record that are read; larger ones are media and dumps, no page of a story."""
MAX_PAGE = 10 * 1024 * 1024
"""Bytes of a page, decompressed; the limit of crawls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Bytes of a file that are a WARC: all of it, or a member of a WACZ."""

    path: Path
    start: int
    length: int
    """As it was when the import began: what a growing file gains is left for the next import."""
    compressed: bool
    """Whether each record is a gzip member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """A record, or a saved page, as the index pass finds it: nothing of its payload was kept."""

    offset: int
    """Of the record in its section; of a saved page its number in its folder."""
    length: int
    """Bytes of the record's block."""
    kind: str
    """`page`, `unchanged` (server-not-modified), `same` (identical-payload-digest), `robots`, or
    `none` for a record without a page.
    """
    reason: str | None = None
    """Why it is none: a code of archive.ledger.wording."""
    url: str = ""
    """As the record says, without the angle brackets of some tools."""
    captured_at: datetime | None = None
    """Aware, UTC; None for a record without a readable date, which is none of a page."""
    record_id: str | None = None
    """WARC-Record-ID; None for a saved page."""
    payload_digest: str | None = None
    """WARC-Payload-Digest, as written; None where the record has none."""
    refers_to: str | None = None
    """Of a revisit: the record's id, or address and date, that it refers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedPage:
    """One capture as it is read: a response, or the reason why it is no page."""

    url: str
    """As the record says."""
    captured_at: datetime
    """Aware, UTC."""
    status: int
    """HTTP status; 200 for a saved page."""
    protocol: str = "HTTP/1.1"
    """As the status line says; of HTTP/2 as the tool that recorded it wrote."""
    headers: tuple[tuple[str, str], ...] = ()
    """In order, repeats apart; without the pseudo headers of HTTP/2."""
    body: bytes = field(default=b"", repr=False)
    """Without chunks and decompressed."""
    reason: str | None = None
    """Why it is no page of a story: a code of archive.ledger.wording; None for a page."""
    incomplete: bool = False
    """Whether the payload is shorter than its Content-Length says."""
    address: str | None = None
    """WARC-IP-Address; None where the record has none."""
    request: tuple[tuple[str, str], ...] | None = None
    """Headers of the request in the same file; None where that is not known."""
    record_id: str | None = None
    """WARC-Record-ID; None for a saved page."""

    @property
    def joined_headers(self) -> Mapping[str, str]:
        """Names in lower case; repeated headers joined by a comma (RFC 9110, 5.3)."""
        joined: dict[str, str] = {}
        for name, value in self.headers:
            lower = name.lower()
            joined[lower] = f"{joined[lower]}, {value}" if lower in joined else value
        return joined
