"""Commands that are imported when they are used: `warta --help` and completion stay quick."""

from collections import UserDict
from importlib import import_module
from typing import Any

import click


class LazyCommands(UserDict[str, Any]):
    """Commands by name, given as (module in `scraper.cli`, line in the help of their group).

    A command has its own name in its module, or one with `_command` behind it.
    """

    def __getitem__(self, name: str) -> click.Command:
        if isinstance(self.data[name], tuple):
            room, line = self.data[name]
            module = import_module(f"scraper.cli.{room}")
            found = getattr(module, f"{name}_command", None) or getattr(module, name)
            self.data[name], found.short_help = found, line
        command: click.Command = self.data[name]
        return command
