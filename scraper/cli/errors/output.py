"""Errors of the system in one line: a file that vanished, a full disk, a reader that has gone."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from archive.printable import in_line

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def open_what_is_closed() -> None:
    """Put the null device in the place of a stdin, stdout or stderr that was closed (`>&-`): Python
    has None for it, and the next file that is opened would get its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            null = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - until the end
            setattr(sys, name, null)


@contextmanager
def whole_output() -> Iterator[None]:
    """Write stdout to its end, and report in one line what the system refused."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe closed it (`warta search … | head`): not an error.
        _discard_the_rest()
    except OSError as error:
        what = error.filename
        if what is None and error.errno in _FULL:
            what = "the output cannot be written"
            _discard_the_rest()
        if what is None:  # a bug
            raise
        raise click.ClickException(in_line(f"{what}: {error.strerror}")) from error


def _discard_the_rest() -> None:
    """Keep the interpreter from trying again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
