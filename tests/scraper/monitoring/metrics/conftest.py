"""A real archive with two sites, crawls and alerts, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from archive import Archive
from scraper.monitoring.metrics.collecting import ArchiveCollector
from tests.archive.invented import DAY, HOUR, NOW, announce, keep, link, story

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """What Prometheus' own parser reads."""
    found = [each for family in text_string_to_metric_families(text) for each in family.samples]
    read = {(each.name, tuple(sorted(each.labels.items()))): float(each.value) for each in found}
    assert len(read) == len(found), "a sample stands there twice"
    return read


class Now:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOW + DAY

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
def metrics(path: Path, clock: Now) -> CollectorRegistry:
    return ArchiveCollector(path, clock=clock).registry


@pytest.fixture
def scrape(metrics: CollectorRegistry, clock: Now) -> Callable[[], Samples]:
    """Samples of an hour later than before, so that nothing comes from a cache."""

    def collect() -> Samples:
        clock.now += HOUR
        return samples(generate_latest(metrics).decode())

    return collect


def crawled(
    archive: Archive,
    site: str,
    *,
    at: datetime = NOW,
    reason: str | None = "finished",
    **counts: int,
) -> None:
    """A crawl of ninety seconds; without a reason it runs on, or was killed."""
    with archive.transaction(at):
        number = archive.crawls.begin(site, version="0.1.0", arguments={})
    if reason is not None:
        with archive.transaction(at + HOUR / 40):
            archive.crawls.end(number, counts=counts, received=1234, reason=reason)


def fill(archive: Archive) -> None:
    """Two stories of kabar, one of warta, one address waiting, and a crawl each."""
    keep(archive, story(1))
    keep(archive, story(2))
    keep(archive, story(1, headline="Pasar Tanjung Sepi"))
    keep(archive, story(1, site="pagi"))
    announce(archive, link(9))
    crawled(archive, "kabar", announced=4, asked=3, kept=2, failed=1, **{"failed/timeout": 1})
    crawled(archive, "pagi", reason="archive_failed")
