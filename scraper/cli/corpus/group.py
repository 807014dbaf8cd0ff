"""`warta corpus`: the group of its commands."""

from __future__ import annotations

from pathlib import Path

import click

from scraper.cli import options
from scraper.cli.corpus.build import build
from scraper.cli.corpus.explain import explain


@click.group()
@options.archive
def corpus(path: Path) -> None:
    """Build a training corpus from the archive. Needs `pip install 'warta[corpus]'`."""


corpus.add_command(build)
corpus.add_command(explain)
