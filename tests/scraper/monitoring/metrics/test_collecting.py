"""What Prometheus reads of an archive."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from archive import Archive
from archive.archive import Reader
from archive.maintenance.takedown import take_down
from archive.monitoring.incidents import Incident
from archive.printable import one_line
from scraper.monitoring.alerts.targets import Webhook
from scraper.monitoring.metrics.collecting import ArchiveCollector, LastCheck
from scraper.monitoring.metrics.readings import READINGS, REVISIONS
from tests.archive.invented import HOUR, NOW, keep, story
from tests.scraper.monitoring.alerts.incidents import notified
from tests.scraper.monitoring.metrics.conftest import Now, Samples, crawled, fill, samples

Scrape = Callable[[], Samples]


def labelled(found: Samples, name: str) -> dict[tuple[str, ...], float]:
    """Values of a metric by those of its labels, in the order of the labels' names."""
    return {
        tuple(value for _label, value in labels): value
        for (each, labels), value in found.items()
        if each == name
    }


def test_stories_revisions_and_addresses_by_site(archive: Archive, scrape: Scrape) -> None:
    fill(archive)
    found = scrape()
    assert labelled(found, "warta_articles") == {("kabar",): 2, ("pagi",): 1}
    assert labelled(found, "warta_revisions_total") == {
        ("first", "kabar"): 2,
        ("publisher", "kabar"): 1,
        ("first", "pagi"): 1,
    }
    assert labelled(found, "warta_urls") == {
        ("kabar", "kept"): 2,
        ("kabar", "due"): 1,
        ("pagi", "kept"): 1,
    }
    assert labelled(found, "warta_stories_due") == {("kabar",): 3, ("pagi",): 1}


def test_the_last_crawl_of_each_site(archive: Archive, scrape: Scrape) -> None:
    fill(archive)
    crawled(archive, "kabar", at=NOW + HOUR, reason=None)  # runs now
    found = scrape()
    began, ended = NOW.timestamp(), (NOW + HOUR / 40).timestamp()
    assert labelled(found, "warta_crawl_last_start_timestamp_seconds") == {
        ("kabar",): began + 3600,
        ("pagi",): began + 90,
    }
    assert labelled(found, "warta_crawl_last_end_timestamp_seconds")["kabar",] == ended
    assert labelled(found, "warta_crawl_last_success_timestamp_seconds") == {("kabar",): ended}
    assert labelled(found, "warta_crawl_last_duration_seconds")["kabar",] == 90
    assert labelled(found, "warta_crawl_last_received_bytes")["kabar",] == 1234
    assert labelled(found, "warta_crawl_last_announced_stories") == {("kabar",): 4, ("pagi",): 0}
    assert labelled(found, "warta_crawl_last_asked_stories")["kabar",] == 3
    pages = {
        outcome: value
        for (outcome, site), value in labelled(found, "warta_crawl_last_pages").items()
        if site == "kabar"
    }
    assert pages == {
        "kept": 2,
        "failed": 1,
        "unchanged": 0,
        "not_modified": 0,
        "gone": 0,
        "refused": 0,
    }


def test_what_alerts_just_found_is_not_looked_for_again(
    archive: Archive, path: Path, clock: Now
) -> None:
    looks = []

    def looking(_archive: Reader, now: datetime) -> list[Incident]:
        looks.append(now)
        return [Incident(kind="no_crawl", site=f"s{len(looks)}", since=NOW, why="Sunyi.")]

    last = LastCheck(looking, fresh=HOUR)
    asked = ArchiveCollector(path, clock=clock, incidents=last).registry
    begun = clock.now
    last.check(archive, begun)
    clock.now += HOUR / 2
    assert labelled(samples(generate_latest(asked).decode()), "warta_incident") == {
        ("no_crawl", "", "s1"): 1
    }
    clock.now += HOUR / 2
    assert labelled(samples(generate_latest(asked).decode()), "warta_incident") == {
        ("no_crawl", "", "s2"): 1
    }
    assert looks == [begun, begun + HOUR]


def test_what_is_over_is_no_incident_any_more(path: Path, archive: Archive, clock: Now) -> None:
    over = Incident(kind="coverage", site="kabar", since=NOW, why="Tak dipantau lagi.", over=True)
    asked = ArchiveCollector(path, clock=clock, incidents=lambda _archive, _now: [over]).registry
    assert labelled(samples(generate_latest(asked).decode()), "warta_incident") == {}


def test_crawls_by_how_they_ended_and_one_that_was_killed(archive: Archive, scrape: Scrape) -> None:
    crawled(archive, "kabar", reason=None)
    assert labelled(scrape(), "warta_crawls_total") == {}  # it may still run
    crawled(archive, "kabar")
    crawled(archive, "kabar")
    assert labelled(scrape(), "warta_crawls_total") == {
        ("finished", "kabar"): 2,
        ("broke_off", "kabar"): 1,
    }


def test_what_is_wrong_comes_from_the_alerts_that_last_or_from_who_is_requested(
    archive: Archive, path: Path, scrape: Scrape, clock: Now
) -> None:
    drift = Incident(kind="drift", site="kabar", layout="baru", since=NOW, why="Isi menyusut.")
    disk = Incident(kind="disk", site=None, since=NOW, why="Penuh.")
    notified(archive, [drift, disk], [Webhook(url="http://127.0.0.1:1/")], now=NOW)
    found = scrape()
    # Prometheus takes an empty label for none; in the order kind, layout, site
    assert labelled(found, "warta_incident") == {("drift", "baru", "kabar"): 1, ("disk", "", ""): 1}
    assert labelled(found, "warta_alerts_undelivered") == {
        (): 1
    }  # after a try that failed, what waits is not tried
    notified(archive, [disk], [], now=NOW + HOUR)
    assert labelled(scrape(), "warta_incident") == {("disk", "", ""): 1}
    asked = ArchiveCollector(path, clock=clock, incidents=lambda _archive, _now: [drift]).registry
    assert labelled(samples(generate_latest(asked).decode()), "warta_incident") == {
        ("drift", "baru", "kabar"): 1
    }


def test_the_archive_its_disk_and_the_version(
    archive: Archive, path: Path, scrape: Scrape, clock: Now
) -> None:
    found = scrape()
    assert labelled(found, "warta_archive_bytes")[()] >= path.stat().st_size
    assert labelled(found, "warta_disk_free_bytes")[()] > 0
    assert list(labelled(found, "warta_build_info").values()) == [1]
    assert labelled(found, "warta_collect_success") == {(): 1}
    assert labelled(found, "warta_collect_timestamp_seconds") == {(): clock.now.timestamp()}
    assert labelled(found, "warta_collect_duration_seconds")[()] > 0


def test_revisions_are_counted_on_and_do_not_go_back_when_a_story_is_taken_down(
    archive: Archive, scrape: Scrape
) -> None:
    fill(archive)
    scrape()
    keep(archive, story(2, headline="Jembatan Lambur Dibuka"))
    assert labelled(scrape(), "warta_revisions_total")["publisher", "kabar"] == 2
    take_down(archive, "kabar", "kabar-1", url=story(1).url, reason="diminta", now=NOW + HOUR)
    assert labelled(scrape(), "warta_revisions_total")["publisher", "kabar"] == 2


def test_another_archive_at_the_path_is_counted_anew(
    archive: Archive, path: Path, scrape: Scrape
) -> None:
    fill(archive)
    scrape()
    archive.close()
    path.unlink()
    with Archive(path) as other:
        keep(other, story(1))
    assert labelled(scrape(), "warta_revisions_total") == {("first", "kabar"): 1}


def test_scrapes_within_a_minute_are_given_one_answer(
    archive: Archive, metrics: CollectorRegistry, clock: Now
) -> None:
    first = generate_latest(metrics)
    fill(archive)
    clock.now += timedelta(seconds=59)
    assert generate_latest(metrics) == first
    clock.now += timedelta(seconds=1)
    assert labelled(samples(generate_latest(metrics).decode()), "warta_articles") == {
        ("kabar",): 2,
        ("pagi",): 1,
    }
    clock.now -= HOUR  # a clock that went back
    assert labelled(
        samples(generate_latest(metrics).decode()), "warta_collect_timestamp_seconds"
    ) == {(): clock.now.timestamp()}


@pytest.mark.parametrize(
    "site",
    [
        'kabar"} 1\nwarta_articles{site="palsu',
        "back\\slash\\n",
        "ganti\r\nbaris",
        "تهران 新聞 🗞",
        "x" * 5000,
        "",
        " ",
        "\x00\x7f",
        "{}#,=",
    ],
)
def test_a_site_may_have_any_name(archive: Archive, scrape: Scrape, site: str) -> None:
    keep(archive, story(1, site="kabar"))
    with archive.transaction(NOW):
        archive.db.conn.execute("UPDATE articles SET site = ?", (site,))
        archive.db.conn.execute("UPDATE urls SET site = ?", (site,))
    crawled(archive, site, kept=1)
    found = scrape()
    for name in (
        "warta_articles",
        "warta_revisions_total",
        "warta_urls",
        "warta_crawl_last_pages",
        "warta_crawls_total",
    ):
        labels = {dict(labels).get("site") for (each, labels) in found if each == name}
        assert labels == {one_line(site)}, name


# Names


def test_names_follow_the_conventions() -> None:
    for reading in (*READINGS, REVISIONS):
        assert reading.name.startswith("warta_")
        assert reading.text.endswith(".")
        assert not {"type", "instance", "job", "le"} & set(reading.labels)
    assert [
        reading.name for reading in (*READINGS, REVISIONS) if reading.name.endswith("_total")
    ] == ["warta_crawls_total", "warta_revisions_total"]


# Trouble


def test_without_an_archive_the_version_and_a_zero_are_left_and_one_line_is_logged(
    scrape: Scrape, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert labelled(scrape(), "warta_collect_success") == {(): 0}
        assert labelled(scrape(), "warta_articles") == {}
    assert [record.getMessage().count("there is no archive here") for record in caplog.records] == [
        1
    ]


def test_a_file_that_is_no_archive_is_a_zero_and_well_again_when_it_is_one(
    path: Path, scrape: Scrape
) -> None:
    path.write_text("bukan arsip, hanya teks")
    assert labelled(scrape(), "warta_collect_success") == {(): 0}
    path.unlink()
    Archive(path).close()
    assert labelled(scrape(), "warta_collect_success") == {(): 1}


def test_an_archive_that_somebody_writes_is_read_meanwhile(
    archive: Archive, scrape: Scrape
) -> None:
    fill(archive)
    with archive.transaction(NOW + HOUR):
        archive.clock.stamp()
        assert labelled(scrape(), "warta_articles") == {("kabar",): 2, ("pagi",): 1}
