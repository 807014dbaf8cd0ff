"""How results reach a user: tables and colours on a terminal, plain lines in a pipe, JSON lines."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import date
from operator import methodcaller
from typing import Any

import click
from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from archive import printable
from archive.errors import PackageMissing

Formats = Mapping[str, Callable[[Any], Any]]
"""Key of a row -> how a table shows its value."""


def columns(keys: str, **headings: str) -> dict[str, str]:
    """Return the columns of a table: keys of the rows, each its own heading unless one is given.

    >>> columns("site cluster_id published_at", published_at="published")
    {'site': 'site', 'cluster_id': 'cluster id', 'published_at': 'published'}
    """
    return {key: headings.get(key, key.replace("_", " ")) for key in keys.split()}


def print_rows(
    rows: Iterable[Mapping[str, Any]],
    columns: Mapping[str, str],
    *,
    as_json: bool,
    as_csv: bool = False,
    formats: Formats | None = None,
    title: str | None = None,
    empty: str | None = None,
    flexible: str = "headline",
) -> None:
    """Print rows as JSON lines, as CSV or as a table; `empty` on stderr instead of an empty table.

    Only the column `flexible` of a table is wrapped, at words.
    """
    rows = list(rows)
    if as_json:
        print_json(rows)
    elif as_csv:
        print_csv(rows, columns)
    elif empty is not None and not rows:
        note(empty)
    else:
        print_table(rows, columns, title=title, formats=formats, flexible=flexible)


def print_csv(rows: Iterable[Mapping[str, Any]], keys: Iterable[str]) -> None:
    """Print rows as CSV with a header of their keys; times as in ISO 8601."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    keys = list(keys)
    writer.writerow(keys)
    writer.writerows([printable.in_lines(cell(row.get(key))) for key in keys] for row in rows)


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line, dates and times as in ISO 8601."""
    for row in rows:
        sys.stdout.write(_json(row) + "\n")


def _json(row: Mapping[str, Any]) -> str:
    text = json.dumps(row, ensure_ascii=False, default=methodcaller("isoformat"))
    return printable.escaped(text)


def say(line: str = "", **style: Any) -> None:
    """Print a line, which may hold text from outside, with a style of click.style."""
    click.secho(printable.in_line(line), **style)


def say_text(text: str) -> None:
    """Print text of several lines from outside."""
    click.echo(printable.in_lines(text))


def note(text: str) -> None:
    """Print a line on stderr: stdout is for data."""
    say(text, err=True)


def print_record(row: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one object as a line of JSON; indented and coloured on a terminal."""
    if as_json or not sys.stdout.isatty():
        print_json([row])
    else:
        console().print_json(_json(row), ensure_ascii=True)


def print_table(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    *,
    title: str | None = None,
    formats: Formats | None = None,
    flexible: str = "headline",
) -> None:
    """Print a table with `columns` (key -> heading); numbers are right-aligned, markup is text.

    Only the column `flexible` is wrapped, at words; on a terminal, empty columns are hidden.
    """
    rows = [
        {**row, **{key: show(row[key]) for key, show in (formats or {}).items()}} for row in rows
    ]
    out = console()
    table = Table(
        box=HEAVY_HEAD if out.is_terminal else None,
        pad_edge=out.is_terminal,
        title=Text(printable.in_line(title)) if title else None,
        title_justify="left",
        header_style="bold",
    )
    if out.is_terminal and rows:
        columns = {
            key: heading
            for key, heading in columns.items()
            if any(row.get(key) not in (None, "", []) for row in rows)
        }
    for key, heading in columns.items():
        numeric = rows and all(isinstance(row.get(key), int | float | None) for row in rows)
        table.add_column(
            heading,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=key != flexible,
        )
    for row in rows:
        table.add_row(*(escape(printable.in_line(cell(row.get(key)))) for key in columns))
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def counted(counts: Mapping[str, int]) -> str:
    """Return counts as text.

    >>> counted({"timeout": 2, "http_404": 1})
    '2 timeout, 1 http_404'
    """
    return ", ".join(f"{count} {name}" for name, count in counts.items())


Advance = Callable[..., None]
"""Called with the number of things done, and their total where it was not known before."""


@contextmanager
def progress_bar(description: str, *, total: int | None) -> Iterator[Advance]:
    """Show a progress bar on stderr, on a terminal only."""
    progress = Progress(
        TextColumn("{task.description:>10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(file=printable.unfiltered(sys.stderr)),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task(description, total=total)
        yield lambda done, total=None: progress.update(task, advance=done, total=total)


@contextmanager
def interruptible(message: str | Callable[[], str]) -> Iterator[None]:
    """Report Ctrl-C with this message, and a worker process that was killed, in one line."""
    try:
        with killed_workers_reported():
            yield
    except KeyboardInterrupt:
        text = message if isinstance(message, str) else message()
        raise click.ClickException(text) from None


@contextmanager
def killed_workers_reported() -> Iterator[None]:
    """Report a worker process that was killed in one line."""
    try:
        yield
    except BrokenProcessPool as error:
        raise click.ClickException(
            "a worker process was killed, perhaps out of memory; try fewer with --jobs"
        ) from error


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Import packages of an extra inside; raises PackageMissing where one is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("archive", "scraper"):
            raise
        raise PackageMissing(
            f"this needs more packages ({error.name} is missing): pip install 'warta[{extra}]'"
        ) from error


def console() -> Console:
    """Return the console of stdout; in a pipe, lines are never wrapped."""
    out = Console(highlight=False)
    if out.is_terminal:
        return out
    return Console(highlight=False, width=100_000, color_system=None)


def cell(value: Any) -> str:
    """Return a value as text: lists with commas, times as in ISO 8601, None as nothing."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
