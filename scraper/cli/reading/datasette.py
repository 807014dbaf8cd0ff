"""`warta datasette`: metadata with which Datasette shows an archive."""

import json
from pathlib import Path

import click

from scraper.cli import options
from scraper.cli.opening import opened
from scraper.web.metadata import metadata


@click.command()
@options.archive
def datasette(path: Path) -> None:
    """Print metadata for Datasette, which shows the archive in a browser: a search box, facets,
    descriptions of the columns, and queries such as headline changes and who copied whom.

    \b
    warta datasette > metadata.json
    datasette serve news.db -m metadata.json --setting truncate_cells_html 100
    """
    with opened(path) as archive:
        click.echo(json.dumps(metadata(archive), indent=2))
