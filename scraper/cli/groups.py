"""Groups that do the natural thing without a command, and help that fits the terminal."""

import re
import sys
from collections.abc import Iterable
from typing import Any

import click

from scraper.cli.lazy import LazyGroup
from scraper.cli.rendering.wrapping import width, wrapped


class NaturalGroup(LazyGroup):
    """A group that runs its command `natural` when none is named; without one it shows its help."""

    def __init__(self, *args: Any, natural: str = "--help", **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "no_args_is_help": False})
        self.natural = natural

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Called by click. Options of the group may be given, which its commands take, too."""
        words = {*self.commands, *ctx.help_option_names}
        is_natural = words.isdisjoint(args) and all(word.startswith("-") for word in args[:1])
        if is_natural and not ctx.resilient_parsing:  # a shell is offered the commands
            args = [self.natural, *args]
        return super().parse_args(ctx, args)


class OwnArgument(click.Argument):
    """An argument of a group itself, which is none of the commands in it."""

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Called by click, also to name a command by those above it."""
        if self not in ctx.command.params:
            return []
        return super().get_usage_pieces(ctx)


class FileOrCommand(LazyGroup):
    """A command on a file, and beside it commands that are named by the first word."""

    allow_extra_args = False
    allow_interspersed_args = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "invoke_without_command": True})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Called by click."""
        if args and args[0] in self.commands:
            ctx.args = list(args)
            return ctx.args
        if args and "." not in args[0] and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}; a file's name has an ending, such as .csv.")
        return click.Command.parse_args(self, ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Called by click."""
        if not ctx.args:
            return click.Command.invoke(self, ctx)
        _name, command, rest = self.resolve_command(ctx, ctx.args)
        assert command is not None
        with command.make_context(ctx.args[0], rest, parent=ctx) as below:
            return below.command.invoke(below)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Called by click."""
        return click.Command.collect_usage_pieces(self, ctx)


class FittedHelp(click.HelpFormatter):
    """Help that fits a narrow terminal, with its examples, which click never wraps."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fits = width(sys.stdout) if sys.stdout.isatty() else None
        if self._fits is not None:
            self.width = min(self.width, self._fits)

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Called by click with names and what they mean; long names stand above that."""
        super().write_dl(rows, min(col_max, self.width // 2 - 8), col_spacing)

    def getvalue(self) -> str:
        """Called by click with all of the help written."""
        lines = super().getvalue().split("\n")
        if self._fits is not None:
            lines = [fitted for line in lines for fitted in _fitted(line, self._fits)]
        return "\n".join(lines)


def _fitted(line: str, width: int) -> list[str]:
    """Return a line of help, with its second column below where it is too long."""
    if len(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip(" "))]
    first, *second = re.split(" {3,}", line.strip(), maxsplit=1)
    below = indent + " " * 4
    lines = wrapped(indent + first, width, indent=below)
    return lines + [
        fitted for text in second for fitted in wrapped(below + text, width, indent=below)
    ]
