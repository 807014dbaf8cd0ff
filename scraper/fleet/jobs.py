"""Jobs: one worker at a time queues what is due; any that can read the archive takes it."""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from scraper.fleet import leases
from scraper.fleet.database import SESSION, Database
from scraper.fleet.sites import LOST, STOPPED
from scraper.schedule.timetable import Timetable

TASK = "warta.crawl"
LOOK = timedelta(seconds=5)
"""How often what is due is computed, by one worker."""
BUSY = timedelta(seconds=15)
"""After which a site is tried again that another process holds."""
WAIT = timedelta(seconds=leases.WAIT)
HEARTBEAT = 5.0
"""Seconds between two signs of life of a worker."""
STALLED = 25.0
"""Seconds without one after which its jobs go to others, and its name is free."""
POOL = 2
"""Connections to the database for jobs; one more listens, and one reports."""

_ELECT = """\
UPDATE warta_fleet SET looked_at = warta_now() WHERE looked_at <= warta_now() - %(every)s
RETURNING warta_now() AS now"""
_KNOWN = """\
SELECT s.site, s.schema, s.began_at,
    s.worker IS NOT NULL AND s.ended_at IS NULL
        AND (l.holder IS NULL OR warta_free_from(l) <= warta_now()) AS died
FROM warta_sites s LEFT JOIN warta_leases l USING (site)"""
_QUEUED = """\
SELECT queueing_lock AS site FROM procrastinate_jobs
WHERE status IN ('todo', 'doing') AND queueing_lock IS NOT NULL"""
_STATE = """\
SELECT began_at, ended, exit_code, schema, warta_now() AS now FROM warta_sites
WHERE site = %(site)s"""

_FREE = """\
SELECT warta_now() AS now, holder, warta_free_from(warta_leases) AS until
FROM warta_leases WHERE site = %(site)s"""


class Again(Exception):
    """The job is to be tried again, not before a time of the fleet."""

    def __init__(self, at: datetime, *, queue: str | None = None) -> None:
        super().__init__("again")
        self.at = at
        self.queue = queue


class _Retries(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Called by procrastinate. Cancelled jobs are those of a worker that lost its database."""
        if isinstance(exception, CancelledError):
            return RetryDecision()
        if not isinstance(exception, Again):
            return None
        return RetryDecision(retry_at=exception.at, queue=exception.queue)


def app_of(dsn: str, name: str, crawl: Callable[[str, str], Awaitable[None]]) -> App:
    """Return procrastinate's app, whose task crawls a site that became due at a time."""

    async def configure(connection: Any) -> None:
        await connection.set_autocommit(True)
        await connection.execute(SESSION)

    connector = PsycopgConnector(
        conninfo=dsn,
        kwargs={"application_name": f"warta worker {name}"[:63]},
        configure=configure,
        min_size=1,
        max_size=POOL,
        timeout=10.0,
    )
    app = App(connector=connector)

    @app.task(name=TASK, retry=_Retries())
    async def run(site: str, due: str) -> None:
        await crawl(site, due)

    return app


def queue_of(schema: int) -> str:
    """Return the queue of sites whose archives have this schema."""
    return f"schema-{schema}"


def queues(schema: int) -> list[str]:
    """Return the queues of all archives that a version with this schema can read."""
    return [queue_of(each) for each in range(schema + 1)]


def elected(database: Database, *, every: timedelta = LOOK) -> datetime | None:
    """Return the fleet's time if it is this worker's turn to queue what is due."""
    row = database.row(_ELECT, every=every)
    return row["now"] if row is not None else None


def due_sites(database: Database, timetable: Timetable, now: datetime) -> list[tuple[str, str]]:
    """Return the sites to crawl that no job is for, longest overdue first, and their queues.

    A crawl whose worker died with it is due at once, although no job is left: one that stood still
    meanwhile may have ended the job that another one had taken over. Raises FleetError.
    """
    queued = {row["site"] for row in database.rows(_QUEUED)}
    known = {row["site"]: row for row in database.rows(_KNOWN)}
    began = {site: row["began_at"] for site, row in known.items() if not row["died"]}
    last = {site: at for site, at in began.items() if at is not None}
    due = timetable.due(now, last, queued)
    return [(site, queue_of(known[site]["schema"] if site in known else 0)) for site in due]


async def defer(app: App, sites: Sequence[tuple[str, str]], now: datetime) -> None:
    """Queue crawls; a site that another worker has queued meanwhile is left to it."""
    for site, queue in sites:
        job = app.tasks[TASK].configure(lock=site, queueing_lock=site, queue=queue)
        try:
            await job.defer_async(site=site, due=now.isoformat())
        except AlreadyEnqueued:
            continue


async def requeue_stalled(app: App, now: datetime) -> list[str]:
    """Give the jobs of workers that died to others; return their sites."""
    jobs = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED))
    for job in jobs:
        try:
            await app.job_manager.retry_job(job, retry_at=now)
        except ConnectorException:  # a job of the site waits already
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
    return [str(job.task_kwargs.get("site")) for job in jobs]


def check_free(database: Database, site: str) -> None:
    """Raise Again where a site is held, or requested a pause: no process is started in vain.

    Raises FleetError.
    """
    row = database.row(_FREE, site=site)
    if row is None or row["until"] <= row["now"] + WAIT:
        return
    soon = row["now"] + BUSY
    raise Again(row["until"] if row["holder"] is None else min(row["until"], soon))


def is_done(database: Database, site: str, due: datetime, *, schema: int) -> bool:
    """Return whether a site was crawled since it became due, by a worker that was thought dead.

    Raises Again where a later warta has migrated its archive meanwhile, and FleetError.
    """
    row = database.row(_STATE, site=site)
    if row is None:
        return False
    if row["schema"] > schema:
        raise Again(row["now"], queue=queue_of(row["schema"]))
    began, ended = row["began_at"], row["ended"]
    ended_by_itself = ended is not None and ended not in (STOPPED, LOST, "broke_off")
    return began is not None and began >= due and ended_by_itself
