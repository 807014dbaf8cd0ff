"""`warta corpus explain`: why a story is in a corpus or not."""

from dataclasses import asdict
from pathlib import Path

import click

from scraper.cli import options, terminal
from scraper.cli.terminal import say


@click.command()
@click.argument("folder", metavar="CORPUS", type=click.Path(path_type=Path))
@click.argument("reference", metavar="URL")
@options.json
def explain(folder: Path, reference: str, as_json: bool) -> None:
    """Explain why a story is in CORPUS or not. URL may also be its id.

    \b
    warta corpus explain korpus https://www.suara.com/news/2026/11/20/071512/warga-bersihkan-irigasi
    """
    with terminal.needs_extra("corpus"):
        from archive.corpus.explain import find_outcome
    found = find_outcome(folder, reference)
    if as_json:
        terminal.print_json([asdict(found)])
    else:
        say(f"{found.id}: {found.sentence}")
