"""The long process: it starts crawls, is alone, ends when told to, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from scraper.configuration import Scheduling
from scraper.schedule.running import Shell
from scraper.schedule.runs import Order, Runs
from scraper.schedule.timetable import Timetable
from tests.alerts.receivers import free_port
from tests.crawl.conftest import rows, run, small_site
from tests.crawl.newsroom import SUARA, newsrooms
from tests.schedule.conftest import alive, children, until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc")


def clock() -> datetime:
    return datetime.now(UTC)


def ended(running):
    return until(lambda: running.lines("crawl"))


def test_a_site_that_was_never_crawled_is_crawled_at_once_and_told_in_one_line(serve, news, scheduled, written):
    running = scheduled(serve(small_site(1, 2)), written("rmol"))
    (line,) = ended(running)
    assert (line["site"], line["exit_code"], line["ended"], line["counts"]["first"]) == ("rmol", 0, "finished", 2)
    assert line["seconds"] >= 0
    assert line["started_at"]
    assert "said" not in line
    assert running.stop() == 0
    assert [line["event"] for line in running.lines()] == ["started", "crawl", "stopping", "stopped"]
    assert rows(news, "SELECT site, end_reason FROM crawls") == [{"site": "rmol", "end_reason": "finished"}]


def test_a_second_schedule_of_one_archive_ends_with_one_line(serve, news, scheduled, written):
    proxy, config = serve(small_site(1)), written("rmol")
    running = scheduled(proxy, config)
    until(lambda: running.lines("started"))
    second = run(proxy, "scraper", "--config", str(config), "schedule", "run", "--archive", str(news))
    assert second.returncode == 1
    assert second.stderr == f"Error: {news}: another `warta schedule run` sees to this archive already\n"
    assert running.stop(signal.SIGINT) == 0


def test_sigterm_ends_crawls_that_hang_and_leaves_no_child(serve, scheduled, written, held):
    answers = held(small_site(1), "rmol.id/nusantara/read/")
    running = scheduled(serve(answers), written("rmol"))
    assert answers.asked.wait(60)
    (child,) = children(running.pid)
    assert running.stop() == 0
    assert not alive(child)
    (line,) = running.lines("crawl")
    assert line["exit_code"] == -signal.SIGKILL
    assert line["level"] == "WARNING"


def test_sigterm_lets_a_crawl_end_in_its_own_words(serve, news, scheduled, written, held):
    answers = held(small_site(1, 2), "rmol.id/nusantara/read/")
    running = scheduled(serve(answers), written("rmol"))
    assert answers.asked.wait(60)
    running.process.send_signal(signal.SIGTERM)
    until(lambda: running.lines("stopping"))
    answers.let_go.set()
    assert running.process.wait(60) == 0
    (line,) = running.lines("crawl")
    assert line["ended"] in ("shutdown", "broken")  # broken: it took longer than its second
    assert rows(news, "SELECT count(*) AS n FROM crawls") == [{"n": 1}]


def test_sigkill_leaves_no_child_and_no_lock(serve, news, scheduled, written, held):
    answers = held(small_site(1), "rmol.id/nusantara/read/")
    proxy, config = serve(answers), written("rmol")
    running = scheduled(proxy, config)
    assert answers.asked.wait(60)
    (child,) = children(running.pid)
    assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not alive(child))
    answers.let_go.set()
    done = run(proxy, "scraper", "--config", str(config), "crawl", "rmol", "--archive", str(news), "-s", "DOWNLOAD_DELAY=0")
    assert done.returncode == 0, done.stderr
    again = scheduled(proxy, config)
    until(lambda: again.lines("started"))
    assert again.stop() == 0


def test_a_crawl_that_is_killed_harms_no_other(serve, news, scheduled, written, held):
    answers = held(newsrooms(1, rmol=0, suara=5) | small_site(1), "rmol.id/nusantara/read/", SUARA + "news")
    running = scheduled(serve(answers), written("rmol", "suara"))
    until(lambda: len(children(running.pid)) == 2 and answers.asked.is_set())
    rmol = next(pid for pid in children(running.pid) if b"rmol" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(rmol, signal.SIGKILL)
    (line,) = ended(running)
    assert (line["site"], line["exit_code"], line["ended"]) == ("rmol", -signal.SIGKILL, "broken")
    answers.let_go.set()
    until(lambda: len(running.lines("crawl")) == 2)
    assert running.lines("crawl")[1]["site"] == "suara"
    assert running.lines("crawl")[1]["exit_code"] == 0
    assert running.stop() == 0


def test_a_crawl_that_fails_tells_why_and_is_not_tried_again_before_its_run(serve, news, scheduled, written):
    running = scheduled(serve({}), written("rmol"))
    (line,) = ended(running)
    assert line["exit_code"] == 1
    assert "nothing was announced" in line["said"]
    assert running.stop() == 0
    assert len(running.lines("crawl")) == 1


class Turns:
    """Stands in for a schedule whose first tick gives one crawl; `wake_at` and `crawl` can be held."""

    def __init__(self, order: Order) -> None:
        self.timetable = Timetable(rhythms={"rmol": None}, backfill={})
        self.under_way: frozenset[str] = frozenset()
        self.stopping = False
        self.ticks = 0
        self.order = order
        self.crawl_may_end = Event()

    def tick(self, _now: datetime) -> list[Order]:
        self.ticks += 1
        return [self.order] if self.ticks == 1 else []

    def wake_at(self, now: datetime) -> datetime:
        return now + timedelta(hours=1)

    def crawl(self, _order: Order, _clock: object) -> None:
        assert self.crawl_may_end.wait(60)

    def check(self, _now: datetime) -> None:
        pass

    def close(self) -> None:
        pass


class LongTick(Shell):
    """A shell whose first tick takes its time to be over when it has already said when the next one is."""

    def _tick(self) -> None:
        super()._tick()
        schedule = self._schedule
        if schedule.ticks == 1:
            schedule.crawl_may_end.set()
            time.sleep(1)


def test_the_end_of_a_crawl_during_a_tick_does_not_cost_the_next_tick(news):
    """A schedule without a next tick would stand still for ever."""
    schedule = Turns(Order(site="rmol", archive=news))
    shell = LongTick(schedule, Runs(clock), Scheduling(), clock)
    assert shell.run(lambda: until(lambda: schedule.ticks > 1, 20))


def test_every_line_of_the_log_is_json_also_where_an_alert_cannot_be_told(serve, scheduled, written):
    more = f'[health]\ndisk_free_mb = {10**12}\n[alerts]\nwebhook = "http://127.0.0.1:{free_port()}/hook"\n'
    running = scheduled(serve(small_site(1)), written("rmol", tables=more))
    (line,) = ended(running)
    assert line["exit_code"] == 0
    (warning, *_others) = until(lambda: [line for line in running.lines() if "it is told later" in line["event"]])
    assert warning["level"] == "WARNING"
    assert running.stop() == 0
