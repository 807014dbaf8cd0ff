"""An archive that can keep nothing is told of once, and once when it is over, though it cannot remember that itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive.errors import ArchiveUnwritable
from scraper.alerts import Webhook, closed
from scraper.alerts.closed import tell_closed, tell_open
from tests.alerts.incidents import HOUR, MINUTE, NOW
from tests.alerts.receivers import Receiver

FULL = ArchiveUnwritable("news.db: the disk is full")
BEGAN, ENDED = ("began", "crawl_failed", None), ("ended", "crawl_failed", None)


@pytest.fixture
def hook(receiver: Receiver) -> Webhook:
    return Webhook(url=receiver.url)


def test_it_is_told_once_by_programs_that_look_once_each(path: Path, receiver: Receiver, hook: Webhook) -> None:
    told = [tell_closed(path, FULL, [hook], now=NOW + minute * MINUTE) for minute in range(5)]
    assert (told, receiver.told) == ([1, 0, 0, 0, 0], [BEGAN])
    assert receiver.bodies[0]["why"] == "nothing can be kept: news.db: the disk is full"
    assert not closed._notes  # the next program reads it from the file


def test_it_is_told_once_by_crawls_that_end_at_once(path: Path, receiver: Receiver, hook: Webhook) -> None:
    with ThreadPoolExecutor(5) as pool:
        told = list(pool.map(lambda minute: tell_closed(path, FULL, [hook], now=NOW + minute * MINUTE), range(5)))
        assert sum(told) == 1
        assert sum(pool.map(lambda minute: tell_open(path, [hook], now=NOW + minute * MINUTE), range(5))) == 1
    assert receiver.told == [BEGAN, ENDED]


def test_it_is_told_once_that_it_is_over(path: Path, receiver: Receiver, hook: Webhook) -> None:
    tell_closed(path, FULL, [hook], now=NOW)
    assert [tell_open(path, [hook], now=NOW + hour * HOUR) for hour in (1, 2, 3)] == [1, 0, 0]
    assert receiver.told == [BEGAN, ENDED]
    began, ended = receiver.bodies
    assert (ended["since"], ended["ended_at"]) == (began["since"], (NOW + HOUR).isoformat())
    assert began["id"].replace("began", "ended") == ended["id"]


def test_each_time_is_another_incident(path: Path, receiver: Receiver, hook: Webhook) -> None:
    for hour in range(0, 6, 2):
        tell_closed(path, FULL, [hook], now=NOW + hour * HOUR)
        tell_open(path, [hook], now=NOW + (hour + 1) * HOUR)
    assert receiver.told == [BEGAN, ENDED] * 3
    assert len({body["id"] for body in receiver.bodies}) == 6


def test_a_target_that_was_down_is_told_later_and_the_others_nothing_twice(path: Path, receiver: Receiver, hook: Webhook) -> None:
    with Receiver() as down:
        down.status = 503
        other = Webhook(url=down.url)
        assert tell_closed(path, FULL, [hook, other], now=NOW) == 1
        down.status = 200
        assert tell_closed(path, FULL, [hook, other], now=NOW + MINUTE) == 1
        down.status = 503
        assert tell_open(path, [hook, other], now=NOW + HOUR) == 1
        down.status = 200
        assert tell_open(path, [hook, other], now=NOW + 2 * HOUR) == 1
        assert tell_open(path, [hook, other], now=NOW + 3 * HOUR) == 0
        assert [told for told in down.told if told == ENDED][-1:] == [ENDED]
    assert receiver.told == [BEGAN, ENDED]


def test_who_was_never_told_that_it_began_is_not_told_that_it_is_over(path: Path, receiver: Receiver, hook: Webhook) -> None:
    receiver.status = 503
    assert tell_closed(path, FULL, [hook], now=NOW) == 0
    receiver.status = 200
    assert tell_open(path, [hook], now=NOW + HOUR) == 0


def test_without_a_place_for_the_file_this_process_remembers(
    path: Path, receiver: Receiver, hook: Webhook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WARTA_LOCKS", str(path / "not-a-folder"))
    path.write_text("a file")
    for minute in range(3):
        tell_closed(path, FULL, [hook], now=NOW + minute * MINUTE)
    tell_open(path, [hook], now=NOW + HOUR)
    assert receiver.told == [BEGAN, ENDED]


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"since": "kemarin", "why": "", "told": []}'])
def test_a_file_that_another_program_broke_is_none(path: Path, receiver: Receiver, hook: Webhook, text: str) -> None:
    closed._file(path).write_text(text)
    assert tell_open(path, [hook], now=NOW) == 0
    assert tell_closed(path, FULL, [hook], now=NOW) == 1
    assert tell_open(path, [hook], now=NOW + HOUR) == 1
