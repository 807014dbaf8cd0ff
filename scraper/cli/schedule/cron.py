"""`warta schedule cron`: crontab lines that start crawls."""

from pathlib import Path

import click
from platformdirs import user_log_path

from archive.errors import ArchiveError
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.opening import check_archive
from scraper.cli.rendering.terminal import note, say
from scraper.schedule.timetable import Timetable
from scraper.schedule.units import Deployment, check_name, crontab_lines, variables_not_passed_on


@click.command()
@click.option(
    "--log",
    "logs",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder for the log, a file per month; default: that of the user's logs.",
)
@options.archive
def cron(logs: Path | None, path: Path) -> None:
    """Print a crontab line for each site that is switched on, and one for alerts and metrics.

    What they print goes to a file per month, DIR/warta-2026-11.log; delete old ones as you like.

    cron does not make up for missed runs, and has no jitter; two crawls of one site still never run
    at once. Health is checked every `check_every` minutes where that divides an hour or a day, else
    a little less often, and at least once a day.

    \b
    (crontab -l; warta schedule cron) | crontab -
    """
    known = configured()
    check_archive(path)
    if warning := variables_not_passed_on(known):
        note(warning)
    timetable = Timetable.of(known.configuration)
    place = Deployment.of(known, path)
    for line in crontab_lines(place, timetable, _made(logs or user_log_path("warta"))):
        say(line)


def _made(folder: Path) -> Path:
    """Make the folder of the log: without it the shell that cron starts would run nothing."""
    check_name(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror
        raise ArchiveError(f"{folder}: the folder for the log cannot be created ({why})") from error
    return folder.absolute()
