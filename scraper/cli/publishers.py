"""Says which publishers cannot be crawled, because their profiles are broken."""

from collections.abc import Iterable

import click

from archive.printable import in_line


def note_broken() -> bool:
    """Say on stderr what is wrong with each broken profile; return whether there is any."""
    from scraper.cli.rendering.terminal import note
    from scraper.spiders import publishers

    broken = publishers().broken
    for each in broken:
        note(in_line(str(each)))
    return bool(broken)


def refuse_broken(names: Iterable[str]) -> None:
    """Raise ClickException for a site whose profile is broken, with what is wrong with it."""
    from scraper.spiders import publishers

    known = publishers()
    wrong = [each for name in names for each in known.broken if each.name == name]
    if wrong := [each for each in wrong if each.name not in known.sites]:
        lines = "\n".join(f"{each.name} cannot be used: {in_line(str(each))}" for each in wrong)
        raise click.ClickException(lines)
