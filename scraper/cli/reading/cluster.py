"""`warta cluster URL`: who published a story, when, and how much of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive.revisions import queries
from archive.syndication.queries import members
from scraper.cli import options
from scraper.cli.diff_rendering import edits_between, print_edits
from scraper.cli.opening import identify, opened, warn_unclustered
from scraper.cli.terminal import columns, console, note, print_json, print_table

_COLUMNS = columns(
    "site published_at minutes relation share of_whole headline url",
    published_at="published",
    minutes="minutes after",
    share="share of its text",
    of_whole="share of the first",
)


@click.command()
@click.argument("url")
@click.option("--diff", "with_diff", is_flag=True, help="Compare each copy with the first.")
@options.archive
@options.json
def cluster(url: str, with_diff: bool, path: Path, as_json: bool) -> None:
    """Show who published a story: each member of its cluster with its time, minutes after the
    first, and how much of its text is in the first.

    \b
    copy      nearly word for word              excerpt   one was cut from the other
    edited    rewritten or cut in part          repeat    the same publisher ran it again
    """
    with opened(path) as archive:
        rows = members(archive.db, queries.find_article(archive.db, url, identify()))
        if not rows:
            warn_unclustered(archive)
        texts = [queries.latest(archive.db, row["article_id"]) for row in rows if with_diff]
    if as_json:
        print_json(rows)
        return
    if not rows:
        note("No other story has this text.")
        return
    print_table([_shown(row) for row in rows], _COLUMNS)
    out = console()
    for other in texts[1:]:
        out.print(Text(f"\n{other['url']}", style="bold"), soft_wrap=True)
        edits = edits_between(texts[0], other)
        print_edits(out, (one for one in edits if one[0] in ("headline", "deck", "body")))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    relation = row["relation"]
    if row["is_first"]:
        relation = "first"
    elif row["direction"]:
        relation += f" ({row['direction']})"
    shares = {"share": f"{row['containment']:.0%}", "of_whole": f"{row['of_first']:.0%}"}
    return row | shares | {"relation": relation}
