"""Loads thresholds: a bundled set, or a TOML file that extends one."""

import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from archive.corpus.filters.thresholds.tables import TABLES, Thresholds
from archive.errors import CorpusError

DEFAULT = "news"
FOLDER = resources.files("archive.corpus.filters.thresholds")

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
"""Type of a pydantic error -> what was expected, for the user."""


def bundled() -> list[str]:
    """Return the names of the bundled sets, sorted."""
    names = (entry.name for entry in FOLDER.iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load_thresholds(name_or_path: str = DEFAULT) -> Thresholds:
    """Load a bundled set by its name, or a TOML file by its path (`*.toml`, or with a folder).

    A file need only contain what differs from the set named by its key `extends`, by default
    `news`. Raises CorpusError.
    """
    if name_or_path in bundled():
        return _checked(name_or_path, f"{name_or_path}.toml", _bundled_tables(name_or_path))
    path = Path(name_or_path)
    if path.suffix != ".toml" and len(path.parts) < 2:
        raise CorpusError(
            f"no filters are called {name_or_path!r}:"
            f" there are {_listed(bundled())}, or give the path of a TOML file"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise CorpusError(f"{path}: cannot be read: {why}") from error
    return _checked(path.name, str(path), _extended(_parsed(text, str(path)), str(path)))


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
    """Merge its tables into those of the set that it extends."""
    base = given.pop("extends", DEFAULT)
    if not isinstance(base, str) or base not in bundled():
        expected = _listed(bundled())
        raise CorpusError(f"{source}: extends: expected one of {expected}, found {base!r}")
    tables = _bundled_tables(base)
    for table, values in given.items():
        if table not in TABLES:
            raise CorpusError(
                f"{source}: there is no table {table!r}:"
                f" there are {_listed(TABLES)}, and the key extends before them"
            )
        if not isinstance(values, dict):
            raise CorpusError(f"{source}: {table}: expected a table, written [{table}]")
        tables[table] |= values
    return tables


def _checked(name: str, source: str, tables: dict[str, Any]) -> Thresholds:
    try:
        return Thresholds(name=name, **tables)
    except ValidationError as error:
        raise CorpusError(f"{source}: {_described(error.errors()[0])}") from None


def _described(error: ErrorDetails) -> str:
    """Name the table and the key, what was expected and what was found."""
    table, *keys = (part for part in error["loc"] if isinstance(part, str))
    return f"[{table}] {_wrong(table, '.'.join(keys), error)}"


def _wrong(table: str, key: str, error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        known = _listed(TABLES[table].model_fields)
        named = key if key.isidentifier() else repr(key)
        return f"{named}: there is no such key: there are {known}"
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    expected = EXPECTED.get(error["type"], error["msg"]).format(**error.get("ctx", {}))
    found = "" if error["type"] == "missing" else f", found {_shown(error['input'])}"
    return f"{key}: expected {expected}{found}"


def _shown(value: object) -> str:
    """Write a value as TOML does, in at most 60 characters."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
