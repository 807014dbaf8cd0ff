"""What was announced and what was kept: all sites, and one site with its crawls."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from archive.archive import Archive
from archive.monitoring import coverage as covering
from archive.monitoring.drift import drifts
from scraper.web.health import health
from scraper.web.recent import recent, recent_counts
from scraper.web.view import PageError, Request, View, site_zone

DAYS = 12 * 7
"""Days of the calendars of all sites: twelve weeks."""
A_YEAR = 366
"""Days of the calendar of one site at most."""
_COUNTS = ("announced", "kept", "missing", "waiting")
SITES = 6
"""Calendars on a page."""
BAD_DAYS = 10
"""Days of a site that a list names, the newest."""
CRAWLS = 10
"""Crawls of a site that are shown."""


def coverage(archive: Archive, request: Request) -> View:
    """Show announced and kept stories, per site and day."""
    period, page = _period(request, covering.ZONE, DAYS), request.page_number()
    names, until = covering.sites(archive), page * SITES
    days = _days(archive, period, *chosen) if (chosen := names[until - SITES : until]) else []
    return View(
        template="coverage.html",
        values={"first": period.first, "last": period.last, "days": list(map(_as_row, days))},
        shown={
            "calendars": list(_calendars(days, period.first)),
            "page": page,
            "more": len(names) > until,
        },
    )


def _period(request: Request, zone: ZoneInfo, most: int) -> covering.Period:
    """Return the days from `from` to `to`, the last weeks by default, `most` at most."""
    today = request.now.astimezone(zone).date()
    last = min(request.day("to") or today, today)
    first = request.day("from") or last - timedelta(days=DAYS - 1)
    if first > last:
        raise PageError(400, "The first day is later than the last: no day is left.")
    first = max(first, last - timedelta(days=most - 1))
    return covering.Period(first=first, last=last, now=request.now, zone=zone)


def _days(archive: Archive, period: covering.Period, *only: str) -> list[covering.Coverage]:
    return recent(
        lambda: covering.coverage(archive, period, only=only, count=recent_counts),
        archive.path,
        *("coverage", period.first, period.last, period.zone.key, *only),
        now=period.now,
    )


def _as_row(day: covering.Coverage) -> dict[str, Any]:
    names = "site day announced kept missing waiting late skipped usual looked marks reasons"
    return {name: getattr(day, name) for name in names.split()}


def _calendars(days: Iterable[covering.Coverage], first: date) -> Iterator[dict[str, Any]]:
    """Yield a calendar per site: a cell per day, columns of weeks that begin on Monday."""
    monday = first - timedelta(days=first.weekday())
    for name, group in groupby(days, key=lambda day: day.site):
        found = list(group)
        cells = [_cell(day, monday) for day in found]
        bad = [cell for cell in cells if cell["marks"]]
        yield {
            "site": name,
            "cells": cells,
            "months": [cell for cell in cells if cell["day"].day <= 7 and not cell["weekday"]],
            "bad": bad[-BAD_DAYS:],
            "earlier": bad[:-BAD_DAYS],
            **{count: sum(getattr(day, count) for day in found) for count in _COUNTS},
        }


def _cell(day: covering.Coverage, monday: date) -> dict[str, Any]:
    week = (day.day - monday).days // 7
    return {"week": week, "weekday": day.day.weekday(), "level": _level(day), **_as_row(day)}


def _level(day: covering.Coverage) -> str:
    """Return the class of a day's cell."""
    if day.marks:
        return "marked"
    if not day.announced:
        return "empty" if day.looked else "unknown"
    if day.kept == day.announced:
        return "full"
    nearly_all = day.kept >= (1 - covering.MISSING_SHARE) * day.announced
    return "most" if nearly_all else "part"


def site(archive: Archive, request: Request) -> View:
    """Show one site: its health, its crawls, its calendar and its layouts."""
    name = request.parts["name"]
    if name not in {*archive.crawls.sites(), *covering.sites(archive)}:
        raise PageError(404, "This archive has no site called {name}.", name=name)
    period = _period(request, site_zone(name), A_YEAR)
    days = _days(archive, period, name)
    return View(
        template="site.html",
        values={
            "health": health(archive, request, only=name),
            "crawls": [asdict(run) for run in archive.crawls.recent(name, CRAWLS)],
            "drifts": [
                {"layout": one.layout, "since": one.since, "ended_at": one.ended_at, "why": one.why}
                for one in drifts(archive, site=name, ended=True)
            ],
            "days": list(map(_as_row, days)),
        },
        shown={"calendars": list(_calendars(days, period.first)), "zone": site_zone(name)},
    )
