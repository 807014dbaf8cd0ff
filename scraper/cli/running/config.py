"""`warta config`: the effective configuration, and the source of each value."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from pydantic import BaseModel, SecretStr

from scraper.cli import options
from scraper.cli.defaults import config_option, configured
from scraper.cli.publishers import note_broken
from scraper.cli.rendering.terminal import columns, print_rows
from scraper.configuration import Loaded
from scraper.configuration.errors import Key
from scraper.configuration.example import example as example_text
from scraper.configuration.example import toml


@click.command()
@click.option("--example", is_flag=True, help="Print a warta.toml with every key explained.")
@config_option
@options.json
def config(example: bool, as_json: bool) -> None:
    """Show every key of the configuration, its value, and its source: default, file or variable.

    The file is that of --config, else of $WARTA_CONFIG, else ./warta.toml if there is one. Options
    of a command override it. Secrets are masked.

    \b
    warta config --example > warta.toml           a file to start from
    """
    if example:
        click.echo(example_text(), nl=False)
        return
    note_broken()
    heads = columns("key value origin", origin="from")
    print_rows(_rows(configured()), heads, as_json=as_json, formats={"value": _cell})


def _cell(value: Any) -> Any:
    """Return a value as the file would have it, a text without its quotes."""
    if value is None or isinstance(value, str):
        return value
    return toml(value)


def _rows(loaded: Loaded) -> list[dict[str, Any]]:
    """Return `key`, `value` and `origin` of each key; for a site only what is set for it."""
    return [
        {"key": ".".join(key), "value": _plain(value), "origin": loaded.origin(key)}
        for key, value in _values(loaded.configuration, ())
        if len(key) < 3 or key[0] != "sites" or key in loaded.origins
    ]


def _values(table: BaseModel | dict[str, Any], key: Key) -> Iterator[tuple[Key, Any]]:
    for name, value in dict(table).items():
        if isinstance(value, BaseModel | dict):
            yield from _values(value, (*key, name))
        else:
            yield (*key, name), value


def _plain(value: Any) -> Any:
    """Return a value for JSON, without its secrets."""
    if isinstance(value, list):
        return [_address(each) if isinstance(each, SecretStr) else _plain(each) for each in value]
    if isinstance(value, SecretStr):
        return "…"
    if isinstance(value, Path):
        return str(value)
    return value


def _address(secret: SecretStr) -> str:
    """Return what may be seen of an address: of a webhook the host, as its path may grant access;
    of other services the scheme, as their hosts may be tokens.
    """
    parts = urlsplit(secret.get_secret_value())
    if parts.scheme in ("http", "https") and parts.hostname:
        return f"{parts.scheme}://{parts.hostname}/…"
    return f"{parts.scheme}://…"
