"""The columns `wire`: archive.records.Wire as a JSON object.

Keys are the names of the fields; a field that has its default is not in it.
"""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any, cast

from archive.database.clock import instant
from archive.records import Capture, Exchange, HeaderLines, Hop, Wire


def wire_json(wire: Wire | None) -> str | None:
    """Return the JSON of how a response came over the wire; None for what is unknown."""
    if wire is None:
        return None
    # ASCII alone, like HTTP: headers of an import may have what is no UTF-8.
    return json.dumps(wire, default=_plain, separators=(",", ":"))


def wire_of(text: str | None) -> Wire | None:
    """Read such JSON, keys of a later release left out; raises ValueError for what is no Wire."""
    if text is None:
        return None
    try:
        return cast("Wire", _record(Wire, json.loads(text)))
    except (RecursionError, KeyError) as error:
        raise ValueError(f"no wire: {error!r}") from error


def _plain(value: Exchange | Capture | datetime) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    found = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
    return {name: content for name, (content, usual) in found.items() if content != usual}


def _record(kind: type[Wire | Hop | Capture], found: object) -> Any:
    if not isinstance(found, dict):
        raise ValueError(f"no JSON object: {found!r:.40}")  # noqa: TRY004 - as of all others
    known = {field.name: _READ[field.name] for field in fields(kind) if field.name in found}
    try:
        return kind(**{name: read(found[name]) for name, read in known.items()})
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


def _lines(found: object) -> HeaderLines:
    pairs = [tuple(map(_text, _list(each))) for each in _list(found)]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("a header line has a name and a value")
    return cast("HeaderLines", tuple(pairs))


def _time(found: object) -> datetime:
    time = datetime.fromisoformat(_text(found))
    if time.tzinfo is None:
        raise ValueError(f"a time without an offset: {found}")
    return time


_READ: dict[str, Callable[[object], Any]] = {
    **dict.fromkeys(("protocol", "reason", "method", "address", "url"), _text),
    **dict.fromkeys((field.name for field in fields(Capture)), _text),
    **dict.fromkeys(("length", "port", "status", "offset"), _number),
    **dict.fromkeys(("headers", "request_headers"), _lines),
    "fetched_at": _time,
    "hops": lambda found: tuple(_record(Hop, each) for each in _list(found)),
    "capture": lambda found: _record(Capture, found),
}
"""By field, what reads its value; raises ValueError."""
