"""`warta corpus`: the group of its commands."""

from __future__ import annotations

from pathlib import Path

import click

from scraper.cli.corpus.build import build
from scraper.cli.corpus.explain import explain
from scraper.cli.options import archive_option


@click.group()
@archive_option
def corpus(path: Path) -> None:
    """Build a training corpus from the archive. Needs `pip install 'warta[corpus]'`."""


corpus.add_command(build)
corpus.add_command(explain)
