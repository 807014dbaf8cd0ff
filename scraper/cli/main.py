"""The command `warta`. Each of its commands is imported when it is used: the list of them, or a
look into an archive, is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from archive.errors import ArchiveError, Locked
from scraper.cli.archive_commands import COMMANDS as ARCHIVE_COMMANDS
from scraper.cli.defaults import name_configuration, with_config_option

_COMMANDS = ARCHIVE_COMMANDS | {
    "demo": ("scraper.cli.demo.command:demo", "See it work, without the network."),
    "crawl": ("scraper.cli.crawling.crawl:crawl", "Fetch what is new or due."),
    "extract": ("scraper.cli.ingest.extract:extract", "Articles out of saved pages."),
    "clean": ("scraper.cli.ingest.clean:clean", "Articles out of scraped texts."),
    "import": (
        "scraper.cli.ingest.import_:import_command",
        "Collections of scraped articles, into the archive.",
    ),
    "reextract": (
        "scraper.cli.ingest.reextract:reextract_command",
        "Read kept pages again with today's extractor.",
    ),
    "schedule": (
        "scraper.cli.running.schedule:schedule",
        "Crawl unattended, each site in its own rhythm.",
    ),
    "doctor": ("scraper.cli.crawling.doctor:doctor", "Is a live site still as its profile says?"),
    "alerts": (
        "scraper.cli.running.alerts:alerts",
        "Who was told of what went wrong; try the targets.",
    ),
    "metrics": (
        "scraper.cli.running.metrics:metrics",
        "Numbers for Prometheus; a dashboard for Grafana.",
    ),
    "health": ("scraper.cli.running.health:health", "Is every site well, and since when not?"),
    "sites": ("scraper.cli.crawling.sites:sites", "The sites that warta knows."),
    "config": ("scraper.cli.running.config:config", "Show the configuration that is in force."),
}
_ORDER = (
    "help",
    "demo",
    "crawl",
    "extract",
    "clean",
    "import",
    "show",
    "log",
    "diff",
    "search",
    "explain",
    "stats",
    "clusters",
    "cluster",
    "syndication",
    "coverage",
    "health",
    "corpus",
    "reextract",
    "verify",
    "backup",
    "remove",
    "compact",
    "schedule",
    "doctor",
    "alerts",
    "metrics",
    "sites",
    "config",
)


class _Commands(MutableMapping[str, click.Command]):
    """The commands by name, in the order a newcomer meets them; each is imported when it is asked
    for.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, click.Command | None] = dict.fromkeys(_ORDER)

    def __getitem__(self, name: str) -> click.Command:
        command = self._loaded[name]
        if command is None:
            module, _colon, attribute = _COMMANDS[name][0].partition(":")
            command = self._loaded[name] = with_config_option(
                getattr(import_module(module), attribute)
            )
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)


class LockedOut(click.ClickException):
    """Another process does the same already; a schedule's child ends with a status of its own."""


class _Group(click.Group):
    """Lists the commands without importing them, and tells the archive's errors in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.commands])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ArchiveError as error:
            raise (LockedOut if isinstance(error, Locked) else click.ClickException)(
                str(error)
            ) from error
        except BrokenPipeError:
            # The reader of a pipe went away (`warta search … | head`): nothing is wrong, nothing
            # more is to be said.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None


@click.group(
    cls=_Group, commands=_Commands(), context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="warta")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="The configuration; else $WARTA_CONFIG, else ./warta.toml.",
)
@click.pass_context
def main(context: click.Context, config_file: Path | None) -> None:
    """Crawl five Indonesian news sites politely into a versioned SQLite archive: only the article,
    every revision.

    \b
    warta demo                                    see it work, without the network
    warta crawl --archive news.db --limit 20      fetch for real
    warta search "harga beras"                    read what was kept
    """
    context.obj = _story_of
    name_configuration(context, config_file)


def _story_of(address: str) -> tuple[str, str] | None:
    """(site, key) of the story behind any of its addresses."""
    from scraper.sites.loader import site_of
    from scraper.sites.site import Identity

    site = site_of(address)
    named = site.identify(address) if site is not None else None
    return (named.site, named.key) if isinstance(named, Identity) else None
