"""The `WARTA_*` variables: WARTA_CRAWL_LIMIT sets `limit` of `[crawl]`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from archive.ledger.wording import did_you_mean
from scraper.configuration.errors import Key, table_of
from scraper.configuration.keys import Configuration, SiteSettings

PREFIX = "WARTA_"

OTHERS = frozenset({"WARTA_CONFIG", "WARTA_LOCKS", "WARTA_SHARED", "WARTA_FLEET_WORKER"})
"""Not of the configuration: its file, the sites' locks, real pages for the tests, and the name of
the worker that started a crawl.
"""

SMTP_PASSWORD = "WARTA_SMTP_PASSWORD"  # noqa: S105 - the name of a variable

_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def variables(sites: Sequence[str]) -> dict[str, Key]:
    """Return the key that each variable sets."""
    keys = [key for key, _type in fields()]
    keys += [("sites", site, name) for site in sites for name in SiteSettings.model_fields]
    found = {PREFIX + "_".join(key).upper().replace("-", "_"): key for key in keys}
    return found | {SMTP_PASSWORD: ("alerts", "mail", "password")}


def fields(model: type[BaseModel] = Configuration, table: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Yield every key with its type, except those of sites."""
    for name, field in model.model_fields.items():
        inner = table_of(model, name)
        if inner is None:
            yield (*table, name), field.annotation
        elif inner is not SiteSettings:
            yield from fields(inner, (*table, name))


def type_of(key: Key) -> Any:
    """Return the type of a key's value."""
    if key[0] == "sites" and len(key) == 3:
        return SiteSettings.model_fields[key[2]].annotation
    return dict(fields())[key]


def given(environment: Mapping[str, str], sites: Sequence[str]) -> dict[Key, tuple[str, Any]]:
    """Return variable and value for each key that one sets; an empty variable sets nothing."""
    return {
        key: (name, read(type_of(key), environment[name]))
        for name, key in variables(sites).items()
        if environment.get(name)
    }


def unknown(environment: Mapping[str, str], sites: Sequence[str]) -> list[str]:
    """Return a sentence for each variable that has our prefix and sets nothing."""
    known = variables(sites).keys() | OTHERS
    sentences = []
    for name in sorted(environment.keys() - known):
        if name.startswith(PREFIX):
            meant = did_you_mean(name, sorted(known), at_most=1)
            sentences.append(f"{name}: unknown variable, ignored{meant}")
    return sentences


def read(annotation: Any, text: str) -> Any:
    """Convert a text to a key's type; unchanged if it cannot be, so that validation reports it."""
    wanted = _plain_type(annotation)
    if wanted is bool:
        return _BOOLEANS.get(text.lower(), text)
    if wanted is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    if wanted in (int, float):
        with suppress(ValueError):
            return wanted(text)
    return text


def _plain_type(annotation: Any) -> Any:
    """Return bool, int, float, list or another type without optionality and constraints."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain_type(get_args(annotation)[0])
    if origin in (Union, UnionType):
        options = (each for each in get_args(annotation) if each is not type(None))
        return _plain_type(next(options))
    return origin or annotation
