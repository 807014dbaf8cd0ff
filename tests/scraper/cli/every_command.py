"""Every command of `warta`, found in its tree, with arguments that let it work: a new command is in
all the tables at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from scraper.cli.main import main

STARTS_CRAWLS = {"demo", "crawl", "doctor", "schedule run", "schedule once"}
"""They request pages, which needs a process of its own, or go on until they are stopped."""

_WORDS = {
    "show": "1",
    "corpus explain": "korpus 1",
    "help": "reading",
    "remove": "1 --reason diminta --yes",
    "extract": "halaman.html --url https://kabar.example/berita/1",
}
"""Arguments of commands for which their names and types do not say enough."""

_BY_NAME = {"url": "1", "reference": "1", "words": "beras", "site": "rmol"}
"""Name of an argument or required option -> a value that the archive of the tests has."""


def commands(group: click.Group = main, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield each command that runs, with its name after `warta`; groups that run by themselves,
    too.
    """
    for name, command in group.commands.items():
        path = f"{above} {name}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, path)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield path, command


EVERY_COMMAND = dict(commands())
"""Name, e.g. "corpus build" -> command."""

ON_AN_ARCHIVE = {
    name: command
    for name, command in EVERY_COMMAND.items()
    if any("--archive" in option.opts for option in command.params)
}


def words(name: str) -> list[str]:
    """Return what to write behind a command for it to work, without `--archive`."""
    if name in _WORDS:
        return _WORDS[name].split()
    found: list[str] = []
    for parameter in EVERY_COMMAND[name].params:
        if not parameter.required:
            continue
        if isinstance(parameter, click.Option):
            found.append(parameter.opts[0])
        found.append(_value(parameter))
    return found


def _value(parameter: click.Parameter) -> str:
    kind = parameter.type
    if isinstance(kind, click.Choice):
        return str(kind.choices[0])
    if isinstance(kind, click.Path):
        return "berkas.csv"
    if isinstance(kind, click.types.IntParamType):
        return "1"
    return _BY_NAME[str(parameter.name)]
