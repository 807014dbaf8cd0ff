"""`warta cluster`: who published a story, when, and how much of it."""

from typing import Any

import click

from archive.archive import Archive
from archive.revisions import queries as articles
from archive.revisions.changes import edits_between
from archive.syndication import queries
from scraper.cli import options
from scraper.cli.opening import reads_archive, story_of, warn_unclustered
from scraper.cli.rendering import terminal
from scraper.cli.rendering.diffs import print_edits

_COLUMNS = terminal.columns(
    "site published_at minutes relation share of_whole headline url",
    published_at="published",
    minutes="minutes after",
    share="share of its text",
    of_whole="share of the first",
)


@click.command()
@options.story
@click.option("--diff", "with_diff", is_flag=True, help="Compare each copy with the first.")
@reads_archive
def cluster(archive: Archive, url: str, with_diff: bool, as_json: bool) -> None:
    """Show who published a story: each member of its cluster with its time, minutes after the
    first, and how much of its text is in the first. STORY is any address of one of them, its
    story id or its number.

    \b
    copy      nearly word for word              excerpt   one was cut from the other
    edited    rewritten or cut in part          repeat    the same publisher ran it again
    """
    rows = queries.members(archive.db, articles.find_article(archive.db, url, story_of))
    if not rows:
        warn_unclustered(archive)
    if as_json:
        terminal.print_json(rows)
        return
    if not rows:
        terminal.note("No other story has this text.")
        return
    terminal.print_table([_member(row) for row in rows], _COLUMNS)
    texts = [articles.latest(archive.db, row["article_id"]) for row in rows if with_diff]
    for other in texts[1:]:
        terminal.say()
        terminal.say(other["url"], bold=True)
        edits = edits_between(texts[0], other)
        compared = (one for one in edits if one[0] in ("headline", "deck", "body"))
        print_edits(terminal.console(), compared)


def _member(row: dict[str, Any]) -> dict[str, Any]:
    relation = row["relation"]
    if row["is_first"]:
        relation = "first"
    elif row["direction"]:
        relation += f" ({row['direction']})"
    shares = {"share": f"{row['containment']:.0%}", "of_whole": f"{row['of_first']:.0%}"}
    return row | shares | {"relation": relation}
