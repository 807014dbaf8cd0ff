"""How results reach a user: tables and colours on a terminal, plain lines in a pipe, JSON lines
when asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line."""
    for row in rows:
        sys.stdout.write(
            json.dumps(row, ensure_ascii=False).encode(errors="replace").decode() + "\n"
        )


def print_table(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, title: str | None = None
) -> None:
    """A table with `columns` (key -> heading) of the rows; numbers stand to the right; texts of
    publishers stay text.
    """
    out = console()
    table = Table(
        box=HEAVY_HEAD if out.is_terminal else None,
        pad_edge=out.is_terminal,
        title=Text(title) if title else None,
        title_justify="left",
        header_style="bold",
    )
    for key, heading in columns.items():
        numeric = all(
            isinstance(row.get(key), (int, float)) or row.get(key) is None for row in rows
        )
        table.add_column(heading, justify="right" if numeric and rows else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(row.get(key))) for key in columns))
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


Advance = Callable[..., None]
"""Called with the number of things that are done now, and the whole number where it was not known
before.
"""


@contextmanager
def bar(description: str, *, total: int | None) -> Iterator[Advance]:
    """A bar on stderr while something long is done, on a terminal only."""
    progress = Progress(
        TextColumn("{task.description:>10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task(description, total=total)
        yield lambda done, whole=None: progress.update(
            task, advance=done, **({} if whole is None else {"total": whole})
        )


def console() -> Console:
    """The console of stdout; a pipe is given whole lines."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=100_000, color_system=None)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)
