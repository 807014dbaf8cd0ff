"""class Simulation: many sites and workers on a simulated clock, with the fleet's own decisions.

Real: PostgreSQL with all statements of warta and of procrastinate, whose `now()` and `warta_now()`
read a table; what is due (`due_sites`), who queues it (`elected`), procrastinate's fetching, locks,
heartbeats and retries; leases with their holder's count of time (`PostgresClaim`). Simulated: the
loop of each worker, at its own second, the length of crawls, what fails, and the clocks. A crawl
sends a request in each second in which its lease lets it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from procrastinate import App
from procrastinate.jobs import Status
from pydantic import SecretStr

from scraper.configuration import Fleet
from scraper.configuration.rhythm import CronSchedule
from scraper.fleet import jobs, sites
from scraper.fleet.database import Database
from scraper.fleet.leases import _KNOW, PostgresClaim
from scraper.fleet.schema import set_up
from scraper.schedule.timetable import Timetable
from tests.fleet.servers import Server

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
_NOW = """
CREATE TABLE simulated_clock (now timestamptz NOT NULL);
CREATE FUNCTION public.now() RETURNS timestamptz
    LANGUAGE sql VOLATILE AS 'SELECT now FROM public.simulated_clock';
"""
_WARTA_NOW = """
CREATE OR REPLACE FUNCTION warta_now() RETURNS timestamptz
    LANGUAGE sql VOLATILE AS 'SELECT now FROM public.simulated_clock';
"""
RENEWALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is simulated."""

    sites: int
    workers: int
    minutes: int
    crontab: str = "*/10 * * * *"
    jitter: int = 300
    slots: int = 8
    """Sites that a worker crawls at the same time."""
    shortest: int = 20
    longest: int = 120
    """Seconds of a crawl."""
    killed: int
    """Workers that are killed at a time; a new one takes their place two minutes later."""
    suspended: int
    """Workers whose machine is suspended for one to three minutes."""
    seed: int = 7


class Counted(Database):
    """A connection whose statements are counted, by what they are for."""

    def __init__(self, dsn: str, load: Counter[str]) -> None:
        super().__init__(dsn, purpose="a simulation")
        self.load, self.why = load, "looking"

    def rows(self, statement: Any, **given: Any) -> list[dict[str, Any]]:
        self.load[self.why] += 1
        return super().rows(statement, **given)

    def close(self) -> None:
        """Stay open: all share it."""


@dataclass(slots=True, kw_only=True)
class _Crawl:
    site: str
    claim: PostgresClaim
    job: Any
    ends: int


@dataclass(slots=True, kw_only=True)
class _Worker:
    name: str
    id: int
    phase: int
    crawls: dict[str, _Crawl] = field(default_factory=dict)
    asleep_until: int = 0


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What happened."""

    plan: Plan
    crawls: int = 0
    waits: list[float] = field(default_factory=list)
    """Seconds from the time at which a site became due to the begin of its crawl."""
    moves: list[float] = field(default_factory=list)
    """Seconds from the failure of a worker to the begin of the crawl of a site that it had."""
    twice: list[str] = field(default_factory=list)
    """Sites that two crawls requested within one second."""
    requests: int = 0
    load: Counter[str] = field(default_factory=Counter)
    """Statements by what they are for."""
    longest_gap: float = 0.0
    """Seconds between two crawls of a site."""
    seconds: float = 0.0
    """That the statements took, all together."""

    @property
    def queries(self) -> float:
        """Statements a second of simulated time."""
        return sum(self.load.values()) / (self.plan.minutes * 60)


async def simulate(server: Server, plan: Plan) -> Outcome:
    """Live through a plan."""
    with server.database() as name:
        with server.connect(name) as connection:
            connection.execute(_NOW)
            connection.execute("INSERT INTO simulated_clock VALUES (%s)", (START,))
            connection.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
        dsn = server.dsn(name)
        with Database(dsn, purpose="a simulation") as database:
            set_up(database)
            database.rows(_WARTA_NOW)
        app = jobs.app_of(dsn, "simulation", _no_crawl)
        async with app.open_async():
            outcome = await Simulation(app, dsn, plan).live()
    return outcome


async def _no_crawl(_site: str, _due: str) -> None:
    raise AssertionError("crawls are simulated")


class Simulation:
    def __init__(self, app: App, dsn: str, plan: Plan) -> None:
        self.app, self.plan, self.second = app, plan, 0
        self.outcome = Outcome(plan=plan)
        self.chance = Random(plan.seed)
        self.database = Counted(dsn, self.outcome.load)
        self.clock = Database(dsn, purpose="a simulated clock")
        self.fleet = Fleet(dsn=SecretStr(dsn))
        names = [f"situs-{number:04}" for number in range(plan.sites)]
        zone = ZoneInfo("Asia/Jakarta")
        self.timetable = Timetable(
            rhythms={
                name: CronSchedule(site=name, crontab=plan.crontab, zone=zone, jitter=plan.jitter)
                for name in names
            },
            backfill={},
        )
        self.workers: list[_Worker] = []
        self._failing: list[str] = []
        self._moving: dict[str, int] = {}
        self._begun: dict[str, int] = {}
        self._requested: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (-1, -1))

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.second)

    async def live(self) -> Outcome:
        failures = self._failures()
        for number in range(self.plan.workers):
            await self._start(f"pekerja-{number}")
        begun = time.perf_counter()
        for second in range(self.plan.minutes * 60):
            self.second = second
            self.clock.rows("UPDATE simulated_clock SET now = %(now)s", now=self.now)
            self._failing += failures.get(second, ())
            if self._failing and any(each.crawls for each in self.workers):
                await self._fail(self._failing.pop())
            for worker in [each for each in self.workers if each.asleep_until <= second]:
                await self._live(worker)
        self.outcome.seconds = time.perf_counter() - begun
        self.clock.close()
        Database.close(self.database)
        return self.outcome

    def _failures(self) -> dict[int, list[str]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        last = self.plan.minutes * 60 - 180
        for kind, count in (("killed", self.plan.killed), ("suspended", self.plan.suspended)):
            for _turn in range(count):
                found[self.chance.randrange(120, last)].append(kind)
        return found

    async def _start(self, name: str) -> None:
        number = await self.app.job_manager.register_worker()
        self.workers.append(_Worker(name=name, id=number, phase=self.chance.randrange(5)))

    async def _fail(self, kind: str) -> None:
        """Of the busiest workers that run, one fails."""
        awake = [each for each in self.workers if each.asleep_until <= self.second]
        worker = max(awake, key=lambda each: (len(each.crawls), each.name))
        self._moving |= dict.fromkeys(worker.crawls, self.second)
        if kind == "suspended":
            worker.asleep_until = self.second + self.chance.randint(60, 180)
            return
        self.workers.remove(worker)
        await self._start(f"{worker.name}'")
        self.workers[-1].asleep_until = self.second + 120

    # A worker's second

    async def _live(self, worker: _Worker) -> None:
        for crawl in list(worker.crawls.values()):
            await self._crawl(worker, crawl)
        if self.second % 5 == worker.phase:
            self.outcome.load["heartbeats"] += 1
            await self.app.job_manager.update_heartbeat(worker.id)
            await self._look()
            await self._fetch(worker)

    async def _look(self) -> None:
        self.database.why = "looking"
        if (now := jobs.elected(self.database)) is None:
            return
        due = jobs.due_sites(self.database, self.timetable, now)
        self.outcome.load["queueing"] += len(due)
        await jobs.defer(self.app, due, now)
        stalled = await jobs.requeue_stalled(self.app, now)
        self.outcome.load["looking"] += 1 + len(stalled)
        for worker in self.workers if due or stalled else ():  # they are notified
            if worker.asleep_until <= self.second:
                await self._fetch(worker)

    async def _fetch(self, worker: _Worker) -> None:
        while len(worker.crawls) < self.plan.slots:
            self.outcome.load["fetching"] += 1
            job = await self.app.job_manager.fetch_job(queues=jobs.queues(1), worker_id=worker.id)
            if job is None:
                return
            await self._begin(worker, job)

    async def _begin(self, worker: _Worker, job: Any) -> None:
        site = str(job.task_kwargs["site"])
        claim = PostgresClaim(self.database, site, self.fleet, clock=lambda: float(self.second))
        self.database.why = "leases"
        self.database.rows(_KNOW, site=site)
        if not claim._taken():
            await self.app.job_manager.retry_job(job, retry_at=self.now + timedelta(seconds=5))
            self.outcome.load["queueing"] += 1
            return
        sites.begin(self.database, site, claim.token, worker.name)
        length = self.chance.randint(self.plan.shortest, self.plan.longest)
        worker.crawls[site] = _Crawl(site=site, claim=claim, job=job, ends=self.second + length)
        self._note_begin(site)

    def _note_begin(self, site: str) -> None:
        before = self._begun.get(site)
        if (failed := self._moving.pop(site, None)) is not None:
            self.outcome.moves.append(self.second - failed)
        elif before is not None:
            began = START + timedelta(seconds=before)
            due = self.timetable.rhythms[site].next_after(began)
            self.outcome.waits.append((self.now - due).total_seconds())
        if before is not None:
            self.outcome.longest_gap = max(self.outcome.longest_gap, self.second - before)
        self._begun[site] = self.second
        self.outcome.crawls += 1

    async def _crawl(self, worker: _Worker, crawl: _Crawl) -> None:
        if crawl.claim.is_held():
            second, token = self._requested[crawl.site]
            if second == self.second and token != crawl.claim.token:
                self.outcome.twice.append(f"{crawl.site} at {self.second}")
            self._requested[crawl.site] = (self.second, crawl.claim.token)
            self.outcome.requests += 1
        self.database.why = "leases"
        step = int(self.fleet.lease / RENEWALS)
        over = not crawl.claim.is_held() or (crawl.ends - self.second) % step == 0
        if over and not crawl.claim.renew():
            await self._end(worker, crawl, "lease_lost")
        elif self.second >= crawl.ends:
            await self._end(worker, crawl, "finished")

    async def _end(self, worker: _Worker, crawl: _Crawl, ended: str) -> None:
        del worker.crawls[crawl.site]
        code = 0 if ended == "finished" else 1
        sites.end(self.database, crawl.site, crawl.claim.token, ended=ended, exit_code=code)
        crawl.claim.release()
        self.outcome.load["queueing"] += 1
        if ended == "finished":
            await self.app.job_manager.finish_job(
                crawl.job, status=Status.SUCCEEDED, delete_job=True
            )


def run(server: Server, plan: Plan) -> Outcome:
    return asyncio.run(simulate(server, plan))
