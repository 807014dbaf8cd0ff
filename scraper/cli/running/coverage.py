"""`warta coverage`: announced stories compared with those in the archive."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from archive.archive import Archive
from archive.ledger.wording import plain_time, plural, sentence
from archive.monitoring import coverage as covering
from scraper.cli import options
from scraper.cli.defaults import ConfiguredOption
from scraper.cli.opening import reads_archive
from scraper.cli.rendering.terminal import (
    columns,
    counted,
    local_days,
    local_times,
    needs_extra,
    note,
    print_json,
    print_rows,
    print_table,
    say,
)

DAYS = 14
"""Days that are shown by default."""
FOLDED = 3
"""Consecutive empty days that the table shows as one row."""

_COUNTS = "announced kept missing waiting late skipped"
_COLUMNS = columns(f"site day {_COUNTS} usual remarks")
_URLS = columns("site day outcome why url")
_MARKS = {"few": "far less than usual", "missing": "too many missing"}


def _png(name: str) -> Path:
    if Path(name).suffix.lower() != ".png":
        raise ValueError("the plot is a PNG; expected a name like coverage.png")
    return Path(name)


@click.command()
@click.option(
    "--since", type=options.DAY, help=f"First day, in --timezone; default: the last {DAYS} days."
)
@click.option("--until", type=options.DAY, help="Last day, in --timezone; default: today.")
@options.sites
@click.option(
    "--timezone",
    "--zone",
    "zone",
    cls=ConfiguredOption,
    key=("schedule", "timezone"),
    type=options.ZONE,
    default="Asia/Jakarta",
    help="Time zone of the days.",
)
@click.option(
    "--late",
    type=options.Number(0, options.MAX_HOURS),
    default=covering.LATE / timedelta(hours=1),
    help="Hours after its announcement from which a story is late, or missing if never requested.",
)
@click.option(
    "--missing-share",
    cls=ConfiguredOption,
    key=("health", "missing_share"),
    type=options.Number(0, 1),
    default=covering.MISSING_SHARE,
    help="Maximum share of a day's stories that may be missing; fewer than "
    f"{covering.MIN_MISSING} always may.",
)
@click.option("--urls", "with_urls", is_flag=True, help="List each missing, waiting or late story.")
@click.option("--plot", type=options.Parsed("file", _png), help="Draw a calendar per site as PNG.")
@reads_archive
def coverage(
    archive: Archive,
    names: tuple[str, ...],
    zone: ZoneInfo,
    missing_share: float,
    with_urls: bool,
    plot: Path | None,
    as_json: bool,
    **days_wanted: Any,
) -> None:
    """Compare the stories that the sites' sources announced with those in the archive, per site and
    day of publication.

    A story is kept, missing, or waiting if it was announced only recently; a kept one may be late.
    Stories outside a crawl's days are skipped. A day that announced far less than usual is marked,
    once a later crawl has seen it: well below half of the median of that weekday in eight weeks,
    and too few to be chance. Exit status 3 if a day is marked, or too many stories are missing.

    \b
    warta coverage --since 2026-11-01
    warta coverage --site suara --urls
    warta coverage --since 2026-01-01 --plot coverage.png
    """
    period = _period(zone, **days_wanted)
    known = sorted({*covering.sites(archive), *archive.crawls.sites()})
    only = options.checked_sites(names, known)
    days = covering.coverage(archive, period, only=only, missing_share=missing_share)
    if plot is not None:
        _plot(days, plot, zone)
    totals = _totals(days, missing_share)
    if with_urls:
        _print_urls(covering.urls(archive, period, only=only), zone, as_json=as_json)
    elif as_json:
        print_json(map(_as_json, days))
    else:
        _show([*_folded(days), *totals], days)
    if any(row["remarks"] for row in totals) or any(day.marks for day in days):
        raise SystemExit(3)


def _period(
    zone: ZoneInfo, *, since: date | None, until: date | None, late: float
) -> covering.Period:
    """Return the days from `since`, at the earliest 1970-01-01, to `until`."""
    now = datetime.now(UTC)
    last = until or now.astimezone(zone).date()
    first = since or max(date.min + timedelta(days=DAYS), last) - timedelta(days=DAYS - 1)
    options.check_days(first, last)
    first = max(first, date(1970, 1, 1))
    return covering.Period(first=first, last=last, now=now, zone=zone, late=timedelta(hours=late))


def _plot(days: Sequence[covering.Coverage], path: Path, zone: ZoneInfo) -> None:
    with needs_extra("plots"):
        from archive.monitoring.coverage_plot import draw
    try:
        draw(days, path, zone=zone)
    except OSError as error:
        raise click.ClickException(
            f"{path}: the plot cannot be written there ({error.strerror})"
        ) from error
    note(f"{path}: {plural(len({day.site for day in days}), 'calendar')}.")


def _row(day: covering.Coverage) -> dict[str, Any]:
    return {name: getattr(day, name) for name in f"site day {_COUNTS}".split()}


def _as_json(day: covering.Coverage) -> dict[str, Any]:
    more = {name: getattr(day, name) for name in ("usual", "reasons", "looked", "marks")}
    return _row(day) | more


def _folded(days: Sequence[covering.Coverage]) -> Iterator[dict[str, Any]]:
    """Yield a row per day; a long run of empty days of a site is one row."""
    for _key, group in groupby(days, key=lambda day: (day.site, day.looked, day.empty or day.day)):
        run = list(group)
        first, last = run[0], run[-1]
        if len(run) >= FOLDED:
            remarks = _remarks(first)
            yield _row(first) | {"day": local_days(first.day, last.day), "remarks": remarks}
            continue
        for day in run:
            usual = day.usual and round(day.usual)
            more = {"usual": usual, "remarks": _remarks(day), "reasons": day.reasons}
            yield _row(day) | more


def _show(rows: Sequence[dict[str, Any]], days: Sequence[covering.Coverage]) -> None:
    """Print the table: in a pipe with the reasons of each day, on a terminal with a line for each
    site below.
    """
    if not sys.stdout.isatty():
        rows = [dict(row, remarks="; ".join(filter(None, _all_remarks(row)))) for row in rows]
    print_table(rows, _COLUMNS, flexible="remarks", sparse="missing waiting late skipped")
    if not sys.stdout.isatty():
        return
    for site, group in groupby(days, key=lambda day: day.site):
        reasons = sum((Counter(day.reasons) for day in group), Counter[str]())
        if reasons:
            say(f"{site}: {_counted(reasons)}", hang=2)


def _all_remarks(row: dict[str, Any]) -> tuple[str, str]:
    return row["remarks"], _counted(row.get("reasons", {}))


def _counted(reasons: Mapping[str, int]) -> str:
    return counted(dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))))


def _remarks(day: covering.Coverage) -> str:
    """Return the marks of a day."""
    if day.empty and not day.looked:
        return "not checked"
    return ", ".join(_MARKS[mark] for mark in day.marks)


def _totals(days: Sequence[covering.Coverage], share: float) -> list[dict[str, Any]]:
    """Return a row per site for all its days, with a remark where too many are missing."""
    totals = []
    for site, group in groupby(days, key=lambda day: day.site):
        rows = list(map(_row, group))
        counts = {name: sum(row[name] for row in rows) for name in _COUNTS.split()}
        lost = covering.lost(counts["announced"], counts["missing"], share)
        remarks = _MARKS["missing"] if lost else ""
        totals.append({"site": site, "day": "all", **counts, "remarks": remarks})
    return totals


def _print_urls(rows: Sequence[dict[str, Any]], zone: ZoneInfo, *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    for row in rows:
        why = sentence(row["reason"]) or f"announced {plain_time(row['first_seen_at'], zone)}"
        if row["outcome"] == "late":
            why += f", kept {plain_time(row['kept_at'], zone)}"
        row["why"] = local_times(why, zone)
    empty = "No story is missing, waiting or late."
    print_rows(rows, _URLS, as_json=False, flexible="url", empty=empty)
