"""The table `request_headers`: what most requests of a site are sent with, kept once."""

import json
from functools import cache, lru_cache

from sqlite_utils import Database

from archive.database.rows import value
from archive.database.wire import lines_of
from archive.identity import bytes_digest
from archive.records import HeaderLines

_USUAL = frozenset("accept accept-encoding accept-language connection from host user-agent".split())
"""Names, in lower case, of headers that no story has its own values of."""


class RequestHeaders:
    """Sets of header lines by their digest; none is ever deleted."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.lines = cache(self._read)

    def share(self, lines: HeaderLines) -> str | None:
        """Keep the lines and return their digest; None for those of one request alone."""
        digest, text = _packed(lines)
        if digest is not None:
            statement = "INSERT OR IGNORE INTO request_headers VALUES (?, ?)"
            self._db.conn.execute(statement, (digest, text))
        return digest

    def _read(self, digest: str) -> HeaderLines:
        """Return the lines with this digest; raises LookupError, ValueError."""
        text = value(self._db, "SELECT lines FROM request_headers WHERE digest = ?", digest)
        if text is None:
            raise LookupError(f"there are no request headers {digest}")
        return lines_of(json.loads(text))


@lru_cache(maxsize=100)
def _packed(lines: HeaderLines) -> tuple[str | None, str]:
    """Return (digest, JSON) of the lines; (None, "") for those of one request alone."""
    if not _USUAL.issuperset(name.lower() for name, _value in lines):
        return None, ""
    text = json.dumps(lines, separators=(",", ":"))
    return bytes_digest(text.encode())[:16], text
