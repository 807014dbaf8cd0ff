"""`warta fleet crawl`: one crawl of a site for a fleet; what a worker starts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli import options
from scraper.cli.crawling.crawl import crawl as plain_crawl
from scraper.cli.fleet.opening import check_same_fleet, fleet_configuration, fleet_store
from scraper.cli.fleet.worker import folder_option
from scraper.configuration import Configuration
from scraper.monitoring.lookout import Lookout
from scraper.politeness.leases import take, take_all
from scraper.schedule.timetable import Timetable

if TYPE_CHECKING:
    from scraper.fleet.site_crawl import SiteCrawl


@click.command()
@click.argument("site", type=options.SITE)
@folder_option
@options.scrapy_settings
@options.json
@click.pass_context
def crawl(
    context: click.Context,
    /,
    site: str,
    folder: Path | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Crawl SITE once, as a worker of the fleet does: take its lease, fetch its archive if that of
    this machine is not the newest, crawl, check its health, send alerts, and push it.

    Exit status and output are those of `warta crawl`; 1 also if the archive could not be pushed, or
    if the lease was lost: then the crawl ended early, and nothing of it is pushed.
    """
    configuration = fleet_configuration()
    timetable = Timetable.of(configuration)
    if site not in timetable.rhythms:
        raise click.UsageError(f"{site} is not crawled on schedule; it is switched off")
    with site_crawl(configuration, site, folder) as task:
        words = _words(site, task.archive, overrides, as_json=as_json)
        check_health = _checking(configuration, task.archive, site)
        code = task.run(_crawling(context, words), timetable, check_health)
    raise SystemExit(code)


@contextmanager
def site_crawl(configuration: Configuration, site: str, folder: Path | None) -> Iterator[SiteCrawl]:
    """Take the lease of a site, and yield what can be done while it is held."""
    fleet, store = configuration.fleet, fleet_store(configuration)
    from scraper.fleet.leases import WORKER, PostgresClaim
    from scraper.fleet.records import FleetError
    from scraper.fleet.schema import check
    from scraper.fleet.site_crawl import SiteCrawl
    from scraper.fleet.workers import note_store

    archive = _archive_of(site, folder, configuration)
    with take_all(archive, [site], fleet=fleet), take(site, archive, fleet=fleet) as lease:
        assert isinstance(lease.claim, PostgresClaim)
        worker = os.environ.get(WORKER)
        try:
            check_same_fleet(store, check(lease.claim.database))
        except FleetError as error:  # an unmounted folder looks like an empty one
            note_store(lease.claim.database, worker, str(error))
            raise
        yield SiteCrawl(
            site=site, archive=archive, fleet=fleet, store=store, claim=lease.claim, worker=worker
        )


def _archive_of(site: str, folder: Path | None, configuration: Configuration) -> Path:
    """Return the path of a site's archive on this machine, in a folder that is there."""
    from scraper.fleet.store.local import make_folder

    place = folder or configuration.fleet_folder
    make_folder(place)
    return place.absolute() / f"{site}.db"


def _words(site: str, archive: Path, overrides: Sequence[str], *, as_json: bool) -> list[str]:
    """Return the arguments of `warta crawl`."""
    words = [site, "--archive", str(archive)]
    if as_json:
        words.append("--json")
    return [*words, *(part for setting in overrides for part in ("-s", setting))]


def _crawling(context: click.Context, words: list[str]) -> Callable[[date | None], int]:
    def run(since: date | None) -> int:
        given = list(words)
        if since is not None:
            given += ["--since", since.isoformat()]
        try:
            with plain_crawl.make_context("crawl", given, parent=context) as inner:
                plain_crawl.invoke(inner)
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else 1
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what follows is short, and completed
        return 0

    return run


def _checking(
    configuration: Configuration, archive: Path, site: str
) -> Callable[[datetime], object]:
    """Return what checks the health of the site, and sends alerts; metrics are the fleet's."""
    without = configuration.metrics.model_copy(update={"file": None, "port": None})
    alone = configuration.model_copy(update={"metrics": without})
    every = Timetable.of(alone)
    timetable = Timetable(
        rhythms={site: every.rhythms[site]}, backfill={site: every.backfill.get(site, 0)}
    )

    def check(now: datetime) -> object:
        if not archive.exists():
            return None
        return Lookout(alone, archive, timetable, lambda: now).look(now)

    return check
