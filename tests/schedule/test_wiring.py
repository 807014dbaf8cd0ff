"""Alerts hung on the schedule: nothing is told of a schedule that only begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import Archive
from scraper.configuration import Configuration
from scraper.schedule.timetable import Timetable
from scraper.schedule.wiring import wired
from tests.alerts.receivers import Receiver

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def test_a_schedule_that_begins_with_an_empty_archive_tells_nobody_of_silence(news: Path) -> None:
    Archive(news).close()
    with Receiver() as receiver:
        text = {"alerts": {"webhook": receiver.url}, "schedule": {"rhythm": "17 */2 * * *"}, "health": {"disk_free_mb": 0}}
        configuration = Configuration.model_validate(text)
        (check,) = wired(configuration, news, Timetable.of(configuration, ["rmol", "suara"]), lambda: NOW).check
        check(NOW)
        assert receiver.told == []
        check(NOW + timedelta(hours=5))
        assert receiver.told == [("began", "no_crawl", "rmol"), ("began", "no_crawl", "suara")]
