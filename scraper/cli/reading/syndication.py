"""`warta syndication matrix`: who publishes whose stories."""

from __future__ import annotations

from pathlib import Path

import click

from archive.syndication.queries import matrix as read_matrix
from scraper.cli import options
from scraper.cli.opening import opened, warn_unclustered
from scraper.cli.terminal import columns, print_rows

_COLUMNS = columns(
    "site source stories first copies edited excerpts", site="published by", source="stories of"
)


@click.group()
@options.archive
def syndication(path: Path) -> None:
    """Count which site publishes whose stories."""


@syndication.command(short_help="Stories per publishing site and source.")
@options.archive
@options.json
def matrix(path: Path, as_json: bool) -> None:
    """Count the stories per publishing site and source: the agency that a story credits, else the
    site that published it first.

    A site's repeats of its own stories are not counted.
    """
    with opened(path) as archive:
        rows = read_matrix(archive.db)
        warn_unclustered(archive)
    rows = [dict(row, is_agency=bool(row["is_agency"])) for row in rows]
    print_rows(rows, _COLUMNS, as_json=as_json, empty="No story was published by two sites.")
