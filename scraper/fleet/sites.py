"""What a fleet knows of its sites: begin and end of crawls, the newest replica, what waits."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from scraper.fleet.database import Database, reason
from scraper.fleet.records import FleetError, Replica

LOST = "lease_lost"
STOPPED = "shutdown"

_BEGIN = """\
INSERT INTO warta_sites (site, began_at, worker, crawl)
SELECT %(site)s, warta_now(), %(worker)s, %(token)s FROM warta_leases
WHERE site = %(site)s AND token = %(token)s
ON CONFLICT (site) DO UPDATE SET
    began_at = excluded.began_at, worker = excluded.worker, crawl = excluded.crawl,
    ended_at = NULL, ended = NULL, exit_code = NULL, why = NULL
RETURNING began_at"""
_END = """\
UPDATE warta_sites SET
    ended_at = warta_now(), ended = %(ended)s, exit_code = %(exit_code)s, why = %(why)s,
    finished_at = CASE WHEN %(succeeded)s THEN began_at ELSE finished_at END,
    lost_at = CASE WHEN %(succeeded)s THEN NULL ELSE lost_at END,
    failures = CASE WHEN %(succeeded)s THEN 0 WHEN %(stopped)s THEN failures ELSE failures + 1 END
WHERE site = %(site)s AND crawl = %(token)s AND ended_at IS NULL"""
_BROKEN = """\
UPDATE warta_sites SET
    ended_at = warta_now(), ended = 'broke_off', exit_code = %(exit_code)s, why = %(why)s,
    failures = failures + 1
WHERE site = %(site)s AND worker = %(worker)s AND ended_at IS NULL
    AND NOT EXISTS (SELECT FROM warta_leases l WHERE l.site = %(site)s AND l.token > crawl)
RETURNING site"""
_NOT_BEGUN = """\
INSERT INTO warta_sites (site, worker, why, failures) VALUES (%(site)s, %(worker)s, %(why)s, 1)
ON CONFLICT (site) DO UPDATE SET why = excluded.why, failures = warta_sites.failures + 1"""
_LOST = """\
UPDATE warta_sites SET lost_at = warta_now()
WHERE site = %(site)s
    AND (crawl > %(token)s AND ended_at IS NOT NULL AND finished_at = began_at) IS NOT TRUE"""
_PUBLISH = """\
UPDATE warta_sites SET replica_token = %(token)s, schema = %(schema)s, replica_at = %(at)s,
    unpushed_by = NULL
WHERE site = %(site)s AND coalesce(replica_token, 0) <= %(token)s
    AND EXISTS (SELECT FROM warta_leases l
        WHERE l.site = %(site)s AND l.token = %(token)s AND l.holder IS NOT NULL FOR SHARE)
RETURNING site"""
_UNPUSHED = """\
UPDATE warta_sites SET unpushed_by = %(worker)s WHERE site = %(site)s AND crawl = %(token)s"""
_LEFT = "SELECT site FROM warta_sites WHERE unpushed_by = %(worker)s ORDER BY site"
_LEFT_BY_ANOTHER = """\
SELECT w.name FROM warta_sites s JOIN warta_workers w ON w.name = s.unpushed_by
WHERE s.site = %(site)s AND w.name <> %(worker)s
    AND w.ended_at IS NULL AND w.seen_at > warta_now() - %(stalled)s"""
_NEWEST = "SELECT replica_token FROM warta_sites WHERE site = %(site)s"
_ACCEPT = """\
UPDATE warta_sites SET replica_token = nullif(%(token)s::bigint, 0), replica_at = %(at)s
WHERE site = %(site)s AND replica_token > %(token)s RETURNING site"""
_PUSHED = "SELECT site FROM warta_sites WHERE replica_token IS NOT NULL ORDER BY site"


def begin(database: Database, site: str, token: int, worker: str | None) -> datetime:
    """Record that a crawl begins; return the time. Raises FleetError."""
    row = database.row(_BEGIN, site=site, token=token, worker=worker)
    if row is None:
        raise FleetError(f"{site}: another process has taken the site")
    began: datetime = row["began_at"]
    return began


def end(
    database: Database, site: str, token: int, *, ended: str, exit_code: int, why: str = ""
) -> None:
    """Record how a crawl ended, unless another one of the site has begun. Raises FleetError."""
    given: dict[str, Any] = {"site": site, "token": token, "ended": ended, "exit_code": exit_code}
    succeeded = exit_code in (0, 3)
    database.rows(_END, **given, why=reason(why), succeeded=succeeded, stopped=ended == STOPPED)


def broke_off(database: Database, site: str, worker: str, *, exit_code: int, why: str) -> bool:
    """Record the end of a worker's crawl that did not record it itself; False if it did, or never
    began. Raises FleetError.
    """
    given = {"site": site, "worker": worker, "exit_code": exit_code, "why": reason(why)}
    return bool(database.rows(_BROKEN, **given))


def not_begun(database: Database, site: str, worker: str, why: str) -> None:
    """Record that a crawl could not begin. Raises FleetError."""
    database.rows(_NOT_BEGUN, site=site, worker=worker, why=reason(why))


def lost(database: Database, site: str, token: int) -> None:
    """Record that a crawl lost its lease, unless another one has finished since: who was cut off
    may report it late. Raises FleetError.
    """
    database.rows(_LOST, site=site, token=token)


def publisher(database: Database, site: str, token: int) -> Callable[[Replica], None]:
    """Return what makes a replica the newest of its site, if the lease's token still is."""

    def publish(replica: Replica) -> None:
        given = {"schema": replica.schema, "at": replica.pushed_at}
        if database.row(_PUBLISH, site=site, token=token, **given) is None:
            raise FleetError(f"{site}: the lease was lost; what was crawled is not pushed")

    return publish


def note_unpushed(database: Database, site: str, token: int, worker: str) -> None:
    """Note that the store could not take the crawls of a worker. Raises FleetError."""
    database.rows(_UNPUSHED, site=site, token=token, worker=worker)


def unpushed(database: Database, worker: str) -> list[str]:
    """Return the sites whose crawls by a worker are not in the store yet. Raises FleetError."""
    return [row["site"] for row in database.rows(_LEFT, worker=worker)]


def unpushed_by_another(
    database: Database, site: str, worker: str, *, stalled: timedelta
) -> str | None:
    """Return the other worker, alive, that has crawls of a site which are not in the store yet.

    Raises FleetError.
    """
    row = database.row(_LEFT_BY_ANOTHER, site=site, worker=worker, stalled=stalled)
    return row["name"] if row is not None else None


def newest_token(database: Database, site: str) -> int | None:
    """Return the token of the site's newest replica; None without one. Raises FleetError."""
    row = database.row(_NEWEST, site=site)
    return row["replica_token"] if row is not None else None


def accept(database: Database, newest: Callable[[str], Replica | None]) -> list[str]:
    """Take the newest replicas that the store has, by `newest`, for the newest that there are;
    return the sites whose newer ones are lost. Raises FleetError.
    """
    older = []
    for row in database.rows(_PUSHED):
        found = newest(row["site"])
        token, at = (found.token, found.pushed_at) if found is not None else (0, None)
        older += database.rows(_ACCEPT, site=row["site"], token=token, at=at)
    return [row["site"] for row in older]
