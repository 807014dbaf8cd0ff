"""`warta cluster URL`: who ran a story, when, and how much of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive.revisions import queries
from archive.syndication.queries import members
from scraper.cli.diff_rendering import edits_between, marked
from scraper.cli.options import archive_option, identify, json_option, opened, tell_unread
from scraper.cli.terminal import console, print_json, print_table

_COLUMNS = {
    "site": "site",
    "published_at": "published",
    "minutes": "minutes after",
    "relation": "relation",
    "share": "share of its text",
    "of_whole": "share of the first",
    "headline": "headline",
    "url": "url",
}


@click.command(short_help="Who ran a story, when, how much of it.")
@click.argument("url")
@click.option(
    "--diff", "with_diff", is_flag=True, help="Show each copy against the first, word by word."
)
@archive_option
@json_option
def cluster(url: str, with_diff: bool, path: Path, as_json: bool) -> None:
    """Who ran a story: each member with its time, minutes after the first, and how much of it
    stands in the first.

    \b
    copy      nearly word for word              excerpt   one was cut from the other
    edited    rewritten or cut in part          repeat    the same newsroom ran it again
    """
    with opened(path) as archive:
        article_id = queries.find_article(archive.db, url, identify())
        rows = members(archive.db, article_id)
        if not rows:
            tell_unread(archive)
        texts = (
            {row["article_id"]: queries.latest(archive.db, row["article_id"]) for row in rows}
            if with_diff
            else {}
        )
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("No other story has this text.", err=True)
        return
    print_table([_shown(row) for row in rows], _COLUMNS)
    for row in rows[1:] if with_diff else ():
        _print_diff(texts[rows[0]["article_id"]], texts[row["article_id"]])


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    relation = (
        "first"
        if row["is_first"]
        else row["relation"]
        if not row["direction"]
        else f"{row['relation']} ({row['direction']})"
    )
    return dict(
        row, relation=relation, share=f"{row['containment']:.0%}", of_whole=f"{row['of_first']:.0%}"
    )


def _print_diff(first: dict[str, Any], other: dict[str, Any]) -> None:
    out = console()
    out.print(Text(f"\n{other['url']}", style="bold"), soft_wrap=True)
    for name, runs in edits_between(first, other):
        if name in ("headline", "deck", "body"):
            out.print(
                Text(f"{name}: ").append_text(marked(runs, coloured=out.is_terminal, excerpt=True)),
                soft_wrap=True,
            )
