"""What a fleet does now, read from its database: for `warta fleet status`, alerts and metrics."""

from datetime import datetime

from scraper.fleet.database import Database
from scraper.fleet.monitoring.incidents import StoreProblem
from scraper.fleet.records import SiteState
from scraper.schedule.timetable import Timetable

_SITES = """\
SELECT site, CASE WHEN l.ends_at > warta_now() THEN l.holder END AS holder,
    CASE WHEN l.ends_at > warta_now() THEN l.taken_at END AS taken_at,
    CASE WHEN l.token > 0 THEN warta_free_from(l) END AS free_at,
    s.began_at, s.ended_at, s.ended, s.exit_code, s.why, s.worker, coalesce(s.failures, 0)
        AS failures, coalesce(s.schema, 0) AS schema, s.replica_token, s.replica_at, s.lost_at,
    EXISTS (SELECT FROM procrastinate_jobs j WHERE j.queueing_lock = site
        AND j.status IN ('todo', 'doing'))
        AS is_queued
FROM warta_sites s FULL JOIN warta_leases l USING (site) ORDER BY site LIMIT 100000"""
_QUEUED_SINCE = """\
SELECT j.queueing_lock AS site, min(e.at) AS since
FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
WHERE j.status = 'todo' AND e.type IN ('deferred', 'deferred_for_retry')
    AND (j.scheduled_at IS NULL OR j.scheduled_at <= warta_now())
    AND NOT EXISTS (SELECT FROM warta_leases l
        WHERE l.site = j.queueing_lock AND l.holder IS NOT NULL AND l.ends_at > warta_now())
GROUP BY j.queueing_lock"""
_STORE = """\
SELECT name AS worker, store_problem_since AS since, store_problem AS why FROM warta_workers
WHERE store_problem IS NOT NULL AND store_problem_since IS NOT NULL AND ended_at IS NULL"""


def all_sites(database: Database) -> list[SiteState]:
    """Return what is known of each site, by name. Raises FleetError."""
    return [SiteState(**row) for row in database.rows(_SITES)]


def waiting(
    database: Database, timetable: Timetable, sites: list[SiteState], now: datetime
) -> dict[str, datetime]:
    """Return since when sites that are due wait for a worker. Raises FleetError.

    That is since their job was queued; without a job, since they were due, if no worker runs.
    """
    found: dict[str, datetime] = {row["site"]: row["since"] for row in database.rows(_QUEUED_SINCE)}
    known = {each.site: each for each in sites}
    for site in timetable.rhythms:
        state = known.get(site)
        busy = state is not None and (state.holder is not None or state.is_queued)
        if not busy and site not in found and (since := _due(timetable, site, state, now)):
            found[site] = since
    return found


def _due(
    timetable: Timetable, site: str, state: SiteState | None, now: datetime
) -> datetime | None:
    """Return since when a site without a job is due; None if it is not, or never was crawled."""
    if state is None or state.began_at is None:
        return None
    planned = timetable.next_run(site, state.began_at, state.began_at)
    return planned if planned <= now else None


def store_problems(database: Database) -> list[StoreProblem]:
    """Return why workers cannot use the store. Raises FleetError."""
    return [StoreProblem(**row) for row in database.rows(_STORE)]


def next_runs(timetable: Timetable, sites: list[SiteState], now: datetime) -> dict[str, datetime]:
    """Return when each site of the timetable is due next; `now` if it is."""
    began = {each.site: each.began_at for each in sites}
    return {site: timetable.next_run(site, began.get(site), now) for site in timetable.rhythms}


def state_of(site: SiteState, next_run: datetime | None, now: datetime) -> str:
    """Return what a site does: crawling, queued, due, waiting, or not scheduled."""
    if site.holder is not None:
        return "crawling"
    if site.is_queued:
        return "queued"
    if next_run is None:
        return "not scheduled"
    return "due" if next_run <= now else "waiting"
