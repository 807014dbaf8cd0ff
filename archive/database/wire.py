"""The columns `wire`: archive.records.Wire as a JSON object.

Keys are the names of the fields; a field that has its default is not in it. What another column has
is not written twice: a header line may lack its value, and `request_headers` may be their digest.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Any, cast

from archive.database.clock import instant
from archive.records import Capture, HeaderLines, Hop, Wire

Readers = Mapping[str, Callable[[object], Any]]


def wire_json(
    wire: Wire | None,
    *,
    known: Mapping[str, str] | None = None,
    share: Callable[[HeaderLines], str | None] = lambda _lines: None,
) -> str | None:
    """Return the JSON of how a response came over the wire; None for what is unknown.

    `known`: values of its headers that are kept beside it, names in lower case. `share` keeps the
    headers of a request and returns their digest, or None for those that are to be written here.
    """
    if wire is None:
        return None

    def plain(value: object) -> Any:
        if isinstance(value, datetime):
            return instant(value)
        found = _without_defaults(value)
        if value is wire and known and wire.headers:
            found["headers"] = [_short(line, known) for line in wire.headers]
        if lines := found.get("request_headers"):
            found["request_headers"] = share(lines) or lines
        return found

    # ASCII alone, like HTTP: headers of an import may have what is no UTF-8.
    return json.dumps(wire, default=plain, separators=(",", ":"))


def wire_of(
    text: str | None,
    *,
    known: Mapping[str, str] | None = None,
    shared: Callable[[str], HeaderLines] | None = None,
) -> Wire | None:
    """Read such JSON, keys of a later release left out; raises ValueError for what is no Wire.

    `shared` returns the headers of a request by their digest; raises LookupError.
    """
    if text is None:
        return None
    readers: dict[str, Callable[[object], Any]] = {
        **_READ,
        "headers": partial(_lines, known=known or {}),
        "request_headers": partial(_request_lines, shared=shared),
        "hops": lambda found: tuple(_record(Hop, each, readers) for each in _list(found)),
        "capture": lambda found: _record(Capture, found, _READ_CAPTURE),
    }
    try:
        return cast("Wire", _record(Wire, json.loads(text), readers))
    except (RecursionError, LookupError) as error:
        raise ValueError(f"no wire: {error!r}") from error


def _without_defaults(value: Any) -> dict[str, Any]:
    found = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
    return {name: content for name, (content, usual) in found.items() if content != usual}


def _short(line: tuple[str, str], known: Mapping[str, str]) -> tuple[str, ...]:
    name, value = line
    return (name,) if known.get(name.lower()) == value else line


def _record(kind: type[Wire | Hop | Capture], found: object, readers: Readers) -> Any:
    if not isinstance(found, dict):
        raise ValueError(f"no JSON object: {found!r:.40}")  # noqa: TRY004 - as of all others
    names = [field.name for field in fields(kind) if field.name in found]
    try:
        return kind(**{name: readers[name](found[name]) for name in names})
    except TypeError as error:  # a field without a default is missing
        raise ValueError(str(error)) from error


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise ValueError(f"no text: {found!r:.40}")  # noqa: TRY004
    return found


def _number(found: object) -> int:
    if type(found) is not int:
        raise ValueError(f"no number: {found!r:.40}")
    return found


def _list(found: object) -> list[Any]:
    if not isinstance(found, list):
        raise ValueError(f"no JSON array: {found!r:.40}")  # noqa: TRY004
    return found


def _lines(found: object, *, known: Mapping[str, str]) -> HeaderLines:
    lines = []
    for each in _list(found):
        name, *values = map(_text, _list(each))
        (value,) = values or (known[name.lower()],)
        lines.append((name, value))
    return tuple(lines)


def _request_lines(found: object, *, shared: Callable[[str], HeaderLines] | None) -> HeaderLines:
    if isinstance(found, str) and shared is not None:
        return shared(found)
    return lines_of(found)


def lines_of(found: object) -> HeaderLines:
    """Read header lines from a JSON array of arrays; raises ValueError or LookupError."""
    return _lines(found, known={})


def _time(found: object) -> datetime:
    time = datetime.fromisoformat(_text(found))
    if time.tzinfo is None:
        raise ValueError(f"a time without an offset: {found}")
    return time


_READ: Readers = {
    **dict.fromkeys(("protocol", "reason", "method", "address", "url"), _text),
    **dict.fromkeys(("length", "port", "status"), _number),
    "fetched_at": _time,
}
"""By field, what reads its value; raises ValueError."""
_READ_CAPTURE: Readers = {**dict.fromkeys(Capture.__slots__, _text), "offset": _number}
