"""`warta schedule systemd` and `cron`: files that start crawls with the machine."""

from pathlib import Path

import click

from archive.errors import ArchiveError
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.terminal import note
from scraper.schedule.timetable import Timetable
from scraper.schedule.units import (
    Deployment,
    crontab_lines,
    service,
    timers,
    variables_not_passed_on,
)
from scraper.sites.loader import sites


@click.command(short_help="Print or write systemd unit files.")
@click.option(
    "--timers",
    "with_timers",
    is_flag=True,
    help="Timers, each with a service that runs once, instead of one long-running service.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the files to this folder.",
)
@options.archive
def systemd(with_timers: bool, output: Path | None, path: Path) -> None:
    """Print systemd unit files, or write them with --output: one service that runs `warta schedule
    run`, or timers.

    They run as the current user. Variables like WARTA_SMTP_PASSWORD belong in /etc/warta.env.

    \b
    warta schedule systemd --output units && sudo cp units/* /etc/systemd/system
    sudo systemctl daemon-reload && sudo systemctl enable --now warta
    """
    known = configured()
    writable = [file.absolute() for file in [known.configuration.metrics.file] if file]
    place = Deployment.of(known, path)
    if warning := variables_not_passed_on(known):
        note(warning)
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
        why = error.strerror
        raise ArchiveError(f"{output}: the units cannot be written there ({why})") from error


@click.command(short_help="Print crontab lines.")
@options.archive
def cron(path: Path) -> None:
    """Print a crontab line for each site that is switched on, and one for alerts and metrics.

    cron does not make up for missed runs, and has no jitter; two crawls of one site still never run
    at once. Health is checked every `check_every` minutes where that divides an hour or a day, else
    a little less often, and at least once a day.

    \b
    (crontab -l; warta schedule cron) | crontab -
    """
    known = configured()
    if warning := variables_not_passed_on(known):
        note(warning)
    timetable = Timetable.of(known.configuration, list(sites()))
    for line in crontab_lines(Deployment.of(known, path), timetable):
        click.echo(line)
