"""`warta fleet drain`: let a worker end, and wait until it has."""

import time

import click

from archive.errors import ArchiveError
from archive.ledger.wording import plural
from scraper.cli.fleet.opening import fleet_configuration, fleet_database
from scraper.cli.rendering.terminal import interruptible, note, progress_bar, say

_LOOK = 0.5
"""Seconds between two looks at what is left."""


@click.command()
@click.argument("worker")
@click.option(
    "--stop", is_flag=True, help="Stop its crawls after the pages in progress; others resume them."
)
@click.option("--no-wait", is_flag=True, help="Do not wait for the end.")
def drain(worker: str, stop: bool, no_wait: bool) -> None:
    """Let WORKER finish its crawls, push their archives, and end; other workers take its sites.

    A crawl may take long: with --stop it ends after the pages in progress, and another worker goes
    on with it. Starting the worker again makes it take crawls again. Ctrl-C ends only the waiting.
    Exit status 1 if the worker shows no sign of life any more before it has ended.
    """
    configuration = fleet_configuration()
    with fleet_database(configuration, "drain") as database:
        from scraper.fleet.schema import check
        from scraper.fleet.workers import drain as begin
        from scraper.fleet.workers import drained, is_stalled

        check(database)
        if not begin(database, worker, "stop" if stop else "finish"):
            note(f"{worker} does not run; its sites are free for others.")
            return
        if no_wait:
            say(f"{worker} is draining.")
            return
        first = drained(database, worker) or 0
        with (
            interruptible(f"{worker} is still draining; `warta fleet status` shows when it ended."),
            progress_bar(f"draining {worker}", total=first) as advance,
        ):
            before = first
            while (left := drained(database, worker)) is not None:
                advance(max(0, before - left))
                before = left
                time.sleep(_LOOK)
        if is_stalled(database, worker):
            raise ArchiveError(
                f"{worker} shows no sign of life any more, and has not ended: others take its "
                "sites; what it had not pushed is still on its machine"
            )
    say(f"{worker} has ended; it was crawling {plural(first, 'site')}.")
