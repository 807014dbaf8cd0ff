"""`warta clean`: the article of texts that were scraped elsewhere."""

from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import click

from archive.ledger.wording import sentence
from scraper import clean as clean_text
from scraper.cli import options
from scraper.cli.defaults import reading_limits
from scraper.cli.rendering.terminal import note, print_record
from scraper.extraction.workers import ReadingBroke, Workers
from scraper.ingest.collections.columns import named
from scraper.ingest.collections.files import opened
from scraper.ingest.collections.rows import Row, Unreadable, rows
from scraper.spiders import sites

MAX_BYTES = 512 * 1024 * 1024
"""Bytes read of a file that is one text."""

BATCH = 16
"""Texts handed to the worker at a time."""

Text = tuple[str, str | None, str | None]
"""File and line, the text or None, what is wrong or None."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--site",
    type=options.SITE,
    help="Site of the texts; by default recognised from the texts themselves.",
)
@click.option("--jsonl", "kind", flag_value="jsonl", help="JSON lines; the text is in --field.")
@click.option("--csv", "kind", flag_value="csv", help="CSV with a header; the text is in --field.")
@click.option("--field", default="text", help="Field or column of the text.")
@options.json
@click.pass_context
def clean(
    context: click.Context,
    files: tuple[Path, ...],
    site: str | None,
    kind: str | None,
    field: str,
    as_json: bool,
) -> None:
    """Remove boilerplate from scraped texts: one JSON line per input, in order.

    \b
    warta clean page.txt
    warta clean --jsonl --field content articles.jsonl > clean.jsonl
    warta clean --csv --field konten --site republika articles.csv > clean.jsonl
    """
    if site is not None:
        options.checked_sites([site], sites())
    texts = (text for path in files for text in _texts(path, kind, field))
    failed = False
    with Workers(1, reading_limits(context)) as workers:
        for place, row in _cleaned(workers, texts, site):
            if "error" in row:
                failed = True
                note(f"{place}: {row['error']}")
            print_record(row, as_json=as_json or kind is not None)
    if failed:
        raise SystemExit(1)


def _cleaned(
    workers: Workers, texts: Iterator[Text], site: str | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Clean texts in a worker process, and yield each one's place and row, in order."""
    sites()  # loaded once, for all workers
    under_way: deque[str] = deque()

    def batches() -> Iterator[list[Text]]:
        while batch := list(islice(texts, BATCH)):
            under_way.extend(place for place, _text, _wrong in batch)
            yield batch

    for cleaned in workers.map(partial(_row, site), batches()):
        for row in cleaned:
            if isinstance(row, ReadingBroke):
                row = {"error": f"reading the text did not end: {row}"}
            yield under_way.popleft(), row


def _row(site: str | None, given: Text) -> dict[str, Any]:
    """In a worker: the row of a text."""
    _place, text, wrong = given
    if text is None:
        return {"error": wrong}
    return clean_text(text, site).as_dict()


def _texts(path: Path, kind: str | None, name: str) -> Iterator[Text]:
    try:
        with opened(path) as file:
            if kind is None:
                yield str(path), file.read(MAX_BYTES).decode("utf-8-sig", "replace"), None
                return
            for row in rows(file, kind):
                if kind == "csv" and row.bad is None and name not in row.fields:
                    wrong = f"there is no column called {name}; there are {named(row.fields)}"
                    yield f"{path}:1", None, wrong
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
