"""How results reach a user: tables and colours on a terminal, plain lines in a pipe, JSON lines."""

import csv
import json
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from operator import methodcaller
from typing import Any, TextIO

import click
from rich.console import Console
from rich.progress import Task

from archive import printable
from archive.errors import ArchiveError, PackageMissing
from archive.ledger.wording import plain_time
from scraper.cli.errors import interrupts
from scraper.cli.rendering import tables
from scraper.cli.rendering.times import (
    in_zone,
    short_days,
    short_time,
    short_times,
    time_of,
    zone_name,
)
from scraper.cli.rendering.wrapping import width, wrapped
from scraper.display import displayed, redraws

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
    sparse: str = "",
    zone: tzinfo | None = None,
) -> None:
    """Print rows as JSON lines, as CSV or as a table; `empty` on stderr instead of an empty
    table.

    JSON and CSV are written row by row. See print_table for what a table shows.
    """
    if as_json:
        print_json(rows)
    elif as_csv:
        print_csv(rows, columns)
    elif not (rows := list(rows)) and empty is not None:
        note(empty)
    else:
        print_table(
            rows, columns, title=title, formats=formats, flexible=flexible, sparse=sparse, zone=zone
        )


def print_csv(rows: Iterable[Mapping[str, Any]], keys: Iterable[str]) -> None:
    """Print rows as CSV with a header of their keys, like `warta export`: lists are JSON, times
    as in ISO 8601, no text is a formula.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    keys = list(keys)
    writer.writerow(keys)
    writer.writerows([_csv(row.get(key)) for key in keys] for row in rows)


def _csv(value: Any) -> str:
    if isinstance(value, list | tuple):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return cell(value)
    return printable.csv_cell(cell(value))


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line, dates and times as in ISO 8601."""
    for row in rows:
        sys.stdout.write(_json(row) + "\n")


def _json(row: Mapping[str, Any]) -> str:
    letters = not _encodes("漢", sys.stdout)
    text = json.dumps(row, ensure_ascii=letters, default=methodcaller("isoformat"))
    return printable.escaped(text)


def say(line: str = "", *, err: bool = False, hang: int = 0, **style: Any) -> None:
    """Print a line, which may hold text from outside, with a style of click.style.

    On a terminal it is wrapped at words, indented as it begins and by `hang`; addresses stay
    whole.
    """
    stream = sys.stderr if err else sys.stdout
    text = printable.in_line(line)
    if stream.isatty():
        begins = _INDENT.match(text)
        indent = " " * (hang + (len(begins[0]) if begins else 0))
        text = "\n".join(wrapped(text, width(stream), indent=indent, fold=False))
    click.echo(styled(text, stream, **style), file=stream)


_INDENT = re.compile(r" *(- )?")


def local_times(text: str, zone: tzinfo | None = None) -> str:
    """Return a sentence of ours with its times as a terminal shows them, by default local ones; in
    a pipe as it is.
    """
    if sys.stdout.isatty():
        return short_times(text, zone, now=_now())
    return text


def local_days(first: date, last: date) -> str:
    """Return days as a terminal shows them: short; in a pipe as in ISO 8601."""
    if sys.stdout.isatty():
        return short_days(first, last, today=_now().date())
    return f"{first} to {last}" if first != last else str(first)


def say_text(text: str) -> None:
    """Print text of several lines from outside, wrapped at words on a terminal."""
    for line in printable.in_lines(text).split("\n"):
        say(line)


def note(text: str) -> None:
    """Print a line on stderr: stdout is for data."""
    say(printable.without_secrets(text), err=True)


def print_record(row: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one object as a line of JSON; on a terminal as a line for each value that it has."""
    if as_json or not sys.stdout.isatty():
        print_json([row])
        return
    cells = {key: printable.in_lines(cell(value)) for key, value in row.items()}
    columns = [tables.Column(heading=key, cells=[text]) for key, text in cells.items()]
    for line in tables.blocks(columns, width(sys.stdout), _look()):
        click.echo(line)
    click.echo()


def print_table(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    *,
    title: str | None = None,
    formats: Formats | None = None,
    flexible: str = "headline",
    sparse: str = "",
    zone: tzinfo | None = None,
    zones: set[str] | None = None,
) -> None:
    """Print a table with `columns` (key -> heading); numbers are right-aligned.

    In a pipe a row is a line, and times are as in ISO 8601, in `zone` or UTC. On a terminal the
    table fits its width, only `flexible` is wrapped (and what stands below its row), empty columns
    are hidden, counts of `sparse` are blank where they are 0, and times are short and in `zone`, by
    default the local one, which a line below names; with `zones` it is added to these, for one line
    below several tables.
    """
    live = sys.stdout.isatty()
    if live:
        formats = dict.fromkeys(sparse.split(), _unless_zero) | dict(formats or {})
    cells = _Cells(formats or {}, _now() if live else None, zone, zones)
    laid_out = [
        cells.column(rows, key, heading, flexible=key == flexible)
        for key, heading in columns.items()
    ]
    if title:
        say(title, italic=True)
    if not live:
        for line in tables.unwrapped(laid_out):
            click.echo(line)
        return
    shown = [column for column in laid_out if any(column.cells) or not rows]
    for line in tables.fitted(shown, width(sys.stdout), _look()):
        click.echo(_EMPHASIZED.sub(lambda found: styled(found[1], sys.stdout, bold=True), line))
    if zones is None:
        name_zones(cells.zones)


def name_zones(zones: set[str]) -> None:
    """Say in which zones the times of tables are, if there were any."""
    if zones:
        note(f"Times are in {' and '.join(sorted(zones))}.")


def _unless_zero(count: float | None) -> float | None:
    return count or None


def _now() -> datetime:
    """The system clock, for the year that short times leave out."""
    return datetime.now(UTC)


class _Cells:
    """Values of a table as text, and the zones of the times among them."""

    def __init__(
        self,
        formats: Formats,
        now: datetime | None,
        zone: tzinfo | None,
        zones: set[str] | None = None,
    ) -> None:
        self._formats, self._now, self._zone = formats, now, zone
        self.zones = set[str]() if zones is None else zones

    def column(
        self, rows: Sequence[Mapping[str, Any]], key: str, heading: str, *, flexible: bool
    ) -> tables.Column:
        """Lay out a column; numbers are right-aligned."""
        return tables.Column(
            heading=heading,
            cells=[self.text(key, row.get(key)) for row in rows],
            right=_numeric(rows, key, self._formats),
            flexible=flexible,
        )

    def text(self, key: str, value: Any) -> str:
        """Return a value as text in one line; a time short where `now` is known."""
        if key in self._formats:
            value = self._formats[key](value)
        at = time_of(value)
        if at is None and isinstance(value, date) and self._now is not None:
            return short_days(value, value, today=self._now.date())
        if at is None:
            return printable.in_line(cell(value))
        if self._now is None:  # in one zone: those of publishers differ, and would look unsorted
            return plain_time(in_zone(at, self._zone or UTC))
        at = in_zone(at, self._zone)
        self.zones.add(zone_name(at))
        return short_time(at, now=self._now)


def _numeric(rows: Sequence[Mapping[str, Any]], key: str, formats: Formats) -> bool:
    """Whether a column holds numbers, whatever a format makes of them."""
    values = [row.get(key) for row in rows]
    if key in formats and any(isinstance(value, (list, tuple, dict)) for value in values):
        values = [formats[key](value) for value in values]
    numbers = [value for value in values if value not in (None, "")]
    return bool(numbers) and all(isinstance(value, int | float) for value in numbers)


def _look() -> tables.Look:
    """Return how stdout shows rules and headings."""
    return tables.Look(
        rule="─" if _encodes("─", sys.stdout) else "-",
        bold=lambda line: styled(line, sys.stdout, bold=True),
    )


def styled(text: str, stream: TextIO, **style: Any) -> str:
    """Return the text with a style of click.style, where the stream shows it: not in a pipe, not on
    a terminal that has none; without colours where NO_COLOR is set.
    """
    if not redraws(stream):
        return text
    if os.environ.get("NO_COLOR"):
        style.pop("fg", None)
        style.pop("bg", None)
    return click.style(text, **style)


_BEGIN, _END = "\u2063", "\u2064"
"""Invisible and without a width, so that words are wrapped as if they were not there."""
_EMPHASIZED = re.compile(f"{_BEGIN}(.*?){_END}")


def emphasized(text: str) -> str:
    """Return words for a cell of a table, bold on a terminal that can, else in «»."""
    if styled(text, sys.stdout, bold=True) == text:
        return f"«{text}»"
    return re.sub(r"\S+", f"{_BEGIN}\\g<0>{_END}", text)


def _encodes(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


def counted(counts: Mapping[str, int]) -> str:
    """Return counts as text.

    >>> counted({"timeout": 2, "http_404": 1})
    '2 timeout, 1 http_404'
    """
    return ", ".join(f"{count} {name}" for name, count in counts.items())


Advance = Callable[..., None]
"""Called with the number of things done, and their total where it was not known before."""


@contextmanager
def progress_bar(
    description: str, *, total: int | None, as_share: bool = False
) -> Iterator[Advance]:
    """Show a progress bar on stderr, on a terminal only; `as_share` in per cent."""
    with progress_bars(description, as_share=as_share) as (advance,):
        advance(0, total)
        yield advance


@contextmanager
def progress_bars(*descriptions: str, as_share: bool = False) -> Iterator[tuple[Advance, ...]]:
    """Show progress bars like `progress_bar`, each from its first step on."""
    with displayed(as_share=as_share) as bars:

        def advance(task: Task, done: float, total: int | None = None) -> None:
            whole = task.total if total is None else total
            done += task.completed
            completed = done if whole is None else min(done, whole)
            bars.update(task.id, completed=completed, total=total, visible=True)

        for description in descriptions:
            bars.add_task(description, total=None, visible=False)
        yield tuple(partial(advance, task) for task in bars.tasks)


@contextmanager
def interruptible(message: str | Callable[[], str]) -> Iterator[None]:
    """Report Ctrl-C with this message, and a worker process that was killed, in one line."""
    try:
        with killed_workers_reported():
            yield
    except (KeyboardInterrupt, ArchiveError, sqlite3.Error) as error:
        if not isinstance(error, KeyboardInterrupt) and not interrupts.pressed():
            raise
        text = message if isinstance(message, str) else message()
        raise interrupts.Interrupted(text) from None


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
    """Return rich's console of stdout; in a pipe, lines are never wrapped."""
    if sys.stdout.isatty():
        # Without a height rich takes any terminal that is dumb for one of 80 columns.
        return Console(highlight=False, width=width(sys.stdout), height=25)
    return Console(highlight=False, width=100_000, color_system=None, force_terminal=False)


def cell(value: Any) -> str:
    """Return a value as text: lists with commas, times as in ISO 8601, None as nothing."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
