"""`warta corpus`: the group of its commands."""

from pathlib import Path

import click

from scraper.cli import options
from scraper.cli.corpus.build import build
from scraper.cli.corpus.diff import diff
from scraper.cli.corpus.explain import explain


@click.group(commands=[build, diff, explain])
@options.archive
def corpus(path: Path) -> None:
    """Build a training corpus from the archive. Needs `pip install 'warta[corpus]'`."""
