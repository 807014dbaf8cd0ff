"""`warta metrics`: metrics for Prometheus."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import click
from prometheus_client import CollectorRegistry, generate_latest

from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.fleet.archives import exit_if_unread, fleet_cache
from scraper.cli.opening import opened
from scraper.cli.rendering.terminal import note
from scraper.monitoring.lookout import Lookout
from scraper.monitoring.metrics.serving import write_textfile
from scraper.monitoring.thresholds import limits
from scraper.schedule.timetable import Timetable


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write to this file, for node_exporter's textfile collector.",
)
@click.option("--dashboard", is_flag=True, help="Print a Grafana dashboard to import, instead.")
@options.archive
def metrics(output: Path | None, dashboard: bool, path: Path) -> None:
    """Export metrics of the archive, or of those in the store of a fleet, in Prometheus' text
    format, with the incidents of `warta health`. Exit status 1 if a site in the store cannot be
    read; those of all others are exported.

    \b
    warta metrics --output /var/lib/node_exporter/warta.prom
    warta metrics --dashboard > warta.json
    """
    if dashboard and output is not None:
        raise click.UsageError("--dashboard is written to stdout; --output is for the metrics")
    if dashboard:
        text = files("scraper.monitoring.metrics").joinpath("warta.json").read_text("utf-8")
        click.echo(text, nl=False)
        return
    if (cache := fleet_cache()) is not None:
        with cache.refreshed(note=note) as copies:
            found = {copy.site: copy.path for copy in copies}
            _write(_of_fleet(found, is_complete=not cache.unread), output)
        exit_if_unread(cache)
    else:
        _write(_of_archive(path), output)


def _write(collected: CollectorRegistry, output: Path | None) -> None:
    if output is not None:
        write_textfile(output, collected)
    else:
        sys.stdout.write(generate_latest(collected).decode())


def _of_fleet(archives: Mapping[str, Path], *, is_complete: bool) -> CollectorRegistry:
    """Return the metrics of a fleet, which are read from its archives when they are written."""
    from scraper.fleet.store.reading import FleetCollector

    configuration, now = configured().configuration, datetime.now(UTC)
    timetable = Timetable.of(configuration)
    thresholds = limits(configuration, timetable, now)
    registry = FleetCollector(
        archives, clock=lambda: datetime.now(UTC), limits=thresholds, is_complete=is_complete
    ).registry
    if configuration.fleet.is_configured:
        from scraper.fleet.monitoring.metrics import DatabaseCollector

        registry.register(DatabaseCollector(configuration, timetable))
    return registry


def _of_archive(path: Path) -> CollectorRegistry:
    """Return the metrics of an archive. Raises an ArchiveError."""
    with opened(path):
        pass  # raises where it is unusable
    configuration = configured().configuration
    timetable = Timetable.of(configuration)
    return Lookout(configuration, path, timetable, lambda: datetime.now(UTC)).metrics
