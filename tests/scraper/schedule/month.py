"""class Month: the schedule, its crawls, its alerts and its kills through simulated weeks, against
five sites on loopback.

The schedule is the program's own (class Schedule, with the hooks that `warta schedule run` has),
asked every quarter of an hour of a clock that is a parameter. Each crawl is a process of its own.
Those that are killed are started as the program starts them, the others begin with everything
imported (tests.preloaded), two side by side. Where the schedule is killed, it is a process, too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from archive import Archive
from scraper.configuration import load
from scraper.monitoring.lookout import hooks_of
from scraper.schedule.processes import CrawlProcesses, Order, Result
from scraper.schedule.schedule import Schedule
from scraper.schedule.timetable import Timetable
from scraper.spiders import sites
from tests.preloaded import warta
from tests.scraper.crawling.conftest import environment
from tests.scraper.monitoring.alerts.receivers import Postbox, Receiver
from tests.scraper.schedule.tick import settings
from tests.scraper.schedule.trouble import Kill, Plan
from tests.scraper.schedule.world import Request, World
from tests.waiting import DEADLINE, alive, until

QUARTER = timedelta(minutes=15)
CHECK = timedelta(hours=3)
NEW_LAYOUT = "tests.scraper.schedule.new_look"
POISONED = "tests.scraper.crawling.pages.poisoned"
IMPATIENT = ("DOWNLOAD_TIMEOUT=4", "RETRY_TIMES=0", "SOURCE_REQUESTS=40")
"""Settings of a crawl that meets a source which never answers, or never ends."""
CORES = 2


class Month:
    """The program's side of a plan; `live` goes on from where it stood."""

    def __init__(self, folder: Path, world: World, hook: Receiver, post: Postbox) -> None:
        self.folder, self.world, self.hook, self.post = folder, world, hook, post
        self.plan: Plan = world.plan
        self.archive = folder / "news.db"
        self.config = folder / "warta.toml"
        self.metrics = folder / "warta.prom"
        self.now = self.plan.begins
        self.results: list[Result] = []
        self.kills: Counter[str] = Counter()
        self.killed: list[str] = []
        """Crawls that were killed, the schedule's among them."""
        self.refused_by_hand = ""
        self._count = 0
        self._next_check = self.now
        self._left_kills = list(self.plan.kills)
        self._targets: dict[str, Kill] = {}
        self._answers: Counter[str] = Counter()
        self._disk_full = self._mended = False
        self._by_hand: str | None = None
        self._holds: int | None = None
        self._held: set[str] = set()
        self._let_go = Event()
        self._runs = CrawlProcesses(lambda: self.now, environment(world), longest=600, grace=5)
        world.watch = self._watch
        self.restart()

    def restart(self) -> None:
        """The schedule anew, as a new process would begin: all that it knows is in the archive."""
        self.config.write_text(self._configured(), "utf-8")
        self.configuration = load(self.config, {}, list(sites())).configuration
        self.timetable = Timetable.of(self.configuration)
        Archive(self.archive).close()
        hooks = hooks_of(self.configuration, self.archive, self.timetable, lambda: self.now)
        order = Order(site="", archive=self.archive, config=self.config)
        self.schedule = Schedule(
            self.archive, self.timetable, self._crawl, order=order, hooks=hooks
        )
        self.schedule.check(self.now)  # as the shell does at its start

    def _configured(self) -> str:
        room = 100_000.0 if self._disk_full else 0.001
        return f"""archive = "{self.archive}"\ncontact = "uji@example.org"
[schedule]\nrhythm = "17 5,17 * * *"\n
            [sites.islamtimes]\nlimit = 40
            [health]\ndisk_free_gb = {room}\n[metrics]\nfile = "{self.metrics}"\n
            [alerts]\nwebhook = "{self.hook.url}"\n[alerts.mail]
            host = "127.0.0.1"\nport = {self.post.port}
            sender = "warta@example.org"\nrecipients = ["uji@example.org"]\nstarttls = false\n"""

    # Time

    def live(self, moment: datetime | None = None) -> None:
        """Until the moment, or the end."""
        moment = moment or self.plan.ends
        while self.now < moment:
            self._change_the_world()
            self._tick()
            if self.now >= self._next_check:
                self.schedule.check(self.now)
                self._next_check = self.now + CHECK
            self.now += QUARTER

    def _change_the_world(self) -> None:
        for begins, ends in self.plan.off:
            if begins <= self.now < ends:
                self.now = ends
                self.restart()
        self.hook.status = 503 if _within(self.now, self.plan.hook_down) else 200
        if self._disk_full != _within(self.now, self.plan.disk_full):
            self._disk_full = not self._disk_full
            self.restart()
        if self.plan.mended is not None and self.now >= self.plan.mended and not self._mended:
            self._mended = True
            self.warta_with_new_layout("reextract", "--site", "rmol")

    def warta_with_new_layout(self, *words: str) -> None:
        """A command of the program with the profile that knows the new layout."""
        command = [
            sys.executable,
            "-m",
            NEW_LAYOUT,
            self.now.isoformat(),
            *words,
            "--archive",
            str(self.archive),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr

    def _tick(self) -> None:
        due = self._due(None)
        if due is not None and (
            waiting := self.schedule.timetable.due(
                self.now, self.schedule._last(self.schedule._last_crawls(), self.now)
            )
        ):
            self._kill_the_schedule(due, len(waiting))
            return
        orders = self.schedule.tick(self.now)
        if self.plan.twice and self.now >= self.plan.twice and orders and not self.refused_by_hand:
            self._by_hand = orders[0].site
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(lambda order: self.schedule.crawl(order, lambda: self.now), orders))

    # Crawls

    def _crawl(self, order: Order) -> Result:
        self._count += 1
        number = self._count
        chosen = settings(order.site, number, self.now)
        if any(trouble.at for trouble in self.plan.lasting(order.site, self.now)):
            chosen += IMPATIENT
        order = replace(order, settings=chosen)
        kill = self._due(order.site)
        if kill is not None:
            self._left_kills.remove(kill)
            self._targets[f"{order.site}-{number}"] = kill
            result = self._runs.run(order)
            assert result is not None
        else:
            result = self._preloaded(order)
        self.results.append(result)
        return result

    def _preloaded(self, order: Order) -> Result:
        changed = POISONED if order.site == "suara" else "scraper.cli.main"
        if self._mended and order.site == "rmol":
            changed = NEW_LAYOUT
        done = warta(*order.command()[3:], environment=environment(self.world), changed=changed)
        counts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
        return Result(
            site=order.site,
            started_at=self.now,
            ended_at=self.now,
            exit_code=done.returncode,
            counts=counts,
            ended=str(counts.get("ended", "broken")),
            stderr=done.stderr,
        )

    # Kills

    def _due(self, site: str | None) -> Kill | None:
        return next(
            (kill for kill in self._left_kills if kill.site == site and kill.after <= self.now),
            None,
        )

    def _watch(self, request: Request) -> None:
        """Called for every request, before its answer leaves."""
        self._answers[request.run] += 1
        kill = self._targets.get(request.run)
        if kill is not None and self._answers[request.run] == kill.answers:
            (pid,) = _running(f"--archive {self.archive} ", f"run={request.run} ")
            os.kill(pid, signal.SIGKILL)
            self.kills["crawl"] += 1
            self.killed.append(request.run)
        if self._holds == self._answers[request.run]:
            self._held.add(request.run)
            self._let_go.wait(DEADLINE)
        if self._by_hand == request.site and self._answers[request.run] == 4:
            self._by_hand = None
            self._crawl_by_hand(request)

    def _crawl_by_hand(self, request: Request) -> None:
        settings_ = [
            part for each in settings(request.site, 0, request.now) for part in ("-s", each)
        ]
        command = [
            sys.executable,
            "-m",
            "scraper",
            "crawl",
            request.site,
            "--archive",
            str(self.archive),
            *settings_,
        ]
        done = subprocess.run(
            command,
            env=environment(self.world),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        self.refused_by_hand = done.stderr

    def _kill_the_schedule(self, kill: Kill, crawls: int) -> None:
        """The same tick in a process, which gets SIGKILL when all its crawls wait for an answer;
        then the schedule begins anew.
        """
        self._left_kills.remove(kill)
        first, asked = self._count + 1, len(self.world.log)
        self._count += 5
        self._holds = kill.answers
        self._held.clear()
        self._let_go.clear()
        command = [
            sys.executable,
            "-m",
            "tests.scraper.schedule.tick",
            str(self.config),
            self.now.isoformat(),
            self.world.url,
            str(first),
        ]
        process = subprocess.Popen(command)
        try:
            until(lambda: len(self._held) == crawls or process.poll() is not None)
        finally:
            process.send_signal(signal.SIGKILL)
            assert process.wait(DEADLINE) == -signal.SIGKILL, (
                f"of {crawls} crawls only {sorted(self._held)} came as far as that"
            )
            until(
                lambda: (
                    not any(
                        alive(pid)
                        for pid in _running(
                            f"--archive {self.archive} ", f"now={self.now.isoformat()}"
                        )
                    )
                )
            )
            self._holds = None
            self._let_go.set()
        self.kills["schedule"] += 1
        self.killed += {request.run for request in self.world.log[asked:]}
        self.restart()


def _within(now: datetime, span: tuple[datetime, datetime] | None) -> bool:
    return span is not None and span[0] <= now < span[1]


def _running(*words: str) -> list[int]:
    """Processes that have all these words in their command line, without those that they forked."""
    found: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if all(each in line for each in words):
                found[int(folder.name)] = int(parent)
    return [pid for pid, parent in found.items() if parent not in found]
