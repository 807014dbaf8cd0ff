"""`warta schedule`: unattended crawling."""

from __future__ import annotations

import click

from scraper.cli.running.schedule.cron import cron
from scraper.cli.running.schedule.once import once
from scraper.cli.running.schedule.run import run
from scraper.cli.running.schedule.show import show
from scraper.cli.running.schedule.systemd import systemd


@click.group()
def schedule() -> None:
    """Crawl unattended: each site on its own schedule, one crawl of a site at a time; missed runs
    are coalesced into one.

    The schedules are in warta.toml; `warta config --example` prints one.

    \b
    warta schedule show                           next runs, and how the last crawls ended
    warta schedule run                            the long-running process
    warta schedule systemd                        unit files that start it with the machine
    """


for command in (run, show, once, systemd, cron):
    schedule.add_command(command)
