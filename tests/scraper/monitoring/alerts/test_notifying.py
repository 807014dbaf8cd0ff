"""Each incident is reported once when it begins and once when it ends, to each target, whatever
happens in between.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest

from archive import Archive
from archive.errors import ArchiveError
from archive.monitoring.alert_log import Alerts, lasting, listed
from archive.monitoring.incidents import Incident
from scraper.monitoring.alerts.notify import MESSAGES, DeliveryReport
from scraper.monitoring.alerts.targets import Target, Webhook
from tests.scraper.monitoring.alerts.incidents import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    disk,
    drift,
    mailbox,
    notified,
)
from tests.scraper.monitoring.alerts.receivers import Postbox, Receiver, free_port, silent
from tests.waiting import until

BEGAN, ENDED = ("began", "drift", "kabar"), ("ended", "drift", "kabar")


@pytest.fixture
def hook(receiver: Receiver) -> Webhook:
    return Webhook(url=receiver.url)


def notify(
    archive: Archive, incidents: Sequence[Incident], *targets: Target, now: datetime
) -> DeliveryReport:
    return notified(archive, incidents, targets, now=now)


# Once each way


def test_what_begins_is_reported_once_and_what_ends_is_reported_once(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    for minute in range(5):
        notify(archive, [drift()], hook, now=NOW + minute * MINUTE)
    assert receiver.received == [BEGAN]
    for minute in range(5, 10):
        notify(archive, [], hook, now=NOW + minute * MINUTE)
    assert receiver.received == [BEGAN, ENDED]
    ended = receiver.bodies[-1]
    assert (ended["since"], ended["ended_at"]) == (NOW.isoformat(), (NOW + 5 * MINUTE).isoformat())
    assert ended["began_told"] is True


def test_every_kind_site_and_layout_is_reported_for_itself(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    notify(archive, [drift(), drift(layout="lama"), drift("warta"), disk()], hook, now=NOW)
    notify(archive, [drift(), drift("warta"), disk()], hook, now=NOW + MINUTE)
    assert [
        (body["state"], body["kind"], body["site"], body["layout"]) for body in receiver.bodies
    ] == [
        ("began", "drift", "kabar", "baru"),
        ("began", "drift", "kabar", "lama"),
        ("began", "drift", "warta", "baru"),
        ("began", "disk", None, None),
        ("ended", "drift", "kabar", "lama"),
    ]


def test_every_day_of_a_loss_is_reported_for_itself_and_its_end_in_its_last_words(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    lost = [
        drift(kind="coverage", layout=None, day=date(2026, 11, day), why=f"{day}: 6 of 10 missing")
        for day in (19, 20)
    ]
    notify(archive, lost, hook, now=NOW)
    over = drift(
        kind="coverage", layout=None, day=date(2026, 11, 19), why="no longer watched", over=True
    )
    notify(archive, [over, lost[1]], hook, now=NOW + DAY)
    notify(archive, [over, lost[1]], hook, now=NOW + DAY)  # what was never begun does not end
    assert [(body["state"], body["day"], body["why"]) for body in receiver.bodies] == [
        ("began", "2026-11-19", "19: 6 of 10 missing"),
        ("began", "2026-11-20", "20: 6 of 10 missing"),
        ("ended", "2026-11-19", "no longer watched"),
    ]
    assert [each.day for each in lasting(archive.db)] == [date(2026, 11, 20)]


def test_the_same_incident_with_other_words_or_pages_is_not_reported_again(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    notify(archive, [drift()], hook, now=NOW)
    changed = drift(
        why="Isi berita hilang.", urls=("https://www.kabar.example/berita/2",), since=NOW + HOUR
    )
    notify(archive, [changed], hook, now=NOW + HOUR)
    assert receiver.received == [BEGAN]
    notify(archive, [], hook, now=NOW + 2 * HOUR)
    assert (receiver.bodies[-1]["why"], receiver.bodies[-1]["since"]) == (
        "Isi berita hilang.",
        NOW.isoformat(),
    )


def test_one_named_twice_is_one(archive: Archive, receiver: Receiver, hook: Webhook) -> None:
    notify(archive, [drift(), drift()], hook, hook, now=NOW)
    assert receiver.received == [BEGAN]


def test_a_restart_tells_nothing_again(path: Path, receiver: Receiver, hook: Webhook) -> None:
    for minute in range(3):
        with Archive(path) as archive:
            notify(archive, [drift()], hook, now=NOW + minute * MINUTE)
    assert receiver.received == [BEGAN]


def test_a_clock_that_goes_back_neither_repeats_nor_loses_anything(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    notify(archive, [drift()], hook, now=NOW)
    notify(archive, [], hook, now=NOW - DAY)
    assert receiver.received == [BEGAN, ENDED]
    assert listed(archive.db)[0]["ended_at"] == NOW.isoformat()


def test_without_any_target_it_is_noted_and_a_target_that_comes_later_is_notified_what_lasts(
    archive: Archive, receiver: Receiver
) -> None:
    notify(archive, [drift(), disk()], now=NOW)
    notify(archive, [drift()], now=NOW + MINUTE)
    assert lasting(archive.db) == [drift()]
    notify(archive, [drift()], Webhook(url=receiver.url), now=NOW + HOUR)
    assert receiver.received == [BEGAN]


def test_both_a_webhook_and_a_mailbox_are_notified(
    archive: Archive, receiver: Receiver, hook: Webhook, postbox: Postbox
) -> None:
    mail = mailbox(postbox)
    assert notify(archive, [drift()], hook, mail, now=NOW) == DeliveryReport(sent=2)
    assert notify(archive, [], hook, mail, now=NOW + HOUR) == DeliveryReport(sent=2)
    assert receiver.received == [BEGAN, ENDED]
    assert postbox.subjects == [
        "[warta] kabar: drift began",
        "[warta] kabar: drift is over; it lasted 1 hour",
    ]
    assert postbox.letters[1]["In-Reply-To"] == postbox.letters[0]["Message-ID"]


def test_a_name_of_a_site_may_be_anything(
    archive: Archive, receiver: Receiver, hook: Webhook, postbox: Postbox
) -> None:
    site = "kabar'\"\n\r{}<b>; DROP TABLE alerts --"
    assert notify(archive, [drift(site)], hook, mailbox(postbox), now=NOW).sent == 2
    assert receiver.bodies[0]["site"] == site
    assert listed(archive.db)[0]["site"] == site


# Killed between the two


def test_killed_between_writing_and_sending_it_is_reported_at_the_next_start(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    with Archive(path) as archive:
        claimed(archive, hook)
    with Archive(path) as archive:
        notify(archive, [drift()], hook, now=NOW + 2 * MINUTE)
        notify(archive, [drift()], hook, now=NOW + 4 * MINUTE)
    assert receiver.received == [BEGAN]


def test_killed_between_sending_and_writing_one_message_comes_twice_with_one_id(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    with Archive(path) as archive:
        archive.db.conn.execute(
            "CREATE TRIGGER killed BEFORE UPDATE OF outcome ON alert_deliveries BEGIN SELECT"
            " RAISE(ABORT, 'x'); END"
        )
        with pytest.raises(Exception, match="x"):
            notify(archive, [drift(), disk()], hook, now=NOW)
        archive.db.conn.execute("DROP TRIGGER killed")
    assert receiver.received == [BEGAN]
    with Archive(path) as archive:
        notify(archive, [drift(), disk()], hook, now=NOW + 2 * MINUTE)
        notify(archive, [drift(), disk()], hook, now=NOW + 9 * MINUTE)
    assert receiver.received == [BEGAN, BEGAN, ("began", "disk", None)]
    first, second, other = (body["id"] for body in receiver.bodies)
    assert first == second != other


def test_killed_while_it_was_reported_and_ended_before_the_next_start(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    with Archive(path) as archive:
        claimed(archive, hook)
    with Archive(path) as archive:
        notify(archive, [], hook, now=NOW + 2 * MINUTE)
    assert receiver.received == [ENDED]


def claimed(archive: Archive, target: Target) -> None:
    """What stands in the archive when a program is killed with the message on its way."""
    alerts = Alerts(archive)
    with archive.transaction(NOW):
        alerts.note([drift()], [target.name])
        (delivery,) = alerts.due(target.name)
        assert alerts.claim(delivery)


def test_two_programs_tell_it_once(path: Path, receiver: Receiver, hook: Webhook) -> None:
    with Archive(path) as one, Archive(path) as other:
        claimed(one, hook)
        notify(other, [drift()], hook, now=NOW)
    assert receiver.received == []


# A target that is down


def test_the_others_are_reported_and_the_one_that_is_down_is_reported_later(
    archive: Archive,
    receiver: Receiver,
    hook: Webhook,
    postbox: Postbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.status = 500
    with caplog.at_level(logging.WARNING):
        found = notify(archive, [drift(), disk()], hook, mailbox(postbox), now=NOW)
    assert (found.sent, len(found.failed), found.waiting) == (2, 1, 2)
    assert [record.getMessage() for record in caplog.records] == [
        f"alerts: {hook.name}: it answered 500 Internal Server Error; it will be retried"
    ]
    assert "RAHASIA" not in caplog.text
    assert receiver.asked == 1  # what fails once is not tried with everything else
    receiver.status = 200
    assert notify(
        archive, [drift(), disk()], hook, mailbox(postbox), now=NOW + 2 * MINUTE
    ) == DeliveryReport(sent=2)
    assert receiver.received == [BEGAN, ("began", "disk", None)]
    assert len(postbox.letters) == 2


def test_it_is_tried_more_and_more_rarely_down_to_once_an_hour(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    receiver.status = 503
    for minute in range(24 * 60):
        notify(archive, [drift()], hook, now=NOW + minute * MINUTE)
    assert 25 <= receiver.asked <= 32
    receiver.status = 200
    notify(archive, [drift()], hook, now=NOW + DAY + HOUR)
    assert receiver.received == [BEGAN]


def test_it_is_given_up_after_two_weeks_and_notified_of_what_is_new(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    receiver.status = 503
    for hour in range(0, 15 * 24, 6):
        found = notify(archive, [drift()], hook, now=NOW + hour * HOUR)
    assert found.waiting == 0
    receiver.status = 200
    notify(archive, [drift(), disk()], hook, now=NOW + 16 * DAY)
    assert receiver.received == [("began", "disk", None)]
    notify(archive, [disk()], hook, now=NOW + 17 * DAY)
    assert receiver.received[1:] == [ENDED]
    assert receiver.bodies[-1]["began_told"] is False


def test_what_began_and_ended_while_it_was_down_is_reported_in_one_message(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    receiver.status = 503
    notify(archive, [drift()], hook, now=NOW)
    notify(archive, [], hook, now=NOW + HOUR)
    receiver.status = 200
    notify(archive, [], hook, now=NOW + 8 * HOUR)
    assert receiver.received == [ENDED]
    (body,) = receiver.bodies
    assert (body["since"], body["ended_at"], body["began_told"]) == (
        NOW.isoformat(),
        (NOW + HOUR).isoformat(),
        False,
    )


def test_down_only_when_it_ends_it_is_notified_of_the_end_later(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    notify(archive, [drift()], hook, now=NOW)
    receiver.status = 503
    notify(archive, [], hook, now=NOW + HOUR)
    receiver.status = 200
    notify(archive, [], hook, now=NOW + 2 * HOUR)
    assert receiver.received == [BEGAN, ENDED]


def test_a_message_that_is_refused_by_itself_holds_up_no_other(
    archive: Archive, postbox: Postbox
) -> None:
    mail = mailbox(postbox)
    postbox.trouble = "reject"
    notify(archive, [drift()], mail, now=NOW)
    postbox.trouble = None
    notify(archive, [drift(), disk()], mail, now=NOW + MINUTE / 2)
    assert postbox.subjects == ["[warta] news.db: shortage of disk space began"]
    notify(archive, [drift(), disk()], mail, now=NOW + 2 * MINUTE)
    assert postbox.subjects[1:] == ["[warta] kabar: drift began"]


def test_targets_that_hang_are_bounded_and_side_by_side(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    with silent() as one, silent() as two, silent() as three:
        hanging = [
            Webhook(url=f"http://127.0.0.1:{each.getsockname()[1]}/", timeout=0.5)
            for each in (one, two, three)
        ]
        begun = time.monotonic()
        found = notify(archive, [drift()], *hanging, hook, now=NOW)
        assert time.monotonic() - begun < 10
    assert (found.sent, len(found.failed)) == (1, 3)
    assert receiver.received == [BEGAN]


def test_a_target_that_sends_a_byte_now_and_then_is_bounded_too(
    archive: Archive, receiver: Receiver
) -> None:
    receiver.trouble = "drip"
    slow = Webhook(url=receiver.url, timeout=0.3)
    begun = time.monotonic()
    found = notify(archive, [drift()], slow, now=NOW)
    assert time.monotonic() - begun < 10
    assert found.failed == (f"{slow.name}: no response within 0.3 s",)


def test_nobody_listens_and_nothing_is_raised(archive: Archive) -> None:
    found = notify(archive, [drift()], Webhook(url=f"http://127.0.0.1:{free_port()}/"), now=NOW)
    assert found.failed[0].endswith(": connection refused")


def test_a_target_that_left_the_configuration_waits_until_it_is_given_up(
    archive: Archive, receiver: Receiver
) -> None:
    receiver.status = 503
    assert notify(archive, [drift()], Webhook(url=receiver.url), now=NOW).waiting == 1
    assert notify(archive, [drift()], now=NOW + DAY).waiting == 1
    assert notify(archive, [drift()], now=NOW + 15 * DAY).waiting == 0


def test_a_flood_is_reported_in_portions(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    many = [drift(f"kabar{number}") for number in range(MESSAGES + 5)]
    assert notify(archive, many, hook, now=NOW).waiting == 5
    assert notify(archive, many, hook, now=NOW).waiting == 0
    assert len({body["site"] for body in receiver.bodies}) == len(receiver.bodies) == MESSAGES + 5


def test_an_archive_that_takes_no_writes_is_an_error_and_nothing_is_reported(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    Archive(path).close()
    with (
        Archive(path, read_only=True) as archive,
        pytest.raises(ArchiveError, match="it is read-only"),
    ):
        notify(archive, [drift()], hook, now=NOW)
    assert receiver.received == []


def test_what_could_not_be_noted_on_a_full_disk_is_reported_when_it_can_be(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    fill_up(archive)
    with pytest.raises(ArchiveError, match="the disk is full"):
        notify(archive, [drift(), disk()], hook, now=NOW)
    archive.db.conn.execute("PRAGMA max_page_count = 1000000")
    notify(archive, [drift(), disk()], hook, now=NOW + 4 * HOUR)
    assert receiver.received == [BEGAN, ("began", "disk", None)]


def fill_up(archive: Archive) -> None:
    """No page more fits into the file, and those that are there are used up."""
    (pages,) = archive.db.conn.execute("PRAGMA page_count").fetchone()
    archive.db.conn.execute(f"PRAGMA max_page_count = {pages}")
    with contextlib.suppress(ArchiveError):
        for number in range(10_000):
            with archive.transaction(NOW):
                archive.db.conn.execute(
                    "INSERT INTO alerts (kind, why, since, ended_at) VALUES ('disk', ?, ?, ?)",
                    (str(number) * 50, str(number), NOW.isoformat()),
                )


# Flapping


def test_what_comes_back_within_an_hour_and_goes_is_not_reported_again(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    for minute in range(0, 60, 5):
        notify(archive, [drift()] if minute % 10 == 0 else [], hook, now=NOW + minute * MINUTE)
    assert receiver.received == [BEGAN, ENDED]
    assert len(listed(archive.db)) == 6  # each is in the list all the same
    assert Alerts(archive).pending() == 0


def test_what_comes_back_and_stays_is_reported_when_the_hour_is_over(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    notify(archive, [drift()], hook, now=NOW)
    notify(archive, [], hook, now=NOW + 10 * MINUTE)
    again = drift(since=NOW + 20 * MINUTE)
    for minute in range(20, 70, 5):
        notify(archive, [again], hook, now=NOW + minute * MINUTE)
    assert receiver.received == [BEGAN, ENDED]
    notify(archive, [again], hook, now=NOW + 70 * MINUTE)
    assert receiver.received == [BEGAN, ENDED, BEGAN]
    assert receiver.bodies[-1]["since"] == again.since.isoformat()
    assert receiver.bodies[-1]["id"] != receiver.bodies[0]["id"]


def test_a_day_of_flapping_is_at_most_two_messages_an_hour(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    for minute in range(0, 24 * 60, 4):
        notify(archive, [drift()] if minute % 8 == 0 else [], hook, now=NOW + minute * MINUTE)
    assert len(receiver.received) <= 2 * 24
    states = [state for state, _kind, _site in receiver.received]
    assert states == ["began", "ended"] * (len(states) // 2)


def test_after_more_than_an_hour_it_is_reported_at_once(
    archive: Archive, receiver: Receiver, hook: Webhook
) -> None:
    notify(archive, [drift()], hook, now=NOW)
    notify(archive, [], hook, now=NOW + HOUR)
    notify(archive, [drift(since=NOW + 3 * HOUR)], hook, now=NOW + 3 * HOUR)
    assert receiver.received == [BEGAN, ENDED, BEGAN]


# A real kill


_CHILD = """
import sys
from tests.scraper.monitoring.alerts.incidents import NOW, drift, notified
from archive import Archive
from scraper.monitoring.alerts.targets import Webhook
with Archive(sys.argv[1]) as archive:
    notified(archive, [drift()], [Webhook(url=sys.argv[2], timeout=60)], now=NOW)
"""


def test_killed_with_sigkill_while_the_target_has_the_message(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    receiver.trouble = "hang"
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(path), receiver.url], cwd=Path(__file__).parents[4]
    )
    try:
        until(lambda: receiver.asked == 1)
    finally:
        child.kill()
        child.wait()
    receiver.trouble = None
    for minute in range(5):
        with Archive(path) as archive:
            notify(archive, [drift()], hook, now=NOW + minute * MINUTE)
    assert receiver.received == [BEGAN]
