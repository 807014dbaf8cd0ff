"""`warta schedule systemd`: unit files."""

from __future__ import annotations

from pathlib import Path

import click

from archive.errors import ArchiveError
from scraper.cli.defaults import config_option, configured
from scraper.cli.options import archive_option
from scraper.schedule.timetable import Timetable
from scraper.schedule.units import Deployment, service, timers, variables_not_passed_on
from scraper.sites.loader import sites


@click.command(short_help="Unit files for systemd.")
@click.option(
    "--timers",
    "with_timers",
    is_flag=True,
    help="Timers, and services that crawl or look once, instead of one long service.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the files to this folder.",
)
@archive_option
@config_option
@click.pass_context
def systemd(context: click.Context, with_timers: bool, output: Path | None, path: Path) -> None:
    """Print unit files for systemd, or write them with --output: one service that runs `warta
    schedule run`, or timers.

    They run as the user who asks for them. Variables like WARTA_SMTP_PASSWORD belong into
    /etc/warta.env.

    \b
    warta schedule systemd --output units && sudo cp units/* /etc/systemd/system
    sudo systemctl daemon-reload && sudo systemctl enable --now warta
    """
    known = configured(context)
    writable = [file.absolute()] if (file := known.configuration.metrics.file) else []
    place, lent = Deployment.of(known, path), variables_not_passed_on(known)
    if lent:
        click.echo(lent, err=True)
    timetable = Timetable.of(known.configuration, list(sites()))
    units = timers(place, timetable, writable) if with_timers else service(place, writable)
    if output is None:
        click.echo("\n".join(f"# {name}\n{text}" for name, text in units.items()), nl=False)
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in units.items():
            (output / name).write_text(text, "utf-8")
            click.echo(str(output / name))
    except OSError as error:
        raise ArchiveError(
            f"{output}: the units cannot be written there ({error.strerror})"
        ) from error
