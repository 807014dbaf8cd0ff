"""Messages are sentences, of every kind: what began, and what is over after how long."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from archive.monitoring.incidents import KINDS, Incident
from scraper.monitoring.alerts.message import Message
from tests.scraper.monitoring.alerts.incidents import DAY, HOUR, MINUTE, NOW, drift, message

BEGAN = {
    "crawl_failed": "crawl failure began",
    "no_crawl": "lack of crawls began",
    "network_down": "network outage began",
    "drift": "drift began",
    "wrong_pages": "mix-up of pages began",
    "coverage": "coverage loss began",
    "disk": "shortage of disk space began",
    "clock": "clock error began",
    "archive_unwritable": "archive failure began",
}


def incident(kind: str, **fields: object) -> Incident:
    given = {"kind": kind, "site": "kabar", "since": NOW, "why": "sebab"}
    return Incident(**given | fields)  # type: ignore[arg-type]


def over(after: timedelta, kind: str = "crawl_failed", **fields: object) -> Message:
    return message(incident(kind, **fields), state="ended", ended_at=NOW + after)


def test_every_kind_has_words() -> None:
    assert BEGAN.keys() == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_it_began_and_it_is_over(kind: str) -> None:
    assert message(incident(kind)).subject == f"[warta] kabar: {BEGAN[kind]}"
    noun = BEGAN[kind].removesuffix(" began")
    assert over(9 * MINUTE, kind).subject == f"[warta] kabar: {noun} is over; it lasted 9 minutes"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "less than a minute"),
        (timedelta(seconds=29), "less than a minute"),
        (timedelta(seconds=61), "1 minute"),
        (9 * MINUTE, "9 minutes"),
        (HOUR, "1 hour"),
        (2 * HOUR + MINUTE, "2 hours 1 minute"),
        (DAY, "1 day"),
        (3 * DAY + 2 * HOUR + 40 * MINUTE, "3 days 2 hours"),
    ],
)
def test_how_long_it_lasted_is_in_words(length: timedelta, words: str) -> None:
    assert over(length).subject.endswith(f"it lasted {words}")


def test_a_loss_is_that_of_its_day_and_lasted_no_time() -> None:
    lost = {"day": date(2026, 11, 19), "why": "12 of 12 stories are in the archive now"}
    assert message(incident("coverage", **lost)).subject == (
        "[warta] kabar: coverage loss of 2026-11-19 began"
    )
    assert over(HOUR, "coverage", **lost).as_line() == (
        "[warta] kabar: coverage loss of 2026-11-19 is over (last report: 12 of 12 stories are in"
        " the archive now)"
    )


def test_the_line_and_the_mail_say_why() -> None:
    assert message(drift()).as_line() == f"[warta] kabar: drift began: {drift().why}"
    assert over(9 * MINUTE).as_line() == (
        "[warta] kabar: crawl failure is over; it lasted 9 minutes (last report: sebab)"
    )
    lines = over(9 * MINUTE).as_text().splitlines()
    assert lines[:3] == ["Crawl failure is over; it lasted 9 minutes.", "", "Last report: sebab"]
