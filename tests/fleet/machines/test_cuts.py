"""A worker that is cut off from the database, from the sites, or from the store only: each recovers
by itself, and each is alerted once for the whole fleet.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.machines.history import held_twice, history, keep_history, without_a_lease
from tests.fleet.machines.machine import Machine
from tests.fleet.machines.ordeal import Ordeal
from tests.fleet.machines.sites import Sites
from tests.fleet.servers import Server
from tests.scraper.monitoring.alerts.receivers import Receiver
from tests.scraper.schedule.newsrooms import WIB, Newsrooms
from tests.waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc"),
]
CUT = ("utama", "cadangan", "ketiga")
OWN = {("database_unreachable", None), ("worker_stalled", None), ("store_unreachable", None)}
"""What the fleet itself reports of these cuts."""
LATE = {("lease_lost", None), ("no_worker", None)}
"""What may come of it: another machine takes a site over; `make_due` lets a day pass at once."""


class Cuts:
    """Four machines; three of them lose one connection each at their first request."""

    def __init__(self, folder: Path, server: Server, database: str, hook: Receiver) -> None:
        self._ends = ExitStack()
        now = datetime.now(WIB)
        rooms = Newsrooms(now.date() - timedelta(days=4), 5, a_day=2)
        self.sites = self._ends.enter_context(Sites(rooms, now - timedelta(hours=1)))
        self.store = folder / "store"
        self.store.mkdir()
        self.machines = {
            name: self._ends.enter_context(
                Machine(
                    name,
                    folder,
                    server=server,
                    database=database,
                    sites=self.sites,
                    store=folder / f"mount-{name}",
                )
            )
            for name in (*CUT, "keempat")
        }
        for machine in self.machines.values():
            machine.store.symlink_to(self.store)
            machine.configure(f'[alerts]\nwebhook = "{hook.url}"\n')
        self._cuts = {
            "utama": self.machines["utama"].to_database.cut,
            "cadangan": self.machines["cadangan"].to_sites.refuse,
            "ketiga": self.machines["ketiga"].store.unlink,
        }

    def close(self) -> None:
        self._ends.close()

    def visit(self, _site: str, machine: str) -> None:
        """Called before each answer."""
        if (cut := self._cuts.pop(machine, None)) is not None:
            cut()

    @property
    def is_cut(self) -> bool:
        return not self._cuts

    def heal(self) -> None:
        self.machines["utama"].to_database.heal()
        self.machines["cadangan"].to_sites.heal()
        self.machines["ketiga"].store.symlink_to(self.store)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def cuts(tmp_path: Path, postgresql: Server, database: str, hook: Receiver) -> Iterator[Cuts]:
    made = Cuts(tmp_path, postgresql, database, hook)
    yield made
    made.close()


def began(hook: Receiver, state: str = "began") -> set[tuple[str, Any]]:
    return {(kind, site) for found, kind, site in hook.received if found == state}


def test_each_recovers_by_itself_and_is_alerted_once(
    cuts: Cuts, postgresql: Server, database: str, hook: Receiver
) -> None:
    cuts.machines["keempat"].run("fleet", "init")
    with postgresql.connect(database) as connection:
        keep_history(connection)
        fleet = Ordeal(list(cuts.machines.values()), cuts.sites, connection, [])
        cuts.sites.watch = cuts.visit
        for name in CUT:
            cuts.machines[name].start()
        until(lambda: fleet.crawl_on() and cuts.is_cut)
        cuts.machines["keempat"].start()  # earlier, it might have left no site to one of the three
        until(lambda: fleet.crawl_on() and began(hook) >= OWN)
        assert not without_a_lease(cuts.sites.log, history(connection))
        cuts.heal()
        fleet.live()
        until(lambda: not fleet.crawl_on() and began(hook, "ended") == began(hook))
        leases = history(connection)
    assert held_twice(leases) == []
    assert without_a_lease(cuts.sites.log, leases) == []
    assert {visit.machine for visit in cuts.sites.log} == set(cuts.machines)
    assert [each for each, times in Counter(hook.received).items() if times > 1] == []
    own = {(kind, site) for kind, site in began(hook) if site is None}
    assert own - LATE == OWN
    assert {kind for kind, site in began(hook) if site is not None} <= {"crawl_failed"}
