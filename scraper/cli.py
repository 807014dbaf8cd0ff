"""The command `warta`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from archive.cli import COMMANDS as ARCHIVE_COMMANDS
from archive.errors import ArchiveError
from scraper.commands.alerts import alerts
from scraper.commands.clean import clean
from scraper.commands.config import config
from scraper.commands.crawl import crawl
from scraper.commands.demo import demo
from scraper.commands.doctor import doctor
from scraper.commands.extract import extract
from scraper.commands.health import health
from scraper.commands.import_ import import_command
from scraper.commands.metrics import metrics
from scraper.commands.reextract import reextract_command
from scraper.commands.schedule import schedule
from scraper.commands.sites import sites
from scraper.configured import configure, configure_leniently
from scraper.profiles import site_of
from scraper.site import Identity

_ORDER = (
    "demo", "crawl", "extract", "clean", "import", "show", "log", "diff", "search", "explain", "stats", "clusters", "cluster",
    "syndication", "coverage", "health", "corpus", "reextract", "verify", "backup", "remove", "compact", "schedule", "doctor", "alerts",
    "metrics", "sites", "config",
)  # fmt: skip


class _Group(click.Group):
    """Lists commands in the order a newcomer meets them, and tells the archive's errors in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in _ORDER if name in self.commands]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ArchiveError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            # The reader of a pipe went away (`warta search … | head`): nothing is wrong, nothing more is to be said.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="warta")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="The configuration; else $WARTA_CONFIG, else ./warta.toml.")
@click.pass_context
def main(context: click.Context, config_file: Path | None) -> None:
    """Crawl five Indonesian news sites politely into a versioned SQLite archive: only the article, every revision.

    \b
    warta demo                                    see it work, without the network
    warta crawl --archive news.db --limit 20      fetch for real
    warta search "harga beras"                    read what was kept
    """
    context.obj = _story_of
    (configure_leniently if context.invoked_subcommand == "config" else configure)(context, config_file)


def _story_of(address: str) -> tuple[str, str] | None:
    """(site, key) of the story behind any of its addresses."""
    site = site_of(address)
    named = site.identify(address) if site is not None else None
    return (named.site, named.key) if isinstance(named, Identity) else None


for command in (
    demo, crawl, extract, clean, import_command, reextract_command, schedule, doctor, alerts, metrics, health, sites, config,
    *ARCHIVE_COMMANDS,
):  # fmt: skip
    main.add_command(command)
