"""A crawl whose site another machine takes requests nothing more, ends, and pushes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

pytest.importorskip("psycopg", reason="the extra `fleet` is not installed")

import psycopg

from archive import Archive
from scraper.fleet.store import open_store
from tests.fleet.machines.machine import Machine
from tests.fleet.machines.sites import Sites
from tests.fleet.servers import Server
from tests.scraper.schedule.newsrooms import Newsrooms

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)


@pytest.fixture
def sites() -> Iterator[Sites]:
    with Sites(Newsrooms(date(2026, 11, 20), 2, a_day=6), NOW) as found:
        yield found


@pytest.fixture
def machine(postgresql: Server, database: str, sites: Sites, tmp_path: Path) -> Iterator[Machine]:
    store = tmp_path / "store"
    store.mkdir()
    with Machine(
        "jakarta-1", tmp_path, server=postgresql, database=database, sites=sites, store=store
    ) as found:
        found.run("fleet", "init")
        yield found


def test_a_crawl_that_lost_its_lease_ends_and_nothing_of_it_is_pushed(
    machine: Machine, sites: Sites, postgresql: Server, database: str
) -> None:
    visits: list[str] = []

    def take_away(site: str, _machine: str) -> None:
        visits.append(site)
        if len(visits) == 3:
            with postgresql.connect(database) as connection:
                connection.execute(
                    "UPDATE warta_leases SET token = token + 1, holder = 'another machine',"
                    " ends_at = warta_now() + interval '1 hour'"
                )

    sites.watch = take_away
    said = machine.run("fleet", "crawl", "suara", code=1)
    assert "the lease is lost: another process has taken the site" in said
    assert "what was crawled is not pushed" in said
    assert len(visits) < 9  # the next renewal noticed: a quarter of 4 s, at one request a second
    archive = machine.folder / "archives" / "suara.db"
    with Archive(archive, read_only=True) as opened:
        newest = opened.crawls.newest("suara")
    assert newest is not None
    assert newest.end_reason == "lease_lost"
    assert open_store(str(machine.store)).newest("suara") is None
    sites.watch = None
    refused = machine.run("fleet", "crawl", "suara", code=1)
    assert "suara: another machine is crawling this site (another machine, since " in refused
    with psycopg.connect(postgresql.dsn(database)) as connection:
        lost = connection.execute("SELECT lost_at IS NOT NULL FROM warta_sites").fetchone()
    assert lost == (True,)


def test_a_pause_that_a_site_requested_is_known_to_all_at_once(
    machine: Machine, sites: Sites, postgresql: Server, database: str
) -> None:
    from scraper.cli.demo.proxy import Answer

    usual = sites.rooms.answer

    def answer(url: str, now: datetime) -> Answer:
        if url.endswith("/robots.txt"):
            return usual(url, now)
        return Answer(status=429, headers=(("Retry-After", "3600"),))

    sites.rooms.answer = answer  # type: ignore[method-assign]
    machine.run("fleet", "crawl", "suara", code=1)
    refused = machine.run("fleet", "crawl", "suara", code=1)
    assert "suara: no request before " in refused
