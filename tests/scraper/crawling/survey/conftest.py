"""`warta sites new` on the replay of an invented publisher, in a folder of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scraper.cli.demo.proxy import Answer, ReplayProxy
from scraper.sites.folders import folders
from scraper.sites.loader import publishers
from scraper.sites.site import Site
from tests.scraper.crawling.conftest import run

NOW = "2026-11-20T05:00:00+00:00"
FAST = ("-s", "DOWNLOAD_DELAY=0", "-s", f"NOW={NOW}", "-s", "DEMO=1")
Survey = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def survey(tmp_path: Path) -> Iterator[Survey]:
    """`warta sites new NAME URL`, through a proxy that has these answers; the profiles are in
    `sites/` below the folder of the test.
    """

    def start(
        answers: dict[str, Answer], name: str, url: str, *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        with ReplayProxy(answers) as proxy:
            start.requests = proxy.requests  # type: ignore[attr-defined]
            return run(proxy, "scraper", "sites", "new", name, url, *FAST, *arguments, cwd=tmp_path)

    yield start


def profile(folder: Path, name: str) -> Site:
    """The profile that was written, as warta loads it."""
    found = publishers({}, folders(folder, None))
    assert found.broken == ()
    return found.sites[name]
