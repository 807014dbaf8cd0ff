"""`warta list`: articles by site, section, author and date."""

import json

import click

from archive.archive import Reader
from archive.database.connection import read_transaction
from archive.database.schema import LISTS
from archive.search.filters import Filter
from archive.search.listing import ORDERS, Order, chosen, count, rows
from scraper.cli import options
from scraper.cli.opening import reads_archive
from scraper.cli.reading.filters import filters
from scraper.cli.rendering.terminal import columns, note, print_rows

_COLUMNS = columns(
    "article_id site published_at section authors revision removed_at headline",
    article_id="article",
    published_at="published",
    removed_at="removed",
)
_FIELDS = (
    "article_id site url story_id headline section authors published_at published_at_utc"
    " first_seen_at observed_at revision removed_at opted_out cluster_id"
).split()
_CSV = columns(" ".join(_FIELDS))


@click.command("list")
@click.option("--sort", type=click.Choice(ORDERS), default="newest", help="The order.")
@click.option("--limit", type=click.IntRange(min=1), default=20, help="Maximum results.")
@options.as_of
@options.csv
@reads_archive
@filters
def list_command(
    archive: Reader, where: Filter, sort: Order, limit: int, as_json: bool, as_csv: bool
) -> None:
    """List articles, newest first. A story whose time of publication is unknown, or not believable,
    counts as published when it was first seen.

    \b
    warta list --site suara --since 2026-11-01
    warta list --author Ratna --section ekonomi --json
    warta list --removed --sort oldest
    """
    with read_transaction(archive.db):
        numbers = chosen(archive.db, where, order=sort, limit=limit)
        total = count(archive.db, where)
        found = [
            dict(zip(_FIELDS, row, strict=True))
            for batch in rows(archive.db, numbers, _FIELDS)
            for row in batch
        ]
    for article in found:
        article |= {name: json.loads(article[name]) for name in LISTS if name in article}
    shown = _CSV if as_csv else _COLUMNS
    print_rows(found, shown, as_json=as_json, as_csv=as_csv, empty="No articles.")
    if found:
        note(f"{len(found):,} of {total:,} {'story' if total == 1 else 'stories'}")
