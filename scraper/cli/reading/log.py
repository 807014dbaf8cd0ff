"""`warta log`: the revisions of an article."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from archive.ledger.wording import plain_time
from archive.revisions import queries
from scraper.cli.options import archive_option, as_of_option, identify, json_option, opened_as_of
from scraper.cli.terminal import print_json, print_table

_COLUMNS = {
    "number": "rev",
    "observed_at": "observed",
    "kind": "kind",
    "changed": "changed",
    "returns_to": "returns to",
    "correction": "correction",
    "headline": "headline",
}


@click.command(short_help="The revisions of an article.")
@click.argument("url")
@as_of_option
@archive_option
@json_option
def log(url: str, as_of: datetime | None, path: Path, as_json: bool) -> None:
    """The revisions of an article: when, of which kind, which fields, and the newsroom's own note
    of a correction.

    \b
    publisher   the newsroom changed it          removed    the site took it away
    technical   our extractor reads it otherwise  restored   it came back
    """
    with opened_as_of(path, as_of) as archive:
        article_id = queries.find_article(archive.db, url, identify())
        newest = queries.latest(archive.db, article_id)  # says so where it was taken down
        rows = queries.revisions(archive.db, article_id)
    if as_json:
        print_json(rows)
        return
    print_table(
        [dict(row, observed_at=plain_time(row["observed_at"])) for row in rows],
        _COLUMNS,
        title=newest["url"],
    )
