"""Where no site can be reached, that is one incident: the network's, not one of each site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from archive import Archive
from archive.ledger.wording import UNANSWERED
from archive.monitoring.alert_log import Alerts
from archive.monitoring.health import Limits, incidents
from archive.monitoring.incidents import Incident
from tests.archive.invented import HOUR, NOW

SITES = ("kabar", "lentera", "medan", "rimba", "suluh")
MINUTE = timedelta(minutes=1)
ROOM = 10_000_000_000


def crawled(
    archive: Archive,
    site: str,
    at: datetime,
    reason: str = "finished",
    counts: Mapping[str, int] | None = None,
) -> None:
    """A crawl that ended at that time, a minute after it began."""
    with archive.transaction(at - MINUTE):
        number = archive.crawls.begin(site, version="0.1.0", arguments={})
    with archive.transaction(at):
        archive.crawls.end(number, counts=counts or {}, received=0, reason=reason)


def found(archive: Archive, at: datetime, **limits: object) -> list[Incident]:
    given = Limits(**limits)
    return incidents(archive, now=at, limits=given, sites=SITES, free=lambda _path: ROOM)


def kinds(archive: Archive, at: datetime, **limits: object) -> list[tuple[str, str | None]]:
    return [(one.kind, one.site) for one in found(archive, at, **limits)]


@pytest.fixture
def well(archive: Archive) -> Archive:
    """All sites were crawled two hours before NOW."""
    for number, site in enumerate(SITES):
        crawled(archive, site, NOW - 2 * HOUR + number * MINUTE)
    return archive


def all_down(archive: Archive, at: datetime = NOW, reasons: tuple[str, ...] = UNANSWERED) -> None:
    for number, site in enumerate(SITES):
        crawled(archive, site, at + number * 2 * MINUTE, reasons[number % len(reasons)])


@pytest.mark.parametrize("reason", UNANSWERED)
def test_sites_that_fail_alike_are_one_incident(well: Archive, reason: str) -> None:
    all_down(well, reasons=(reason,))
    (one,) = found(well, NOW + HOUR)
    assert (one.kind, one.site, one.since) == ("network_down", None, NOW)
    assert "(5 sites tried)" in one.why


def test_they_need_not_fail_by_the_same_reason(well: Archive) -> None:
    all_down(well)
    assert kinds(well, NOW + HOUR) == [("network_down", None)]


def test_two_sites_in_a_row_are_enough_while_no_other_was_tried(well: Archive) -> None:
    crawled(well, "kabar", NOW, "dns_failed")
    crawled(well, "suluh", NOW + 3 * MINUTE, "dns_failed")
    assert kinds(well, NOW + HOUR) == [("network_down", None)]


def test_it_is_over_when_any_site_answers_and_no_site_is_blamed_for_it(well: Archive) -> None:
    all_down(well)
    crawled(well, "medan", NOW + 2 * HOUR)
    assert kinds(well, NOW + 2 * HOUR) == []


def test_no_site_is_blamed_as_one_after_the_other_answers_again(well: Archive) -> None:
    all_down(well)
    for number, site in enumerate(SITES):
        crawled(well, site, NOW + 2 * HOUR + number * 2 * MINUTE)
        assert kinds(well, NOW + 2 * HOUR + number * 2 * MINUTE) == []


@pytest.mark.parametrize("reason", ["robots_forbidden", "robots_unavailable", "overloaded"])
def test_an_answer_of_any_kind_ends_it(well: Archive, reason: str) -> None:
    all_down(well)
    crawled(well, "medan", NOW + 2 * HOUR, reason)
    assert kinds(well, NOW + 2 * HOUR) == [("crawl_failed", "medan")]


def test_the_robots_txt_of_a_crawl_under_way_ends_it(well: Archive) -> None:
    all_down(well)
    with well.transaction(NOW + 2 * HOUR):
        well.crawls.begin("medan", version="0.1.0", arguments={})
        well.robots.record("medan.example", status=200, body="", reason=None)
    assert kinds(well, NOW + 2 * HOUR) == []


def test_no_answer_to_robots_txt_does_not(well: Archive) -> None:
    all_down(well)
    with well.transaction(NOW + 2 * HOUR):
        well.robots.record("medan.example", status=None, body="", reason="dns_failed")
    assert kinds(well, NOW + 2 * HOUR) == [("network_down", None)]


def test_a_site_that_is_still_not_reached_afterwards_fails_by_itself(well: Archive) -> None:
    all_down(well)
    crawled(well, "medan", NOW + 2 * HOUR)
    crawled(well, "kabar", NOW + 2 * HOUR + 5 * MINUTE, "dns_failed")
    (one,) = found(well, NOW + 3 * HOUR)
    assert (one.kind, one.site) == ("crawl_failed", "kabar")
    assert one.why == "the last crawl failed: the host's name could not be resolved"


def test_sites_that_fail_while_another_one_answers_fail_by_themselves(archive: Archive) -> None:
    for site in SITES:
        crawled(archive, site, NOW, "finished" if site == "medan" else "timeout")
    assert kinds(archive, NOW + HOUR) == [
        ("crawl_failed", site) for site in SITES if site != "medan"
    ]


def test_failures_between_which_another_site_answered_are_their_sites(well: Archive) -> None:
    crawled(well, "kabar", NOW, "connection_refused")
    crawled(well, "lentera", NOW + 5 * MINUTE)
    crawled(well, "medan", NOW + 10 * MINUTE, "connection_refused")
    assert kinds(well, NOW + HOUR) == [("crawl_failed", "kabar"), ("crawl_failed", "medan")]


def test_other_failures_are_none_of_the_network(well: Archive) -> None:
    all_down(well, reasons=("robots_unavailable",))
    assert kinds(well, NOW + HOUR) == [("crawl_failed", site) for site in SITES]


@pytest.mark.parametrize("ended", ["site_failing", "nothing_announced"])
def test_crawls_that_lost_the_network_on_their_way_belong_to_it(well: Archive, ended: str) -> None:
    for number, site in enumerate(SITES):
        counts = {"failed/timeout": 15, "sources/connection_failed": 20, "failed/http_404": 2}
        crawled(well, site, NOW + 2 * number * MINUTE, ended, counts)
    assert kinds(well, NOW + HOUR) == [("network_down", None)]


def test_a_site_whose_failure_was_reported_before_keeps_its_alert(well: Archive) -> None:
    crawled(well, "kabar", NOW - HOUR, "timeout")
    with well.transaction(NOW - HOUR):
        Alerts(well).note(found(well, NOW - HOUR), ["webhook"])
    all_down(well)
    assert kinds(well, NOW + HOUR) == [("crawl_failed", "kabar"), ("network_down", None)]


def test_a_single_site_waits_for_another_one_to_be_tried_but_not_for_ever(well: Archive) -> None:
    crawled(well, "kabar", NOW, "timeout")
    assert kinds(well, NOW + 29 * MINUTE, alone=30 * MINUTE) == []
    assert kinds(well, NOW + 30 * MINUTE, alone=30 * MINUTE) == [("crawl_failed", "kabar")]
    assert kinds(well, NOW + MINUTE) == [("crawl_failed", "kabar")]
    crawled(well, "medan", NOW + 5 * MINUTE)
    assert kinds(well, NOW + 5 * MINUTE, alone=30 * MINUTE) == [("crawl_failed", "kabar")]


def test_who_watches_a_single_site_need_not_wait(archive: Archive) -> None:
    crawled(archive, "kabar", NOW, "timeout")
    limits = Limits(alone=30 * MINUTE)
    (one,) = incidents(archive, now=NOW, limits=limits, sites=["kabar"], free=lambda _path: ROOM)
    assert (one.kind, one.site) == ("crawl_failed", "kabar")
