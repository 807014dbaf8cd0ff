"""What was announced and what was kept: all sites, and one site with its crawls."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from archive.archive import Archive
from archive.monitoring import coverage as covering
from archive.monitoring.drift import drifts
from scraper.web.health import health
from scraper.web.view import PageError, Request, View, site_zone

DAYS = 12 * 7
"""Days of a calendar: twelve weeks."""
_COUNTS = ("announced", "kept", "missing", "waiting")
CRAWLS = 10
"""Crawls of a site that are shown."""


def coverage(archive: Archive, request: Request) -> View:
    """Show announced and kept stories, per site and day."""
    first, last = _period(request)
    period = covering.Period(first=first, last=last, now=request.now)
    days = covering.coverage(archive, period)
    return View(
        template="coverage.html",
        values={"first": first, "last": last, "days": list(map(_as_row, days))},
        shown={"calendars": list(_calendars(days, first))},
    )


def _period(request: Request) -> tuple[date, date]:
    end = request.time("to", end=True) or request.now
    last = min(end, request.now).astimezone(covering.ZONE).date()
    begin = request.time("from")
    first = begin.astimezone(covering.ZONE).date() if begin else last - timedelta(days=DAYS - 1)
    if first > last:
        raise PageError(400, "The first day is later than the last: no day is left.")
    return max(first, last - timedelta(days=366)), last


def _as_row(day: covering.Coverage) -> dict[str, Any]:
    names = "site day announced kept missing waiting late skipped usual looked marks reasons"
    return {name: getattr(day, name) for name in names.split()}


def _calendars(days: Iterable[covering.Coverage], first: date) -> Iterator[dict[str, Any]]:
    """Yield a calendar per site: a cell per day, columns of weeks that begin on Monday."""
    monday = first - timedelta(days=first.weekday())
    for name, group in groupby(days, key=lambda day: day.site):
        found = list(group)
        cells = [_cell(day, monday) for day in found]
        yield {
            "site": name,
            "cells": cells,
            "months": [cell for cell in cells if cell["day"].day <= 7 and not cell["weekday"]],
            "bad": [cell for cell in cells if cell["marks"]],
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
    share = day.kept / day.announced
    return "full" if share == 1 else "most" if share >= 1 - covering.MISSING_SHARE else "part"


def site(archive: Archive, request: Request) -> View:
    """Show one site: its health, its crawls, its calendar and its layouts."""
    name = request.parts["name"]
    if name not in {*archive.crawls.sites(), *covering.sites(archive)}:
        raise PageError(404, "This archive has no site called {name}.", name=name)
    first, last = _period(request)
    period = covering.Period(first=first, last=last, now=request.now, zone=site_zone(name))
    days = covering.coverage(archive, period, only=[name])
    return View(
        template="site.html",
        values={
            "health": health(archive, request.now, only=name),
            "crawls": archive.crawls.recent(name, CRAWLS),
            "drifts": [
                {"layout": one.layout, "since": one.since, "ended_at": one.ended_at, "why": one.why}
                for one in drifts(archive, site=name, ended=True)
            ],
            "days": list(map(_as_row, days)),
        },
        shown={"calendars": list(_calendars(days, first)), "zone": site_zone(name)},
    )
