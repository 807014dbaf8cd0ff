"""Alerts hung on the schedule: nothing is notified of a schedule that only begins."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from archive import Archive
from archive.monitoring.incidents import Incident
from scraper.configuration import Configuration
from scraper.monitoring.lookout import Lookout, hooks_of
from scraper.politeness.locks import writer_lock
from scraper.schedule.processes import Result
from scraper.schedule.timetable import Timetable
from tests.scraper.monitoring.alerts.receivers import Receiver
from tests.scraper.monitoring.looking import metrics
from tests.waiting import until

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_schedule_that_begins_with_an_empty_archive_tells_nobody_of_silence(news: Path) -> None:
    Archive(news).close()
    with Receiver() as receiver:
        text = {
            "alerts": {"webhook": receiver.url},
            "schedule": {"rhythm": "17 */2 * * *"},
            "health": {"disk_free_gb": 0.0},
        }
        configuration = Configuration.model_validate(text)
        (check,) = hooks_of(
            configuration, news, Timetable.of(configuration, ["rmol", "suara"]), lambda: NOW
        ).check
        check(NOW)
        assert receiver.received == []
        check(NOW + timedelta(hours=5))
        assert receiver.received == [("began", "no_crawl", "rmol"), ("began", "no_crawl", "suara")]


def lookout(news: Path, receiver: Receiver, **given: object) -> Lookout:
    text = {
        "alerts": {"webhook": receiver.url},
        "health": {"disk_free_gb": 0.0},
        "metrics": given.pop("metrics", {}),
    }
    configuration = Configuration.model_validate(text)
    return Lookout(configuration, news, Timetable.of(configuration, ["rmol"]), lambda: NOW, **given)  # type: ignore[arg-type]


def failed(said: str) -> Result:
    return Result(site="rmol", started_at=NOW, ended_at=NOW + MINUTE, exit_code=2, stderr=said)


def test_a_site_that_is_overdue_is_not_silent_while_its_crawl_begins(news: Path) -> None:
    with Archive(news) as archive:
        with archive.transaction(NOW - timedelta(days=9)):
            crawl = archive.crawls.begin("rmol", version="0", arguments={})
        with archive.transaction(NOW - timedelta(days=9)):
            archive.crawls.end(crawl, counts={}, received=0, reason="finished")
    with Receiver() as receiver:
        lookout(news, receiver, under_way=lambda: {"rmol"}).look(NOW)
        assert receiver.received == []
        lookout(news, receiver).look(NOW)
        assert receiver.received == [("began", "no_crawl", "rmol")]


def test_a_crawl_that_fails_before_it_reaches_the_archive_is_reported_until_one_does(
    news: Path,
) -> None:
    Archive(news).close()
    with Receiver() as receiver:
        watch = lookout(news, receiver)
        watch.after_crawl(
            "rmol", failed("Peringatan\nError: warta.toml: kunci yang salah"), NOW + MINUTE
        )
        watch.look(NOW + 2 * MINUTE)
        assert receiver.received == [("began", "crawl_failed", "rmol")]
        assert receiver.bodies[0]["why"].endswith(
            "failed before it reached the archive: Error: warta.toml: kunci yang salah"
        )
        with Archive(news) as archive:
            with archive.transaction(NOW + 3 * MINUTE):
                crawl = archive.crawls.begin("rmol", version="0", arguments={})
            with archive.transaction(NOW + 4 * MINUTE):
                archive.crawls.end(crawl, counts={}, received=0, reason="finished")
        watch.look(NOW + 5 * MINUTE)
        assert receiver.received[1:] == [("ended", "crawl_failed", "rmol")]


def test_what_an_earlier_look_saw_is_never_noted_after_a_later_one(
    news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two crawls end at once: the look that began before the second one failed would end its
    incident as soon as it began.
    """
    Archive(news).close()
    first_looks, second_looks = Event(), Event()

    def incidents(*_reader: object, now: datetime, **_given: object) -> list[Incident]:
        if now == NOW:
            first_looks.set()
            assert not second_looks.wait(0.3), (
                "a second look began while the first one was under way"
            )
            return []
        second_looks.set()
        return [Incident(kind="crawl_failed", site="rmol", since=NOW, why="terhenti")]

    monkeypatch.setattr("scraper.monitoring.lookout.incidents", incidents)
    with Receiver() as receiver:
        watch = lookout(news, receiver)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(watch.look, NOW)
            assert first_looks.wait(300)
            assert watch.look(NOW + MINUTE).problem is None
            assert first.result().problem is None
        assert receiver.received == [("began", "crawl_failed", "rmol")]


def test_an_archive_that_cannot_be_opened_is_reported_once(
    news: Path, caplog: pytest.LogCaptureFixture
) -> None:
    news.write_text("bukan arsip")
    with Receiver() as receiver:
        watch = lookout(news, receiver)
        watch.after_crawl("rmol", failed("Error: bukan arsip"), NOW)
        watch.look(NOW + MINUTE)
        assert receiver.received == [("began", "archive_unwritable", None)]
        assert str(news) in receiver.bodies[0]["why"]
        news.unlink()
        assert (
            watch.look(NOW + 2 * MINUTE).problem
            == f"{news}: there is no archive here; `warta crawl --archive {news}` makes one"
        )
        assert not news.exists()
        Archive(news).close()
        watch.look(NOW + 3 * MINUTE)
        assert [each for each in receiver.received if each[2] is None] == [
            ("began", "archive_unwritable", None),
            ("ended", "archive_unwritable", None),
        ]
    assert [
        record.getMessage() for record in caplog.records if record.name == "warta.schedule"
    ] == ["health check failed"]


def test_a_target_that_hangs_holds_up_no_other_look(news: Path) -> None:
    Archive(news).close()
    with Receiver() as receiver:
        receiver.trouble = "hang"
        watch = lookout(news, receiver)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(watch.after_crawl, "rmol", failed("Error: rusak"), NOW)
            until(lambda: receiver.asked == 1)
            assert watch.look(NOW + MINUTE / 60).problem is None
            assert not first.done()
            receiver.closing.set()


def test_a_crawl_that_was_killed_is_found_at_the_next_look_once_nobody_crawls_the_site(
    news: Path,
) -> None:
    with Archive(news) as archive, archive.transaction(NOW):
        archive.crawls.begin("rmol", version="0", arguments={})
    with Receiver() as receiver:
        with writer_lock(news, "rmol"):
            process = (
                "from scraper.politeness.locks import writer_lock; import sys, pathlib;"
                " writer_lock(pathlib.Path(sys.argv[1]), 'rmol')"
            )
            refused = subprocess.run(
                [sys.executable, "-c", process, str(news)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert "another process is crawling rmol" in refused.stderr
        lookout(news, receiver, under_way=lambda: {"rmol"}).look(NOW + MINUTE)
        assert receiver.received == []
        lookout(news, receiver).look(NOW + MINUTE)
        assert receiver.received == [("began", "crawl_failed", "rmol")]
        assert receiver.bodies[0]["since"] == NOW.isoformat()


def test_a_site_that_is_switched_off_while_something_lasts_is_reported_so(news: Path) -> None:
    with Archive(news) as archive:
        with archive.transaction(NOW):
            crawl = archive.crawls.begin("suara", version="0", arguments={})
        with archive.transaction(NOW):
            archive.crawls.end(crawl, counts={}, received=0, reason="robots_unavailable")
    with Receiver() as receiver:
        text = {"alerts": {"webhook": receiver.url}, "health": {"disk_free_gb": 0.0}}
        configuration = Configuration.model_validate(text)
        for sites, minute in ((["rmol", "suara"], 1), (["rmol"], 2), (["rmol"], 3)):
            Lookout(configuration, news, Timetable.of(configuration, sites), lambda: NOW).look(
                NOW + minute * MINUTE
            )
        assert receiver.received == [
            ("began", "crawl_failed", "suara"),
            ("ended", "crawl_failed", "suara"),
        ]
        assert receiver.bodies[1]["why"] == "no longer watched: the site is disabled"


def test_a_metrics_file_that_becomes_unwritable_is_one_line_and_stops_no_alert(
    news: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Archive(news).close()
    with Receiver() as receiver:
        watch = lookout(
            news, receiver, metrics={"file": str(news.parent / "hilang" / "warta.prom")}
        )
        for minute in range(3):
            watch.after_crawl("rmol", failed("Error: rusak"), NOW + minute * MINUTE)
        assert receiver.received == [("began", "crawl_failed", "rmol")]
    (record,) = [record for record in caplog.records if record.name == "warta.schedule"]
    assert record.exc_info is None


def test_the_metrics_file_tells_of_every_crawl_that_ended_however_close_together(
    news: Path, tmp_path: Path
) -> None:
    file = tmp_path / "warta.prom"
    configuration = Configuration.model_validate(
        {"metrics": {"file": str(file)}, "health": {"disk_free_gb": 0.0}}
    )
    with Archive(news) as archive:
        (after,) = hooks_of(
            configuration, news, Timetable.of(configuration, ["rmol", "suara"]), lambda: NOW
        ).after
        for site in ("rmol", "suara"):
            with archive.transaction(NOW):
                crawl = archive.crawls.begin(site, version="0", arguments={})
            with archive.transaction(NOW):
                archive.crawls.end(crawl, counts={}, received=0, reason="finished")
            after(site, Result(site=site, started_at=NOW, ended_at=NOW, exit_code=0), NOW)
            assert metrics(file)["warta_crawls_total"]["finished", site] == 1


def test_an_outage_of_the_network_is_one_alert_and_over_when_a_site_answers(news: Path) -> None:
    """Five sites, each crawled a few minutes after the one before, with a look after each crawl."""
    sites = ["islamtimes", "medcom", "republika", "rmol", "suara"]
    ends = [
        *((site, "finished") for site in sites),
        *((site, "dns_failed") for site in 2 * sites),
        ("rmol", "finished"),
        *((site, "finished") for site in sites),
    ]
    with Archive(news) as archive, Receiver() as receiver:
        text = {"alerts": {"webhook": receiver.url}, "health": {"disk_free_gb": 0.0}}
        configuration = Configuration.model_validate(text)
        timetable = Timetable.of(configuration, sites)
        for number, (site, reason) in enumerate(ends):
            at = NOW + 4 * number * MINUTE
            with archive.transaction(at - MINUTE):
                crawl = archive.crawls.begin(site, version="0", arguments={})
            with archive.transaction(at):
                archive.crawls.end(crawl, counts={}, received=0, reason=reason)
            watch = Lookout(configuration, news, timetable, lambda: NOW)
            watch.look(at)
        assert receiver.received == [
            ("began", "network_down", None),
            ("ended", "network_down", None),
        ]
        assert archive.backoffs.of("rmol") is None
