"""An archive that can keep nothing is notified of once, and once when it is over, though it cannot
remember that itself.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive.errors import ArchiveBusy, ArchiveUnwritable
from scraper.monitoring.alerts import unwritable
from scraper.monitoring.alerts.targets import Webhook
from scraper.monitoring.alerts.unwritable import notify_unwritable, notify_writable
from tests.scraper.monitoring.alerts.incidents import DAY, HOUR, MINUTE, NOW
from tests.scraper.monitoring.alerts.receivers import Receiver

FULL = ArchiveUnwritable("news.db: the disk is full")
BEGAN, ENDED = ("began", "archive_unwritable", None), ("ended", "archive_unwritable", None)


@pytest.fixture
def hook(receiver: Receiver) -> Webhook:
    return Webhook(url=receiver.url)


def test_it_is_reported_once_by_programs_that_look_once_each(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    counts = [
        notify_unwritable(path, FULL, [hook], now=NOW + minute * MINUTE) for minute in range(5)
    ]
    assert (counts, receiver.received) == ([1, 0, 0, 0, 0], [BEGAN])
    assert receiver.bodies[0]["why"] == "the archive cannot be written: news.db: the disk is full"
    assert not unwritable._remembered  # the next program finds the file


def test_it_is_reported_once_by_crawls_that_end_at_once(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    with ThreadPoolExecutor(5) as pool:
        accepted = list(
            pool.map(
                lambda minute: notify_unwritable(path, FULL, [hook], now=NOW + minute * MINUTE),
                range(5),
            )
        )
    assert sum(accepted) == 1
    assert receiver.received == [BEGAN]


_CHILD = """
import sys
from datetime import datetime
from pathlib import Path
from archive.errors import ArchiveUnwritable
from scraper.monitoring.alerts.targets import Webhook
from scraper.monitoring.alerts.unwritable import notify_unwritable
input()
full = ArchiveUnwritable("news.db: the disk is full")
now = datetime.fromisoformat(sys.argv[3])
print(notify_unwritable(Path(sys.argv[1]), full, [Webhook(url=sys.argv[2])], now=now))
"""


def test_it_is_reported_once_by_processes_that_look_at_once(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    command = [sys.executable, "-c", _CHILD, str(path), hook.url, NOW.isoformat()]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _turn in range(3)
    ]
    assert sorted(child.communicate("\n", timeout=300)[0] for child in children) == [
        "0\n",
        "0\n",
        "1\n",
    ]
    assert receiver.received == [BEGAN]


def test_a_file_without_room_for_a_byte_remembers_it(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    """As on a full disk: names can be made, bytes cannot be written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        accepted = [
            notify_unwritable(path, FULL, [hook], now=NOW + minute * MINUTE) for minute in range(3)
        ]
        assert not unwritable._remembered
        accepted.append(notify_writable(path, [hook], now=NOW + HOUR))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert accepted == [1, 0, 0, 1]
    assert receiver.received == [BEGAN, ENDED]


def test_an_archive_that_opens_and_closes_is_reported_once_an_hour(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    for minute in range(0, 120, 2):
        notify_unwritable(path, FULL, [hook], now=NOW + minute * MINUTE)
        notify_writable(path, [hook], now=NOW + (minute + 1) * MINUTE)
    assert receiver.received == [BEGAN, ENDED] * 2


def test_an_archive_that_somebody_keeps_locked_is_no_news(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    assert (
        notify_unwritable(
            path, ArchiveBusy("news.db: another program keeps it locked"), [hook], now=NOW
        )
        == 0
    )
    assert receiver.received == []


def test_a_target_that_stays_down_is_given_up(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    notify_unwritable(path, FULL, [hook], now=NOW)
    receiver.status = 503
    assert notify_writable(path, [hook], now=NOW + DAY) == 0
    assert notify_writable(path, [hook], now=NOW + 15 * DAY) == 0
    receiver.status = 200
    assert notify_writable(path, [hook], now=NOW + 16 * DAY) == 0


def test_it_is_reported_once_that_it_is_over(path: Path, receiver: Receiver, hook: Webhook) -> None:
    notify_unwritable(path, FULL, [hook], now=NOW)
    assert [notify_writable(path, [hook], now=NOW + hour * HOUR) for hour in (1, 2, 3)] == [1, 0, 0]
    assert receiver.received == [BEGAN, ENDED]
    began, ended = receiver.bodies
    assert (ended["since"], ended["ended_at"]) == (began["since"], (NOW + HOUR).isoformat())
    assert began["id"].replace("began", "ended") == ended["id"]


def test_each_time_is_another_incident(path: Path, receiver: Receiver, hook: Webhook) -> None:
    for hour in range(0, 9, 3):
        notify_unwritable(path, FULL, [hook], now=NOW + hour * HOUR)
        notify_writable(path, [hook], now=NOW + (hour + 1) * HOUR)
    assert receiver.received == [BEGAN, ENDED] * 3
    assert len({body["id"] for body in receiver.bodies}) == 6


def test_a_target_that_was_down_is_notified_later_and_the_others_nothing_twice(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    with Receiver() as down:
        down.status = 503
        other = Webhook(url=down.url)
        assert notify_unwritable(path, FULL, [hook, other], now=NOW) == 1
        down.status = 200
        assert notify_unwritable(path, FULL, [hook, other], now=NOW + MINUTE) == 1
        down.status = 503
        assert notify_writable(path, [hook, other], now=NOW + HOUR) == 1
        down.status = 200
        assert notify_writable(path, [hook, other], now=NOW + 2 * HOUR) == 1
        assert notify_writable(path, [hook, other], now=NOW + 3 * HOUR) == 0
        assert [each for each in down.received if each == ENDED][-1:] == [ENDED]
    assert receiver.received == [BEGAN, ENDED]


def test_who_was_never_reported_that_it_began_is_not_reported_that_it_is_over(
    path: Path, receiver: Receiver, hook: Webhook
) -> None:
    receiver.status = 503
    assert notify_unwritable(path, FULL, [hook], now=NOW) == 0
    receiver.status = 200
    assert notify_writable(path, [hook], now=NOW + HOUR) == 0


def test_without_a_place_for_the_file_this_process_remembers(
    path: Path, receiver: Receiver, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARTA_LOCKS", str(path / "not-a-folder"))
    path.write_text("a file")
    for minute in range(3):
        notify_unwritable(path, FULL, [hook], now=NOW + minute * MINUTE)
    notify_writable(path, [hook], now=NOW + HOUR)
    assert receiver.received == [BEGAN, ENDED]
