"""What a fleet knows of its sites: begin and end of crawls, the newest replica, what waits."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from archive.printable import one_line
from scraper.fleet.database import Database
from scraper.fleet.records import FleetError, Replica

LOST = "lease_lost"
STOPPED = "shutdown"
_WHY = 500
"""Characters that are kept of what a crawl said."""

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
_LOST = "UPDATE warta_sites SET lost_at = warta_now() WHERE site = %(site)s"
_PUBLISH = """\
UPDATE warta_sites SET replica_token = %(token)s, schema = %(schema)s, replica_at = %(at)s
WHERE site = %(site)s AND coalesce(replica_token, 0) <= %(token)s
    AND EXISTS (SELECT FROM warta_leases l
        WHERE l.site = %(site)s AND l.token = %(token)s AND l.holder IS NOT NULL FOR SHARE)
RETURNING site"""
_NEWEST = "SELECT replica_token FROM warta_sites WHERE site = %(site)s"
_EXCEED = """\
UPDATE warta_leases SET token = %(above)s + 1 WHERE site = %(site)s AND token = %(token)s
RETURNING token"""
_STORE = """\
UPDATE warta_workers SET store_problem = %(why)s, store_problem_since =
    CASE WHEN %(why)s::text IS NULL THEN NULL ELSE coalesce(store_problem_since, warta_now()) END
WHERE name = %(worker)s"""


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
    database.rows(_END, **given, why=_line(why), succeeded=succeeded, stopped=ended == STOPPED)


def broke_off(database: Database, site: str, worker: str, *, exit_code: int, why: str) -> bool:
    """Record the end of a worker's crawl that did not record it itself; False if it did, or never
    began. Raises FleetError.
    """
    given = {"site": site, "worker": worker, "exit_code": exit_code, "why": _line(why)}
    return bool(database.rows(_BROKEN, **given))


def not_begun(database: Database, site: str, worker: str, why: str) -> None:
    """Record that a crawl could not begin. Raises FleetError."""
    database.rows(_NOT_BEGUN, site=site, worker=worker, why=_line(why))


def lost(database: Database, site: str) -> None:
    """Record that a crawl lost its lease. Raises FleetError."""
    database.rows(_LOST, site=site)


def publisher(database: Database, site: str, token: int) -> Callable[[Replica], None]:
    """Return what makes a replica the newest of its site, if the lease's token still is."""

    def publish(replica: Replica) -> None:
        given = {"schema": replica.schema, "at": replica.pushed_at}
        if database.row(_PUBLISH, site=site, token=token, **given) is None:
            raise FleetError(f"{site}: the lease was lost; what was crawled is not pushed")

    return publish


def newest_token(database: Database, site: str) -> int | None:
    """Return the token of the site's newest replica; None without one. Raises FleetError."""
    row = database.row(_NEWEST, site=site)
    return row["replica_token"] if row is not None else None


def exceed(database: Database, site: str, token: int, above: int) -> int:
    """Give a lease a token above one of the store, whose database was lost; return it."""
    row = database.row(_EXCEED, site=site, token=token, above=above)
    if row is None:
        raise FleetError(f"{site}: another process has taken the site")
    return int(row["token"])


def note_store(database: Database, worker: str | None, why: str | None) -> None:
    """Note why a worker cannot use the store, or that it can. Raises FleetError."""
    if worker is not None:
        database.rows(_STORE, worker=worker, why=why and _line(why))


def _line(text: str) -> str | None:
    return one_line(text)[:_WHY] or None
