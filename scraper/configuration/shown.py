"""A configuration as it is shown: each key, its value, and where it comes from; secrets stay out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from scraper.configuration.keys import Configuration, OfSite
from scraper.configuration.loading import Loaded

Key = tuple[str, ...]


def rows(loaded: Loaded) -> list[dict[str, Any]]:
    """A row a key: `key`, `value`, `origin`; of a site only what was given for it."""
    return [
        {"key": ".".join(key), "value": plain(value), "origin": loaded.origin(key)}
        for key, value in _values(loaded.configuration, ())
        if key[0] != "sites" or key in loaded.origins
    ]


def _values(model: BaseModel, table: Key) -> Iterator[tuple[Key, Any]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _values(value, (*table, name))
        elif isinstance(model, Configuration) and name == "sites":
            for site, own in value.items():
                assert isinstance(own, OfSite)
                yield from _values(own, ("sites", site))
        else:
            yield (*table, name), value


def plain(value: Any) -> Any:
    """A value for JSON; of a secret address the host alone, as its path and its query may let
    anyone in.
    """
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, SecretStr):
        parts = urlsplit(value.get_secret_value())
        return (
            f"{parts.scheme}://{parts.hostname}/…"
            if parts.scheme in ("http", "https") and parts.hostname
            else "…"
        )
    return str(value) if isinstance(value, Path) else value
