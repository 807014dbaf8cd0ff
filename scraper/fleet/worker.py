"""`warta fleet worker`: takes due crawls from the queue, and runs each in a process of its own."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker as JobWorker
from psycopg_pool import PoolTimeout

from archive.database.connection import known_schema
from archive.errors import Locked
from archive.printable import one_line
from scraper.configuration import Fleet
from scraper.fleet import jobs, sites
from scraper.fleet.database import Database, dsn_of
from scraper.fleet.jobs import Again
from scraper.fleet.records import FleetError
from scraper.fleet.workers import Presence
from scraper.schedule.processes import CrawlProcesses, Order, Result
from scraper.schedule.program import CHILD, script
from scraper.schedule.schedule import log_result
from scraper.schedule.timetable import Timetable

logger = logging.getLogger("warta.fleet")

_FAILED = timedelta(seconds=60)
"""After which a crawl is tried again that could not begin."""
_PUSH = 30.0
"""Seconds between two looks for crawls that the store could not take."""
_POLL = 5.0
"""Seconds between two looks for a job; new ones are announced, too."""
_AGAIN = 2.0
"""Seconds after which a database that did not answer is tried again."""
_NO_QUEUE = "none"
"""A queue that nothing is in: a worker that ends takes no more, and shows that it is alive."""
EVERY = 15.0
"""Seconds between two checks of the fleet: every worker checks, and one of them notifies."""
_UNAVAILABLE = (FleetError, ConnectorException, psycopg.Error, PoolTimeout, TimeoutError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOrder(Order):
    """A crawl of a site by a worker: `archive` is the file of the site's archive."""

    deed: str = "crawl"
    """Or `push`, what a crawl left."""

    def command(self) -> list[str]:
        """Return the command line."""
        command = script(CHILD)
        if self.config:
            command += ["--config", str(self.config)]
        command += ["fleet", self.deed, self.site, "--folder", str(self.archive.parent)]
        if self.deed == "push":
            return command
        command.append("--json")
        return command + [part for setting in self.settings for part in ("-s", setting)]


@dataclass(slots=True, kw_only=True)
class Hooks:
    """What else a worker does. One that raises is logged, and stops nothing."""

    check: list[Callable[[], object]] = field(default_factory=list)
    """Called every EVERY seconds, in a thread."""
    close: list[Callable[[], object]] = field(default_factory=list)
    """Called once at the end."""


class FleetWorker:
    """Runs in a thread with an event loop; crawls are processes, watched by threads.

    Where the database does not answer, crawls that run go on, and none begins. A job whose crawl
    runs here is joined to it when it comes back.
    """

    def __init__(
        self,
        fleet: Fleet,
        name: str,
        timetable: Timetable,
        order: FleetOrder,
        processes: CrawlProcesses,
        pushes: CrawlProcesses,
        *,
        hooks: Hooks | None = None,
    ) -> None:
        """Raise FleetError."""
        self.name = name
        self.failed = False
        """Whether it ends by a bug of warta."""
        self.schema = known_schema()
        self.hooks = hooks or Hooks()
        self._timetable = timetable
        self._order = order
        self._processes = processes
        self._pushes = pushes
        self._database = Database.of(fleet, purpose=f"worker {name}")
        self._presence = Presence(database=self._database, name=name, schema=self.schema)
        self._app = jobs.app_of(dsn_of(fleet), name, self._crawl)
        self._crawls = fleet.crawls
        self._threads = ThreadPoolExecutor(fleet.crawls, thread_name_prefix="crawl")
        self._running: dict[str, asyncio.Future[Result | None]] = {}
        self._jobs: JobWorker | None = None
        self._ending = asyncio.Event()
        self._problem = ""
        self._ahead = timedelta(0)
        self._waits: dict[str, str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._in_thread, name="fleet", daemon=True)

    def begin(self) -> None:
        """Take the name, and start. Raises Locked, FleetError."""
        try:
            self._presence.begin()
        except BaseException:
            self._database.close()
            raise
        self._thread.start()

    def stop(self) -> bool:
        """Stop all crawls as the schedule does, hand their sites over, and leave; False if the
        database does not answer, and something still waits for it.
        """
        self._in_loop(self._take_no_more)
        self._processes.stop()
        self._pushes.stop()
        self._in_loop(self._ending.set)
        self._thread.join(timeout=10.0)
        for hook in self.hooks.close:
            _call(hook)
        with suppress(FleetError):
            self._presence.end()
        self._database.close()
        return not self._thread.is_alive()

    @property
    def under_way(self) -> list[str]:
        """Sites that are being crawled here."""
        return sorted(self._running)

    def _in_loop(self, function: Callable[[], object]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(function)

    def _take_no_more(self) -> None:
        if self._jobs is not None:
            self._jobs.queues = [_NO_QUEUE]

    def _in_thread(self) -> None:
        try:
            asyncio.run(self._run())
        except Exception:
            logger.exception("the worker failed")
            self.failed = True
            os.kill(os.getpid(), signal.SIGTERM)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_in_one_line)
        others = [
            asyncio.create_task(self._repeat(self._report, jobs.HEARTBEAT)),
            asyncio.create_task(self._repeat(self._check, EVERY)),
            asyncio.create_task(self._repeat(self._push_left, _PUSH)),
        ]
        try:
            while not self._ending.is_set():
                await self._take_jobs()
                await self._pause(_AGAIN)
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)

    async def _repeat(self, work: Callable[[], Awaitable[None]], every: float) -> None:
        while True:
            try:
                await work()
            except Exception:
                logger.exception("a part of the worker failed")
            await asyncio.sleep(every)

    async def _take_jobs(self) -> None:
        """Take jobs until the worker ends, or the database does not answer."""
        try:
            async with self._app.open_async():
                self._jobs = JobWorker(
                    self._app,
                    queues=jobs.queues(self.schema),
                    name=self.name,
                    concurrency=self._crawls,
                    fetch_job_polling_interval=_POLL,
                    shutdown_graceful_timeout=5.0,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=jobs.HEARTBEAT,
                    stalled_worker_timeout=jobs.STALLED,
                )
                tick = asyncio.create_task(self._repeat(self._look, jobs.LOOK.total_seconds()))
                end = asyncio.create_task(self._end_jobs(self._jobs))
                try:
                    await self._jobs.run()  # type: ignore[no-untyped-call]
                finally:
                    for task in (tick, end):
                        task.cancel()
                    await asyncio.gather(tick, end, return_exceptions=True)
        except _UNAVAILABLE as error:
            self._note_problem(error)
        finally:
            self._jobs = None

    async def _end_jobs(self, worker: JobWorker) -> None:
        await self._ending.wait()
        while self._running:
            await asyncio.sleep(0.05)
        worker.stop()  # type: ignore[no-untyped-call]

    async def _look(self) -> None:
        """Queue what is due, and what died workers left; one worker at a time does."""
        try:
            now = await asyncio.to_thread(jobs.elected, self._database, every=jobs.LOOK)
            if now is None or self._ending.is_set():
                return
            left = await jobs.requeue_stalled(self._app, now)
            for site in left:
                logger.warning("a job of a dead worker goes on", extra={"site": site})
            due = await asyncio.to_thread(jobs.due_sites, self._database, self._timetable, now)
            await jobs.defer(self._app, due, now)
        except _UNAVAILABLE as error:
            self._note_problem(error)

    async def _report(self) -> None:
        """Show that the worker is alive; end if it is drained, or if its name is taken."""
        try:
            how = await asyncio.to_thread(self._presence.report)
        except Locked as error:
            logger.error(str(error))  # noqa: TRY400 - one line
            os.kill(os.getpid(), signal.SIGTERM)
        except FleetError as error:
            self._note_problem(error)
        else:
            if self._problem:
                logger.info("the database answers again")
            self._problem = ""
            if how is not None:
                await self._drain(how)

    async def _drain(self, how: str) -> None:
        """Take no more, wait for the crawls that run, or stop them, and end."""
        self._take_no_more()
        if how == "stop":
            self._processes.interrupt()
        if not self._running:
            logger.info("drained")
            os.kill(os.getpid(), signal.SIGTERM)

    async def _check(self) -> None:
        for hook in self.hooks.check:
            await asyncio.to_thread(_call, hook)

    async def _push_left(self) -> None:
        """Push the crawls that the store could not take after they had ended."""
        with suppress(FleetError):
            for site in await asyncio.to_thread(sites.unpushed, self._database, self.name):
                if site not in self._running and not self._ending.is_set():
                    await asyncio.to_thread(self._push, site)

    def _push(self, site: str) -> None:
        archive = self._order.archive.parent / f"{site}.db"
        order = replace(self._order, site=site, archive=archive, deed="push", settings=())
        self._pushes.run(order)

    async def _crawl(self, site: str, due: str) -> None:
        """Run a job; one that fails is tried again."""
        try:
            await self._crawl_or_join(site, due)
        except Again:
            raise
        except FleetError as error:
            self._wait(site, str(error))
            raise Again(await asyncio.to_thread(self._later, _FAILED)) from None
        except Exception as error:
            logger.exception("a job failed", extra={"site": site})
            raise Again(await asyncio.to_thread(self._later, _FAILED)) from error

    async def _crawl_or_join(self, site: str, due: str) -> None:
        """Crawl the site, or join the crawl of it that runs here already."""
        loop = asyncio.get_running_loop()
        running = self._running.get(site)
        if running is None:
            if await asyncio.to_thread(self._is_needless, site, due):
                return
            running = loop.run_in_executor(self._threads, self._process, site)
            self._running[site] = running
            running.add_done_callback(lambda _done: self._running.pop(site, None))
        result = await asyncio.shield(running)
        await asyncio.to_thread(self._judge, site, result)

    def _is_needless(self, site: str, due: str) -> bool:
        """Whether the site was crawled meanwhile; raises Again where it is none of ours."""
        if site not in self._timetable.rhythms:
            self._wait(site, "it is not among the sites of this worker")
            raise Again(self._later(_FAILED))
        stalled = timedelta(seconds=jobs.STALLED)
        other = sites.unpushed_by_another(self._database, site, self.name, stalled=stalled)
        if other is not None:
            self._wait(site, f"worker {other} has crawls of it that are not in the store yet")
            raise Again(self._later(jobs.BUSY))
        when = datetime.fromisoformat(due)
        if jobs.is_done(self._database, site, when, schema=self.schema):
            return True
        jobs.check_free(self._database, site)
        return False

    def _process(self, site: str) -> Result | None:
        """Crawl in a process until it ends; None if everything is being stopped."""
        archive = self._order.archive.parent / f"{site}.db"
        try:
            result = self._processes.run(replace(self._order, site=site, archive=archive))
        except OSError as error:
            logger.error("no process can be started", extra={"why": str(error)})  # noqa: TRY400
            return None
        if result is not None and not result.locked_out:
            self._waits.pop(site, None)
            log_result(result)
        return result

    def _judge(self, site: str, result: Result | None) -> None:
        """Record what the crawl could not; raises Again where the job is not done."""
        if result is None or result.stopped:
            raise Again(self._later(timedelta(0)))
        why = one_line(result.stderr.rpartition("\n")[2])
        if result.locked_out:
            self._wait(site, why)
            raise Again(self._later(jobs.BUSY))
        if result.succeeded:
            return
        code = result.exit_code
        if not sites.broke_off(self._database, site, self.name, exit_code=code, why=why):
            if result.counts:
                return  # it recorded its end itself
            sites.not_begun(self._database, site, self.name, why)
            raise Again(self._later(_FAILED))

    def _wait(self, site: str, why: str) -> None:
        """Log once why a site waits."""
        if self._waits.get(site) != why:
            self._waits[site] = why
            logger.info("crawl waits", extra={"site": site, "why": why})

    def _later(self, by: timedelta) -> datetime:
        """Return a time of the fleet, as it was last known where the database is silent."""
        with suppress(FleetError):
            self._ahead = self._database.now() - datetime.now(UTC)
        return datetime.now(UTC) + self._ahead + by

    def _note_problem(self, error: BaseException) -> None:
        """Log once that the database does not answer; in our own words, without the DSN."""
        why = str(error) if isinstance(error, FleetError) else "the fleet's database: no answer"
        if not self._problem:
            logger.error("no crawl begins", extra={"why": why})
        self._problem = why


def _in_one_line(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Called by the event loop for what a task of procrastinate raised that nobody waits for."""
    if isinstance(context.get("exception"), _UNAVAILABLE):
        logger.warning(
            "a job is not ended",
            extra={"why": "another worker has it now, or the database does not answer"},
        )
        return
    loop.default_exception_handler(context)


def silence_libraries() -> None:
    """Log nothing of the libraries: their sentences may quote the DSN, and come in dozens."""
    for name in ("procrastinate", "psycopg", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _call(hook: Callable[[], Any]) -> None:
    try:
        hook()
    except Exception:
        logger.exception("a hook failed")
