"""What is due: a simulated month without sleeping, and the days that a crawl walks back."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from archive import Archive
from archive.errors import Locked
from scraper.configuration import Configuration, Scheduling, SiteSettings
from scraper.politeness.leases import take_all
from scraper.schedule.processes import Order, Result
from scraper.schedule.schedule import TICK, Hooks, Schedule
from scraper.schedule.timetable import LastCrawl, Timetable, last_crawls

SITES = ["medcom", "rmol", "suara"]
MONTH = datetime(2026, 11, 1, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def timetable(jitter: int = 300, **schedules: str) -> Timetable:
    own = {site: SiteSettings(schedule=text) for site, text in schedules.items()}
    return Timetable.of(Configuration(sites=own, schedule=Scheduling(jitter=jitter)), SITES)


@contextmanager
def elsewhere(site: str) -> Iterator[None]:
    """Another process asks the site."""
    program = (
        f"from scraper.politeness.locks import site_lock; lock = site_lock({site!r});"
        " print('taken', flush=True); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "taken\n"
        yield
    finally:
        process.communicate("\n", timeout=300)


class Simulated:
    """Crawls that take so many minutes, written into a real archive at simulated times."""

    def __init__(
        self, news: Path, table: Timetable, *, minutes: int = 20, fails: bool = False
    ) -> None:
        self.archive = Archive(news)
        self.now = MONTH
        self.minutes = minutes
        self.fails = fails
        self.orders: list[tuple[str, datetime, date | None]] = []
        self.under_way: list[tuple[datetime, Order, int]] = []
        self.schedule = Schedule(news, table, self.run)

    def run(self, order: Order) -> Result:
        """The end of a crawl, which is all that takes place here."""
        (crawl,) = (crawl for _end, of, crawl in self.under_way if of == order)
        if not self.fails:
            with self.archive.transaction(self.now):
                self.archive.crawls.end(crawl, counts={}, received=0, reason="finished")
        return Result(
            site=order.site, started_at=self.now, ended_at=self.now, exit_code=0, ended="finished"
        )

    def begin(self, order: Order) -> None:
        crawl = 0
        if not self.fails:
            with self.archive.transaction(self.now):
                crawl = self.archive.crawls.begin(order.site, version="0", arguments={})
        self.orders.append((order.site, self.now, order.since))
        self.under_way.append((self.now + timedelta(minutes=self.minutes), order, crawl))

    def until(self, end: datetime) -> None:
        """Go on from one moment at which something happens to the next."""
        for _turn in range(10_000):
            if self.now >= end:
                return
            for ended, order, crawl in [one for one in self.under_way if one[0] <= self.now]:
                self.schedule.crawl(order, lambda: self.now)
                self.under_way.remove((ended, order, crawl))
            for order in self.schedule.tick(self.now):
                self.begin(order)
            last = {site: self.times(site)[-1] for site in SITES if self.times(site)}
            wake = self.schedule.timetable.wake_at(self.now, last, self.schedule.under_way) or end
            self.now = min(end, wake, *(ended for ended, _order, _crawl in self.under_way))
        raise AssertionError("time stands still")

    def times(self, site: str) -> list[datetime]:
        return [when for ordered, when, _since in self.orders if ordered == site]


def test_in_a_month_each_site_is_crawled_at_each_of_its_runs_and_never_else(tmp_path):
    table = timetable(suara="17 */6 * * *", medcom="0 */12 * * *", rmol="30 5 * * mon-fri")
    month = Simulated(tmp_path / "news.db", table)
    month.until(MONTH + 30 * DAY)
    for site in SITES:
        first, *others = month.times(site)
        assert first == MONTH  # never crawled: at once
        expected, at = [], first
        while (at := table.rhythms[site].next_after(at)) < MONTH + 30 * DAY:
            expected.append(at)
        assert others == expected
    assert Counter(site for site, _when, _since in month.orders) == {
        "suara": 121,
        "medcom": 61,
        "rmol": 23,
    }


def test_runs_that_were_missed_are_made_up_for_by_one_crawl(tmp_path):
    month = Simulated(tmp_path / "news.db", timetable(jitter=0))
    month.until(MONTH + 5 * HOUR)
    before = len(month.orders)
    month.now = MONTH + 40 * HOUR  # nothing ran: sixteen runs of each site
    month.archive.close()
    restarted = Simulated(tmp_path / "news.db", month.schedule.timetable)
    restarted.now = month.now
    restarted.until(MONTH + 40 * HOUR + 10 * MINUTE)
    assert before == 9
    assert [(site, when) for site, when, _since in restarted.orders] == [
        (site, month.now) for site in SITES
    ]
    restarted.until(MONTH + 41 * HOUR + 30 * MINUTE)
    assert Counter(site for site, _when, _since in restarted.orders) == dict.fromkeys(
        SITES, 2
    )  # the next run, as ever


def test_a_run_that_comes_while_the_site_is_crawled_waits_for_its_end(tmp_path):
    month = Simulated(
        tmp_path / "news.db",
        timetable(jitter=0, suara="0 * * * *", medcom="0 0 1 1 *", rmol="0 0 1 1 *"),
        minutes=90,
    )
    month.until(MONTH + 6 * HOUR)
    assert [(when - MONTH) / MINUTE for when in month.times("suara")] == [0, 90, 180, 270]


def test_a_crawl_by_hand_takes_the_place_of_the_run_that_it_makes_up_for(tmp_path):
    table = timetable(jitter=0)
    run = table.rhythms["suara"].next_after(MONTH)
    assert table.due(run, {"suara": run - HOUR, "rmol": run, "medcom": run + MINUTE}) == ["suara"]
    assert table.next_run("suara", run + MINUTE, run + MINUTE) == run + 2 * HOUR


def test_a_crawl_that_never_reaches_the_archive_is_not_started_again_at_once(tmp_path):
    month = Simulated(tmp_path / "news.db", timetable(jitter=0), fails=True)
    month.until(MONTH + 2 * HOUR)
    assert Counter(site for site, _when, _since in month.orders) == dict.fromkeys(SITES, 2)


def test_a_clock_that_was_once_years_ahead_stops_no_site(tmp_path):
    month = Simulated(tmp_path / "news.db", timetable(jitter=0))
    with month.archive.transaction(MONTH + 1500 * DAY):
        crawl = month.archive.crawls.begin("suara", version="0", arguments={})
    with month.archive.transaction(MONTH + 1500 * DAY):
        month.archive.crawls.end(crawl, counts={}, received=0, reason="finished")
    month.until(
        MONTH + 6 * HOUR
    )  # the archive's clock never goes back: these crawls stand in the same future
    assert [(when - MONTH) / MINUTE for when in month.times("suara")] == [0, 77, 197, 317]
    assert {since for site, _when, since in month.orders if site == "suara"} == {date(2026, 10, 25)}


def test_a_schedule_that_once_saw_a_clock_far_ahead_goes_on_crawling(tmp_path):
    month = Simulated(tmp_path / "news.db", timetable(jitter=0), fails=True)
    ahead = MONTH + 1500 * DAY
    for order in month.schedule.tick(ahead):
        month.begin(order)
    month.under_way = [(MONTH, order, crawl) for _end, order, crawl in month.under_way]
    month.until(MONTH + 5 * HOUR)
    assert [(when - MONTH) / MINUTE for when in month.times("suara")] == [0, 0, 77, 197]


def test_a_site_that_somebody_else_asks_waits_and_keeps_its_turn(tmp_path, caplog):
    caplog.set_level("INFO", "warta.schedule")
    Archive(tmp_path / "news.db").close()
    now, crawled = MONTH, []

    def run(order: Order) -> Result:
        """A crawl takes its locks first, and ends with 75 if it cannot."""
        ends = {"site": order.site, "started_at": now, "ended_at": now}
        try:
            take_all(order.archive, [order.site]).close()
        except Locked as error:
            return Result(exit_code=75, stderr=f"Error: {error}", **ends)
        crawled.append(order.site)
        return Result(exit_code=0, ended="finished", **ends)

    def tick(at: datetime) -> set[str]:
        nonlocal now
        now = at
        orders = schedule.tick(at)
        for order in orders:
            schedule.crawl(order, lambda: at)
        return {order.site for order in orders}

    schedule = Schedule(tmp_path / "news.db", timetable(jitter=0), run)
    with elsewhere("suara"):
        assert tick(MONTH) == set(SITES)
        assert tick(MONTH + MINUTE / 2) == set()
        assert tick(MONTH + 2 * MINUTE) == {"suara"}
        assert schedule.wake_at(MONTH + 2 * MINUTE) == MONTH + 2 * MINUTE + TICK
        assert set(crawled) == {"medcom", "rmol"}
    waits = [record for record in caplog.records if record.getMessage() == "crawl waits"]
    assert [record.site for record in waits] == ["suara"]
    assert tick(MONTH + 4 * MINUTE) == {"suara"}
    assert crawled[2:] == ["suara"]


def test_a_crawl_that_finds_its_site_taken_is_no_failure_and_due_in_a_minute(tmp_path, caplog):
    caplog.set_level("INFO", "warta.schedule")
    Archive(tmp_path / "news.db").close()
    told: list[str] = []
    refused = Result(
        site="suara",
        started_at=MONTH,
        ended_at=MONTH,
        exit_code=75,
        stderr="Error: suara is being asked by another process",
    )
    hooks = Hooks(after=[lambda site, _result, _now: told.append(site)])
    schedule = Schedule(
        tmp_path / "news.db", timetable(jitter=0), lambda order: refused, hooks=hooks
    )
    (order,) = (order for order in schedule.tick(MONTH) if order.site == "suara")
    schedule.crawl(order, lambda: MONTH)
    assert (told, [record.getMessage() for record in caplog.records]) == ([], ["crawl waits"])
    assert schedule.tick(MONTH + MINUTE / 2) == []
    assert [order.site for order in schedule.tick(MONTH + 2 * MINUTE)] == ["suara"]


def test_a_process_that_cannot_be_started_is_tried_again_in_a_minute(tmp_path, caplog):
    Archive(tmp_path / "news.db").close()

    def no_room(_order: Order) -> Result:
        raise OSError(12, "Cannot allocate memory")

    schedule = Schedule(tmp_path / "news.db", timetable(jitter=0), no_room)
    for minute in range(5):
        orders = schedule.tick(MONTH + minute * MINUTE)
        assert {order.site for order in orders} == set(SITES)
        for order in orders:
            assert schedule.crawl(order, lambda minute=minute: MONTH + minute * MINUTE) is None
        assert schedule.tick(MONTH + minute * MINUTE) == []
    assert Counter(record.levelname for record in caplog.records) == {"ERROR": len(SITES)}


def test_nobody_sleeps_longer_than_a_minute_as_a_crawl_by_hand_may_come(tmp_path):
    month = Simulated(tmp_path / "news.db", timetable(jitter=0))
    assert month.schedule.wake_at(MONTH) == MONTH  # never crawled
    month.until(MONTH + MINUTE)
    assert month.schedule.wake_at(MONTH + MINUTE) == MONTH + MINUTE + TICK


def test_the_site_that_has_waited_longest_is_first():
    table = timetable(jitter=0)
    last = {"suara": MONTH, "rmol": MONTH + 3 * HOUR}
    assert table.due(MONTH + 9 * HOUR, last) == ["medcom", "suara", "rmol"]
    assert table.due(MONTH + 9 * HOUR, last, under_way={"medcom", "suara"}) == ["rmol"]


def test_the_site_that_has_waited_longest_is_first_when_clocks_go_back_too():
    keys = Scheduling(rhythm="*/30 * * * *", timezone="Europe/Berlin", jitter=0)
    table = Timetable.of(Configuration(schedule=keys), ["rmol", "suara"])
    repeated = datetime(2026, 10, 25, 1, tzinfo=UTC)  # 02:00 for the second time
    last = {"rmol": repeated - 5 * MINUTE, "suara": repeated - 20 * MINUTE}
    assert table.next_run("suara", last["suara"], last["suara"]) == repeated
    last["suara"] -= 20 * MINUTE  # due at 02:30 for the first time
    assert table.due(repeated + HOUR, last) == ["suara", "rmol"]
    assert table.wake_at(repeated - HOUR, last) == repeated - 30 * MINUTE


@pytest.mark.parametrize(
    ("finished", "days", "since"),
    [
        (None, 7, date(2026, 11, 13)),
        (datetime(2026, 11, 19, 18, tzinfo=UTC), 7, None),  # today in Jakarta
        (datetime(2026, 11, 19, 10, tzinfo=UTC), 7, date(2026, 11, 19)),
        (datetime(2026, 10, 1, tzinfo=UTC), 7, date(2026, 11, 13)),
        (None, 0, None),
    ],
)
def test_a_crawl_walks_back_to_the_last_day_that_was_finished(finished, days, since):
    configuration = Configuration(sites={"suara": SiteSettings(backfill_days=days)})
    table = Timetable.of(configuration, SITES)
    last = LastCrawl(started_at=MONTH, ended_at=None, end_reason=None, finished_at=finished)
    now = datetime(2026, 11, 19, 20, tzinfo=UTC)  # 03:00 of the 20th in Jakarta
    assert now.astimezone(ZoneInfo("Asia/Jakarta")).day == 20
    assert table.since("suara", last, now) == since


def test_the_archive_tells_the_newest_crawl_and_the_newest_that_finished(tmp_path):
    with Archive(tmp_path / "news.db") as archive:
        with archive.transaction(MONTH):
            first = archive.crawls.begin("suara", version="0", arguments={})
        with archive.transaction(MONTH + HOUR):
            archive.crawls.end(first, counts={}, received=0, reason="finished")
        with archive.transaction(MONTH + 2 * HOUR):
            archive.crawls.begin("suara", version="0", arguments={})
        assert last_crawls(archive) == {
            "suara": LastCrawl(
                started_at=MONTH + 2 * HOUR, ended_at=None, end_reason=None, finished_at=MONTH
            )
        }


def test_a_hook_that_raises_stops_neither_the_others_nor_the_schedule(tmp_path, caplog):
    Archive(tmp_path / "news.db").close()
    told: list[str] = []

    def bad(*_given: object) -> None:
        raise RuntimeError("rusak")

    hooks = Hooks(
        after=[bad, lambda site, result, now: told.append(site)],
        check=[bad, lambda now: told.append("check")],
        close=[bad],
    )
    result = Result(site="suara", started_at=MONTH, ended_at=MONTH, exit_code=0)
    schedule = Schedule(tmp_path / "news.db", timetable(), lambda order: result, hooks=hooks)
    schedule.crawl(Order(site="suara", archive=tmp_path / "news.db"), lambda: MONTH)
    schedule.check(MONTH)
    schedule.close()
    assert told == ["suara", "check"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "a hook failed"
    ] * 3


def test_a_site_is_silent_after_twice_the_longest_time_between_two_runs():
    silences = timetable(
        jitter=600, suara="0 5-23 * * *", rmol="30 5 * * mon-fri", medcom="0 0 29 2 *"
    ).silences()
    assert silences["suara"] == 2 * (6 * HOUR + 10 * MINUTE)
    assert silences["rmol"] == 2 * (3 * DAY + 10 * MINUTE)
    assert silences["medcom"] > 8 * 365 * DAY
