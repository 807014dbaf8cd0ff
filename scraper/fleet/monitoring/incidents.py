"""The incidents of a whole fleet: a pure function of what its database says.

What fails for many sites at once is one incident: a database that is down stops every crawl, and
nobody reads a thousand messages about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from archive.ledger.wording import joined, plain_duration, plain_time, plural, word, worded
from archive.monitoring.coverage import ZONE
from scraper.fleet.records import SiteState, Worker

WAITS = timedelta(minutes=5)
"""How long a site that is due may wait for a worker: one that died is noticed in a minute."""
CLOCK_OFF = timedelta(minutes=1)
"""How far the clock of a worker may be off; the fleet's own is that of the database."""
SHOWN = 5
"""Sites or workers that a sentence names."""
LOST = "lease_lost"
"""How a crawl ended whose site another worker took over."""
DATABASE = "database_unreachable"
"""The database does not answer: it cannot hold that, so each worker notices it itself."""
KINDS = ("worker_stalled", "no_worker", LOST, "store_unreachable", "worker_clock", DATABASE)
"""A worker that does not report; sites that are due and that no worker takes; crawls that lost
their lease; a store that cannot be used; clocks that disagree; a database that does not answer.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetIncident:
    """Something that needs attention; identified by `kind` and `worker`."""

    kind: str
    """One of KINDS."""
    worker: str | None = None
    """The worker that it is about; None for the fleet as a whole."""
    since: datetime
    """Aware; the database's clock."""
    why: str
    """A plain sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreProblem:
    """Why a worker cannot use the store."""

    worker: str
    since: datetime
    why: str


def fleet_incidents(
    workers: Sequence[Worker],
    sites: Sequence[SiteState],
    *,
    now: datetime,
    waiting: Mapping[str, datetime],
    store: Sequence[StoreProblem] = (),
    zone: ZoneInfo = ZONE,
) -> list[FleetIncident]:
    """Return what is wrong now; `waiting`: since when sites wait for a worker."""
    found = [_stalled(each, zone) for each in workers if each.is_stalled]
    found += _without_worker(waiting, now)
    found += _lost(sites)
    found += _store(store)
    found += [_clock(each) for each in workers if _runs(each) and abs(each.clock_off) > CLOCK_OFF]
    return found


def _runs(worker: Worker) -> bool:
    return worker.ended_at is None and not worker.is_stalled


def _stalled(worker: Worker, zone: ZoneInfo) -> FleetIncident:
    why = worded(
        "worker {name} has not reported since {time}: its machine or its network is down,"
        " or it was killed; other workers take its sites",
        name=word(worker.name),
        time=plain_time(worker.seen_at, zone),
    )
    return FleetIncident(kind="worker_stalled", worker=worker.name, since=worker.seen_at, why=why)


def _without_worker(waiting: Mapping[str, datetime], now: datetime) -> list[FleetIncident]:
    late = {site: since for site, since in waiting.items() if now - since > WAITS}
    if not late:
        return []
    since = min(late.values())
    why = worded(
        "{sites} due without a worker to crawl them ({names}), the first for {length}:"
        " no worker runs, all are busy, or those that run are of an older version",
        sites=plural(len(late), "site is", "sites are"),
        names=_names(sorted(late, key=lambda site: (late[site], site))),
        length=plain_duration(now - since),
    )
    return [FleetIncident(kind="no_worker", since=since, why=why)]


def _lost(sites: Sequence[SiteState]) -> list[FleetIncident]:
    lost = {each.site: at for each in sites if (at := _lost_at(each)) is not None}
    if not lost:
        return []
    why = worded(
        "{crawls} lost the lease of the site ({names}): the database was out of reach for longer"
        " than the lease, or the machine was suspended; another worker crawls on",
        crawls=plural(len(lost), "crawl"),
        names=_names(sorted(lost)),
    )
    return [FleetIncident(kind=LOST, since=min(lost.values()), why=why)]


def _lost_at(site: SiteState) -> datetime | None:
    return site.lost_at or (site.ended_at if site.ended == LOST else None)


def _store(problems: Sequence[StoreProblem]) -> list[FleetIncident]:
    if not problems:
        return []
    first = min(problems, key=lambda each: each.since)
    why = worded(
        "the store cannot be used by {workers} ({names}): {why}",
        workers=plural(len(problems), "worker"),
        names=_names(sorted(each.worker for each in problems)),
        why=word(first.why),
    )
    return [FleetIncident(kind="store_unreachable", since=first.since, why=why)]


def _clock(worker: Worker) -> FleetIncident:
    name, length = word(worker.name), plain_duration(abs(worker.clock_off))
    if worker.clock_off > timedelta():
        why = worded(
            "the clock of worker {name} is {length} ahead of the database's",
            name=name,
            length=length,
        )
    else:
        why = worded(
            "the clock of worker {name} is {length} behind the database's", name=name, length=length
        )
    return FleetIncident(kind="worker_clock", worker=worker.name, since=worker.started_at, why=why)


def _names(names: Sequence[str]) -> str:
    shown = [word(name) for name in names[:SHOWN]]
    return joined([*shown, "…"] if len(names) > SHOWN else shown, ", ")
