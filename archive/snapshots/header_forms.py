"""The table `header_forms`: what the headers of most pages of a site have in common, kept once.

A form is the header lines of a request or response in their order, without the values that differ
from page to page. The lines of a page are the digest of their form, and the values that it lacks.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from archive.database.rows import value
from archive.database.wire import Lines
from archive.identity import bytes_digest
from archive.records import HeaderLines

_CONFIGURED = frozenset(
    """accept accept-ch accept-encoding accept-language accept-ranges access-control-allow-headers
    access-control-allow-methods access-control-allow-origin access-control-expose-headers alt-svc
    cf-cache-status connection content-encoding content-language content-type
    cross-origin-embedder-policy cross-origin-opener-policy cross-origin-resource-policy
    feature-policy from host nel p3p permissions-policy pragma referrer-policy server
    strict-transport-security transfer-encoding upgrade-insecure-requests user-agent vary via
    x-aspnet-version x-cache x-cache-status x-content-type-options x-dns-prefetch-control
    x-download-options x-frame-options x-permitted-cross-domain-policies x-powered-by
    x-ua-compatible x-xss-protection""".split()
)
"""Names, in lower case, of headers whose values are those of a server, not those of a page."""
_MAX_VALUE = 300
"""Characters of a value in a form."""
_DIGEST = 12
"""Bytes of SHA-256, so that no server finds two forms with one digest; 16 letters in base64."""

Form = tuple[tuple[str, ...], ...]
"""Lines of a name and a value, or of a name alone."""


class HeaderForms(Lines):
    """Forms by their digest; none is ever deleted, for none says anything of a page."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._form = lru_cache(maxsize=1_000)(self._read)

    def packed(self, lines: HeaderLines, known: Mapping[str, str]) -> list[Any]:
        """Keep the form of the lines; return its digest and the values that it lacks, in order.

        None stands for a value that is kept beside them, in `known`.
        """
        form = _form_of(lines)
        digest, text = _packed(form)
        self._db.conn.execute("INSERT OR IGNORE INTO header_forms VALUES (?, ?)", (digest, text))
        own = [line for line, kept in zip(lines, form, strict=True) if len(kept) == 1]
        return [digest, *(None if known.get(n.lower()) == v else v for n, v in own)]

    def unpacked(self, found: list[Any], known: Mapping[str, str]) -> HeaderLines:
        """Return the lines of a digest and values; raises LookupError or ValueError."""
        if not (found and isinstance(found[0], str)):
            raise ValueError("header lines without a form")
        digest, *values = found
        left, lines = iter(values), []
        for name, *configured in self._form(digest):
            lines.append((name, configured[0] if configured else _next(left, known, name)))
        if any(True for _more in left):
            raise ValueError(f"more values than header form {digest} lacks")
        return tuple(lines)

    def _read(self, digest: str) -> Form:
        text = value(self._db, "SELECT lines FROM header_forms WHERE digest = ?", digest)
        if text is None:
            raise LookupError(f"there is no header form {digest}")
        form = tuple(tuple(line) for line in json.loads(text))
        if not all(map(_is_line, form)):
            raise ValueError(f"header form {digest} is damaged")
        return form


def _is_line(found: tuple[Any, ...]) -> bool:
    return len(found) in (1, 2) and all(isinstance(each, str) for each in found)


def _form_of(lines: HeaderLines) -> Form:
    return tuple(
        line if line[0].lower() in _CONFIGURED and len(line[1]) <= _MAX_VALUE else line[:1]
        for line in lines
    )


@lru_cache(maxsize=100)
def _packed(form: Form) -> tuple[str, str]:
    """Return (digest, JSON) of a form."""
    text = json.dumps(form, separators=(",", ":"))
    digest = bytes.fromhex(bytes_digest(text.encode()))[:_DIGEST]
    return urlsafe_b64encode(digest).decode(), text


def _next(values: Iterator[Any], known: Mapping[str, str], name: str) -> str:
    found = next(values, 0)
    if found is None:
        return known[name.lower()]
    if not isinstance(found, str):
        raise ValueError(f"no value of {name}: {found!r:.40}")  # noqa: TRY004
    return found
