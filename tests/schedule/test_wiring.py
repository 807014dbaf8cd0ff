"""Alerts hung on the schedule: nothing is told of a schedule that only begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import Archive
from scraper.configuration import Configuration
from scraper.schedule.runs import Result
from scraper.schedule.timetable import Timetable
from scraper.schedule.wiring import wired
from tests.alerts.receivers import Receiver
from tests.schedule.looking import metrics

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


def test_the_metrics_file_tells_of_every_crawl_that_ended_however_close_together(news: Path, tmp_path: Path) -> None:
    file = tmp_path / "warta.prom"
    configuration = Configuration.model_validate({"metrics": {"file": str(file)}, "health": {"disk_free_mb": 0}})
    with Archive(news) as archive:
        (after,) = wired(configuration, news, Timetable.of(configuration, ["rmol", "suara"]), lambda: NOW).after
        for site in ("rmol", "suara"):
            crawl = archive.begin_crawl(site, now=NOW, version="0", arguments={})
            archive.end_crawl(crawl, now=NOW, counts={}, received=0, reason="finished")
            after(site, Result(site=site, started_at=NOW, ended_at=NOW, exit_code=0), NOW)
            assert metrics(file)["warta_crawls_total"]["finished", site] == 1
