"""Ctrl-C: the first one stops a command in good order, with one line and exit status 130; a second
one ends the process at once.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType
from typing import IO, Any

import click

from archive.printable import in_line


class Interrupted(click.ClickException):
    """A command was stopped by Ctrl-C; the message is one line that says what is left."""

    exit_code = 128 + signal.SIGINT

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message; it is no error."""
        click.echo(in_line(self.message), file=file, err=file is None)


_pressed = False


def pressed() -> bool:
    """Whether Ctrl-C was pressed: SQLite, and what else runs meanwhile, may report it otherwise."""
    return _pressed


@contextmanager
def ctrl_c_twice() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first Ctrl-C inside, and end the process at the second one.

    Nothing changes where the caller's program handles Ctrl-C itself, or in its threads.
    """
    global _pressed
    _pressed = False
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_ours or current_thread() is not main_thread():
        yield
        return
    signal.signal(signal.SIGINT, _first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _first(_number: int, _frame: FrameType | None) -> None:
    global _pressed
    _pressed = True
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(ImportError):  # while it is being imported, there is no display to close
        from scraper.display import end_at_once

        signal.signal(signal.SIGINT, end_at_once)
    raise KeyboardInterrupt
