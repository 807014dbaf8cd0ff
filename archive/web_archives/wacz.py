"""WACZ 1.1.1: WARC files with their index and a list of pages, in one ZIP that is read in parts.

Written here, not by py-wacz: that reads all files again, holds the index in memory and takes the
clock's time, and brings fifty packages; here the index is made while the records are written.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from archive.database.clock import utc
from archive.web_archives.index import write_blocks
from archive.web_archives.records import warc_date

VERSION = "1.1.1"
_INDEX = "index.cdx.gz"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is packed. Lines end in line breaks."""

    warcs: Iterable[Path]
    index: Iterable[str]
    """CDXJ, sorted."""
    pages: Iterable[str]
    """JSON lines: url, ts, title."""


def page_line(number: str, url: str, ts: str, title: str | None) -> str:
    """Return the line of a page: `number` is its record's id, `ts` its WARC-Date."""
    page = {"id": number, "url": url, "ts": ts, "title": title or url}
    return json.dumps(page, ensure_ascii=False) + "\n"


def pack(
    out: BinaryIO,
    contents: Contents,
    *,
    title: str,
    software: str,
    at: datetime,
    advance: Callable[[int], None] = lambda size: None,
) -> None:
    """Write a WACZ; all of its times are `at`, so that the same files give the same bytes.

    `advance` is called with the bytes of the WARC files as they are packed.
    """
    with ZipFile(out, "w") as package:
        writer = _Writer(package, at)
        with writer.member(f"indexes/{_INDEX}") as file:
            blocks = list(write_blocks(contents.index, cast("BinaryIO", file), name=_INDEX))
        writer.text("indexes/index.idx", blocks)
        header = {"format": "json-pages-1.0", "id": "pages", "title": "All pages"}
        writer.text("pages/pages.jsonl", _headed(json.dumps(header) + "\n", contents.pages))
        for warc in contents.warcs:
            with warc.open("rb") as source, writer.member(f"archive/{warc.name}") as file:
                while chunk := source.read(_CHUNK):
                    file.write(chunk)
                    advance(len(chunk))
        package_json = json.dumps(
            {
                "profile": "data-package",
                "wacz_version": VERSION,
                "title": title,
                "software": software,
                "created": warc_date(at),
                "modified": warc_date(at),
                "resources": list(writer.resources),
            },
            indent=2,
            ensure_ascii=False,
        )
        digest = f"sha256:{sha256(package_json.encode()).hexdigest()}"
        writer.text("datapackage.json", [package_json])
        found = json.dumps({"path": "datapackage.json", "hash": digest}, indent=2)
        writer.text("datapackage-digest.json", [found])


def _headed(header: str, lines: Iterable[str]) -> Iterator[str]:
    yield header
    yield from lines


class _Writer:
    """Writes the members of a ZIP, and notes the size and digest of each."""

    def __init__(self, package: ZipFile, at: datetime) -> None:
        self._package = package
        year, *rest = utc(at).timetuple()[:6]
        self._date = (min(max(year, 1980), 2107), *rest)
        self.resources: list[dict[str, Any]] = []

    @contextmanager
    def member(self, path: str, *, compressed: bool = False) -> Iterator[IO[bytes]]:
        """Open a member for writing; what is compressed already is stored, to be read in parts."""
        info = ZipInfo(path, cast("Any", self._date))
        info.compress_type = ZIP_DEFLATED if compressed else ZIP_STORED
        info.external_attr = 0o644 << 16
        with self._package.open(info, "w", force_zip64=True) as file:
            counted = _Counted(file)
            yield cast("IO[bytes]", counted)
        name = path.rpartition("/")[2].lower()
        digest = f"sha256:{counted.digest.hexdigest()}"
        found = {"name": name, "path": path, "hash": digest, "bytes": counted.size}
        self.resources.append(found)

    def text(self, path: str, lines: Iterable[str]) -> None:
        """Write a member of text."""
        with self.member(path, compressed=True) as file:
            for line in lines:
                file.write(line.encode(errors="replace"))


class _Counted:
    """A file whose bytes are counted and digested as they are written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)
