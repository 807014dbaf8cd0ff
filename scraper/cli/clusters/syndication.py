"""`warta syndication`: which site publishes whose stories."""

from pathlib import Path

import click

from archive.archive import Archive
from archive.syndication import queries
from scraper.cli import options
from scraper.cli.groups import NaturalGroup
from scraper.cli.opening import reads_archive, warn_unclustered
from scraper.cli.rendering import terminal

_COLUMNS = terminal.columns(
    "site source stories first copies edited excerpts", site="published by", source="stories of"
)


@click.group(cls=NaturalGroup, natural="matrix")
@options.archive
def syndication(path: Path) -> None:
    """Count which site publishes whose stories: `matrix`, also without a command."""


@syndication.command(short_help="Stories per publishing site and source.")
@reads_archive
def matrix(archive: Archive, as_json: bool) -> None:
    """Count the stories per publishing site and source: the agency that a story credits, else the
    site that published it first.

    A site's repeats of its own stories are not counted.
    """
    rows = queries.matrix(archive.db)
    warn_unclustered(archive)
    rows = [dict(row, is_agency=bool(row["is_agency"])) for row in rows]
    empty = "No story was published by two sites."
    terminal.print_rows(rows, _COLUMNS, as_json=as_json, empty=empty)
