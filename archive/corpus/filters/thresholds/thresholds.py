"""Thresholds of the filters: read from TOML, checked; `filters/news.toml` says what every key
means.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from archive.corpus.filters.thresholds.tables import (
    C4Quality,
    Fallback,
    FineWebQuality,
    GopherQuality,
    GopherRepetition,
    Language,
    Length,
    Paragraphs,
    Personal,
    Prose,
)
from archive.errors import CorpusError

DEFAULT = "news"
FOLDER = resources.files("archive.corpus.filters.thresholds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """All tables of the file."""

    name: str
    """Of the bundled set, or the file's name without its folder."""
    language: Language
    length: Length
    fallback: Fallback
    gopher_quality: GopherQuality
    gopher_repetition: GopherRepetition
    fineweb_quality: FineWebQuality
    c4_quality: C4Quality
    prose: Prose
    personal: Personal
    paragraphs: Paragraphs

    def as_dict(self) -> dict[str, Any]:
        """Every threshold in force: table -> key -> number, text, list or truth value, for
        `manifest.json`.
        """
        return {name: _lists(value) for name, value in asdict(self).items()}


TABLES: dict[str, type[Any]] = {
    "language": Language,
    "length": Length,
    "fallback": Fallback,
    "gopher_quality": GopherQuality,
    "gopher_repetition": GopherRepetition,
    "fineweb_quality": FineWebQuality,
    "c4_quality": C4Quality,
    "prose": Prose,
    "personal": Personal,
    "paragraphs": Paragraphs,
}


def bundled() -> list[str]:
    """Names of the sets that come with warta, in the order of the alphabet."""
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in FOLDER.iterdir()
        if entry.name.endswith(".toml")
    )


def load_thresholds(name_or_path: str = DEFAULT) -> Thresholds:
    """A bundled set by its name, or a TOML file by its path (it ends in `.toml` or has a folder in
    it).

    A file need name only what differs from the set that its key `extends` names, `news` without it.
    """
    if name_or_path in bundled():
        return _checked(name_or_path, _bundled_tables(name_or_path), source=f"{name_or_path}.toml")
    path = Path(name_or_path)
    if path.suffix != ".toml" and len(path.parts) < 2:
        raise CorpusError(
            f"no filters go by the name {name_or_path!r}: there are {_listed(bundled())}, or give the path of a TOML file"
        )
    return _checked(
        path.name, _extended(_parsed(_text_of(path), str(path)), str(path)), source=str(path)
    )


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error


def _parsed(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CorpusError(f"{source}: is not TOML: {error}") from error


def _bundled_tables(name: str) -> dict[str, Any]:
    source = f"{name}.toml"
    given = _parsed((FOLDER / source).read_text(encoding="utf-8"), source)
    return given if name == DEFAULT else _extended(given, source)


def _extended(given: dict[str, Any], source: str) -> dict[str, Any]:
    """Its tables laid over those of the set that it extends."""
    base = given.pop("extends", DEFAULT)
    if not isinstance(base, str) or base not in bundled():
        raise CorpusError(
            f"{source}: extends: expected one of {_listed(bundled())}, found {base!r}"
        )
    tables = _bundled_tables(base)
    for table, values in given.items():
        if table not in TABLES:
            raise CorpusError(
                f"{source}: there is no table {table!r}: there are {_listed(TABLES)}, and the key extends before them"
            )
        if not isinstance(values, dict):
            raise CorpusError(f"{source}: {table}: expected a table, written [{table}]")
        tables[table] = tables[table] | values
    return tables


def _checked(name: str, tables: Mapping[str, Any], *, source: str) -> Thresholds:
    return Thresholds(
        name=name, **{table: _record(table, tables[table], source) for table in TABLES}
    )


def _record(table: str, values: Mapping[str, Any], source: str) -> Any:
    try:
        return TABLES[table](**{key: _tuples(value) for key, value in values.items()})
    except ValidationError as error:
        raise CorpusError(f"{source}: [{table}] {_plain(table, error.errors()[0])}") from None


def _plain(table: str, error: ErrorDetails) -> str:
    """Key, what was expected and what is there."""
    key = ".".join(str(part) for part in error["loc"] if isinstance(part, str))
    if error["type"] == "unexpected_keyword_argument":
        known = _listed(field.name for field in fields(TABLES[table]))
        return (
            f"{key if key.isidentifier() else repr(key)}: there is no such key: there are {known}"
        )
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    expected = EXPECTED.get(error["type"], error["msg"]).format(**error.get("ctx", {}))
    found = "" if error["type"] == "missing" else f", found {_shown(error['input'])}"
    return f"{key}: expected {expected}{found}"


EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "tuple_type": "a list",
    "finite_number": "a finite number",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "missing": "one more value in each of its lists",
    "string_too_short": "a text that is not empty",
    "too_long": "lists of at most {max_length}",
}
"""Kind of pydantic's error -> what was expected, in our words."""


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(_lists(value))
    return text if len(text) <= 60 else f"{text[:57]}..."


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else str(last)


def _tuples(value: Any) -> Any:
    """TOML's lists as tuples, which frozen records hold."""
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list) else value


def _lists(value: Any) -> Any:
    """Tuples as lists again, as JSON has them."""
    if isinstance(value, dict):
        return {key: _lists(inner) for key, inner in value.items()}
    return [_lists(inner) for inner in value] if isinstance(value, tuple) else value
