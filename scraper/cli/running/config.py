"""`warta config`: the effective configuration, and the source of each value."""

from typing import Any

import click

from scraper.cli import options
from scraper.cli.defaults import config_option, configured
from scraper.cli.terminal import columns, print_rows
from scraper.configuration.example import example as example_text
from scraper.configuration.example import toml
from scraper.configuration.shown import rows


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
    heads = columns("key value origin", origin="from")
    print_rows(rows(configured()), heads, as_json=as_json, formats={"value": _cell})


def _cell(value: Any) -> Any:
    """Return a value as the file would have it, a text without its quotes."""
    if value is None or isinstance(value, str):
        return value
    return toml(value)
