"""`warta clusters`: which stories ran more than once."""

from __future__ import annotations

import os
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.ledger.wording import plural
from archive.maintenance.rebuild_clusters import rebuild as rebuild_clusters
from archive.syndication.queries import clusters as read_clusters
from scraper.cli.options import (
    Moment,
    archive_option,
    json_option,
    named,
    opened,
    opened_for_writing,
    tell_unread,
)
from scraper.cli.terminal import bar, print_json, print_table

_COLUMNS = {
    "cluster_id": "cluster",
    "members": "members",
    "sites": "sites",
    "relations": "relations",
    "agency": "agency",
    "first_site": "first",
    "first_published_at": "published",
    "minutes": "minutes to the last",
    "headline": "headline",
}


@click.group(invoke_without_command=True, short_help="Stories that ran more than once.")
@click.option(
    "--min-size", type=click.IntRange(min=2), default=2, show_default=True, help="Members at least."
)
@click.option("--site", help="Only clusters with a story of this site.")
@click.option(
    "--since",
    type=Moment(begins=True),
    metavar="DAY",
    help="Only clusters with a story published since then.",
)
@archive_option
@json_option
@click.pass_context
def clusters(
    context: click.Context,
    min_size: int,
    site: str | None,
    since: datetime | None,
    path: Path,
    as_json: bool,
) -> None:
    """Stories that ran more than once, newest first: wire copy, press releases, reposts, a site's
    own repeats.

    They are labelled as they come; `warta clusters rebuild` reads all texts again and gives the
    same answer.

    \b
    warta clusters --min-size 3 --site republika
    warta cluster URL                            who ran it, when, and how much of it
    """
    if context.invoked_subcommand is not None:
        return
    with opened(path) as archive:
        rows = read_clusters(archive.db, least=min_size, site=site, since=since)
        tell_unread(archive)
    if as_json:
        print_json(rows)
    elif rows:
        print_table([dict(row, relations=_told(row["relations"])) for row in rows], _COLUMNS)
    else:
        filtered = site is not None or since is not None or min_size > 2
        click.echo(
            "No cluster is like that." if filtered else "No story ran more than once.", err=True
        )


def _told(relations: dict[str, int]) -> str:
    return ", ".join(f"{count} {relation}" for relation, count in relations.items())


@clusters.command(short_help="All clusters anew, from the texts.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes; all cores without it.")
@archive_option
@click.pass_context
def rebuild(context: click.Context, jobs: int | None, path: Path) -> None:
    """Read every text again and look for every link, on all cores; may be stopped and run again.

    Needed after an update that compares texts otherwise, and for archives of versions that knew no
    clusters.
    """
    with (
        opened_for_writing(named(context, path)) as archive,
        bar("clustering", total=None) as advance,
    ):
        (articles,) = archive.db.conn.execute(
            "SELECT count(*) FROM articles WHERE revision > 0"
        ).fetchone()
        advance(0, 3 * articles)
        try:
            changed = rebuild_clusters(
                archive, now=datetime.now(UTC), jobs=jobs or os.cpu_count() or 1, advance=advance
            )
        except KeyboardInterrupt:
            raise click.ClickException(
                "interrupted; every cluster is whole, old or new: run it again"
            ) from None
        except BrokenProcessPool as error:
            raise click.ClickException(
                "a process that read texts was killed, perhaps for want of memory; try fewer with --jobs"
            ) from error
    click.echo(f"{plural(changed, 'membership')} changed.", err=True)
