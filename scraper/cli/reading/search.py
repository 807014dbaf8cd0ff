"""`warta search`: full text."""

from __future__ import annotations

from pathlib import Path

import click

from archive.revisions import queries
from scraper.cli.options import archive_option, json_option, opened
from scraper.cli.terminal import print_json, print_table


@click.command(short_help="Full text of the newest revisions.")
@click.argument("words", nargs=-1, required=True)
@click.option("--site", help="Only stories of this site.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Stories shown at most.",
)
@archive_option
@json_option
def search(words: tuple[str, ...], site: str | None, limit: int, path: Path, as_json: bool) -> None:
    """Full text: stories whose newest revision holds all the words; "quotes" make a phrase."""
    with opened(path) as archive:
        rows = list(queries.search(archive.db, " ".join(words), site=site, limit=limit))
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("Nothing found.", err=True)
        return
    print_table(
        rows,
        {
            "article_id": "article",
            "site": "site",
            "published_at": "published",
            "headline": "headline",
            "snippet": "text",
        },
    )
