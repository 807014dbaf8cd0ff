"""Every command of `warta`, found in its tree, with arguments that let it work: a new command is in
all the tables at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from scraper.cli.main import main

SERVES = {"serve"}
"""They go on until they are stopped: tests/scraper/web/test_serve_command.py."""
STARTS_CRAWLS = {
    *("demo", "crawl", "doctor", "sites new", "schedule run", "schedule once"),
    *("fleet crawl", "fleet worker"),
    *SERVES,
}
"""They request pages, which needs a process of its own, or go on until they are stopped."""

_MORE = {
    "corpus build": "--plan --opted-out keep",
    "fleet orphans": "--yes",
    "extract": "halaman.html --url https://kabar.example/berita/1",
    "help": "reading",
    "remove": "--yes",
    "restore": "--yes",
}
"""What commands need beside their required arguments and options."""

_BY_NAME = {
    "whole": "semua.db",
    "archives": "cadangan.db",
    "words": "beras",
    "site": "rmol",
    "files": "berkas.csv",
    "backup": "cadangan.db",
    "file": "artikel.csv",
    "out": "halaman.warc.gz",
    "tables": "tabel",
    "folder": "korpus",
    "old": "korpus",
    "new": "korpus",
    "name": "kabar",
    "home": "https://kabar.example/",
}
"""Name of an argument or required option -> a value with which the command works; "1" is that of a
story and of a number.
"""


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


def groups(group: click.Group = main, above: str = "") -> Iterator[str]:
    """Yield the name of each group after `warta`; that of `warta` itself is empty."""
    yield above
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from groups(command, f"{above} {name}".strip())


EVERY_COMMAND = dict(commands())
"""Name, e.g. "corpus build" -> command."""

ON_AN_ARCHIVE = {
    name: command
    for name, command in EVERY_COMMAND.items()
    if any("--archive" in option.opts for option in command.params)
}


def words(name: str, changed: click.Parameter | None = None, value: str = "") -> list[str]:
    """Return what to write behind a command for it to work, without `--archive`; `value` is given
    for the `changed` argument or option.
    """
    given = {each: _value(each) for each in EVERY_COMMAND[name].params if each.required}
    if changed is not None:
        given[changed] = value
    found = list(_MORE.get(name, "").split())
    for parameter, text in given.items():
        found += [text] if isinstance(parameter, click.Argument) else [parameter.opts[-1], text]
    return found


def _value(parameter: click.Parameter) -> str:
    if isinstance(parameter.type, click.Choice):
        return str(parameter.type.choices[0])
    name = str(parameter.name)
    usual = f"{name}.csv" if isinstance(parameter.type, click.Path) else "1"
    return _BY_NAME.get(name, usual)
