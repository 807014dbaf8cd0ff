"""Jobs: what is due is queued once, goes to workers that can read it, and never gets lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from scraper.configuration import Fleet
from scraper.configuration.rhythm import CronSchedule
from scraper.schedule.timetable import Timetable

pytest.importorskip("procrastinate", reason="the extra `fleet` is not installed")

from scraper.fleet import jobs, sites
from scraper.fleet.database import Database, dsn_of
from scraper.fleet.leases import PostgresLeases
from scraper.fleet.schema import set_up


@pytest.fixture
def fleet(dsn: str) -> Fleet:
    return Fleet(dsn=SecretStr(dsn))


@pytest.fixture
def fleet_db(fleet: Fleet) -> Iterator[Database]:
    with Database.of(fleet, purpose="tests") as made:
        set_up(made)
        yield made


def timetable(*names: str) -> Timetable:
    """Every site is due each minute."""
    zone = ZoneInfo("Asia/Jakarta")
    rhythms = {
        name: CronSchedule(site=name, crontab="* * * * *", zone=zone, jitter=0) for name in names
    }
    return Timetable(rhythms=rhythms, backfill={})


async def no_crawl(_site: str, _due: str) -> None:
    pass


def with_app(fleet: Fleet, work: Any) -> Any:
    async def run() -> Any:
        async with jobs.app_of(dsn_of(fleet), "test", no_crawl).open_async() as app:
            return await work(app)

    return asyncio.run(run())


def crawled(fleet: Fleet, database: Database, site: str, ended: str = "finished") -> int:
    """Record a crawl of the site; its token."""
    claim = PostgresLeases(fleet).take(site)
    claim.note(delay=0, pause=0)
    sites.begin(database, site, claim.token, "jakarta-1")
    code = 0 if ended == "finished" else 1
    sites.end(database, site, claim.token, ended=ended, exit_code=code)
    claim.release()
    return claim.token


def test_one_worker_at_a_time_looks_what_is_due(fleet_db):
    assert jobs.elected(fleet_db) is not None
    assert jobs.elected(fleet_db) is None
    assert jobs.elected(fleet_db, every=timedelta(0)) is not None


def test_a_due_site_is_queued_once(fleet, fleet_db):
    now = fleet_db.now()
    due = jobs.due_sites(fleet_db, timetable("suara", "rmol"), now)
    assert due == [("rmol", "schema-0"), ("suara", "schema-0")]
    with_app(fleet, lambda app: jobs.defer(app, [*due, *due], now))
    assert jobs.due_sites(fleet_db, timetable("suara", "rmol"), now) == []
    queued = fleet_db.rows("SELECT lock, queueing_lock, status::text FROM procrastinate_jobs")
    assert [row["queueing_lock"] for row in queued] == ["rmol", "suara"]
    assert all(row["lock"] == row["queueing_lock"] for row in queued)


def test_a_site_that_was_crawled_is_due_when_its_rhythm_says(fleet, fleet_db):
    crawled(fleet, fleet_db, "suara")
    now = fleet_db.now()
    every = timetable("suara")
    later = now + timedelta(minutes=2)
    assert [site for site, _queue in jobs.due_sites(fleet_db, every, later)] == ["suara"]
    assert jobs.due_sites(fleet_db, every, now - timedelta(minutes=1)) == []


def test_a_crawl_that_died_without_a_job_is_due_once_its_lease_is_over(fleet, fleet_db):
    daily = Timetable(
        rhythms={
            "suara": CronSchedule(
                site="suara", crontab="0 3 * * *", zone=ZoneInfo("Asia/Jakarta"), jitter=0
            )
        },
        backfill={},
    )

    def is_due() -> bool:
        return bool(jobs.due_sites(fleet_db, daily, began))

    claim = PostgresLeases(fleet).take("suara")
    began = sites.begin(fleet_db, "suara", claim.token, "jakarta-1")
    assert not is_due()
    fleet_db.rows(
        "UPDATE warta_leases SET token = token + 1, ends_at = warta_now() - interval '1 minute'"
    )
    assert is_due()
    sites.end(fleet_db, "suara", claim.token, ended="finished", exit_code=0)
    assert not is_due()
    claim.release()


def test_an_archive_of_a_later_schema_is_queued_for_workers_that_can_read_it(fleet, fleet_db):
    token = crawled(fleet, fleet_db, "suara")
    fleet_db.rows("UPDATE warta_sites SET schema = 9, replica_token = %(token)s", token=token)
    due = jobs.due_sites(fleet_db, timetable("suara"), fleet_db.now() + timedelta(minutes=2))
    assert due == [("suara", "schema-9")]
    assert "schema-9" not in jobs.queues(8)
    assert "schema-9" in jobs.queues(9)
    with pytest.raises(jobs.Again) as again:  # queued before it was migrated
        jobs.is_done(fleet_db, "suara", fleet_db.now(), schema=8)
    assert again.value.queue == "schema-9"


def test_the_job_of_a_dead_worker_goes_on_with_another(fleet, fleet_db):
    now = fleet_db.now()

    async def work(app: Any) -> list[list[str]]:
        await jobs.defer(app, [("suara", "schema-0")], now)
        worker = await app.job_manager.register_worker()
        job = await app.job_manager.fetch_job(queues=["schema-0"], worker_id=worker)
        assert job is not None
        alive = await jobs.requeue_stalled(app, now)
        fleet_db.rows(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"
        )
        dead = await jobs.requeue_stalled(app, now)
        other = await app.job_manager.register_worker()
        taken = await app.job_manager.fetch_job(queues=["schema-0"], worker_id=other)
        return [alive, dead, [taken.task_kwargs["site"]]]

    assert with_app(fleet, work) == [[], ["suara"], ["suara"]]


def test_a_job_is_done_if_its_crawl_ended_although_its_worker_was_thought_dead(fleet, fleet_db):
    before = fleet_db.now()
    assert not jobs.is_done(fleet_db, "suara", before, schema=8)
    crawled(fleet, fleet_db, "suara")
    assert jobs.is_done(fleet_db, "suara", before, schema=8)
    assert not jobs.is_done(fleet_db, "suara", fleet_db.now(), schema=8)
    crawled(fleet, fleet_db, "suara", ended="shutdown")
    assert not jobs.is_done(fleet_db, "suara", before, schema=8)


def test_failures_are_counted_until_a_crawl_finishes_and_stopping_is_none(fleet, fleet_db):
    def failures() -> int:
        row = fleet_db.row("SELECT failures FROM warta_sites WHERE site = 'suara'")
        assert row is not None
        return int(row["failures"])

    crawled(fleet, fleet_db, "suara", ended="overloaded")
    crawled(fleet, fleet_db, "suara", ended="shutdown")
    crawled(fleet, fleet_db, "suara", ended="network_down")
    assert failures() == 2
    sites.not_begun(fleet_db, "suara", "jakarta-1", "no room")
    assert failures() == 3
    crawled(fleet, fleet_db, "suara")
    assert failures() == 0


def test_the_end_of_a_crawl_that_was_killed_is_recorded_by_its_worker_once(fleet, fleet_db):
    claim = PostgresLeases(fleet).take("suara")
    sites.begin(fleet_db, "suara", claim.token, "jakarta-1")
    assert sites.broke_off(fleet_db, "suara", "jakarta-1", exit_code=-9, why="killed")
    assert not sites.broke_off(fleet_db, "suara", "jakarta-1", exit_code=-9, why="killed")
    sites.end(fleet_db, "suara", claim.token, ended="finished", exit_code=0)  # too late
    row = fleet_db.row("SELECT ended, exit_code, why FROM warta_sites")
    assert row == {"ended": "broke_off", "exit_code": -9, "why": "killed"}
    claim.release()


def test_no_process_is_started_for_a_site_that_is_held_or_requested_a_pause(fleet, fleet_db):
    jobs.check_free(fleet_db, "suara")
    claim = PostgresLeases(fleet).take("suara")
    with pytest.raises(jobs.Again) as held:
        jobs.check_free(fleet_db, "suara")
    assert held.value.at - fleet_db.now() <= jobs.BUSY
    claim.note(delay=1, pause=3600)
    claim.release()
    with pytest.raises(jobs.Again) as paused:
        jobs.check_free(fleet_db, "suara")
    assert paused.value.at - fleet_db.now() > timedelta(minutes=55)
    claim = PostgresLeases(fleet).take("rmol")
    claim.release()
    jobs.check_free(fleet_db, "rmol")  # its delay is waited for
