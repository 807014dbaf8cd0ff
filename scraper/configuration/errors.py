"""What is wrong with a configuration, one line each: where, which key, what was expected."""

from collections.abc import Mapping, Sequence
from typing import IO, Any

import click
from pydantic import BaseModel

from archive.ledger.wording import did_you_mean
from scraper.configuration.keys import SECRETS, Configuration, SiteSettings

Key = tuple[str, ...]


class ConfigurationError(click.UsageError):
    """The configuration cannot be used; the message has one line per error."""

    def __init__(self, message: str, *, archive: str | None = None) -> None:
        super().__init__(message)
        self.archive = archive
        """The archive that it names nevertheless; "" if it names none, None if that is unknown."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message without the command's usage."""
        click.ClickException.show(self, file)


_EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "a string in quotes",
    "is_instance_of": "a path in quotes",
    "string_too_short": "a string that is not empty",
    "list_type": 'a list like ["one", "two"]',
    "too_short": "a list that is not empty",
    "literal_error": "one of {expected}",
    "greater_than_equal": "a number from {ge:g}",
    "greater_than": "a number above {gt:g}",
    "less_than_equal": "a number up to {le:g}",
    "model_type": "a table",
    "dict_type": "a table",
}
"""Pydantic's error types -> what to write instead."""


def describe(error: Mapping[str, Any]) -> str:
    """Return one of pydantic's errors as a sentence that begins with the key."""
    key = tuple(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return unknown(key, keys_at(key[:-1]), "key")
    name = ".".join(part for part in key if not part.isdecimal())  # an item's key is its list's
    if error["type"] == "missing":
        return f"{name}: required, but not set"
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return f"{name}: {context['error']}"
    if "expected" in context:
        context = {"expected": context["expected"].replace("'", "").replace(" or ", ", ")}
    sentence = f"{name}: {error['msg']}"
    if template := _EXPECTED.get(error["type"]):
        sentence = f"{name}: expected {template.format(**context)}"
    if any(key[: len(secret)] == secret for secret in SECRETS):
        return sentence
    return f"{sentence}, got {_as_toml(error['input'])}"


def unknown(key: Key, known: Sequence[str], kind: str) -> str:
    """Name an unknown key or site, the one probably meant, and those that exist."""
    meant = did_you_mean(key[-1], known, at_most=1)
    return f"{'.'.join(key)}: unknown {kind}; expected one of {', '.join(known)}{meant}"


def keys_at(table: Key) -> list[str]:
    """Return the keys of a table, those of tables within it included."""
    if table[:1] == ("sites",):
        if len(table) != 2:
            return []
        return list(SiteSettings.model_fields)
    model: type[BaseModel] = Configuration
    for name in table:
        inner = table_of(model, name)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def table_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the model of the table under a key, or None for a value."""
    if name not in model.model_fields:
        return None
    annotation = model.model_fields[name].annotation
    for option in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= 60 else f"{text[:57]}..."
