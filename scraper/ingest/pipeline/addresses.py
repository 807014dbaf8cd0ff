"""The files that an import in many tasks reads: paths and addresses, and lists of them."""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from archive.printable import in_line, shown_address
from scraper.ingest.collections.rows import Unreadable
from scraper.ingest.pipeline.job import is_address
from scraper.ingest.pipeline.streams import SCHEMES, WEB, opened
from scraper.ingest.web_archives.sources import expanded, kind_of

COMMON_CRAWL = "https://data.commoncrawl.org/"
"""What the lines of Common Crawl's lists, such as `crawl-data/CC-NEWS/...`, continue."""
MAX_ADDRESSES = 200_000
"""Files of one import; CC-NEWS has some 60,000 of ten years."""
MAX_LIST = 64 * 1024 * 1024
"""Bytes of a list, unpacked."""

_LISTS = re.compile(r"\.(?:paths|txt)(?:\.gz)?\Z", re.IGNORECASE)
_ARCHIVES = re.compile(r"\.(?:warc(?:\.gz)?|wacz)\Z", re.IGNORECASE)
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the arguments of an import name."""

    addresses: tuple[str, ...]
    """Absolute paths, and addresses with a scheme; each once, in their order."""
    unreadable: tuple[str, ...]
    """Sentences on arguments that name none."""


def checked(address: str) -> str:
    """Return an address; raises Unreadable for one that is not read."""
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    if "::" in address or scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise Unreadable(f"such addresses are not read; known are {known} and paths")
    if scheme in WEB and "@" in parts.netloc:
        raise Unreadable("an address with a user or password is not read: ~/.netrc may have them")
    return address


def found_in(arguments: Iterable[Path | str]) -> Found:
    """Return the files that arguments name: themselves, those in folders, and those in lists."""
    addresses: dict[str, None] = {}
    unreadable: list[str] = []
    for argument in arguments:
        try:
            addresses |= dict.fromkeys(_named_by(argument))
        except Unreadable as error:
            unreadable.append(f"{_shown(argument)}: {error}")
    if len(addresses) > MAX_ADDRESSES:
        unreadable.append(f"more than {MAX_ADDRESSES} files: import them in parts")
        addresses = {}
    return Found(addresses=tuple(addresses), unreadable=tuple(unreadable))


def _shown(argument: Path | str) -> str:
    return shown_address(argument) if isinstance(argument, str) else in_line(str(argument))


def _named_by(argument: Path | str) -> Iterator[str]:
    if isinstance(argument, str):
        address = checked(argument)
        if _LISTS.search(urlsplit(address).path):
            with opened(address) as stream:
                yield from _listed(stream, base=address)
        else:
            yield address
    elif kind_of(argument) is not None:
        yield from (str(path.absolute()) for path in expanded([argument]))
    else:
        with argument.open("rb") as file:
            yield from _listed(file, base=argument)


def _listed(file: BinaryIO, base: Path | str) -> Iterator[str]:
    """Yield the addresses in a list, a line each; raises Unreadable."""
    named = False
    for number, line in enumerate(_read(file).splitlines(), 1):
        text = line.decode("utf-8", "replace").strip()
        if not text or text.startswith("#"):
            continue
        try:
            yield _address(text, base)
        except Unreadable as error:
            raise Unreadable(f"line {number}: {error}") from error
        named = True
    if not named:
        raise Unreadable("it names no file")


def _read(file: BinaryIO) -> bytes:
    """Read a list, unpacked where it is packed; raises Unreadable."""
    data = b"".join(iter(partial(file.read, MAX_LIST), b""))
    if data.startswith(_GZIP):
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            data = unpacker.decompress(data, MAX_LIST + 1)
        except zlib.error as error:
            raise Unreadable("the list is damaged: fetch it again") from error
    if len(data) > MAX_LIST:
        raise Unreadable("it is no list of files: it is too long")
    return data


def _address(line: str, base: Path | str) -> str:
    """Return what a line of a list names: Common Crawl's, relative to the list, or a whole one."""
    if is_address(line):
        return checked(line)
    if not _ARCHIVES.search(line):
        raise Unreadable("neither an address nor the name of a WARC or WACZ file")
    if isinstance(base, str):
        return _beside(base, line)
    beside = base.absolute().parent / line
    if line.startswith("crawl-data/") and not beside.exists():
        return COMMON_CRAWL + line
    return str(beside)


def _beside(base: str, line: str) -> str:
    """Return an address in the folder of a list, or where all of Common Crawl's begin."""
    scheme, _slashes, rest = base.partition("://")
    host, _slash, path = rest.partition("?")[0].partition("/")
    folder = "" if line.startswith("crawl-data/") else path.rpartition("/")[0]
    return f"{scheme}://{'/'.join(part for part in (host, folder, line.lstrip('/')) if part)}"
