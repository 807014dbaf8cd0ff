"""`warta fleet worker`: the long-running process that crawls for a fleet."""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.fleet.opening import (
    check_same_fleet,
    fleet_configuration,
    fleet_database,
    fleet_store,
)
from scraper.configuration import Configuration
from scraper.politeness.locks import locks_folder

if TYPE_CHECKING:
    from scraper.fleet.store import Replicas
    from scraper.fleet.worker import FleetWorker, Hooks
    from scraper.schedule.timetable import Timetable


def _now() -> datetime:
    return datetime.now(UTC)


folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of this machine's archives; default: [fleet] folder, else `fleet` beside the "
    "archive.",
)


@click.command()
@folder_option
@click.option("--name", help="Name of this worker; default: [fleet] name, else the host's name.")
@options.scrapy_settings
def worker(folder: Path | None, name: str | None, overrides: tuple[str, ...]) -> None:
    """Crawl the sites of a fleet that are due, each in its own process, until SIGTERM or Ctrl-C, or
    until the worker is drained.

    Every worker of a fleet has the same sites and schedules in its configuration. A site is crawled
    by one at a time; its archive is fetched from the store before, and pushed after a crawl. The
    log is on stderr, one JSON object per line. If the database does not answer, crawls go on until
    their leases end ([fleet] lease), wait for it, and resume; none begins.

    It needs at most 6 connections to the database, and one for each crawl that runs.
    """
    configuration = fleet_configuration()
    fleet = configuration.fleet
    name = _checked_name(name or fleet.name or socket.gethostname().partition(".")[0])
    store = fleet_store(configuration)
    with fleet_database(configuration, "start") as database:
        from scraper.fleet.schema import check

        check_same_fleet(store, check(database))
    place = (folder or configuration.fleet_folder).absolute()
    _make(place)
    _run(configuration, place, name, overrides, store)


def _checked_name(name: str) -> str:
    from pydantic import ValidationError

    from scraper.configuration import Fleet

    try:
        Fleet.model_validate({"name": name})
    except ValidationError as error:
        why = error.errors(include_url=False)[0]["ctx"]["error"]
        raise click.UsageError(f"--name: {why}") from None
    return name


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        locks_folder()
    except OSError as error:
        raise click.ClickException(
            f"{folder}: the folder cannot be made ({error.strerror})"
        ) from error


def _run(
    configuration: Configuration,
    folder: Path,
    name: str,
    overrides: tuple[str, ...],
    store: Replicas,
) -> None:
    from scraper.fleet.leases import WORKER
    from scraper.fleet.worker import FleetOrder, FleetWorker
    from scraper.schedule.processes import CrawlProcesses
    from scraper.schedule.timetable import Timetable

    timetable, keys = Timetable.of(configuration), configuration.schedule
    if not timetable.rhythms:
        raise click.UsageError("every site is switched off in the configuration")
    environment = {**os.environ, WORKER: name}
    processes = CrawlProcesses(_now, environment, longest=keys.longest * 60, grace=keys.grace)
    order = FleetOrder.of(configured(), folder / "none.db", settings=overrides)
    pushes = CrawlProcesses(_now, environment, grace=keys.grace)
    fleet = FleetWorker(
        configuration.fleet,
        name,
        timetable,
        order,
        processes,
        pushes,
        hooks=_hooks(configuration, timetable, name, store),
    )
    started = {"worker": name, "folder": str(folder), "sites": sorted(timetable.rhythms)}
    _work(fleet, started)


def _hooks(configuration: Configuration, timetable: Timetable, name: str, store: Replicas) -> Hooks:
    """Return what a worker does beside crawls: it watches the fleet, and exposes its metrics."""
    from scraper.fleet.monitoring.lookout import FleetLookout
    from scraper.fleet.monitoring.metrics import Exposed
    from scraper.fleet.worker import Hooks

    lookout = FleetLookout(configuration, timetable, worker=name, notes=store.objects, clock=_now)
    metrics = Exposed(configuration, timetable)
    return Hooks(check=[lookout.check, metrics.write], close=[lookout.close, metrics.close])


def _work(fleet: FleetWorker, started: dict[str, Any]) -> None:
    """Work until a signal; `started` is logged."""
    from scraper.fleet.worker import logger, silence_libraries
    from scraper.schedule.daemon import json_log, stop_signal

    with json_log(), stop_signal() as wait:
        silence_libraries()
        fleet.begin()
        logger.info("started", extra={**started, "pid": os.getpid()})
        try:
            wait()
        finally:
            logger.info("stopping", extra={"under_way": fleet.under_way})
            ended = fleet.stop()
            logger.info("stopped")
        if not ended:  # something waits for a server that does not answer: do not wait with it
            sys.stderr.flush()
            os._exit(1 if fleet.failed else 0)
    if fleet.failed:
        raise SystemExit(1)
