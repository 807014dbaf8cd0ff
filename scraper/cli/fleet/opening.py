"""The fleet of a command: its configuration, its database and its store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from scraper.cli.defaults import configured
from scraper.cli.rendering.terminal import needs_extra

if TYPE_CHECKING:
    from scraper.configuration import Configuration
    from scraper.fleet.database import Database
    from scraper.fleet.records import Store
    from scraper.fleet.store import Replicas


def fleet_configuration() -> Configuration:
    """Return the configuration; raises click.UsageError where it names no fleet."""
    configuration = configured().configuration
    if not configuration.fleet.is_configured:
        raise click.UsageError(
            "no fleet is configured: set `dsn` or `dsn_file` of [fleet] in warta.toml, or the "
            "variable WARTA_FLEET_DSN"
        )
    return configuration


@contextmanager
def fleet_database(configuration: Configuration, purpose: str) -> Iterator[Database]:
    """Yield the database, which is not checked yet. Raises FleetError, PackageMissing."""
    with needs_extra("fleet"):
        from scraper.fleet.database import Database
    with Database.of(configuration.fleet, purpose=purpose) as database:
        yield database


def fleet_store(configuration: Configuration) -> Replicas:
    """Return the store; raises click.UsageError where none is configured, and FleetError."""
    with needs_extra("fleet"):
        from scraper.fleet.store import open_store
    if configuration.fleet.store is None:
        raise click.UsageError("no store is configured: set `store` of [fleet] in warta.toml")
    return open_store(configuration.fleet.store)


def check_same_fleet(store: Store, fleet: str) -> None:
    """Raise FleetError unless the store belongs to the fleet of the database."""
    from scraper.fleet.records import FleetError

    known = store.identity()
    if known is None:
        raise FleetError(
            "the store belongs to no fleet: is it mounted? `warta fleet init` makes it this one's"
        )
    if known != fleet:
        raise FleetError(
            "the store belongs to another fleet than the database: two fleets cannot share either"
        )
