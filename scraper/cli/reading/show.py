"""`warta show`: one article."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive.ledger.wording import plain_time
from archive.monitoring.drift import drifted_since
from archive.revisions import queries
from scraper.cli.options import archive_option, as_of_option, identify, json_option, opened_as_of
from scraper.cli.terminal import console, print_json


@click.command(short_help="One article as it stands, or stood.")
@click.argument("url")
@as_of_option
@archive_option
@json_option
def show(url: str, as_of: datetime | None, path: Path, as_json: bool) -> None:
    """One article as it stands, or as it stood: by URL, story id or number.

    \b
    warta show https://republika.co.id/berita/tos4su512/dapur-masjid
    warta show 12 --json
    warta show 12 --as-of 2026-11-20T18:00:00+07:00
    """
    with opened_as_of(path, as_of) as archive:
        article = queries.latest(archive.db, queries.find_article(archive.db, url, identify()))
        since = drifted_since(archive, article["article_id"])
    if as_json:
        print_json([article])
        return
    out = console()
    for line in _heading(article):
        out.print(Text(line), soft_wrap=True)
    if since is not None:
        out.print(
            Text(
                f"Marked: the site's pages are not what they were since {plain_time(since)}; see `warta health`"
            ),
            soft_wrap=True,
        )
    out.print()
    out.print(Text(article["body"]), soft_wrap=True)


def _heading(article: dict[str, Any]) -> list[str]:
    """The lines above a body."""
    lines = [article["kicker"], article["headline"] or "(no headline)", article["deck"]]
    people = ", ".join(article["authors"]) + (
        f" (editor: {', '.join(article['editors'])})" if article["editors"] else ""
    )
    lines.append(
        " · ".join(
            filter(
                None,
                (
                    people,
                    article["agency"],
                    article["published_at"],
                    article["section"],
                    article["dateline"],
                ),
            )
        )
    )
    lines.append(
        f"{article['url']} (article {article['article_id']}, revision {article['revision']}, layout {article['layout']})"
    )
    if article["removed_at"]:
        lines.append(f"Removed by the site; noticed {plain_time(article['removed_at'])}")
    if article["opted_out"]:
        lines.append(f"Opted out of text mining by {article['opted_out']}")
    if article["warnings"]:
        lines.append(f"Doubtful: {', '.join(article['warnings'])}")
    return [line for line in lines if line]
