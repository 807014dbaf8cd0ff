"""`warta search`: full text."""

import click

from archive.archive import Archive
from archive.revisions import queries
from scraper.cli import options
from scraper.cli.opening import chosen_sites, reads_archive
from scraper.cli.terminal import columns, print_rows

_COLUMNS = columns(
    "article_id site published_at headline snippet",
    article_id="article",
    published_at="published",
    snippet="text",
)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--site", type=options.SITE, help="Only stories of this site.")
@click.option("--limit", type=click.IntRange(min=1), default=20, help="Maximum results.")
@reads_archive
def search(
    archive: Archive, words: tuple[str, ...], site: str | None, limit: int, as_json: bool
) -> None:
    """Search the newest revisions for all of these words; "quotes" make a phrase."""
    if site is not None:
        (site,) = chosen_sites(archive, [site])
    rows = queries.search(archive.db, " ".join(words), site=site, limit=limit)
    print_rows(rows, _COLUMNS, as_json=as_json, empty="Nothing found.")
