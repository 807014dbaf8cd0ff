"""Commands that are imported when they are used: `warta --help` and completion stay quick."""

from collections import UserDict
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

_FIRST = ("--site", "--section", "--author", "--since", "--until")
_LAST = ("--limit", "--jobs", "--as-of", "--csv", "--json", "--archive", "--config")


class LazyCommands(UserDict[str, Any]):
    """Commands by name, given as (module in `scraper.cli`, line in the help of their group).

    A command has its own name in its module, or one with `_command` behind it.
    """

    def __init__(self, found: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(found)
        self.lines = {name: line for name, (_module, line) in found.items()}
        """Name -> line in the help of the group."""

    def __getitem__(self, name: str) -> click.Command:
        if isinstance(self.data[name], tuple):
            room, line = self.data[name]
            module = import_module(f"scraper.cli.{room}")
            found = getattr(module, f"{name}_command", None) or getattr(module, name)
            found.short_help = line
            _arrange(found)
            self.data[name] = found
        command: click.Command = self.data[name]
        return command


class LazyGroup(click.Group):
    """A group whose commands are offered to a shell without importing them, where they are lazy."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Called by click."""
        if not isinstance(self.commands, LazyCommands):
            return super().shell_complete(ctx, incomplete)
        offered = [
            CompletionItem(name, help=line)
            for name, line in self.commands.lines.items()
            if name.startswith(incomplete)
        ]
        return offered + click.Command.shell_complete(self, ctx, incomplete)


def _arrange(command: click.Command) -> None:
    """Put the options that commands share at the same places in each help: what they narrow down
    first, then those of the command, then what they are read from and written as.
    """
    command.params.sort(key=_place)
    for option in command.params:
        if isinstance(option, click.Option) and isinstance(option.type, click.IntRange):
            option.metavar = option.metavar or "N"
    if isinstance(command, click.Group) and not isinstance(command.commands, LazyCommands):
        for each in command.commands.values():
            _arrange(each)


def _place(parameter: click.Parameter) -> int:
    name = parameter.opts[-1]
    if name in _FIRST:
        return _FIRST.index(name) - len(_FIRST)
    return _LAST.index(name) + 1 if name in _LAST else 0
