"""`warta fleet push`: what the store could not take after a crawl."""

from pathlib import Path

import click

from archive.printable import in_line
from scraper.cli import options
from scraper.cli.fleet.crawl import site_crawl
from scraper.cli.fleet.opening import fleet_configuration
from scraper.cli.fleet.worker import folder_option
from scraper.cli.rendering.terminal import note


@click.command()
@click.argument("site", type=options.SITE)
@folder_option
def push(site: str, folder: Path | None) -> None:
    """Push this machine's archive of SITE, whose last crawl the store could not take.

    A worker does so by itself every half minute, and the others leave SITE to it meanwhile. It is
    needed by hand only where a machine comes back whose worker is not to crawl any more. Nothing
    newer is replaced: if SITE was crawled elsewhere since, what this machine has beyond that is put
    into the store as an orphan, which `warta fleet collect` takes in.
    """
    with site_crawl(fleet_configuration(), site, folder) as task:
        task.push()
    note(in_line(f"{site}: pushed."))
