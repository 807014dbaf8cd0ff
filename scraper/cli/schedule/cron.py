"""`warta schedule cron`: crontab lines that start crawls."""

from pathlib import Path

import click

from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.terminal import note, say
from scraper.schedule.timetable import Timetable
from scraper.schedule.units import Deployment, crontab_lines, variables_not_passed_on


@click.command()
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
    timetable = Timetable.of(known.configuration)
    for line in crontab_lines(Deployment.of(known, path), timetable):
        say(line)
