"""`warta fleet`: the group of its commands."""

import click

from scraper.cli.groups import NaturalGroup
from scraper.cli.lazy import LazyCommands

_COMMANDS = {
    "status": ("fleet.status", "Show who crawls what, what is due, and what failed."),
    "init": ("fleet.init", "Set up the database and the store, or migrate them."),
    "worker": ("fleet.worker", "Crawl what is due until stopped."),
    "crawl": ("fleet.crawl", "Crawl one site once, as a worker does."),
    "push": ("fleet.push", "Push what the store could not take after a crawl."),
    "drain": ("fleet.drain", "Let a worker end, and hand its sites over."),
    "collect": ("fleet.collect", "Make one archive of those of all sites."),
    "orphans": ("fleet.orphans", "List or delete what was crawled, and never pushed."),
    "systemd": ("fleet.systemd", "Print or write the unit file of a worker."),
}


@click.group(cls=NaturalGroup, natural="status", commands=LazyCommands(_COMMANDS))
def fleet() -> None:
    """Crawl with several machines, each site on one of them at a time.

    They share a PostgreSQL database and a store of archives, which `[fleet]` in warta.toml names.
    `warta help fleet` takes you from one machine to three. Needs `warta[fleet]`.

    \b
    warta fleet init                              once, on any machine
    warta fleet worker                            on each machine
    warta fleet status                            who crawls what; without a command
    warta fleet drain jakarta-1                   before a machine is switched off
    warta fleet collect semua.db                  all sites as one archive, to read
    """
