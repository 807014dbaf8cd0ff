"""One crawl of a site for a fleet: fetched, crawled, checked, pushed; not with a lost lease."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from archive import Archive
from scraper.configuration import Fleet
from scraper.configuration.rhythm import CronSchedule
from scraper.schedule.timetable import Timetable

pytest.importorskip("psycopg", reason="the extra `fleet` is not installed")

from scraper.fleet.database import Database
from scraper.fleet.leases import PostgresClaim, PostgresLeases
from scraper.fleet.records import FleetError, FleetUnavailable
from scraper.fleet.schema import set_up
from scraper.fleet.site_crawl import SiteCrawl
from scraper.fleet.store import open_store

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def fleet(dsn: str) -> Fleet:
    found = Fleet(dsn=SecretStr(dsn), lease=30, patience=0)
    with Database.of(found, purpose="tests") as database:
        set_up(database)
    return found


@pytest.fixture
def store(tmp_path: Path) -> Any:
    (tmp_path / "store").mkdir()
    found = open_store(str(tmp_path / "store"))
    found.claim("6f1f7b6a-armada")
    return found


@pytest.fixture
def claim(fleet: Fleet) -> Iterator[PostgresClaim]:
    taken = PostgresLeases(fleet).take("suara")
    taken.note(delay=0, pause=0)
    yield taken
    taken.release()


def timetable() -> Timetable:
    rhythm = CronSchedule(site="suara", crontab="0 3 * * *", zone=ZoneInfo("UTC"), jitter=0)
    return Timetable(rhythms={"suara": rhythm}, backfill={})


def site_crawl(fleet: Fleet, store: Any, claim: PostgresClaim, archive: Path) -> SiteCrawl:
    return SiteCrawl(
        site="suara", archive=archive, fleet=fleet, store=store, claim=claim, worker="jakarta-1"
    )


def a_crawl(archive: Path, reason: str = "finished", code: int = 0) -> Callable[..., int]:
    def run(_since: date | None) -> int:
        with Archive(archive) as opened, opened.transaction(NOW):
            number = opened.crawls.begin("suara", version="1", arguments={})
            opened.crawls.end(number, counts={}, received=0, reason=reason)
        return code

    return run


def row(claim: PostgresClaim) -> dict[str, Any]:
    found = claim.database.row("SELECT * FROM warta_sites WHERE site = 'suara'")
    assert found is not None
    return found


def nothing(_now: datetime) -> None:
    pass


def test_a_crawl_is_pushed_and_recorded(fleet, store, claim, tmp_path):
    archive, checked = tmp_path / "suara.db", []
    task = site_crawl(fleet, store, claim, archive)
    assert task.run(a_crawl(archive), timetable(), checked.append) == 0
    replica = store.newest("suara")
    assert replica.token == claim.token
    known = row(claim)
    assert (known["ended"], known["exit_code"], known["failures"]) == ("finished", 0, 0)
    assert (known["replica_token"], known["schema"]) == (claim.token, replica.schema)
    assert abs(checked[0] - claim.database.now()) < timedelta(minutes=5)


def test_a_crawl_that_failed_is_pushed_all_the_same(fleet, store, claim, tmp_path):
    archive = tmp_path / "suara.db"
    run = a_crawl(archive, "overloaded", 1)
    assert site_crawl(fleet, store, claim, archive).run(run, timetable(), nothing) == 1
    assert store.newest("suara") is not None
    assert (row(claim)["ended"], row(claim)["failures"]) == ("overloaded", 1)


def test_nothing_is_pushed_after_the_lease_was_lost(fleet, store, claim, tmp_path):
    archive = tmp_path / "suara.db"
    crawl = a_crawl(archive)

    def overtaken(since: date | None) -> int:
        claim.database.rows("UPDATE warta_leases SET token = token + 1, holder = 'another'")
        return crawl(since)

    task = site_crawl(fleet, store, claim, archive)
    assert task.run(overtaken, timetable(), nothing) == 1
    assert store.newest("suara") is None
    assert row(claim)["replica_token"] is None
    assert not claim.renew()
    assert claim.is_lost()


def overtake(fleet: Fleet) -> PostgresClaim:
    """Take the site from its holder, whose lease has run out."""
    with Database.of(fleet, purpose="tests") as database:
        database.rows("UPDATE warta_leases SET ends_at = warta_now() - interval '1 second'")
    other = PostgresLeases(fleet).take("suara")
    other.note(delay=0, pause=0)
    return other


def test_a_lost_lease_is_no_matter_once_another_crawl_has_finished(fleet, store, claim, tmp_path):
    first, second = tmp_path / "a" / "suara.db", tmp_path / "b" / "suara.db"
    first.parent.mkdir()

    def overtaken(since: date | None) -> int:
        other = overtake(fleet)
        assert (
            site_crawl(fleet, store, other, second).run(a_crawl(second), timetable(), nothing) == 0
        )
        other.release()
        assert not claim.renew()
        return a_crawl(first)(since)

    assert site_crawl(fleet, store, claim, first).run(overtaken, timetable(), nothing) == 1
    assert row(claim)["lost_at"] is None


def test_a_lost_lease_is_noted_until_another_crawl_has_finished(fleet, store, claim, tmp_path):
    first, second = tmp_path / "a" / "suara.db", tmp_path / "b" / "suara.db"
    first.parent.mkdir()

    def overtaken(since: date | None) -> int:
        other = overtake(fleet)
        run = a_crawl(second, "overloaded", 1)
        assert site_crawl(fleet, store, other, second).run(run, timetable(), nothing) == 1
        other.release()
        assert not claim.renew()
        return a_crawl(first)(since)

    assert site_crawl(fleet, store, claim, first).run(overtaken, timetable(), nothing) == 1
    assert row(claim)["lost_at"] is not None
    other = PostgresLeases(fleet).take("suara")
    other.note(delay=0, pause=0)
    assert site_crawl(fleet, store, other, second).run(a_crawl(second), timetable(), nothing) == 0
    other.release()
    assert row(claim)["lost_at"] is None


def test_another_machine_goes_on_with_the_archive_of_the_first(fleet, store, claim, tmp_path):
    first, second = tmp_path / "a" / "suara.db", tmp_path / "b" / "suara.db"
    first.parent.mkdir()
    site_crawl(fleet, store, claim, first).run(a_crawl(first), timetable(), nothing)
    claim.release()
    other = PostgresLeases(fleet).take("suara")
    other.note(delay=0, pause=0)
    site_crawl(fleet, store, other, second).run(a_crawl(second), timetable(), nothing)
    with Archive(second, read_only=True) as opened:
        assert len(opened.crawls.since_finished("suara")) >= 1
        numbers = opened.db.execute("SELECT count(*) FROM crawls").fetchone()
    assert numbers == (2,)
    other.release()


def test_a_store_that_is_older_than_the_database_says_is_refused(fleet, store, claim, tmp_path):
    archive = tmp_path / "suara.db"
    claim.database.rows("INSERT INTO warta_sites (site, replica_token) VALUES ('suara', 41)")
    with pytest.raises(FleetError, match="number 41 was pushed: the store is not the fleet's"):
        site_crawl(fleet, store, claim, archive).run(a_crawl(archive), timetable(), nothing)


def test_a_new_database_goes_on_above_the_numbers_of_the_store(fleet, store, claim, tmp_path):
    archive = tmp_path / "suara.db"
    a_crawl(archive)(None)
    store.push("suara", archive, 40, now=NOW)
    site_crawl(fleet, store, claim, archive).run(a_crawl(archive), timetable(), nothing)
    assert claim.token == 41
    assert store.newest("suara").token == 41
    assert claim.renew()


def test_what_cannot_be_pushed_fails_is_noted_and_stays_here(fleet, store, claim, tmp_path):
    archive = tmp_path / "suara.db"
    claim.database.rows(
        "INSERT INTO warta_workers (name, run, host, pid, born, version, schema)"
        " VALUES ('jakarta-1', gen_random_uuid(), 'h', 1, '', '', 8)"
    )

    class Full:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def push(self, *_given: Any, **_named: Any) -> None:
            raise FleetUnavailable("the store: the disk is full")

    run = a_crawl(archive)
    assert site_crawl(fleet, Full(), claim, archive).run(run, timetable(), nothing) == 1
    assert (row(claim)["why"], row(claim)["failures"]) == ("the store: the disk is full", 1)
    found = claim.database.row("SELECT store_problem FROM warta_workers")
    assert found == {"store_problem": "the store: the disk is full"}
    with Archive(archive, read_only=True) as opened:
        assert opened.crawls.newest("suara") is not None
    assert site_crawl(fleet, store, claim, archive).run(run, timetable(), nothing) == 0
    assert claim.database.row("SELECT store_problem FROM warta_workers") == {"store_problem": None}
