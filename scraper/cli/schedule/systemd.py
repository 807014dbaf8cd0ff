"""`warta schedule systemd`: unit files that start crawls with the machine."""

from collections.abc import Mapping
from pathlib import Path

import click

from archive.errors import ArchiveError
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.opening import check_archive
from scraper.cli.rendering.terminal import note, say
from scraper.schedule.timetable import Timetable
from scraper.schedule.units import Deployment, service, timers, variables_not_passed_on

output_folder = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the files to this folder.",
)


@click.command()
@click.option(
    "--timers",
    "with_timers",
    is_flag=True,
    help="Timers, each with a service that runs once, instead of one long-running service.",
)
@output_folder
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
    check_archive(path)
    writable = [file.absolute() for file in [known.configuration.metrics.file] if file]
    place = Deployment.of(known, path)
    if warning := variables_not_passed_on(known):
        note(warning)
    timetable = Timetable.of(known.configuration)
    units = timers(place, timetable, writable) if with_timers else service(place, writable)
    show_units(units, output)


def show_units(units: Mapping[str, str], output: Path | None) -> None:
    """Print units, or write them to a folder; raises ArchiveError where that cannot be done."""
    if output is None:
        click.echo("\n".join(f"# {name}\n{text}" for name, text in units.items()), nl=False)
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in units.items():
            (output / name).write_text(text, "utf-8")
            say(str(output / name))
    except OSError as error:
        why = error.strerror
        raise ArchiveError(f"{output}: the units cannot be written there ({why})") from error
