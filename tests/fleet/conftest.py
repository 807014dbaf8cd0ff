"""PostgreSQL for the tests of a fleet: one server a process of tests, a new database a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fleet import servers


@pytest.fixture(scope="session")
def postgresql() -> Iterator[servers.Server]:
    servers.skip_without_postgresql()
    with servers.running() as server:
        yield server


@pytest.fixture
def database(postgresql: servers.Server) -> Iterator[str]:
    """The name of an empty database."""
    with postgresql.database() as name:
        yield name


@pytest.fixture
def dsn(postgresql: servers.Server, database: str) -> str:
    """The address of an empty database."""
    return postgresql.dsn(database)
