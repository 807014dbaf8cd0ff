"""Wrong usage in one line, in place of click's four."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from archive.ledger.wording import meant
from archive.printable import one_line


class WrongUsage(click.UsageError):
    """An option or argument that cannot be used: one line, exit status 2."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Called by click: print the message without the usage above it."""
        click.ClickException.show(self, file)


@contextmanager
def usage_in_a_line() -> Iterator[None]:
    """Turn click's errors of usage into a line that says where the help is."""
    try:
        yield
    except click.UsageError as error:
        if error.ctx is None or type(error).show is not click.UsageError.show:
            raise  # the help of a group without its command, or a line already
        text = _with_our_words(one_line(error.format_message()))
        end = "" if text.endswith((".", "?", ")")) else "."
        command = error.ctx.command_path
        raise WrongUsage(f"{text}{end} Try `{command} --help`.", error.ctx) from error


_MEANT = re.compile(r"\.? \(?Did you mean(?: one of:)? (?P<names>'[^?]*')\?\)?$")


def _with_our_words(text: str) -> str:
    """Write the names that click offers as all our messages do.

    >>> _with_our_words("No such command 'serch'. (Did you mean one of: 'search', 'serve'?)")
    "No such command 'serch'; did you mean search or serve?"
    """
    return _MEANT.sub(lambda found: meant(re.findall(r"'([^']*)'", found["names"])), text)
