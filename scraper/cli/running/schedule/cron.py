"""`warta schedule cron`: crontab lines."""

from __future__ import annotations

from pathlib import Path

import click

from scraper.cli.defaults import config_option, configured
from scraper.cli.options import archive_option
from scraper.schedule.timetable import Timetable
from scraper.schedule.units import Deployment, crontab_lines, variables_not_passed_on
from scraper.sites.loader import sites


@click.command(short_help="Lines for a crontab.")
@archive_option
@config_option
@click.pass_context
def cron(context: click.Context, path: Path) -> None:
    """Print a crontab line for each site that is switched on, and one for alerts and metrics.

    cron makes up for no missed run, and knows no jitter; two crawls of one site never run at once
    all the same. It looks at health as often as `check_every` says where that divides an hour or a
    day, else a little less often, and once a day at least.

    \b
    (crontab -l; warta schedule cron) | crontab -
    """
    known = configured(context)
    if lent := variables_not_passed_on(known):
        click.echo(lent, err=True)
    for line in crontab_lines(
        Deployment.of(known, path), Timetable.of(known.configuration, list(sites()))
    ):
        click.echo(line)
