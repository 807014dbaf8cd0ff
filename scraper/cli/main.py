"""The command `warta`: lists its commands without importing them, and reports errors in a line."""

from __future__ import annotations

import os
import sys
from collections import UserDict
from importlib import import_module
from typing import Any

import click

from archive.errors import ArchiveError, Locked
from scraper.cli.defaults import config_option

COMMANDS = {
    "help": ("reading.help:help_command", "Show a topic of the manual."),
    "demo": ("demo.command:demo", "Try warta on invented pages, without the network."),
    "crawl": ("crawling.crawl:crawl", "Fetch new stories, and known ones that are due."),
    "extract": ("ingest.extract:extract", "Extract the articles of saved HTML pages."),
    "clean": ("ingest.clean:clean", "Remove boilerplate from already scraped texts."),
    "import": ("ingest.import_:import_command", "Import collections of scraped articles."),
    "show": ("reading.show:show", "Show one article, as it is now or was at a time."),
    "log": ("reading.log:log", "List the revisions of an article."),
    "diff": ("reading.diff:diff", "Compare two revisions word by word."),
    "search": ("reading.search:search", "Search the text of the newest revisions."),
    "explain": (
        "reading.explain:explain",
        "Show the history of a URL: checks, reasons, revisions.",
    ),
    "stats": ("reading.stats:stats", "Count articles, URLs and bytes per site."),
    "clusters": ("reading.clusters:clusters", "List stories that were published more than once."),
    "cluster": ("reading.cluster:cluster", "Show who published a story, when, and how much of it."),
    "syndication": ("reading.syndication:syndication", "Count which site publishes whose stories."),
    "coverage": ("running.coverage:coverage", "Compare announced stories with those kept."),
    "health": ("running.health:health", "Report the health of every site."),
    "corpus": ("corpus.group:corpus", "Build a training corpus."),
    "reextract": (
        "ingest.reextract:reextract_command",
        "Re-extract kept pages with the current rules.",
    ),
    "verify": ("maintenance.verify:verify", "Check every text and page against its digest."),
    "backup": ("maintenance.backup:backup", "Copy the archive safely, even during a crawl."),
    "remove": ("maintenance.remove:remove", "Take a story down for good."),
    "compact": ("maintenance.compact:compact", "Rewrite the file without unused space."),
    "schedule": ("running.schedule:schedule", "Crawl unattended, each site on its own schedule."),
    "doctor": ("crawling.doctor:doctor", "Check a live site against its profile."),
    "alerts": ("running.alerts:alerts", "List alerts, send new ones, test their targets."),
    "metrics": ("running.metrics:metrics", "Export metrics for Prometheus and Grafana."),
    "sites": ("crawling.sites:sites", "List the sites that warta can crawl."),
    "config": ("running.config:config", "Show the effective configuration."),
}
"""Name -> (module in scraper.cli and attribute, line in `warta --help`), for newcomers first."""


class _Commands(UserDict[str, Any]):
    """The commands by name; each is imported when it is first looked up."""

    def __getitem__(self, name: str) -> click.Command:
        if isinstance(self.data[name], tuple):
            target, line = self.data[name]
            module, _colon, attribute = target.partition(":")
            self.data[name] = getattr(import_module(f"scraper.cli.{module}"), attribute)
            self.data[name].short_help = line
        command: click.Command = self.data[name]
        return command


class LockedOut(click.ClickException):
    """Another process holds the lock; a crawl started by a schedule exits with its own status."""


class _Group(click.Group):
    """Lists the commands without importing them; an ArchiveError is one line and exit status 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_target, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Locked as error:
            raise LockedOut(str(error)) from error
        except ArchiveError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            # The reader of a pipe closed it (`warta search … | head`): not an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None


@click.group(
    cls=_Group,
    commands=_Commands(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(package_name="warta")
@config_option
@click.pass_context
def main(context: click.Context) -> None:
    """Crawl five Indonesian news sites politely into a versioned SQLite archive: only the article,
    every revision.

    \b
    warta demo                                    see it work, without the network
    warta crawl --archive news.db --limit 20      fetch for real
    warta search "harga beras"                    read what was kept
    """
    context.obj = _story_of


def _story_of(address: str) -> tuple[str, str] | None:
    """Return (site, key) of the story that an address belongs to."""
    from scraper.sites.loader import site_of
    from scraper.sites.site import Identity

    site = site_of(address)
    if site is None or not isinstance(found := site.identify(address), Identity):
        return None
    return found.site, found.key
