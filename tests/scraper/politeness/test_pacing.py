"""What one crawl remembers of the pauses that its site asked for."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from scrapy.core.downloader import Slot

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


def test_a_pause_ends_by_the_clock_and_a_longer_one_goes_on(tmp_path):
    seconds = 100.0
    settings = crawl_settings(tmp_path / "news.db")
    pacing = replace(Pacing.of("suara", settings, None), clock=lambda: seconds)
    assert pacing.left() == 0
    pacing.pause(280, now=NOW)
    pacing.pause(5, now=NOW)
    for now, left in ((100.0, 280), (105.0, 275), (379.5, 0.5), (380.0, 0), (1000.0, 0)):
        seconds = now
        assert pacing.left() == left
    assert not pacing.over
    pacing.end(5, now=NOW)
    seconds = 1e9
    assert (pacing.over, pacing.left()) == (True, math.inf)


def test_a_delay_counts_from_the_end_of_a_response(tmp_path):
    seconds = 100.0
    settings = crawl_settings(tmp_path / "news.db")
    pacing = replace(Pacing.of("suara", settings, None), clock=lambda: seconds)
    slot = Slot(concurrency=1, delay=0.0)
    pacing.rest(slot)
    assert (slot.delay, slot.lastseen, pacing.left()) == (1.0, 100.0, 1.0)
    seconds = 100.75
    assert pacing.left() == 0.25
    pacing.pause(280, now=NOW)
    assert pacing.left() == 280
    seconds = 400.0
    assert pacing.left() == 0


@pytest.mark.parametrize(
    ("wishes", "delay"), [([], 1.0), ([0.2], 1.0), ([5, 2], 5.0), ([5, 99_999], 120.0)]
)
def test_the_longest_crawl_delay_of_all_hosts_holds_for_the_site(tmp_path, wishes, delay):
    pacing = Pacing.of("suara", crawl_settings(tmp_path / "news.db"), None)
    for number, wish in enumerate(wishes):
        pacing.obey(f"{number}.suara.com", wish)
    slot = Slot(concurrency=1, delay=0.0)
    pacing.apply(slot)
    assert slot.delay == delay


def test_each_overload_doubles_the_delay_between_requests(tmp_path):
    pacing = Pacing.of("suara", crawl_settings(tmp_path / "news.db"), None)
    slot = Slot(concurrency=1, delay=0.0)
    delays = []
    for status in (200, 503, 429, 404):
        pacing.note(status)
        pacing.apply(slot)
        delays.append(slot.delay)
    assert delays == [1.0, 2.0, 4.0, pytest.approx(4.0 * 0.98)]
    assert pacing.reason == "http_429"
