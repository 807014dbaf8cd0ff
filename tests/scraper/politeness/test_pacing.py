"""What one crawl remembers of the pauses that its site asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scraper.crawling.process import crawl_settings
from scraper.politeness.pacing import Pacing

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [(280, 5), (5, 280), (280,)])
def test_a_shorter_pause_takes_nothing_from_a_longer_one(tmp_path, seconds):
    pacing = Pacing.of("suara", crawl_settings(tmp_path / "news.db"), None)
    for wish in seconds:
        pacing.pause(wish, now=NOW)
    assert pacing.quiet_until == NOW + timedelta(seconds=280)


def test_a_pause_of_long_ago_is_not_prolonged(tmp_path):
    pacing = Pacing.of("suara", crawl_settings(tmp_path / "news.db"), None)
    pacing.pause(5, now=NOW - timedelta(days=1))
    pacing.pause(5, now=NOW)
    assert pacing.quiet_until == NOW + timedelta(seconds=5)
