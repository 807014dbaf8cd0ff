"""What has to hold after simulated weeks; each claim returns what contradicts it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from archive import Archive
from scraper.politeness.revisit import GONE_WAITS, SHORTEST, STALENESS
from tests.scraper.schedule.newsrooms import Newsrooms, Told
from tests.scraper.schedule.trouble import PAUSE, UNBELIEVED, Plan
from tests.scraper.schedule.world import Request

TRIES = 3
"""Of one request, where the server fails."""
FAILED = (0, 429, 500)
BUSY = 8
"""Addresses of a site that says it is busy, before it is left alone."""


def read(archive: Path, statement: str, *values: object) -> list[dict[str, Any]]:
    with Archive(archive, read_only=True) as opened:
        return list(opened.db.query(statement, list(values)))


# Stories


def announced(archive: Path, rooms: Newsrooms) -> list[Told]:
    """Stories that stood when a crawl of their site finished."""
    finished = defaultdict(list)
    for crawl in read(archive, "SELECT site, started_at FROM crawls WHERE end_reason = 'finished'"):
        finished[crawl["site"]].append(datetime.fromisoformat(crawl["started_at"]))
    return [
        told for told in rooms.all() if any(told.stands(moment) for moment in finished[told.site])
    ]


def lost(archive: Path, rooms: Newsrooms) -> list[str]:
    """Announced stories that the archive does not have."""
    kept = {row["url"] for row in read(archive, "SELECT url FROM latest")}
    return [told.url for told in announced(archive, rooms) if told.url not in kept]


def misread(archive: Path, rooms: Newsrooms) -> list[str]:
    """Stories whose newest text is not the one that stood when they were last asked for."""
    columns = "l.url, l.headline, u.last_checked_at"
    rows = read(
        archive,
        f"SELECT {columns} FROM latest l JOIN urls u ON u.url = l.url WHERE l.removed_at IS NULL",
    )
    return [
        f"{row['url']}: {row['headline']}"
        for row in rows
        if rooms.by_url[row["url"]].headline(datetime.fromisoformat(row["last_checked_at"]))
        != row["headline"]
    ]


def invented_revisions(archive: Path, rooms: Newsrooms) -> list[str]:
    """Revisions by the publisher that no newsroom made."""
    rows = read(
        archive, "SELECT url, count(*) AS number FROM history WHERE kind = 'publisher' GROUP BY url"
    )
    return [
        row["url"] for row in rows if row["number"] > (rooms.by_url[row["url"]].edited is not None)
    ]


# Manners


def overlapping(log: Sequence[Request]) -> list[str]:
    """Crawls of a site between whose requests another crawl of it asked."""
    found = []
    for site in {request.site for request in log}:
        runs = [
            run
            for run, _requests in groupby(request.run for request in log if request.site == site)
        ]
        found += [run for run, number in Counter(runs).items() if number > 1]
    return found


def asked_again(log: Sequence[Request]) -> list[str]:
    """Addresses that one crawl asked for again, although they had answered, or more often than a
    failure is tried again.
    """
    found = []
    for (run, url), statuses in _grouped(log, lambda request: (request.run, request.url)).items():
        answered = [each.status for each in statuses if each.status not in FAILED]
        if len(answered) > 1 or len(statuses) > TRIES:
            found.append(f"{run}: {url}: {[each.status for each in statuses]}")
    return found


def too_soon(
    log: Sequence[Request], rooms: Newsrooms, plan: Plan, killed: Iterable[str]
) -> list[str]:
    """Stories that were asked for again before a fifth of their age had passed with no word that
    they were edited, or an hour where they had failed or could not be read, or a day where they
    were gone.

    What a crawl was told just before it was killed was never written down.
    """
    lost_runs, found = set(killed), []
    for url, requests in _grouped(log, lambda request: request.url).items():
        told = rooms.by_url.get(url)
        if told is None:
            continue
        for before, after in pairwise(requests):
            wait = _least_wait(before, told.published, plan)
            edited = told.edited is not None and before.now < told.edited <= after.now
            same = (
                before.run == after.run
            )  # a failure, tried again at once: asked_again looks at it
            if after.now - before.now < wait and not (edited or same or before.run in lost_runs):
                found.append(f"{url}: {before.now} ({before.status}), {after.now}")
    return found


def _least_wait(asked: Request, published: datetime, plan: Plan) -> timedelta:
    unreadable = (
        plan.redesigned
        and plan.mended
        and asked.site == "rmol"
        and plan.redesigned <= asked.now < plan.mended
    )
    troubles = plan.lasting(asked.site, asked.now)
    unbelieved = asked.status == 200 and any(each.kind in UNBELIEVED for each in troubles)
    if asked.status in FAILED or unreadable or unbelieved:
        return SHORTEST
    return (
        GONE_WAITS[0] if asked.status == 404 else max(SHORTEST, STALENESS * (asked.now - published))
    )


def impatient(log: Sequence[Request], plan: Plan) -> list[str]:
    """Requests within a pause that a site asked for, and crawls that went on asking one that was
    busy.
    """
    found = []
    for trouble in plan.troubles:
        asked = [
            each
            for each in log
            if each.site == trouble.site and trouble.begins <= each.now < trouble.ends + PAUSE
        ]
        if trouble.kind == "pause":
            first = next(each for each in asked if each.status == 429)
            found += [
                f"{each.url} at {each.now}"
                for each in asked
                if each is not first and first.now <= each.now < first.now + PAUSE
            ]
        if trouble.kind == "busy":
            runs = _grouped(
                [each for each in asked if each.status == 429], lambda request: request.run
            )
            found += [
                f"{run}: {len(busy)} requests"
                for run, busy in runs.items()
                if len({each.url for each in busy}) > BUSY
            ]
    return found


def over_limit(log: Sequence[Request], rooms: Newsrooms, site: str, limit: int) -> list[str]:
    """Crawls of a site that asked for more stories than its limit."""
    runs = _grouped(
        [each for each in log if each.site == site and each.url in rooms.by_url],
        lambda request: request.run,
    )
    return [run for run, asked in runs.items() if len({each.url for each in asked}) > limit]


def _grouped(log: Sequence[Request], key: Any) -> dict[Any, list[Request]]:
    found: defaultdict[Any, list[Request]] = defaultdict(list)
    for request in log:
        found[key(request)].append(request)
    return found


# Alerts


def expected(archive: Path, plan: Plan) -> Counter[tuple[str, str | None]]:
    """The plan's incidents, and one for each killed crawl that had begun, unless the one before it
    had failed anyway.
    """
    found = Counter(plan.expected)
    for site, crawls in groupby(
        read(archive, "SELECT site, end_reason FROM crawls ORDER BY site, id"),
        lambda row: row["site"],
    ):
        well = True
        for crawl in crawls:
            found["crawl_failed", site] += crawl["end_reason"] in (None, "broke_off") and well
            well = crawl["end_reason"] == "finished"
    return found


def told_wrongly(
    bodies: Sequence[dict[str, Any]], calls_for: Counter[tuple[str, str | None]]
) -> list[str]:
    """Incidents that a webhook was not told once when they began and once when they ended, and
    those that were none.
    """
    found = [
        f"{mark} came {times} times"
        for mark, times in Counter(body["id"] for body in bodies).items()
        if times > 1
    ]
    for state in ("began", "ended"):
        told = Counter((body["kind"], body["site"]) for body in bodies if body["state"] == state)
        keys = told.keys() | calls_for.keys()
        found += [
            f"{state}: {key}: {told[key]} times, not {calls_for[key]}"
            for key in keys
            if told[key] != calls_for[key]
        ]
    open_now: set[tuple[str, str | None, str | None]] = set()
    for body in bodies:
        key = (body["kind"], body["site"], body["layout"])
        if (body["state"] == "began") == (key in open_now):
            found.append(f"{body['state']} out of turn: {key} at {body['sent_at']}")
        open_now ^= {key}
    return found + [f"never ended: {key}" for key in open_now]


def longest_gap(log: Sequence[Request], site: str) -> timedelta:
    """Between two moments at which a site was asked."""
    moments = sorted({request.now for request in log if request.site == site})
    return max((after - before for before, after in pairwise(moments)), default=timedelta(0))
