"""`warta schedule systemd`: unit files."""

from __future__ import annotations

from pathlib import Path

import click

from archive.errors import ArchiveError
from archive.options import archive_option
from scraper.configuration import Loaded
from scraper.configured import config_option, configured
from scraper.locks import locks_folder
from scraper.profiles import sites
from scraper.schedule.timetable import Timetable
from scraper.schedule.units import Place, service, timers


@click.command(short_help="Unit files for systemd.")
@click.option("--timers", "with_timers", is_flag=True, help="A timer a site and a service that crawls once, instead of one long service.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write the files to this folder.")
@archive_option
@config_option
@click.pass_context
def systemd(context: click.Context, with_timers: bool, output: Path | None, path: Path) -> None:
    """Print unit files for systemd, or write them with --output: one service that runs `warta schedule run`, or timers.

    They run as the user who asks for them. Variables like WARTA_SMTP_PASSWORD belong into /etc/warta.env.

    \b
    warta schedule systemd --output units && sudo cp units/* /etc/systemd/system
    sudo systemctl daemon-reload && sudo systemctl enable --now warta
    """
    known = configured(context)
    writable = [file.absolute()] if (file := known.configuration.metrics.file) else []
    place = place_of(known, path)
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
        raise ArchiveError(f"{output}: the units cannot be written there ({error.strerror})") from error


def place_of(known: Loaded, path: Path) -> Place:
    """Where units and crontab lines run what is configured here."""
    config = known.file.absolute() if known.file is not None else None
    lent = sorted({origin for key, origin in known.origins.items() if origin.startswith("WARTA_") and key != ("archive",)})
    if lent:
        click.echo(f"Set here by a variable, which what is started later will not know: {', '.join(lent)}", err=True)
    return Place(archive=path.absolute(), config=config, grace=known.configuration.schedule.grace, locks=locks_folder())
