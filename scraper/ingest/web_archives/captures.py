"""What a web archive holds: captures, and where their records are."""

from dataclasses import dataclass
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
    name: str
    """Of the file without its folder, of a member of a WACZ with that before it."""
    unpacked: bool = False
    """Whether it is an unpacked copy, whose offsets say nothing of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """A record, or a saved page, as the index pass finds it: nothing of its payload was kept."""

    offset: int
    """Of the record in its section; of a saved page its number in its folder."""
    length: int
    """Bytes of the record's block."""
    kind: str
    """`page`, `unchanged` (server-not-modified), `same` (identical-payload-digest), `redirect`,
    `robots`, `request`, or `none` for a record without a page.
    """
    reason: str | None = None
    """Why it is none: a code of archive.ledger.wording."""
    url: str = ""
    """As the record says, without the angle brackets of some tools."""
    site: str = ""
    """Name of its publisher; empty for an unknown one."""
    key: str = ""
    """The story's identity at its site; of robots.txt its host."""
    part: int = 1
    """Which page of its story it is."""
    captured_at: datetime | None = None
    """Aware, UTC; None for a record without a readable date, which is none of a page."""
    record_id: str | None = None
    """WARC-Record-ID; None for a saved page."""
    payload_digest: str | None = None
    """WARC-Payload-Digest, as written; None where the record has none."""
    refers_to: str | None = None
    """Of a revisit: the id, or else time and address, of the capture that it repeats. Else the id
    of the record that was written with it: a response's request, or the other way round.
    """
    leads_to: str | None = None
    """Of a redirect: the address that it leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """A saved page in a folder, with what its manifest says."""

    path: Path
    name: str
    """Below its folder, with slashes."""
    url: str | None = None
    """None where no manifest says."""
    fetched_at: datetime | None = None
    """Aware, UTC; None where no manifest says."""
    content_type: str = ""
    """Empty where no manifest says."""
    reason: str | None = None
    """Why it cannot be read: a code of archive.ledger.wording."""
