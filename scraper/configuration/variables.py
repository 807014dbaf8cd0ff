"""The `WARTA_*` variables: a key in capitals, its dots as underscores; WARTA_CRAWL_LIMIT is `limit`
of `[crawl]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from scraper.configuration.errors import Key, table_of
from scraper.configuration.keys import Configuration, OfSite

PREFIX = "WARTA_"

OTHERS = frozenset({"WARTA_CONFIG", "WARTA_LOCKS", "WARTA_SHARED"})
"""Where the file is; where the locks of sites are; where the tests find real pages."""

SMTP_PASSWORD = "WARTA_SMTP_PASSWORD"  # noqa: S105 - the name of a variable


def variables(sites: Sequence[str]) -> dict[str, Key]:
    """Every variable with its key."""
    found = {PREFIX + "_".join(key).upper(): key for key, _type in fields()}
    for site in sites:
        found |= {
            f"{PREFIX}SITES_{site.upper()}_{name.upper()}": ("sites", site, name)
            for name in OfSite.model_fields
        }
    return found | {SMTP_PASSWORD: ("alerts", "mail", "password")}


def fields(model: type[BaseModel] = Configuration, table: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every key with its type, those of sites excepted."""
    for name, field in model.model_fields.items():
        inner = table_of(model, name)
        if inner is OfSite:
            continue
        if inner is not None:
            yield from fields(inner, (*table, name))
        else:
            yield (*table, name), field.annotation


def type_of(key: Key) -> Any:
    """The type of a key's value."""
    return OfSite.model_fields[key[2]].annotation if key[0] == "sites" else dict(fields())[key]


def given(environment: Mapping[str, str], sites: Sequence[str]) -> dict[Key, tuple[str, Any]]:
    """Every key that a variable gives, with the variable and its value; an empty variable gives
    nothing.
    """
    known = variables(sites)
    return {
        known[name]: (name, read(type_of(known[name]), environment[name]))
        for name in known
        if environment.get(name)
    }


def unknown(environment: Mapping[str, str], sites: Sequence[str]) -> list[str]:
    """A sentence for each variable with our prefix that gives nothing."""
    known = variables(sites).keys() | OTHERS
    sentences = []
    for name in sorted(
        name for name in environment if name.startswith(PREFIX) and name not in known
    ):
        near = get_close_matches(name, known, n=1)
        sentences.append(
            f"{name}: there is no such variable{f'; did you mean {near[0]}?' if near else '.'} It is ignored."
        )
    return sentences


def read(annotation: Any, text: str) -> Any:
    """The text as the type that is wanted, or as it is where it is none: the check that follows
    says what was expected.
    """
    wanted = _plain(annotation)
    if wanted is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
            text.lower(), text
        )
    if wanted in (int, float):
        try:
            return wanted(text)
        except ValueError:
            return text
    return [part.strip() for part in text.split(",") if part.strip()] if wanted is list else text


def _plain(annotation: Any) -> Any:
    """bool, int, float, list or another type, whatever stands around it."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) is UnionType or "Union" in str(get_origin(annotation)):
        return _plain(next(option for option in get_args(annotation) if option is not type(None)))
    return get_origin(annotation) or annotation
