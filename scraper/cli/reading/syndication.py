"""`warta syndication matrix`: who runs whom."""

from __future__ import annotations

from pathlib import Path

import click

from archive.syndication.queries import matrix as read_matrix
from scraper.cli.options import archive_option, json_option, named, opened, tell_unread
from scraper.cli.terminal import print_json, print_table

_COLUMNS = {
    "site": "who ran",
    "source": "stories of",
    "stories": "stories",
    "first": "first",
    "copies": "copies",
    "edited": "edited",
    "excerpts": "excerpts",
}


@click.group(short_help="Who runs whose stories.")
@archive_option
def syndication(path: Path) -> None:
    """Who runs whose stories."""


@syndication.command(short_help="Who ran how many stories of whom.")
@archive_option
@json_option
@click.pass_context
def matrix(context: click.Context, path: Path, as_json: bool) -> None:
    """Who ran how many stories of whom: of the agency that a story credits, else of the site that
    published it first.

    A site's repeats of its own stories are left out.
    """
    with opened(named(context, path)) as archive:
        rows = read_matrix(archive.db)
        tell_unread(archive)
    if as_json:
        print_json(dict(row, is_agency=bool(row["is_agency"])) for row in rows)
    elif rows:
        print_table(rows, _COLUMNS)
    else:
        click.echo("No story ran at two sites.", err=True)
