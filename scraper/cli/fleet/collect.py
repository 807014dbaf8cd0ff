"""`warta fleet collect`: the archives of all sites as one."""

from contextlib import ExitStack
from pathlib import Path

import click

from archive.ledger.wording import plural
from archive.merge.merge import Options
from scraper.cli import options
from scraper.cli.fleet.archives import exit_if_unread, fleet_cache
from scraper.cli.maintenance.merge import merged, print_report
from scraper.cli.rendering import terminal


@click.command()
@click.argument("whole", metavar="OUT", type=click.Path(path_type=Path))
@options.sites
@click.option("--no-clusters", is_flag=True, help="Do not compare the texts of all stories.")
@click.option("--force", is_flag=True, help="Also where clocks disagree by more than 12 hours.")
@options.jobs
@options.json
def collect(
    whole: Path,
    names: tuple[str, ...],
    no_clusters: bool,
    force: bool,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Make one archive of those of all sites in the store, as `warta merge` does; where OUT is
    there, take in what is new since.

    What was crawled, but could not be pushed before its site went to another worker, is taken in,
    too. The workers are not disturbed: only the store is read. Exit status 1 if a site there cannot
    be read; all others are taken in.

    \b
    warta fleet collect semua.db
    warta changes --archive semua.db
    """
    cache = fleet_cache(needed=True)
    assert cache is not None
    chosen = Options(
        update=whole.exists(), clusters=not no_clusters, force=force, jobs=options.processes(jobs)
    )
    with ExitStack() as stack:
        with terminal.interruptible("Stopped; run it again, and it resumes."):
            copies = stack.enter_context(
                cache.refreshed(note=terminal.note, sites=names, orphans=True)
            )
        cache.check(copies)
        if late := sum(copy.is_orphan for copy in copies):
            found = plural(late, "archive that was", "archives that were")
            terminal.note(f"With {found} never pushed before the site went elsewhere.")
        report = merged(whole, [copy.path for copy in copies], chosen)
    print_report(whole, report, as_json=as_json)
    exit_if_unread(cache)
