"""`warta corpus`: the group of its commands."""

from pathlib import Path

import click

from scraper.cli import options
from scraper.cli.groups import NaturalGroup
from scraper.cli.lazy import LazyCommands

_COMMANDS = {
    "build": ("corpus.build", "Build the corpus."),
    "diff": ("corpus.diff", "Show what differs between two corpora, and why."),
    "explain": ("corpus.explain", "Explain why a story is in a corpus or not."),
}


@click.group(cls=NaturalGroup, commands=LazyCommands(_COMMANDS))
@options.archive
def corpus(path: Path) -> None:
    """Build a training corpus from the archive. Needs `pip install 'warta[corpus]'`."""
