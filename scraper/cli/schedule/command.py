"""`warta schedule`: the group of its commands."""

import click

from scraper.cli.groups import NaturalGroup
from scraper.cli.lazy import LazyCommands

_COMMANDS = {
    "run": ("schedule.run", "Crawl each site on its schedule until stopped."),
    "once": ("schedule.once", "Crawl one site once, as the schedule does."),
    "show": ("schedule.show", "Show the next runs and the last results."),
    "systemd": ("schedule.systemd", "Print or write systemd unit files."),
    "cron": ("schedule.cron", "Print crontab lines."),
}


@click.group(cls=NaturalGroup, natural="show", commands=LazyCommands(_COMMANDS))
def schedule() -> None:
    """Crawl unattended: each site on its own schedule, one crawl of a site at a time; missed runs
    are coalesced into one.

    The schedules are in warta.toml; `warta config --example` prints one.

    \b
    warta schedule show                           next runs and last results; without a command
    warta schedule run                            the long-running process
    warta schedule systemd                        unit files that start it with the machine
    """
