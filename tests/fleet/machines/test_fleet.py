"""Fleets of two and of three machines through 20 SIGKILLs and 5 SIGSTOPs: no site is requested by
two, none too soon or without a lease; no story is lost or stored twice; all archives together are
the one that a single machine makes.

The sites are those of the soak, on loopback. The delay of crawls is shortened, and so are leases
and all times of the workers, by about as much.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive
from scraper.cli.rendering.terminal import print_table
from tests.fleet.machines.history import (
    Held,
    gaps,
    held_twice,
    history,
    keep_history,
    too_soon,
    without_a_lease,
)
from tests.fleet.machines.machine import DELAY, SETTINGS, Machine
from tests.fleet.machines.ordeal import Ordeal, plan
from tests.fleet.machines.sites import Sites, Visit, contact
from tests.fleet.servers import Server
from tests.preloaded import warta
from tests.scraper.crawling.conftest import environment
from tests.scraper.crawling.contents import BROKEN, TWICE, differences
from tests.scraper.schedule.newsrooms import HOSTS, WIB, Newsrooms

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("fleet"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc"),
]
SEED = 20
KILLS = {"crawl": 14, "worker": 3, "machine": 3}
STOPS = {"crawl": 2, "worker": 1, "machine": 2}
NAMES = ("utama", "cadangan", "ketiga")
ALONE = "satu"
"""The single machine."""
CONTENTS = (
    "SELECT site, key, story_id, url, removed_at, opted_out, revision FROM articles"
    " ORDER BY site, key",
    "SELECT site, url, number, kind, changed, headline, body, returns_to FROM history"
    " ORDER BY site, url, number",
    "SELECT site, url, headline, deck, dateline, authors, editors, agency, published_at,"
    " modified_at, section, tags, image_url, caption, language, page_count, layout, extractor,"
    " warnings FROM latest ORDER BY site, url",
    "SELECT l.site, l.url, s.relation, s.similarity, s.is_first FROM syndication s"
    " JOIN latest l ON l.article_id = s.article_id ORDER BY l.site, l.url",
)
"""Rows without numbers and without the times of requests, which no two crawls share."""
_KEPT_TWICE = """\
SELECT url_id, digests FROM (
    SELECT url_id, merged_id, group_concat(digest) AS digests
    FROM (SELECT s.*, c.merged_id FROM snapshots s JOIN crawls c ON c.id = s.crawl_id ORDER BY s.id)
    GROUP BY url_id, merged_id, coalesce(first_part_id, id)
) GROUP BY url_id, merged_id, digests HAVING count(*) > 1"""
"""Of one archive: two machines may each have kept a page, one of them in a crawl that it could not
push any more.
"""
FAULTS = BROKEN | TWICE | {"a page that was kept twice": _KEPT_TWICE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What happened to the fleet."""

    machines: tuple[str, ...]
    merged: Path
    alone: Path
    visits: list[Visit]
    """The fleet's."""
    leases: list[Held]
    done: Counter[tuple[str, str]]
    stories: set[str]
    """Those that stood at either time."""
    status: str


@pytest.fixture(scope="module", params=[2, 3], ids=["two", "three"])
def lived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql: Server
) -> Iterator[Lived]:
    with ExitStack() as ends:
        yield _live(tmp_path_factory.mktemp("fleet"), NAMES[: request.param], postgresql, ends)


def _live(folder: Path, names: tuple[str, ...], server: Server, ends: ExitStack) -> Lived:
    now = datetime.now(WIB)
    rooms = Newsrooms(now.date() - timedelta(days=5), 7, a_day=2)
    sites = ends.enter_context(Sites(rooms, now - timedelta(days=1)))
    database = ends.enter_context(server.database())
    (store := folder / "store").mkdir()
    machines = [
        ends.enter_context(
            Machine(name, folder, server=server, database=database, sites=sites, store=store)
        )
        for name in names
    ]
    machines[0].run("fleet", "init")
    connection = ends.enter_context(server.connect(database))
    keep_history(connection)
    for machine in machines:
        machine.is_quick = True
        machine.start()
    ordeal = Ordeal(machines, sites, connection, plan(SEED, KILLS, STOPS))
    while ordeal.left:
        ordeal.live()
    _crawl_alone(folder / "alone.db", sites, "--since", f"{now - timedelta(days=7):%Y-%m-%d}")
    stood = sites.stories()
    sites.now = now  # new stories, and edits; no check of what was taken down is due yet
    ordeal.live()
    _crawl_alone(folder / "alone.db", sites)
    status = machines[1].run("fleet", "status")
    for machine in machines:
        assert machine.stop() == 0
    machines[-1].run("fleet", "collect", str(folder / "merged.db"))
    return Lived(
        machines=names,
        merged=folder / "merged.db",
        alone=folder / "alone.db",
        visits=[visit for visit in sites.log if visit.machine != ALONE],
        leases=history(connection),
        done=ordeal.done,
        stories=stood | sites.stories(),
        status=status,
    )


def _crawl_alone(archive: Path, sites: Sites, *since: str) -> None:
    """Crawl as a schedule does, which walks back at first."""
    words = ["crawl", *HOSTS, "--archive", str(archive), "-s", f"CONTACT={contact(ALONE)}", *since]
    watch, sites.watch = sites.watch, None
    done = warta(*words, *SETTINGS, environment=environment(sites))
    sites.watch = watch
    assert done.returncode == 0, done.stderr


def test_all_blows_were_dealt(lived: Lived) -> None:
    figures = {f"{what} {how}": times for (what, how), times in lived.done.items()} | {
        "leases taken": len(lived.leases),
        "requests": len(lived.visits),
        "shortest gap": f"{min(gaps(lived.visits).values()):.3f} s",
    }
    rows = [{"what": what, "number": number} for what, number in figures.items()]
    print_table(rows, {"what": f"{len(lived.machines)} machines", "number": "number"})
    assert lived.done == {(kind, "killed"): count for kind, count in KILLS.items()} | {
        (kind, "stopped"): count for kind, count in STOPS.items()
    }


def test_no_site_was_leased_twice_or_requested_without_a_lease(lived: Lived) -> None:
    assert held_twice(lived.leases) == []
    assert without_a_lease(lived.visits, lived.leases) == []


def test_the_delay_holds_across_all_machines(lived: Lived) -> None:
    assert set(gaps(lived.visits)) == set(HOSTS)
    assert too_soon(lived.visits, DELAY) == []


def test_several_machines_crawled_a_site(lived: Lived) -> None:
    of = {site: {visit.machine for visit in lived.visits if visit.site == site} for site in HOSTS}
    assert max(map(len, of.values())) > 1


def test_no_story_was_lost_or_stored_twice(lived: Lived) -> None:
    with Archive(lived.merged, read_only=True) as archive:
        kept = [row["url"] for row in archive.db.query("SELECT url FROM latest")]
        assert archive.db.conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for fault, statement in FAULTS.items():
            assert archive.db.conn.execute(statement).fetchall() == [], fault
    assert sorted(kept) == sorted(lived.stories)


def test_all_archives_together_are_the_one_of_a_single_machine(lived: Lived) -> None:
    assert differences(lived.merged, lived.alone, *CONTENTS) == []


def test_the_status_shows_all_sites_and_workers(lived: Lived) -> None:
    for name in (*HOSTS, *lived.machines):
        assert name in lived.status
