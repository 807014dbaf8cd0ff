"""The live display on stderr: bars, and above them whatever else is written to the terminal."""

import logging
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn, TextIO

from rich.console import Console
from rich.control import Control
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.segment import ControlType
from rich.text import Text

from archive.printable import CleanStream, unfiltered

BAR = 30
"""Columns of a bar at most; a third of a narrow terminal."""


class Display:
    """Bars on stderr while it is open: nothing where that is no terminal that can redraw them.

    Bars never cross messages: what the program, its logs and libraries write to the terminal
    meanwhile appears above them, line by line.
    """

    def __init__(self, *, as_share: bool = False) -> None:
        """`as_share` shows per cent in place of counts, for bytes and steps of several kinds."""
        console = Console(file=unfiltered(sys.stderr))
        counts: ProgressColumn = _Share() if as_share else _Count()
        self._streams: list[CleanStream] = []
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=min(BAR, console.width // 3)),
            counts,
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,  # rich would print the data of a file on the terminal
            redirect_stderr=False,
            disable=not redraws(sys.stderr),
        )

    def open(self) -> None:
        """Show the bars."""
        if self.bars.disable:
            return
        _open.append(self)
        self.bars.start()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, CleanStream) and stream.isatty():
                stream.lines_to(_above(self.bars.console, wrap=stream is sys.stderr))
                self._streams.append(stream)

    def close(self) -> None:
        """Remove the bars."""
        while self._streams:
            self._streams.pop().lines_to(None)
        self.bars.stop()
        if self in _open:
            _open.remove(self)


_open: list[Display] = []


def close_all() -> None:
    """Remove all bars: what showed them may have failed before it could."""
    while _open:
        _open[-1].close()


def end_at_once(number: int, _frame: object) -> NoReturn:
    """Handle a signal: leave the terminal as it was, and end like a kill, which archives survive.

    The exit status is the one that shells give a process that the signal ended.
    """
    with suppress(Exception):
        close_all()
    os._exit(128 + number)


@contextmanager
def displayed(*, as_share: bool = False) -> Iterator[Progress]:
    """Show bars inside."""
    display = Display(as_share=as_share)
    display.open()
    try:
        yield display.bars
    finally:
        display.close()


class WrappedMessages(logging.Formatter):
    """Messages of the log, on a terminal wrapped at words; addresses stay whole."""

    def format(self, record: logging.LogRecord) -> str:
        """Called by logging."""
        text = super().format(record)
        if not sys.stderr.isatty() or "\n" in text:
            return text
        width = Console(file=unfiltered(sys.stderr)).width
        return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def clear_bar(stream: TextIO) -> None:
    """Remove the bar of another process that was killed, on the line of the cursor."""
    if redraws(stream):
        console = Console(file=unfiltered(stream))
        console.control(Control((ControlType.ERASE_IN_LINE, 2), ControlType.CARRIAGE_RETURN))
        console.show_cursor()


def redraws(stream: TextIO) -> bool:
    """Whether a stream is a terminal on which the cursor moves."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def _above(console: Console, *, wrap: bool) -> Callable[[str], None]:
    """Return what prints lines above the bars; messages are wrapped at words, data is not."""

    def write(lines: str) -> None:
        text = Text.from_ansi(lines)
        console.print(text, soft_wrap=not wrap, overflow="ignore", crop=False)

    return write


class _Count(MofNCompleteColumn):
    """12/45; nothing while the total is unknown."""

    def render(self, task: Task) -> Text:
        if task.total is not None:
            return super().render(task)
        return Text()


class _Share(TaskProgressColumn):
    """27%; nothing while the total is unknown."""

    def render(self, task: Task) -> Text:
        if task.total is not None:
            return super().render(task)
        return Text()
