"""`warta clusters`, `cluster` and `syndication`: stories that were published more than once."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive.archive import Archive
from archive.ledger.wording import plural
from archive.maintenance.rebuild_clusters import rebuild as rebuild_clusters
from archive.revisions import queries as articles
from archive.syndication import queries
from scraper.cli import options, terminal
from scraper.cli.diff_rendering import edits_between, print_edits
from scraper.cli.opening import (
    opened,
    opened_for_writing,
    reads_archive,
    story_of,
    warn_unclustered,
)

_CLUSTERS = terminal.columns(
    "cluster_id members sites relations agency first_site first_published_at minutes headline",
    cluster_id="cluster",
    first_site="first",
    first_published_at="published",
    minutes="minutes to the last",
)
_MEMBERS = terminal.columns(
    "site published_at minutes relation share of_whole headline url",
    published_at="published",
    minutes="minutes after",
    share="share of its text",
    of_whole="share of the first",
)
_MATRIX = terminal.columns(
    "site source stories first copies edited excerpts", site="published by", source="stories of"
)


@click.group(invoke_without_command=True)
@click.option("--min-size", type=click.IntRange(min=2), default=2, help="Minimum members.")
@click.option("--site", help="Only clusters with a story of this site.")
@click.option("--since", type=options.SINCE_TIME, help="Only clusters with a story since then.")
@options.archive
@options.json
@click.pass_context
def clusters(
    context: click.Context,
    min_size: int,
    site: str | None,
    since: datetime | None,
    path: Path,
    as_json: bool,
) -> None:
    """List stories that were published more than once, newest first: wire copy, press releases,
    reposts, a site's own repeats.

    Articles are clustered as they arrive; `warta clusters rebuild` compares all texts again, with
    the same result.

    \b
    warta clusters --min-size 3 --site republika
    warta cluster URL                            who published it, when, and how much of it
    """
    if context.invoked_subcommand is not None:
        return
    with opened(path) as archive:
        rows = queries.clusters(archive.db, least=min_size, site=site, since=since)
        warn_unclustered(archive)
    filtered = site is not None or since is not None or min_size > 2
    empty = "No cluster matches." if filtered else "No story was published more than once."
    formats = {"relations": terminal.counted}
    terminal.print_rows(rows, _CLUSTERS, as_json=as_json, formats=formats, empty=empty)


@clusters.command(short_help="Cluster all articles again.")
@options.jobs
@options.archive
def rebuild(jobs: int | None, path: Path) -> None:
    """Compare all texts again, on all cores. May be interrupted and run again.

    Needed after an update that compares texts differently, and for archives of versions without
    clusters.
    """
    with (
        opened_for_writing(path) as archive,
        terminal.progress_bar("clustering", total=None) as advance,
        terminal.interruptible("interrupted; every cluster is whole, old or new: run it again"),
    ):
        count = "SELECT count(*) FROM articles WHERE revision > 0"
        advance(0, 3 * archive.db.conn.execute(count).fetchone()[0])
        changed = rebuild_clusters(
            archive, now=datetime.now(UTC), jobs=jobs or os.cpu_count() or 1, advance=advance
        )
    terminal.note(f"{plural(changed, 'membership')} changed.")


@click.command()
@click.argument("url")
@click.option("--diff", "with_diff", is_flag=True, help="Compare each copy with the first.")
@reads_archive
def cluster(archive: Archive, url: str, with_diff: bool, as_json: bool) -> None:
    """Show who published a story: each member of its cluster with its time, minutes after the
    first, and how much of its text is in the first.

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
    terminal.print_table([_member(row) for row in rows], _MEMBERS)
    texts = [articles.latest(archive.db, row["article_id"]) for row in rows if with_diff]
    out = terminal.console()
    for other in texts[1:]:
        out.print(Text(f"\n{other['url']}", style="bold"), soft_wrap=True)
        edits = edits_between(texts[0], other)
        print_edits(out, (one for one in edits if one[0] in ("headline", "deck", "body")))


def _member(row: dict[str, Any]) -> dict[str, Any]:
    relation = row["relation"]
    if row["is_first"]:
        relation = "first"
    elif row["direction"]:
        relation += f" ({row['direction']})"
    shares = {"share": f"{row['containment']:.0%}", "of_whole": f"{row['of_first']:.0%}"}
    return row | shares | {"relation": relation}


@click.group()
@options.archive
def syndication(path: Path) -> None:
    """Count which site publishes whose stories."""


@syndication.command(short_help="Stories per publishing site and source.")
@reads_archive
def matrix(archive: Archive, as_json: bool) -> None:
    """Count the stories per publishing site and source: the agency that a story credits, else the
    site that published it first.

    A site's repeats of its own stories are not counted.
    """
    rows = queries.matrix(archive.db)
    warn_unclustered(archive)
    rows = [dict(row, is_agency=bool(row["is_agency"])) for row in rows]
    empty = "No story was published by two sites."
    terminal.print_rows(rows, _MATRIX, as_json=as_json, empty=empty)
