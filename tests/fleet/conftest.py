"""PostgreSQL and stores for the tests of a fleet: one server a process of tests, each test a new
database, and an empty folder or bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fleet import servers, stores

if TYPE_CHECKING:
    from scraper.fleet.store import Replicas


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


@pytest.fixture(scope="session")
def buckets() -> Iterator[Callable[[], str]]:
    """Gives the address of an empty bucket on loopback at each call."""
    with stores.object_store() as bucket:
        yield bucket


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Replicas:
    """An empty store of a fleet: a folder, or an object store that can neither rename nor lock."""
    if request.param == "s3":
        return stores.claimed(request.getfixturevalue("buckets")())
    (tmp_path / "store").mkdir()
    return stores.claimed(str(tmp_path / "store"))
