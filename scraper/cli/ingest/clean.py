"""`warta clean`: the article of texts that somebody already scraped."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from archive.ledger.wording import sentence
from scraper import clean as clean_text
from scraper.cli.options import json_option
from scraper.cli.terminal import console, print_json
from scraper.ingest.collections.columns import named
from scraper.ingest.collections.files import opened, rows
from scraper.ingest.collections.rows import Row, Unreadable
from scraper.sites.loader import sites

MAX_BYTES = 512 * 1024 * 1024
"""Of one text that is a file of its own."""

Text = tuple[str, str | None, str | None]


@click.command(short_help="Articles out of scraped texts.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--site", help="The site that the texts come from; without it their own marks tell.")
@click.option(
    "--jsonl",
    "kind",
    flag_value="jsonl",
    help="The files hold JSON lines; the text stands in --field.",
)
@click.option(
    "--csv",
    "kind",
    flag_value="csv",
    help="The files are CSV with a header; the text stands in --field.",
)
@click.option(
    "--field", default="text", show_default=True, help="Field or column that holds the text."
)
@json_option
def clean(
    files: tuple[Path, ...], site: str | None, kind: str | None, field: str, as_json: bool
) -> None:
    """Only the article out of scraped texts, furniture included: one JSON line for each input, in
    order.

    \b
    warta clean page.txt
    warta clean --jsonl --field content articles.jsonl > clean.jsonl
    warta clean --csv --field konten --site republika articles.csv > clean.jsonl
    """
    if site is not None and site not in sites():
        raise click.UsageError(f"no site is called {site}; there are {', '.join(sites())}")
    failed = 0
    for path in files:
        for place, text, wrong in _texts(path, kind, field):
            row = {"error": wrong} if text is None else clean_text(text, site).as_dict()
            if wrong is not None:
                failed += 1
                click.echo(f"{place}: {wrong}", err=True)
            if as_json or kind is not None or not sys.stdout.isatty():
                print_json([row])
            else:
                console().print_json(json.dumps(row, ensure_ascii=False))
    if failed:
        raise SystemExit(1)


def _texts(path: Path, kind: str | None, name: str) -> Iterator[Text]:
    """(file and line, the text or None, what is wrong) for each text of a file."""
    try:
        with opened(path) as file:
            if kind is None:
                yield str(path), file.read(MAX_BYTES).decode("utf-8-sig", "replace"), None
                return
            for row in rows(file, kind):
                if kind == "csv" and row.bad is None and name not in row.fields:
                    yield (
                        f"{path}:1",
                        None,
                        f"there is no column called {name}; there are {named(row.fields)}",
                    )
                    return
                yield f"{path}:{row.line}", *_text(row, name)
    except Unreadable as error:
        yield str(path), None, str(error)


def _text(row: Row, name: str) -> tuple[str | None, str | None]:
    if row.bad is not None:
        return None, sentence(row.bad)
    text = row.fields.get(name)
    if isinstance(text, str):
        return text, None
    return None, f"there is no text in a field called {name}"
