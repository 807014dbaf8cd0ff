"""`warta schedule`: the group of its commands."""

import click

from scraper.cli.schedule.cron import cron
from scraper.cli.schedule.once import once
from scraper.cli.schedule.run import run
from scraper.cli.schedule.show import show
from scraper.cli.schedule.systemd import systemd


@click.group(commands=[run, once, show, systemd, cron])
def schedule() -> None:
    """Crawl unattended: each site on its own schedule, one crawl of a site at a time; missed runs
    are coalesced into one.

    The schedules are in warta.toml; `warta config --example` prints one.

    \b
    warta schedule show                           next runs, and how the last crawls ended
    warta schedule run                            the long-running process
    warta schedule systemd                        unit files that start it with the machine
    """
