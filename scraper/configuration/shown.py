"""The configuration as `warta config` shows it: key, value and origin; secrets are hidden."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from scraper.configuration.errors import Key
from scraper.configuration.loading import Loaded


def rows(loaded: Loaded) -> list[dict[str, Any]]:
    """Return `key`, `value` and `origin` of each key; for a site only what is set for it."""
    return [
        {"key": ".".join(key), "value": plain(value), "origin": loaded.origin(key)}
        for key, value in _values(loaded.configuration, ())
        if key[0] != "sites" or key in loaded.origins
    ]


def _values(table: BaseModel | dict[str, Any], key: Key) -> Iterator[tuple[Key, Any]]:
    for name, value in dict(table).items():
        if isinstance(value, BaseModel | dict):
            yield from _values(value, (*key, name))
        else:
            yield (*key, name), value


def plain(value: Any) -> Any:
    """Return a value for JSON; only the host of a secret address, whose path may grant access."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, SecretStr):
        parts = urlsplit(value.get_secret_value())
        if parts.scheme in ("http", "https") and parts.hostname:
            return f"{parts.scheme}://{parts.hostname}/…"
        return "…"
    if isinstance(value, Path):
        return str(value)
    return value
