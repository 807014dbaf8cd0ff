"""What happens where stdout takes no more: its reader has gone, or the disk is full."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


@contextmanager
def whole_output() -> Iterator[None]:
    """Write stdout to its end: an output that is cut short is an error, and one line."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe closed it (`warta search … | head`): not an error.
        _discard_the_rest()
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            raise
        _discard_the_rest()
        why = os.strerror(error.errno)
        raise click.ClickException(f"the output cannot be written ({why})") from error


def _discard_the_rest() -> None:
    """Keep the interpreter from trying again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
