"""`warta config`: what is in force, and where each value comes from."""

from __future__ import annotations

from typing import Any

import click

from scraper.cli.defaults import config_option, configured
from scraper.cli.options import json_option
from scraper.cli.terminal import print_json, print_table
from scraper.configuration.example import example as example_text
from scraper.configuration.example import toml
from scraper.configuration.shown import rows


@click.command(short_help="Show the configuration that is in force.")
@click.option(
    "--example",
    is_flag=True,
    help="Print a warta.toml with every key, its default and its meaning.",
)
@config_option
@json_option
@click.pass_context
def config(context: click.Context, example: bool, as_json: bool) -> None:
    """Show every key of the configuration, its value, and where that comes from: default, file
    or variable.

    The file is the one that --config names, else $WARTA_CONFIG, else ./warta.toml where there is
    one. Options of a command go before all of it. Secrets are not shown.

    \b
    warta config --example > warta.toml           a file to start from
    """
    if example:
        click.echo(example_text(), nl=False)
        return
    found = rows(configured(context))
    if as_json:
        print_json(found)
        return
    shown = [dict(row, value=_cell(row["value"])) for row in found]
    print_table(shown, {"key": "key", "value": "value", "origin": "from"})


def _cell(value: Any) -> str:
    """A value as the file would have it, a text without its quotes."""
    return "" if value is None else value if isinstance(value, str) else toml(value)
