"""`warta log`: the revisions of an article."""

import click

from archive.archive import Reader
from archive.revisions import queries
from scraper.cli import options
from scraper.cli.opening import reads_archive, story_of
from scraper.cli.rendering.terminal import columns, print_rows

_COLUMNS = columns(
    "number observed_at kind changed returns_to correction headline",
    number="rev",
    observed_at="observed",
)


@click.command()
@options.story
@options.as_of
@reads_archive
def log(archive: Reader, url: str, as_json: bool) -> None:
    """List the revisions of an article: time, kind, changed fields, and the publisher's own
    correction note. STORY is any address of it, its story id or its number.

    \b
    publisher   the publisher changed it        removed    the site took it down
    technical   our extraction changed          restored   it came back
    """
    article_id = queries.find_article(archive.db, url, story_of)
    newest = queries.latest(archive.db, article_id)  # raises where it was taken down
    rows = queries.revisions(archive.db, article_id)
    print_rows(rows, _COLUMNS, as_json=as_json, title=newest["url"])
