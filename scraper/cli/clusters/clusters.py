"""`warta clusters`: stories that were published more than once."""

from datetime import UTC, datetime
from pathlib import Path

import click

from archive.ledger.wording import plural
from archive.maintenance.rebuild_clusters import rebuild as rebuild_clusters
from archive.syndication import queries
from scraper.cli import options
from scraper.cli.opening import chosen_sites, opened, opened_for_writing, warn_unclustered
from scraper.cli.rendering import terminal

_COLUMNS = terminal.columns(
    "cluster_id members sites relations agency first_site first_published_at minutes headline",
    cluster_id="cluster",
    first_site="first",
    first_published_at="published",
    minutes="minutes to the last",
)

STEPS = 3
"""Times that a rebuild is done with each article: read, compared, placed."""


@click.group(invoke_without_command=True)
@click.option("--min-size", type=click.IntRange(min=2), default=2, help="Minimum members.")
@click.option(
    "--site",
    "names",
    type=options.SITE,
    multiple=True,
    help="Only clusters with a story of this site; may be repeated.",
)
@click.option(
    "--since",
    type=options.SINCE_TIME,
    help="Only clusters with a story since then; of a day, its start in UTC.",
)
@options.archive
@options.json
@click.pass_context
def clusters(
    context: click.Context,
    min_size: int,
    names: tuple[str, ...],
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
        sites = chosen_sites(archive, names)
        rows = queries.clusters(archive.db, least=min_size, sites=sites, since=since)
        warn_unclustered(archive)
    filtered = bool(names) or since is not None or min_size > 2
    empty = "No cluster matches." if filtered else "No story was published more than once."
    formats = {"relations": terminal.counted}
    terminal.print_rows(rows, _COLUMNS, as_json=as_json, formats=formats, empty=empty)


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
        terminal.interruptible("Stopped; every cluster is whole, old or new: run it again."),
    ):
        count = "SELECT count(*) FROM articles WHERE revision > 0"
        advance(0, archive.db.conn.execute(count).fetchone()[0])
        changed = rebuild_clusters(
            archive,
            now=datetime.now(UTC),
            jobs=options.processes(jobs),
            advance=lambda done: advance(done / STEPS),
        )
    terminal.note(f"{plural(changed, 'membership')} changed.")
