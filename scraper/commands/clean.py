"""`warta clean`: the article of texts that somebody already scraped."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from archive.options import json_option
from archive.terminal import console, print_json
from scraper import clean as clean_text
from scraper.profiles import sites

MAX_BYTES = 512 * 1024 * 1024
"""Of one input file: a collection, not a page."""

Row = tuple[str, dict[str, Any]]


@click.command(short_help="Articles out of scraped texts.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--site", help="The site that the texts come from; without it their own marks tell.")
@click.option("--jsonl", "kind", flag_value="jsonl", help="The files hold JSON lines; the text stands in --field.")
@click.option("--csv", "kind", flag_value="csv", help="The files are CSV with a header; the text stands in --field.")
@click.option("--field", default="text", show_default=True, help="Field or column that holds the text.")
@json_option
def clean(files: tuple[Path, ...], site: str | None, kind: str | None, field: str, as_json: bool) -> None:
    """Only the article out of scraped texts, furniture included: one JSON line for each input, in order.

    \b
    warta clean page.txt
    warta clean --jsonl --field content articles.jsonl > clean.jsonl
    warta clean --csv --field konten --site republika articles.csv > clean.jsonl
    """
    if site is not None and site not in sites():
        raise click.UsageError(f"no site is called {site}; there are {', '.join(sites())}")
    failed = 0
    for path in files:
        for place, text in _texts(path, kind, field):
            row = {"error": text["error"]} if "error" in text else clean_text(text["text"], site).as_dict()
            failed += "error" in row
            if "error" in row:
                click.echo(f"{place}: {row['error']}", err=True)
            if as_json or kind is not None or not sys.stdout.isatty():
                print_json([row])
            else:
                console().print_json(json.dumps(row, ensure_ascii=False))
    if failed:
        raise SystemExit(1)


def _texts(path: Path, kind: str | None, field: str) -> Iterator[Row]:
    """(file and line, {"text"} or {"error"}) for each text of a file."""
    try:
        with _opened(path) as file:
            content = file.read(MAX_BYTES).decode("utf-8-sig", "replace")
    except (OSError, ValueError) as error:
        yield str(path), {"error": getattr(error, "strerror", None) or str(error)}
        return
    if kind == "jsonl":
        yield from _json_lines(path, content, field)
    elif kind == "csv":
        yield from _csv_rows(path, content, field)
    else:
        yield str(path), {"text": content}


def _opened(path: Path) -> Any:
    return sys.stdin.buffer if str(path) == "-" else path.open("rb")


def _json_lines(path: Path, content: str, field: str) -> Iterator[Row]:
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield place, {"error": "not a JSON object"}
            continue
        text = row.get(field) if isinstance(row, dict) else None
        yield place, {"text": text} if isinstance(text, str) else {"error": f"there is no text in a field called {field}"}


def _csv_rows(path: Path, content: str, field: str) -> Iterator[Row]:
    csv.field_size_limit(sys.maxsize)
    reader = csv.DictReader(io.StringIO(content, newline=""))
    if field not in (reader.fieldnames or ()):
        yield f"{path}:1", {"error": f"there is no column called {field}; there are {', '.join(reader.fieldnames or ())}"}
        return
    try:
        for row in reader:
            text = row.get(field)
            yield f"{path}:{reader.line_num}", {"text": text} if text is not None else {"error": f"the row ends before {field}"}
    except csv.Error as error:
        yield f"{path}:{reader.line_num}", {"error": str(error)}
