"""The columns `wire`: archive.records.Wire as a JSON object.

Keys are the names of the fields; a field that has its default is not in it. Snapshots share header
lines by `archive.snapshots.header_forms`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from archive.database.clock import instant
from archive.records import Capture, HeaderLines, Hop, Wire

Readers = Mapping[str, Callable[[object], Any]]


class Lines:
    """How header lines are written: here as arrays of a name and a value.

    `known`: values of headers that are kept beside them, names in lower case.
    """

    def packed(self, lines: HeaderLines, known: Mapping[str, str]) -> list[Any]:
        """Return what stands for the lines in JSON."""
        return list(lines)

    def unpacked(self, found: list[Any], known: Mapping[str, str]) -> HeaderLines:
        """Return the lines; raises ValueError or LookupError."""
        pairs = [tuple(map(_text, _list(line))) for line in found]
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError("a header line has a name and a value")
        return cast("HeaderLines", tuple(pairs))


_NOTHING: Mapping[str, str] = MappingProxyType({})
_LINES = ("headers", "request_headers")
_PLAIN = Lines()


def wire_json(
    wire: Wire | None, *, lines: Lines = _PLAIN, known: Mapping[str, str] = _NOTHING
) -> str | None:
    """Return the JSON of how a response came over the wire; None for what is unknown.

    `known`: values of its headers that are kept beside it.
    """
    if wire is None:
        return None

    def plain(value: object) -> Any:
        if isinstance(value, datetime):
            return instant(value)
        found = _without_defaults(value)
        for name in found.keys() & _LINES:
            beside = known if value is wire and name == "headers" else _NOTHING
            found[name] = lines.packed(found[name], beside)
        return found

    # ASCII alone, like HTTP: headers of an import may have what is no UTF-8.
    return json.dumps(wire, default=plain, separators=(",", ":"))


def wire_of(
    text: str | None, *, lines: Lines = _PLAIN, known: Mapping[str, str] = _NOTHING
) -> Wire | None:
    """Read such JSON, keys of a later release left out; raises ValueError for what is no Wire."""
    if text is None:
        return None
    readers: dict[str, Callable[[object], Any]] = {
        **_READ,
        **dict.fromkeys(_LINES, lambda found: lines.unpacked(_list(found), known)),
        "hops": lambda found: tuple(_record(Hop, each, readers) for each in _list(found)),
        "capture": lambda found: _record(Capture, found, _READ_CAPTURE),
    }
    try:
        return cast("Wire", _record(Wire, json.loads(text), readers))
    except (RecursionError, LookupError, TypeError) as error:
        raise ValueError(f"no wire: {error!r}") from error


def _without_defaults(value: Any) -> dict[str, Any]:
    kind: Any = type(value)
    found = ((name, getattr(value, name), usual) for name, usual in _defaults(kind))
    return {name: content for name, content, usual in found if content != usual}


@cache
def _defaults(kind: Any) -> list[tuple[str, Any]]:
    return [(field.name, field.default) for field in fields(kind)]


def _record(kind: type[Wire | Hop | Capture], found: object, readers: Readers) -> Any:
    if not isinstance(found, dict):
        raise ValueError(f"no JSON object: {found!r:.40}")  # noqa: TRY004 - as of all others
    names = [field.name for field in fields(kind) if field.name in found]
    return kind(**{name: readers[name](found[name]) for name in names})


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
