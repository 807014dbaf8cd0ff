"""The options that narrow what a command is about, the same for every one that has them."""

from datetime import datetime
from functools import wraps
from typing import Any

import click

from archive.search.filters import Filter
from scraper.cli import options
from scraper.cli.opening import chosen_sites


class WrongUsage(click.ClickException):
    """A query or a file's name that says nothing to the command: wrong usage, in one line."""

    exit_code = 2


sections = click.option(
    "--section", multiple=True, help="Only this section, in any case; may be repeated."
)
authors = click.option(
    "--author",
    multiple=True,
    help="Only this author; a part of the name is enough; may be repeated.",
)
since = click.option(
    "--since",
    type=options.SINCE_TIME,
    help="Published, or else first seen, since then; of a day, its start in UTC.",
)
until = click.option(
    "--until",
    type=options.UNTIL_TIME,
    help="Published, or else first seen, until then; of a day, its end in UTC.",
)
removed = click.option(
    "--removed/--no-removed", default=None, help="Only stories that their site took down, or none."
)


def filters(command: options.Decorated) -> options.Decorated:
    """Add `--site`, `--section`, `--author`, `--since`, `--until` and `--removed`, and call the
    command with the Filter `where`, whose sites are known to the archive, its first argument.
    """

    @wraps(command)
    def filtered(
        archive: Any,
        names: tuple[str, ...],
        section: tuple[str, ...],
        author: tuple[str, ...],
        since: datetime | None,
        until: datetime | None,
        removed: bool | None,
        **values: Any,
    ) -> Any:
        options.check_days(since, until)
        where = Filter(
            sites=chosen_sites(archive, names),
            sections=section,
            authors=author,
            since=since,
            until=until,
            removed=removed,
        )
        return command(archive, where=where, **values)

    found: Any = filtered
    for option in (removed, until, since, authors, sections, options.sites):
        found = option(found)
    return found  # type: ignore[no-any-return]
