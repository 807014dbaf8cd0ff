"""The index of web archives: CDXJ lines, sorted, in blocks that are compressed one by one (ZipNum).

The key of an address is the field's: its host reversed and without `www.` (SURT), then its path and
its query, in lower case. The package that makes it elsewhere, surt, is under the AGPL.
"""

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import BinaryIO
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

from archive.web_archives.records import Record, packed

INDEXED = ("response", "resource", "revisit")
BLOCK = 1024
"""Lines that are compressed together, and read together by who looks an address up."""

_PORTS = {"http": 80, "https": 443}
_WWW = re.compile(r"www\d*\.")
_SESSION = re.compile(r"(?:jsessionid|phpsessid|sid)=[0-9a-z]{32}(?:&|$)")
_KEPT = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_MAX_UNQUOTED = 10
"""How often an address may be escaped anew: each time is one more pass over it."""


def url_key(url: str) -> str:
    """Return the key under which all spellings of an address are found.

    >>> url_key("https://www.suara.com/news/2026/11/20/Abc?b=2&a=1")
    'com,suara)/news/2026/11/20/abc?a=1&b=2'
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = _WWW.sub("", (parts.hostname or "").strip("."), count=1)
    key = ",".join(reversed(host.split(".")))
    if port is not None and port != _PORTS.get(parts.scheme):
        key += f":{port}"
    query = _SESSION.sub("", _escaped_once(parts.query).lower())
    found = f"{key}){_path(parts.path)}"
    return f"{found}?{'&'.join(sorted(query.split('&')))}" if query else found


def _path(path: str) -> str:
    kept: list[str] = []
    for part in _escaped_once(path).lower().split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    return "/" + "/".join(kept)


def _escaped_once(text: str) -> str:
    found = text.encode(errors="replace")
    for _ in range(_MAX_UNQUOTED):
        plain = unquote_to_bytes(found)
        if plain == found:
            break
        found = plain
    return quote_from_bytes(found, safe=_KEPT)


def index_line(record: Record, *, filename: str, offset: int) -> str:
    """Return the line of a record that begins at this byte of a file."""
    mime = "warc/revisit" if record.kind == "revisit" else record.mime.split(";")[0].strip()
    found = {
        "url": record.url,
        "mime": mime,
        "status": None if record.status is None else str(record.status),
        "digest": record.digest,
        "length": str(len(record.packed)),
        "offset": str(offset),
        "filename": filename,
    }
    known = json.dumps({name: value for name, value in found.items() if value is not None})
    return f"{url_key(record.url)} {re.sub(r'[^0-9]', '', record.date)} {known}\n"


def write_blocks(lines: Iterable[str], out: BinaryIO, *, name: str) -> Iterator[str]:
    """Write sorted lines into the file `name`, compressed, and yield the lines of its own index."""
    yield _line("!meta 0", {"format": "cdxj-gzip-1.0", "filename": name})
    rest, offset = iter(lines), 0
    while block := list(islice(rest, BLOCK)):
        data = packed("".join(block).encode())
        out.write(data)
        digest = f"sha256:{sha256(data).hexdigest()}"
        first = block[0].partition(" {")[0]
        yield _line(first, {"offset": offset, "length": len(data), "digest": digest})
        offset += len(data)


def _line(key: str, values: dict[str, object]) -> str:
    return f"{key} {json.dumps(values)}\n"
