"""What is wrong with a configuration, in one plain line each: where, which key, what was expected,
what was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import IO, Any

import click
from pydantic import BaseModel

from scraper.configuration.keys import SECRETS, Configuration, OfSite

Key = tuple[str, ...]


class ConfigurationError(click.UsageError):
    """The configuration cannot be used; its text is a line for each thing that is wrong."""

    def __init__(self, message: str, *, archive: str | None = None) -> None:
        super().__init__(message)
        self.archive = archive
        """The archive that it names all the same; "" where it names none, None where that cannot be
        known.
        """

    def show(self, file: IO[Any] | None = None) -> None:
        """The lines alone: how a command is used is not what is wrong."""
        click.ClickException.show(self, file)


_EXPECTED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "int_type": lambda _ctx: "a whole number",
    "float_type": lambda _ctx: "a number",
    "finite_number": lambda _ctx: "a finite number",
    "bool_type": lambda _ctx: "true or false",
    "string_type": lambda _ctx: "a text in quotes",
    "is_instance_of": lambda _ctx: "a path in quotes",
    "string_too_short": lambda _ctx: "a text that is not empty",
    "list_type": lambda _ctx: 'a list like ["one", "two"]',
    "too_short": lambda _ctx: "a list that is not empty",
    "literal_error": lambda ctx: (
        f"one of {ctx['expected'].replace(chr(39), '').replace(' or ', ', ')}"
    ),
    "greater_than_equal": lambda ctx: f"a number from {ctx['ge']:g}",
    "greater_than": lambda ctx: f"a number above {ctx['gt']:g}",
    "less_than_equal": lambda ctx: f"a number up to {ctx['le']:g}",
    "model_type": lambda _ctx: "a table",
    "dict_type": lambda _ctx: "a table",
}


def complaint(error: Mapping[str, Any]) -> str:
    """The sentence of one of pydantic's errors, its key first."""
    key = tuple(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return unknown_key(key)
    named = ".".join(
        part for part in key if not part.isdecimal()
    )  # an item of a list is told of by its list
    if error["type"] == "missing":
        return f"{named}: it is needed and not given"
    given = "" if key[:3] in SECRETS or key[:2] in SECRETS else f", got {shown(error['input'])}"
    if error["type"] == "value_error":
        return f"{named}: {error['ctx']['error']}"
    expected = _EXPECTED.get(error["type"])
    return (
        f"{named}: expected {expected(error.get('ctx', {})) if expected else error['msg']}{given}"
    )


def unknown_key(key: Key) -> str:
    """Names the keys that there are, and the one that may have been meant."""
    known = keys_at(key[:-1])
    near = get_close_matches(key[-1], known, n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"{'.'.join(key)}: there is no such key{meant}; there are {', '.join(known)}"


def unknown_site(name: str, known: Sequence[str]) -> str:
    """Names the sites that there are."""
    near = get_close_matches(name, known, n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"sites.{name}: no site is called {name}{meant}; there are {', '.join(known)}"


def keys_at(table: Key) -> list[str]:
    """The keys of a table, tables within it included."""
    if table[:1] == ("sites",):
        return list(OfSite.model_fields) if len(table) == 2 else []
    model: type[BaseModel] = Configuration
    for name in table:
        found = table_of(model, name)
        if found is None:
            return []
        model = found
    return list(model.model_fields)


def table_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The table under a key, or None for a value."""
    annotation = model.model_fields[name].annotation if name in model.model_fields else None
    options = (annotation, *getattr(annotation, "__args__", ()))
    return next(
        (
            option
            for option in options
            if isinstance(option, type) and issubclass(option, BaseModel)
        ),
        None,
    )


def shown(value: object) -> str:
    """A value as TOML would have it, not longer than a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= 60 else f"{text[:57]}..."
