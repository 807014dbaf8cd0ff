"""`warta diff`: what changed between two revisions, word by word."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from archive.ledger.wording import plain_time
from archive.revisions import queries
from scraper.cli.diff_rendering import edits_between, marked
from scraper.cli.options import archive_option, identify, json_option, opened
from scraper.cli.terminal import console, print_json


@click.command(short_help="What changed, word by word.")
@click.argument("url")
@click.argument("a", type=int, required=False)
@click.argument("b", type=int, required=False)
@archive_option
@json_option
def diff(url: str, a: int | None, b: int | None, path: Path, as_json: bool) -> None:
    """What changed between revisions A and B of an article, word by word; the newest two if none is
    named.

    \b
    warta diff 12
    warta diff https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan 1 3
    """
    with opened(path) as archive:
        article_id = queries.find_article(archive.db, url, identify())
        newest = queries.latest(archive.db, article_id)["revision"]
        b = b if b is not None else newest
        if newest == 1 and a is None:
            click.echo(
                "There is only one revision: nothing has changed since the story was first seen.",
                err=True,
            )
            return
        before = queries.revision(archive.db, article_id, a if a is not None else max(1, b - 1))
        after = queries.revision(archive.db, article_id, b)
    changed = list(edits_between(before, after))
    if as_json:
        print_json(
            {"field": name, "edits": [{"kind": run.kind, "text": run.text} for run in runs]}
            for name, runs in changed
        )
        return
    out = console()
    since, until = plain_time(before["observed_at"]), plain_time(after["observed_at"])
    out.print(
        Text(
            f"Revision {before['number']} ({since}) → revision {after['number']} of {newest} ({until})"
        )
    )
    for name, runs in changed:
        out.print(Text(f"\n{name}", style="bold"))
        out.print(marked(runs, coloured=out.is_terminal), soft_wrap=True)
    if not changed:
        out.print("No difference in any field.")
