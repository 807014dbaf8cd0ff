"""The command `warta`: lists its commands without importing them, and reports errors in a line."""

import os
import sqlite3
import sys
from contextlib import nullcontext
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import click

from archive.errors import BREAKS_ON_DAMAGE, ArchiveError, Locked
from archive.printable import clean_output, in_line
from scraper.cli.defaults import config_option, folders_of
from scraper.cli.errors.interrupts import Interrupted, ctrl_c_twice, pressed
from scraper.cli.errors.output import open_what_is_closed, whole_output
from scraper.cli.errors.usage import usage_in_a_line
from scraper.cli.groups import FittedHelp
from scraper.cli.lazy import LazyCommands, LazyGroup
from scraper.cli.options import ARCHIVE
from scraper.sites.folders import using

GROUPS = {
    "Read": {
        "show": ("reading.show", "Show one article, as it is now or was at a time."),
        "log": ("reading.log", "List the revisions of an article."),
        "diff": ("reading.diff", "Compare two revisions word by word."),
        "changes": ("reading.changes", "List what publishers changed, newest first."),
        "search": ("reading.search", "Search the text of articles, also as it was before."),
        "list": ("reading.list_", "List articles by site, section, author and date."),
        "export": ("export.command", "Write articles to CSV, Parquet or Excel, pages to WARC."),
        "explain": ("reading.explain", "Show the history of a URL: checks, reasons, revisions."),
        "serve": ("reading.serve", "Show the archive as a web site."),
        "page": ("reading.page", "Write the kept page that a revision was read from."),
        "stats": ("reading.stats", "Count articles, URLs and bytes per site."),
        "datasette": ("reading.datasette", "Print metadata to show the archive in Datasette."),
        "clusters": ("clusters.clusters", "List stories that were published more than once."),
        "cluster": ("clusters.cluster", "Show who published a story, when, and how much of it."),
        "syndication": ("clusters.syndication", "Count which site publishes whose stories."),
    },
    "Crawl": {
        "demo": ("demo.command", "Try warta on invented pages, without the network."),
        "crawl": ("crawling.crawl", "Fetch new stories, and known ones that are due."),
        "sites": ("crawling.sites", "List the sites that warta can crawl."),
        "doctor": ("crawling.doctor", "Check a live site against its profile."),
        "extract": ("ingest.extract", "Extract the articles of saved HTML pages."),
        "clean": ("ingest.clean", "Remove boilerplate from already scraped texts."),
        "import": ("ingest.import_", "Import collections of scraped articles."),
        "reextract": ("ingest.reextract", "Re-extract kept pages with the current rules."),
    },
    "Run": {
        "schedule": ("schedule.command", "Crawl unattended, each site on its own schedule."),
        "fleet": ("fleet.command", "Crawl with several machines, each site on one of them."),
        "health": ("running.health", "Report the health of every site."),
        "coverage": ("running.coverage", "Compare announced stories with those kept."),
        "alerts": ("running.alerts", "List alerts, send new ones, test their targets."),
        "metrics": ("running.metrics", "Export metrics for Prometheus and Grafana."),
        "config": ("running.config", "Show the effective configuration."),
    },
    "Keep": {
        "verify": ("maintenance.verify", "Check every text and page against its digest."),
        "backup": ("maintenance.backup", "Copy the archive safely, even during a crawl."),
        "restore": ("maintenance.restore", "Put a backup in the archive's place."),
        "merge": ("maintenance.merge", "Make one archive of several."),
        "remove": ("maintenance.remove", "Take a story down for good."),
        "compact": ("maintenance.compact", "Rewrite the file without unused space."),
    },
    "Corpus": {"corpus": ("corpus.command", "Build a training corpus.")},
    "Help": {"help": ("help_command", "Show a topic of the manual.")},
}
"""Heading in `warta --help` -> name -> (module in scraper.cli, its line there)."""
COMMANDS = {name: found for group in GROUPS.values() for name, found in group.items()}
"""Name -> (module in scraper.cli, line in `warta --help`)."""


class LockedOut(click.ClickException):
    """Another process holds the lock; a crawl started by a schedule exits with its own status."""


class _Group(LazyGroup):
    """Lists the commands without importing them; an ArchiveError is one line and exit status 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))
        for heading, commands in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(name.ljust(width), line) for name, (_module, line) in commands.items()]
                )

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Called by the program, and by `python -m scraper`."""
        # Of processes that are started, those of multiprocessing included: files in the working
        # folder are none of their modules.
        os.environ["PYTHONSAFEPATH"] = "1"
        open_what_is_closed()
        completing = "_WARTA_COMPLETE" in os.environ  # click writes bytes then
        with nullcontext() if completing else clean_output(), ctrl_c_twice():
            try:
                status = super().main(*args, **{**kwargs, "standalone_mode": False})
            except click.ClickException as error:
                _show(error)
                status = error.exit_code
            except click.Abort:
                click.echo("Stopped." if pressed() else "Aborted!", err=True)
                status = Interrupted.exit_code if pressed() else 1
            sys.exit(status or 0)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Called by click to read the options of `warta` itself."""
        with usage_in_a_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        result = None
        try:
            with usage_in_a_line(), whole_output(), using(partial(folders_of, ctx)):
                result = super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted("Stopped.") from None
        except Locked as error:
            raise LockedOut(in_line(str(error))) from error
        except ArchiveError as error:
            if pressed():  # as SQLite reports Ctrl-C
                raise Interrupted(str(error)) from None
            raise click.ClickException(in_line(str(_explained(ctx, error) or error))) from error
        except _UNEXPECTED as error:
            if pressed():
                raise Interrupted("Stopped.") from None
            found = _explained(ctx, error)
            if found is None and isinstance(error, OverflowError):
                found = error.__class__("a number is too large for SQLite")
            if found is None:
                raise
            raise click.ClickException(in_line(str(found))) from error
        return result


def _show(error: click.ClickException) -> None:
    """Show an error as click does, wrapped at words on a terminal."""
    from scraper.cli.rendering.terminal import note

    shown = StringIO()
    error.show(file=shown)
    for line in shown.getvalue().splitlines():
        note(line)


_UNEXPECTED = (*BREAKS_ON_DAMAGE, sqlite3.Error)
"""Errors of code that reads a value which another program broke; or bugs."""


def _explained(ctx: click.Context, error: Exception) -> Exception | None:
    """Return the sentence on the archive's value that made a command fail; None: it is a bug."""
    from archive.maintenance.values import explanation

    path = ctx.meta.get(ARCHIVE)
    return None if path is None else explanation(error, Path(path))


click.Context.formatter_class = FittedHelp


@click.group(
    cls=_Group,
    commands=LazyCommands(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(package_name="warta")
@config_option
def main() -> None:
    """Crawl five Indonesian news sites politely into a versioned SQLite archive: only the article,
    every revision.

    \b
    warta demo                                    see it work, without the network
    warta crawl --archive news.db --limit 20      fetch for real
    warta search "harga beras"                    read what was kept
    """
