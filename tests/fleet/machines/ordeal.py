"""class Ordeal: a fleet on several machines that is killed and stopped at points which a seed
chooses, and that crawls on until all is read.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Queue
from random import Random
from typing import Any

from tests.fleet.machines.machine import Machine, gone
from tests.fleet.machines.sites import Sites
from tests.waiting import DEADLINE, until

SITES = 5
MOST = 8
"""Requests between two blows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """A signal at a point."""

    after: int
    """Requests of the fleet since the last one."""
    kind: str
    """`crawl`: only that process; `worker`: only that one; `machine`: both, and what they started.
    """
    stops: bool
    """SIGSTOP, until the lease is over, and SIGCONT then; else SIGKILL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Struck:
    blow: Blow
    machine: Machine
    site: str
    pids: tuple[int, ...]
    token: int


def plan(seed: int, kills: Mapping[str, int], stops: Mapping[str, int]) -> list[Blow]:
    """Return so many of each kind, in an order and at points that the seed chooses."""
    chance = Random(seed)
    blows = [(kind, False) for kind, count in kills.items() for _turn in range(count)]
    blows += [(kind, True) for kind, count in stops.items() for _turn in range(count)]
    chance.shuffle(blows)
    return [Blow(after=chance.randint(2, MOST), kind=kind, stops=stops) for kind, stops in blows]


class Ordeal:
    """Strikes as planned, and starts what was killed again, as systemd would."""

    def __init__(
        self, machines: Sequence[Machine], sites: Sites, connection: Any, blows: Sequence[Blow]
    ) -> None:
        self.machines = {machine.name: machine for machine in machines}
        self.sites, self.connection = sites, connection
        self.left = list(blows)
        self.done: Counter[tuple[str, str]] = Counter()
        self._struck: Queue[_Struck] = Queue()
        self._answers = 0
        self._busy: set[str] = set()
        sites.watch = self._watch

    def live(self) -> None:
        """Until every site was crawled to its end, and nothing that was struck is left."""
        self.make_due()
        seen, end = 0, time.monotonic() + DEADLINE
        while not self._turn():
            if len(self.sites.log) > seen:  # it goes on, however slowly
                seen, end = len(self.sites.log), time.monotonic() + DEADLINE
            assert time.monotonic() < end, "nothing happens any more"
            time.sleep(0.05)

    def _turn(self) -> bool:
        with suppress(Empty):
            self._recover(self._struck.get_nowait())
        return not self._busy and not self.crawl_on() and self._struck.empty()

    def _watch(self, site: str, machine: str) -> None:
        """Called for every request, before its answer leaves; one at a time."""
        self._answers += 1
        if not self.left or self._answers < self.left[0].after or machine in self._busy:
            return
        struck = self._targets(self.left[0], self.machines[machine], site)
        if not struck.pids:
            return
        self.left.pop(0)
        self._answers = 0
        self._busy.add(machine)
        for pid in struck.pids:
            with suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(pid, signal.SIGSTOP if struck.blow.stops else signal.SIGKILL)
        self._struck.put(struck)

    def _targets(self, blow: Blow, machine: Machine, site: str) -> _Struck:
        pids: tuple[int, ...] = ()
        with suppress(OSError, AssertionError):
            crawl = machine.crawls().get(site)
            every = {
                "crawl": (crawl,),
                "worker": (machine.worker(),),
                "machine": tuple(machine.everything()),
            }
            pids = tuple(pid for pid in every[blow.kind] if pid is not None and crawl is not None)
        return _Struck(
            blow=blow, machine=machine, site=site, pids=pids, token=self._token(site) if pids else 0
        )

    def _recover(self, struck: _Struck) -> None:
        """Do what the world does after a signal."""
        if struck.blow.stops:
            self._continue(struck)
        else:
            self._restart(struck)
        self._busy.discard(struck.machine.name)
        self.done[struck.blow.kind, "stopped" if struck.blow.stops else "killed"] += 1

    def _continue(self, struck: _Struck) -> None:
        """Continue what was stopped once its lease is over, and others have begun if they can."""
        if struck.blow.kind != "worker":  # the crawl beside a stopped worker goes on
            until(lambda: self._is_over(struck))
        if struck.blow.kind == "machine":
            until(lambda: self._token(struck.site) > struck.token)
        for pid in struck.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _restart(self, struck: _Struck) -> None:
        gone(*struck.pids)
        if struck.blow.kind == "crawl":
            return
        struck.machine.kill()
        struck.machine.start()

    def _token(self, site: str) -> int:
        return int(self._value("SELECT token FROM warta_leases WHERE site = %s", site) or 0)

    def _is_over(self, struck: _Struck) -> bool:
        statement = (
            "SELECT token > %s OR ends_at < clock_timestamp() FROM warta_leases WHERE site = %s"
        )
        return bool(self._value(statement, struck.token, struck.site))

    def make_due(self) -> None:
        """Let a day pass for the timetable: every site is due."""
        self.connection.execute(
            "UPDATE warta_sites SET began_at = began_at - interval '1 day',"
            " ended_at = ended_at - interval '1 day',"
            " finished_at = finished_at - interval '1 day'"
        )

    def crawl_on(self) -> bool:
        """Whether sites are still to be crawled; those whose last crawl failed are due again."""
        self.connection.execute(
            "UPDATE warta_sites SET began_at = began_at - interval '1 day' WHERE ended IS NOT NULL"
            " AND ended != 'finished' AND began_at > clock_timestamp() - interval '1 hour'"
        )
        finished = self._value(
            "SELECT count(*) FROM warta_sites s JOIN warta_leases l USING (site)"
            " WHERE s.ended = 'finished' AND l.holder IS NULL"
            " AND s.began_at > clock_timestamp() - interval '1 hour'"
        )
        return finished != SITES

    def _value(self, statement: str, *given: object) -> Any:
        row = self.connection.execute(statement, given).fetchone()
        return row and row[0]
