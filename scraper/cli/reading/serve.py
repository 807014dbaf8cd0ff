"""`warta serve`: the web view of an archive."""

import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import click

from archive.errors import ArchiveError
from archive.printable import in_line
from scraper.cli import options
from scraper.cli.fleet.archives import fleet_cache
from scraper.cli.rendering.terminal import needs_extra, note, say


@click.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8010, help="Port; 0 for any that is free."
)
@click.option("--open", "open_browser", is_flag=True, help="Open it in the browser.")
@click.option(
    "--public", is_flag=True, help="For everyone to read: no SQL, no downloads, no tables of pages."
)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="A name by which the site is reached, besides localhost and --host; may be repeated.",
)
@options.archive
def serve(
    path: Path, host: str, port: int, open_browser: bool, public: bool, allowed: tuple[str, ...]
) -> None:
    """Show the archive as a web site: stories with their edits and copies, search, coverage and
    health; below it, Datasette's tables, facets and SQL. It only reads. Where the store of a fleet
    is configured and no archive is named, it shows those of all its sites as one, and merges them
    anew when there are newer ones.

    \b
    warta serve --open
    warta serve --archive demo.db --port 8011
    warta serve --public --allow-host arsip.example.org    behind a reverse proxy
    """
    with needs_extra("web"):
        from scraper.web.serve import Deployment, address, application, listen, run
    path = _whole_fleet() or path
    deployment = Deployment(archive=path, host=host, port=port, public=public, allowed=allowed)
    site = application(deployment)  # before it listens: the archive may be missing
    with listen(deployment) as listening:
        if not deployment.loopback_only and not public:
            note(
                f"Everyone who can reach {host} can read all of {path}, and query it with SQL;"
                " use --public for a site that shows less."
            )
        say(f"{path}: {address(listening)} (Ctrl-C ends it)")
        run(site, deployment, listening, open_browser=open_browser)


REFRESH = 600.0
"""Seconds between two looks for newer archives of a fleet."""


def _whole_fleet() -> Path | None:
    """Return all of a fleet as one archive, which is kept up to date; None without a fleet."""
    cache = fleet_cache()
    if cache is None:
        return None

    def refresh() -> Path:
        return cache.whole(now=datetime.now(UTC), note=note)

    def keep_refreshing() -> None:
        while True:
            time.sleep(REFRESH)
            try:
                refresh()
            except ArchiveError as error:
                note(in_line(str(error)))

    found = refresh()
    Thread(target=keep_refreshing, daemon=True).start()
    return found
