"""`warta metrics`: the archive in numbers, for Prometheus."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import click
from prometheus_client import generate_latest

from scraper.cli.defaults import configured
from scraper.cli.options import archive_option, opened
from scraper.monitoring.lookout import Lookout
from scraper.monitoring.metrics.serving import write_textfile
from scraper.schedule.timetable import Timetable
from scraper.sites.loader import sites


@click.command(short_help="Numbers for Prometheus; a dashboard for Grafana.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write them to this file, for node_exporter's textfile collector.",
)
@click.option(
    "--dashboard", is_flag=True, help="Print a dashboard for Grafana instead; import it there."
)
@archive_option
@click.pass_context
def metrics(context: click.Context, output: Path | None, dashboard: bool, path: Path) -> None:
    """The archive in numbers, in the text format of Prometheus; what is not well as `warta health`
    has it.

    \b
    warta metrics --output /var/lib/node_exporter/warta.prom
    warta metrics --dashboard > warta.json
    """
    if dashboard:
        text = files("scraper.monitoring.metrics").joinpath("warta.json").read_text("utf-8")
        if output is None:
            click.echo(text, nl=False)
            return
        raise click.UsageError("--dashboard goes to stdout; --output is for the metrics")
    with opened(path):
        pass  # says in one line what is wrong with it
    configuration = configured(context).configuration
    collected = Lookout(
        configuration, path, Timetable.of(configuration, list(sites())), lambda: datetime.now(UTC)
    ).metrics
    if output is not None:
        write_textfile(output, collected)
    else:
        sys.stdout.write(generate_latest(collected).decode())
