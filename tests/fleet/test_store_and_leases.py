"""What is pushed under a lease of a real database: fenced, and kept here while it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from archive import Archive
from scraper.configuration import Configuration, Fleet
from scraper.schedule.timetable import Timetable
from tests.archive.invented import HOUR, NOW, SITE
from tests.archive.merge.worlds import removed
from tests.fleet.stores import claimed, crawled, stories

pytest.importorskip("psycopg", reason="the extra `fleet` is not installed")

from scraper.fleet import sites
from scraper.fleet.database import Database
from scraper.fleet.jobs import STALLED
from scraper.fleet.leases import PostgresLeases
from scraper.fleet.records import FleetError
from scraper.fleet.schema import set_up
from scraper.fleet.site_crawl import SiteCrawl
from scraper.fleet.store import Replicas
from scraper.fleet.workers import Presence

TIMETABLE = Timetable.of(Configuration(), [SITE])
ALIVE = timedelta(seconds=STALLED)


@pytest.fixture
def fleet(dsn: str, tmp_path: Path) -> Fleet:
    found = Fleet(dsn=SecretStr(dsn), lease=30, patience=0, store=str(tmp_path / "store"))
    with Database.of(found, purpose="tests") as database:
        set_up(database)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Replicas:
    (tmp_path / "store").mkdir()
    return claimed(str(tmp_path / "store"))


@pytest.fixture
def opened(fleet: Fleet) -> Iterator[Database]:
    with Database.of(fleet, purpose="a test") as found:
        yield found


class Machine:
    """A worker of a fleet that crawls one site by hand."""

    def __init__(self, fleet: Fleet, store: Replicas, folder: Path, name: str) -> None:
        self.fleet, self.store, self.name = fleet, store, name
        self.archive = folder / name / f"{SITE}.db"
        self.archive.parent.mkdir(parents=True)
        with Database.of(fleet, purpose=name) as database:
            Presence(database=database, name=name, schema=8).begin()

    @contextmanager
    def holding(self) -> Iterator[SiteCrawl]:
        """Hold the lease of the site."""
        claim = PostgresLeases(self.fleet).take(SITE)
        try:
            yield SiteCrawl(
                site=SITE,
                archive=self.archive,
                fleet=self.fleet,
                store=self.store,
                claim=claim,
                worker=self.name,
            )
        finally:
            claim.release()

    def crawl(self, *numbers: int) -> int:
        def crawling(_since: date | None) -> int:
            crawled(self.archive, *numbers, at=NOW + numbers[0] * HOUR)
            return 0

        with self.holding() as deed:
            return deed.run(crawling, TIMETABLE, lambda _now: None)


@pytest.fixture
def machines(fleet: Fleet, folder: Replicas, tmp_path: Path) -> tuple[Machine, Machine]:
    one, other = (Machine(fleet, folder, tmp_path, name) for name in "ab")
    return one, other


def test_a_site_goes_from_machine_to_machine_with_its_archive(
    machines: tuple[Machine, Machine], folder: Replicas, opened: Database
) -> None:
    one, other = machines
    for turn, machine in enumerate((one, other, one, one, other), 1):
        assert machine.crawl(turn) == 0
        assert stories(machine.archive) == [str(number) for number in range(1, turn + 1)]
        newest = folder.newest(SITE)
        assert newest is not None
        assert newest.token == sites.newest_token(opened, SITE) == turn
    assert folder.orphans(SITE) == []


def test_an_older_token_is_refused_by_the_database_before_it_becomes_a_replica(
    machines: tuple[Machine, Machine], folder: Replicas, opened: Database
) -> None:
    one, other = machines
    one.crawl(1)
    with one.holding() as deed:
        token = deed.claim.token
    late = sites.publisher(opened, SITE, token)
    other.crawl(2)
    crawled(one.archive, 3, at=NOW + 3 * HOUR)
    with pytest.raises(FleetError):
        folder.push(SITE, one.archive, token, now=NOW, publish=late)
    newest = folder.newest(SITE)
    assert newest is not None
    with pytest.raises(FleetError, match="the lease was lost"):
        late(newest)
    assert one.crawl(4) == 0  # what it had crawled meanwhile is set aside, and not lost
    assert stories(one.archive) == ["1", "2", "4"]
    assert len(folder.orphans(SITE)) == 1


def test_what_the_store_could_not_take_is_left_to_its_worker_until_it_can(
    machines: tuple[Machine, Machine], tmp_path: Path, opened: Database
) -> None:
    one, other = machines
    one.crawl(1)
    store, gone = tmp_path / "store", tmp_path / "gone"

    def crawling(_since: date | None) -> int:
        crawled(one.archive, 2, at=NOW + 2 * HOUR)
        store.rename(gone)  # it is unmounted while the crawl runs
        return 0

    with one.holding() as deed:
        assert deed.run(crawling, TIMETABLE, lambda _now: None) == 1
    assert sites.unpushed(opened, "a") == [SITE]
    assert sites.unpushed_by_another(opened, SITE, "b", stalled=ALIVE) == "a"
    assert sites.unpushed_by_another(opened, SITE, "a", stalled=ALIVE) is None
    assert sites.unpushed_by_another(opened, SITE, "b", stalled=timedelta(0)) is None  # it died
    gone.rename(store)
    with one.holding() as deed:
        deed.push()
    assert sites.unpushed(opened, "a") == []
    other.crawl(3)
    assert stories(other.archive) == ["1", "2", "3"]


def test_a_story_that_is_taken_down_on_one_machine_is_on_all(
    machines: tuple[Machine, Machine],
) -> None:
    one, other = machines
    one.crawl(1, 2)
    other.crawl(3)
    removed(one.archive, 2, at=NOW + 4 * HOUR)  # in an older copy
    with one.holding() as deed:
        deed.push()
    other.crawl(5)
    for machine in machines:
        with Archive(machine.archive, read_only=True) as archive:
            assert archive.history.taken_down(SITE, f"{SITE}-2")


def test_a_copy_that_is_damaged_and_whose_machine_is_gone_is_given_up_by_a_person(
    machines: tuple[Machine, Machine], folder: Replicas, tmp_path: Path, opened: Database
) -> None:
    one, other = machines
    one.crawl(1)
    one.crawl(2)
    for file in (tmp_path / "store" / SITE).glob("000000000000002-*"):
        file.unlink()
    with pytest.raises(FleetError, match="number 2 was pushed"):
        other.crawl(3)
    assert sites.accept(opened, folder.newest) == [SITE]
    assert sites.accept(opened, folder.newest) == []
    assert other.crawl(3) == 0
    assert stories(other.archive) == ["1", "3"]
    assert one.crawl(4) == 0  # its machine comes back
    assert stories(one.archive) == ["1", "3", "4"]
    assert len(folder.orphans(SITE)) == 1


def test_a_push_that_was_killed_after_the_database_agreed_stops_nobody(
    machines: tuple[Machine, Machine], folder: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = machines
    one.crawl(1)
    wrote = folder.objects.write

    def killed(name: str, pieces: object) -> int:
        if name.endswith(".json"):
            raise KeyboardInterrupt
        return wrote(name, pieces)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(folder.objects, "write", killed)
        one.crawl(2)
    assert other.crawl(3) == 0
    assert stories(other.archive) == ["1", "2", "3"]
