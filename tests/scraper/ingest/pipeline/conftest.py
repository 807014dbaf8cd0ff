from __future__ import annotations

from collections.abc import Iterator

import pytest

from scraper.ingest.pipeline import streams
from scraper.sites.folders import adopt
from tests.scraper.ingest.pipeline.server import Files, serving


@pytest.fixture(autouse=True)
def publishers_of_the_environment() -> Iterator[None]:
    """A task takes those of its job, in this process as on other machines."""
    yield
    adopt(None)


@pytest.fixture
def server() -> Iterator[Files]:
    with serving() as files:
        yield files


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "is_private", lambda _host: False)
    monkeypatch.setattr(streams.time, "sleep", lambda _seconds: None)
