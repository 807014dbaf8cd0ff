"""`warta corpus explain`: why a story is in a corpus or not."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from scraper.cli import options
from scraper.cli.terminal import needs_extra, print_json


@click.command("explain", short_help="Explain why a story is in a corpus or not.")
@click.argument("corpus", type=click.Path(path_type=Path))
@click.argument("reference", metavar="URL")
@options.json
def explain(corpus: Path, reference: str, as_json: bool) -> None:
    """Explain why a story is in CORPUS or not. URL may also be its id.

    \b
    warta corpus explain korpus https://www.suara.com/news/2026/11/20/071512/warga-bersihkan-irigasi
    """
    with needs_extra("corpus"):
        from archive.corpus.explain import find_outcome
    found = find_outcome(corpus, reference)
    if as_json:
        print_json([asdict(found)])
    else:
        click.echo(f"{found.id}: {found.sentence}")
