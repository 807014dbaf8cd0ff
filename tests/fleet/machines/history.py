"""The history of all leases, which a trigger keeps in the database of a test, and what must hold of
the requests that sites received.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from tests.fleet.machines.sites import Visit

_HISTORY = """
CREATE TABLE IF NOT EXISTS lease_history (
    site text, token bigint, holder text, taken_at timestamptz, ends_at timestamptz,
    noted_at timestamptz DEFAULT clock_timestamp());
CREATE OR REPLACE FUNCTION keep_lease() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO lease_history (site, token, holder, taken_at, ends_at)
    VALUES (NEW.site, NEW.token, NEW.holder, NEW.taken_at, NEW.ends_at); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER keep_lease AFTER INSERT OR UPDATE ON warta_leases
    FOR EACH ROW EXECUTE FUNCTION keep_lease();
"""
_LEASES = """
SELECT site, token, max(holder), extract(epoch FROM min(taken_at))::float8,
    extract(epoch FROM (array_agg(ends_at ORDER BY noted_at DESC))[1])::float8
FROM lease_history WHERE token > 0 GROUP BY site, token ORDER BY site, token
"""
CLOCKS = 0.001
"""Seconds by which two readings of one clock may differ: timestamps have microseconds, and a delay
is counted by another clock.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lease, from when it was taken to its end; seconds of the system clock."""

    site: str
    token: int
    holder: str
    begins: float
    ends: float


def keep_history(connection: Any) -> None:
    connection.execute(_HISTORY)


def history(connection: Any) -> list[Held]:
    return [
        Held(site=site, token=token, holder=holder, begins=begins, ends=ends)
        for site, token, holder, begins, ends in connection.execute(_LEASES).fetchall()
    ]


def held_twice(leases: Iterable[Held]) -> list[str]:
    """Leases of a site that began before the one before them had ended."""
    return [
        f"{after} began before {before} had ended"
        for _site, of_site in groupby(leases, lambda held: held.site)
        for before, after in pairwise(of_site)
        if after.begins < before.ends
    ]


def without_a_lease(visits: Sequence[Visit], leases: Iterable[Held]) -> list[str]:
    """Requests of a machine that arrived while it did not hold the site."""
    of_site = defaultdict(list)
    for held in leases:
        of_site[held.site].append(held)
    return [
        f"{visit.machine}: {visit.url} at {visit.arrived}"
        for visit in visits
        if not any(
            held.begins <= visit.arrived <= held.ends and f"worker {visit.machine} " in held.holder
            for held in of_site[visit.site]
        )
    ]


def too_soon(visits: Sequence[Visit], delay: float) -> list[str]:
    """Requests that a site received earlier than so many seconds after the end of an answer."""
    return [
        f"{_shown(after)} came {after.arrived - before.answered:.4f} s after {_shown(before)}"
        for before, after in _following(visits)
        if after.arrived - before.answered < delay - CLOCKS
    ]


def gaps(visits: Sequence[Visit]) -> dict[str, float]:
    """Site -> the shortest time between the end of an answer and the next request, whoever sent
    it.
    """
    found: dict[str, float] = {}
    for before, after in _following(visits):
        gap = after.arrived - before.answered
        found[after.site] = min(gap, found.get(after.site, gap))
    return found


def _following(visits: Sequence[Visit]) -> Iterator[tuple[Visit, Visit]]:
    """Each request with the one before it at the same site."""
    in_order = sorted(visits, key=lambda visit: (visit.site, visit.arrived))
    return ((one, other) for one, other in pairwise(in_order) if one.site == other.site)


def _shown(visit: Visit) -> str:
    took = visit.answered - visit.arrived
    return f"{visit.machine}: {visit.url} ({visit.status}) at {visit.arrived:.4f}, {took:.4f} s"
