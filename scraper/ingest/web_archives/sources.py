"""Files and folders of captures: found by content, and opened as sections of WARC."""

import gzip
import hashlib
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from scraper.ingest.collections.rows import Unreadable
from scraper.ingest.web_archives.captures import SavedFile, Section
from scraper.ingest.web_archives.folders import ENDINGS, archives_below, saved_files
from scraper.ingest.web_archives.records import Records, SectionFile, quiet
from scraper.ingest.web_archives.wacz import declared_digests, has_other_bytes

CHUNK = 1024 * 1024
MAX_MEMBERS = 10_000
"""Members of a WACZ; those of the largest crawls have some hundreds."""
MAX_UNPACKED = 64 * 1024**3
"""Bytes to which a file that is one gzip member is unpacked."""
SPARE = 256 * 1024 * 1024
"""Bytes of the disk that are left free."""

_PLAIN, _GZIP, _ZIP = b"WARC/", b"\x1f\x8b", b"PK\x03\x04"
_ZSTD = "it is packed with zstd; unpack it first, as with zstd -d"
_DICTIONARY = "it is packed with zstd and a dictionary; unpack it first, as with zstd -d -D"
_OTHERS = (
    (b"\x28\xb5\x2f\xfd", ".warc.zst", _ZSTD),
    (b"\x5d\x2a\x4d\x18", ".warc.zst", _DICTIONARY),  # its first frame: the dictionary
    (b"filedesc:", ".arc", "it is an ARC file; convert it first, as with warcio recompress"),
)
_LOCAL_HEADER = struct.Struct("<26xHH")
"""Of a zip member: the lengths of its name and extra field, before its data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebArchive:
    """A file of captures, or a folder of saved pages."""

    path: Path
    kind: str
    """`warc`, `wacz` or `folder`."""
    size: int
    digest: str
    """SHA-256 of its bytes; of a folder, of its files' names and bytes."""
    identity: str
    """Of the file on its disk; that of a folder is its digest."""
    sections: tuple[Section, ...] = field(default=(), repr=False)
    saved: tuple[SavedFile, ...] = field(default=(), repr=False)
    other_bytes: int = 0
    """WARC files of a WACZ that have other bytes than its digests say; they are read all the same.
    """

    @property
    def name(self) -> str:
        """Without its folder, as the ledger calls it."""
        name = self.path.name or self.path.resolve().name
        return os.fsencode(name).decode(errors="replace")


def kind_of(path: Path) -> str | None:
    """Return `warc`, `wacz` or `folder`, by content; None for what may be a collection.

    Raises Unreadable with the system's reason, and for web archives of other formats.
    """
    try:
        if path.is_dir():
            return "folder"
        with path.open("rb") as file:
            kind = _kind_of_file(path, file)
    except (OSError, ValueError) as error:  # a ValueError for a NUL in the path
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from error
    if kind is None and path.name.lower().endswith(ENDINGS) and path.stat().st_size:
        raise Unreadable("it is no WARC or WACZ file: it begins with no record, or has none")
    return kind


def kind_of_head(head: bytes) -> str | None:
    """Return what a file is by its first bytes: `plain` or `gzip` records, `zip`; None: neither."""
    if head.startswith(_PLAIN):
        return "plain"
    if head.startswith(_GZIP) and _unpacked_head(head).startswith(_PLAIN):
        return "gzip"
    return "zip" if head.startswith(_ZIP) else None


def _kind_of_file(path: Path, file: BinaryIO) -> str | None:
    head = file.read(CHUNK)
    for magic, ending, sentence in _OTHERS:
        if head.startswith(magic) and path.name.lower().endswith(ending):
            raise Unreadable(sentence)
    kind = kind_of_head(head)
    if kind in ("plain", "gzip"):
        return "warc"
    if kind == "zip" and zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            return "wacz" if _is_wacz(packed) else None
    return None


def _unpacked_head(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, len(_PLAIN))
    except zlib.error:
        return b""


def _is_wacz(packed: zipfile.ZipFile) -> bool:
    return "datapackage.json" in packed.namelist() or any(map(_is_warc, packed.infolist()))


def _is_warc(member: zipfile.ZipInfo) -> bool:
    return member.filename.lower().endswith((".warc", ".warc.gz"))


def expanded(paths: list[Path]) -> Iterator[Path]:
    """Yield the files, and for a folder the WARC and WACZ files in it, and itself if it has saved
    pages. Raises Unreadable for a folder with nothing of that.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        archives = archives_below(path)
        yield from archives
        if saved_files(path):
            yield path
        elif not archives:
            raise Unreadable("it has no WARC, no WACZ and no saved page (.html)")


def identity_of(path: Path) -> str:
    """Return what changes with a file's bytes, without reading them."""
    stat = path.stat()
    times = f"{stat.st_mtime_ns}:{stat.st_ctime_ns}"
    return f"{stat.st_dev}:{stat.st_ino}:{stat.st_size}:{times}"


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def opened(path: Path, kind: str, spool: Path) -> WebArchive:
    """Open a file or folder; what cannot be read in place is unpacked into the folder `spool`.

    Raises Unreadable.
    """
    try:
        if kind == "folder":
            return _folder(path)
        identity, size, other_bytes = identity_of(path), path.stat().st_size, 0
        if kind == "wacz":
            sections, others = zip(*_members(path, spool), strict=True)
            other_bytes = sum(others)
        else:
            sections = (_section(path, path.name, spool, start=0, length=size),)
        return WebArchive(
            path=path,
            kind=kind,
            size=size,
            digest=digest_of(path),
            identity=identity,
            sections=sections,
            other_bytes=other_bytes,
        )
    except (zipfile.BadZipFile, struct.error) as error:
        raise Unreadable(f"it is a broken zip file: {error}") from error
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error


def _folder(path: Path) -> WebArchive:
    saved = saved_files(path)
    digest, size = hashlib.sha256(), 0
    for each in saved:
        about = f"{each.name}\0{each.url}\0{each.fetched_at}\0{each.content_type}\0{each.reason}"
        digest.update(f"{about}\0".encode(errors="surrogateescape"))
        if each.reason is None:
            size += each.path.stat().st_size
            digest.update(f"{digest_of(each.path)}\0{each.path.stat().st_mtime_ns}\n".encode())
    found = digest.hexdigest()
    return WebArchive(
        path=path, kind="folder", size=size, digest=found, identity=found, saved=tuple(saved)
    )


def _section(path: Path, name: str, spool: Path, *, start: int, length: int) -> Section:
    """Return a WARC in a file, unpacked first if it is one gzip member."""
    with path.open("rb") as whole:
        whole.seek(start)
        compressed = whole.read(2) == _GZIP
    section = Section(path=path, start=start, length=length, compressed=compressed, name=name)
    if not compressed:
        return section
    with SectionFile(section) as file:
        if not is_one_member(file):
            return section
        file.seek(0)
        with gzip.open(file) as packed:
            return _unpacked(packed, name, spool)


def is_one_member(file: SectionFile) -> bool:
    """Whether all records of an open section are one gzip member."""
    with quiet():
        records = Records(file, 0)
        for count, _record in enumerate(records):
            if count:
                return False
        return records.damage == "one_gzip_member"


def _unpacked(packed: "BinaryIO | gzip.GzipFile", name: str, spool: Path) -> Section:
    """Unpack a WARC into the spool, up to where it is damaged."""
    path = spool / f"{len(list(spool.iterdir()))}.warc"
    length = 0
    with path.open("xb") as out:
        try:
            while data := packed.read(CHUNK):
                length += out.write(data)
                if length > MAX_UNPACKED or shutil.disk_usage(spool).free < SPARE:
                    raise Unreadable(
                        f"unpacked it needs more than {length // CHUNK} MB of the disk; "
                        "pack each of its records by itself, as with warcio recompress"
                    )
        except (EOFError, zlib.error, gzip.BadGzipFile):
            pass  # the record that is cut is counted
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    return Section(
        path=path, start=0, length=length, compressed=compressed, name=name, unpacked=True
    )


def _members(path: Path, spool: Path) -> Iterator[tuple[Section, bool]]:
    """Yield the WARC files of a WACZ by name, and whether they have other bytes than it says; those
    that are stored are read in place. Raises Unreadable where there are none.
    """
    size = path.stat().st_size
    with zipfile.ZipFile(path) as packed, path.open("rb") as file:
        members = sorted(filter(_is_warc, packed.infolist()), key=lambda each: each.filename)
        if len(members) > MAX_MEMBERS:
            raise Unreadable(f"it has more than {MAX_MEMBERS} members")
        if not members:
            raise Unreadable("it has no WARC file")
        digests = declared_digests(packed)
        for member in members:
            name = f"{path.name}/{member.filename}"
            if member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1:
                file.seek(member.header_offset)
                name_length, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
                start = member.header_offset + _LOCAL_HEADER.size + name_length + extra
                length = max(0, min(member.file_size, size - start))  # it may say anything
                other = has_other_bytes(path, start, length, digests.get(member.filename))
                yield _section(path, name, spool, start=start, length=length), other
                continue
            try:
                with packed.open(member) as content:
                    section = _unpacked(content, name, spool)  # type: ignore[arg-type]
            except (NotImplementedError, RuntimeError) as error:  # a method of its own; encrypted
                raise Unreadable(f"{member.filename} cannot be unpacked: {error}") from error
            given = digests.get(member.filename)
            yield section, has_other_bytes(section.path, 0, section.length, given)
