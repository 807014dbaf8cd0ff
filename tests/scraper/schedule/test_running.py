"""The long process: it starts crawls, is alone, ends when told to, and leaves nothing behind."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Invoked

from archive import Archive
from scraper.cli.demo.proxy import ReplayProxy
from scraper.cli.main import main
from scraper.configuration import Configuration
from scraper.configuration.rhythm import CronSchedule
from scraper.politeness.locks import site_lock
from scraper.schedule.daemon import Daemon, json_log
from scraper.schedule.interrupted import end_all_interrupted
from scraper.schedule.processes import CrawlProcesses, Order, Result
from scraper.schedule.schedule import Hooks, Schedule
from scraper.schedule.timetable import Timetable
from tests.scraper.crawling.conftest import FAST, environment, rows, run, yesterday
from tests.scraper.crawling.newsroom import SUARA, newsrooms
from tests.scraper.schedule.conftest import fresh_site
from tests.waiting import DEADLINE, alive, children, until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc"),
]


WARTA = (sys.executable, "-m", "scraper")


def ended(running):
    return until(lambda: running.lines("crawl"))


def test_a_site_that_was_never_crawled_is_crawled_at_once_and_reported_in_one_line(
    serve, news, scheduled, written
):
    running = scheduled(serve(fresh_site(1, 2)), written("rmol"))
    (line,) = ended(running)
    assert (line["site"], line["exit_code"], line["ended"], line["counts"]["first"]) == (
        "rmol",
        0,
        "finished",
        2,
    )
    assert line["seconds"] >= 0
    assert line["started_at"]
    assert "said" not in line
    assert running.stop() == 0
    assert [line["event"] for line in running.lines()] == [
        "started",
        "crawl",
        "stopping",
        "stopped",
    ]
    assert rows(news, "SELECT site, end_reason FROM crawls") == [
        {"site": "rmol", "end_reason": "finished"}
    ]


def test_a_broken_profile_is_logged_at_the_start_and_fails_its_own_crawls_alone(
    serve, scheduled, written, tmp_path
):
    (tmp_path / "sites").mkdir()
    file = tmp_path / "sites" / "kabar.py"
    file.write_text("SITE = (")
    running = scheduled(serve(fresh_site(1)), written("rmol"))
    until(lambda: len(running.lines("crawl")) == 2)
    (logged,) = running.lines("profile broken")
    assert (logged["file"], logged["why"]) == (str(file), "line 1: '(' was never closed")
    crawls = {line["site"]: line for line in running.lines("crawl")}
    assert (crawls["rmol"]["exit_code"], crawls["kabar"]["exit_code"]) == (0, 1)
    assert str(file) in crawls["kabar"]["said"]


def test_a_second_schedule_of_one_archive_ends_with_one_line(serve, news, scheduled, written):
    proxy, config = serve(fresh_site(1)), written("rmol")
    running = scheduled(proxy, config)
    until(lambda: running.lines("started"))
    second = run(
        proxy, "scraper", "--config", str(config), "schedule", "run", "--archive", str(news)
    )
    assert second.returncode == 1
    (line,) = second.stderr.splitlines()
    assert line.startswith(
        f"Error: {news}: another `warta schedule run` is running for this archive"
        f" (PID {running.pid},"
    )
    assert running.stop(signal.SIGINT) == 0


def test_sigterm_ends_crawls_that_hang_and_leaves_no_child(serve, news, scheduled, written, held):
    answers = held(fresh_site(1), "rmol.id/nusantara/read/")
    running = scheduled(serve(answers), written("rmol"))
    assert answers.asked.wait(DEADLINE)
    (child,) = children(running.pid)
    assert running.stop() == 0
    assert not alive(child)
    (line,) = running.lines("crawl")
    assert (line["exit_code"], line["ended"], line["level"]) == (
        -signal.SIGKILL,
        "shutdown",
        "INFO",
    )
    assert "said" not in line
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "shutdown"}]


def test_sigterm_lets_a_crawl_end_in_its_own_words(serve, news, scheduled, written, held):
    answers = held(fresh_site(1, 2), "rmol.id/nusantara/read/")
    running = scheduled(serve(answers), written("rmol", grace=DEADLINE))
    assert answers.asked.wait(DEADLINE)
    os.kill(running.pid, signal.SIGTERM)
    until(lambda: running.lines("stopping"))
    answers.let_go.set()
    assert running.wait() == 0
    (line,) = running.lines("crawl")
    assert (line["ended"], line["level"], line["exit_code"] >= 0) == ("shutdown", "INFO", True)
    assert rows(news, "SELECT count(*) AS n FROM crawls") == [{"n": 1}]


ENDED = "SELECT site, end_reason FROM crawls WHERE ended_at IS NOT NULL ORDER BY id"


def test_sigkill_leaves_no_child_and_no_lock_and_the_next_schedule_writes_that_down(
    serve, news, scheduled, written, held
):
    answers = held(fresh_site(1), "rmol.id/nusantara/read/")
    proxy, config = serve(answers), written("rmol")
    killed = scheduled(proxy, config)
    assert answers.asked.wait(DEADLINE)
    (child,) = children(killed.pid)
    assert killed.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not alive(child))
    assert rows(news, ENDED) == []
    again = scheduled(proxy, config)
    assert until(lambda: rows(news, ENDED)) == [{"site": "rmol", "end_reason": "broke_off"}]
    answers.let_go.set()
    assert again.stop() == 0
    words = ("crawl", "rmol", "--archive", str(news), *FAST)
    by_hand = run(proxy, "scraper", "--config", str(config), *words)
    assert by_hand.returncode == 0, by_hand.stderr


def test_a_crawl_by_hand_is_not_taken_for_one_that_was_killed_with_a_schedule(serve, news, held):
    answers = held(fresh_site(1), "rmol.id/nusantara/read/")
    proxy = serve(answers)
    by_hand = subprocess.Popen(
        [*WARTA, "crawl", "rmol", "--archive", news, "-s", "DOWNLOAD_DELAY=0"],
        env=environment(proxy),
    )
    try:
        assert answers.asked.wait(DEADLINE)
        with Archive(news) as archive:
            end_all_interrupted(archive, now=now())
        assert rows(news, ENDED) == []
    finally:
        answers.let_go.set()
        assert by_hand.wait(DEADLINE) == 0
    assert rows(news, ENDED) == [{"site": "rmol", "end_reason": "finished"}]


def test_a_crawl_that_is_killed_harms_no_other(serve, news, scheduled, written, held):
    answers = held(
        newsrooms(1, rmol=0, suara=5, day=yesterday()) | fresh_site(1),
        "rmol.id/nusantara/read/",
        SUARA + "news",
    )
    running = scheduled(serve(answers), written("rmol", "suara"))
    until(lambda: len(children(running.pid)) == 2 and answers.asked.is_set())
    rmol = next(
        pid for pid in children(running.pid) if b"rmol" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )
    os.kill(rmol, signal.SIGKILL)
    (line,) = ended(running)
    assert (line["site"], line["exit_code"], line["ended"]) == ("rmol", -signal.SIGKILL, "broken")
    assert until(lambda: rows(news, ENDED)) == [{"site": "rmol", "end_reason": "broke_off"}]
    answers.let_go.set()
    until(lambda: len(running.lines("crawl")) == 2)
    assert running.lines("crawl")[1]["site"] == "suara"
    assert running.lines("crawl")[1]["exit_code"] == 0
    assert running.stop() == 0


def test_a_crawl_that_takes_too_long_ends_in_its_own_words_and_has_failed(serve, news):
    order = Order(site="rmol", archive=news, settings=("DOWNLOAD_DELAY=1",))
    world = environment(serve(fresh_site(*range(1, 200))))
    result = CrawlProcesses(now, world, longest=1, grace=1).run(order)
    assert (result.exit_code, result.ended, result.succeeded) == (1, "out_of_time", False)
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "out_of_time"}]
    assert result.counts["asked"] < 10


@pytest.fixture
def once(news, monkeypatch):
    """`warta schedule once` through a proxy; its crawl runs without the delay between requests."""
    command = Order.command
    monkeypatch.setattr(Order, "command", lambda order: [*command(order), "-s", "DOWNLOAD_DELAY=0"])

    def crawl_once(proxy: ReplayProxy, config: Path, site: str) -> Invoked:
        for name, value in environment(proxy).items():
            monkeypatch.setenv(name, value)
        words = ["--config", str(config), "schedule", "once", site, "--archive", str(news)]
        return CliRunner().invoke(main, words)

    return crawl_once


def test_a_single_run_waits_for_a_site_that_somebody_has(serve, news, written, once, monkeypatch):
    monkeypatch.setattr(import_module("scraper.cli.schedule.once"), "RETRY", timedelta(seconds=0.1))
    lock = site_lock("rmol")
    waits = Schedule._put_site_off

    def let_go(self: Schedule, site: str, *given: Any, **named: Any) -> None:
        waits(self, site, *given, **named)
        lock.close()

    monkeypatch.setattr(Schedule, "_put_site_off", let_go)
    done = once(serve(fresh_site(1)), written("rmol"), "rmol")
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == [
        "crawl waits",
        "crawl",
    ]
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "finished"}]


def test_a_crawl_that_fails_tells_why_and_is_not_tried_again_before_its_run(
    serve, news, scheduled, written
):
    running = scheduled(serve({}), written("rmol"))
    (line,) = ended(running)
    assert line["exit_code"] == 1
    assert "nothing was announced" in line["said"]
    assert running.stop() == 0
    assert len(running.lines("crawl")) == 1


def now() -> datetime:
    return datetime.now(UTC)


class Hasty(Timetable):
    """Every site is due whenever it is not under way."""

    def due(self, now, last, under_way=()):
        return [site for site in self.rhythms if site not in under_way]

    def wake_at(self, now, last, under_way=()):
        return now


def test_crawls_that_end_at_once_never_cost_a_site_its_next_one(news):
    """A site whose order is lost would be under way for ever."""
    Archive(news).close()
    table = Hasty(
        rhythms={name: rhythm_of(name) for name in ("medcom", "rmol", "suara")}, backfill={}
    )
    runs: Counter[str] = Counter()

    def run_at_once(order: Order) -> Result:
        runs[order.site] += 1
        return Result(site=order.site, started_at=now(), ended_at=now(), exit_code=0)

    schedule = Schedule(news, table, run_at_once)
    assert Daemon(schedule, CrawlProcesses(now), now, check_every=15).run(
        lambda: until(lambda: len(runs) == 3 and min(runs.values()) > 100)
    )


def rhythm_of(site: str) -> CronSchedule:
    return Timetable.of(Configuration(), [site]).rhythms[site]


def test_a_tick_or_a_check_that_breaks_is_logged_and_followed_by_the_next(news, caplog):
    class Broken(Hasty):
        def due(self, now, last, under_way=()):
            raise RuntimeError("rusak")

    Archive(news).close()
    checks: list[datetime] = []
    schedule = Schedule(
        news,
        Broken(rhythms={}, backfill={}),
        lambda order: None,
        hooks=Hooks(check=[checks.append]),
    )
    Daemon(schedule, CrawlProcesses(now), now, check_every=15).run(lambda: until(lambda: checks))
    assert "the tick failed" in [record.getMessage() for record in caplog.records]


def test_health_is_looked_at_when_the_crawls_that_are_due_have_begun(news):
    Archive(news).close()
    seen: list[frozenset[str]] = []
    over = Event()

    def run_for_long(order: Order) -> None:
        assert over.wait(DEADLINE)

    schedule = Schedule(news, Timetable.of(Configuration(), ["rmol"]), run_for_long)
    schedule.hooks.check.append(lambda _now: seen.append(schedule.under_way))

    def wait() -> None:
        until(lambda: seen)
        over.set()

    Daemon(schedule, CrawlProcesses(now), now, check_every=15).run(wait)
    assert seen[0] == {"rmol"}


def test_all_that_is_logged_is_one_json_object_a_line(capsys):
    with warnings.catch_warnings(), json_log():
        warnings.simplefilter("always")
        logging.getLogger("warta.schedule").info("mulai")
        logging.getLogger("scraper.monitoring.alerts.notify").warning(
            "alerts: %s", "surat tertunda"
        )
        logging.getLogger("archive.database.clock").info("baik")
        logging.getLogger("urllib3").info("tidak perlu")
        warnings.warn("usang", stacklevel=1)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines[:3]] == ["mulai", "alerts: surat tertunda", "baik"]
    assert len(lines) == 4
    assert "usang" in lines[3]["event"]


def test_one_crawl_as_the_schedule_runs_it_walks_back_and_ends_as_a_crawl_does(
    serve, news, written, once
):
    proxy, config = serve(fresh_site(1)), written("rmol", more="[crawl]\nbackfill_days = 2\n")
    done = once(proxy, config, "rmol")
    assert done.exit_code == 0, done.stderr
    (line,) = map(json.loads, done.stderr.splitlines())
    assert (line["site"], line["ended"], line["counts"]["first"]) == ("rmol", "finished", 1)
    (row,) = rows(news, "SELECT arguments FROM crawls")
    assert json.loads(str(row["arguments"]))["since"]
    off = once(proxy, config, "suara")
    assert (off.exit_code, "suara is not crawled on schedule; there are rmol" in off.stderr) == (
        2,
        True,
    )
