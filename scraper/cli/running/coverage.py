"""`warta coverage`: what was announced against what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from archive.archive import Reader
from archive.ledger.wording import plain_time, plural, sentence
from archive.monitoring import coverage as covering
from archive.monitoring.coverage_plot import draw
from scraper.cli.options import Number, archive_option, json_option, opened
from scraper.cli.terminal import print_json, print_table

DAYS = 14
"""That are told without --since."""
FOLDED = 3
"""So many empty days in a row are one row of the table."""
_LONGEST = 87_600
"""Hours of ten years."""
_DAY = click.DateTime(formats=["%Y-%m-%d"])
_COLUMNS = {
    "site": "site",
    "day": "day",
    "announced": "announced",
    "kept": "kept",
    "missing": "missing",
    "waiting": "waiting",
    "late": "late",
    "skipped": "skipped",
    "usual": "usual",
    "told": "",
}
_MARKS = {"few": "far less than usual", "missing": "too many missing"}


class Zone(click.ParamType[ZoneInfo]):
    """A name of the time zone database."""

    name = "zone"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ZoneInfo:
        """Called by click."""
        try:
            return value if isinstance(value, ZoneInfo) else ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(
                f"{value}: no time zone is called so; expected a name like Asia/Jakarta", param, ctx
            )


class Picture(click.Path):
    """The file of a picture that is yet to be drawn: a PNG, so that its name has to say so."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Called by click."""
        found: Any = super().convert(value, param, ctx)
        if found.suffix.lower() != ".png":
            self.fail(
                f"{found}: the picture is a PNG; expected a name like coverage.png", param, ctx
            )
        return found


@click.command(short_help="What was announced against what is kept.")
@click.option(
    "--since", type=_DAY, metavar="YYYY-MM-DD", help=f"From this day on; {DAYS} days without it."
)
@click.option("--until", type=_DAY, metavar="YYYY-MM-DD", help="Up to this day; today without it.")
@click.option("--site", help="Only this site.")
@click.option(
    "--zone", type=Zone(), default="Asia/Jakarta", show_default=True, help="Whose days they are."
)
@click.option(
    "--late",
    type=Number(0, _LONGEST),
    default=covering.LATE / timedelta(hours=1),
    show_default=True,
    help="Hours after its announcement from which on a story is late, or missing where it was never asked for.",
)
@click.option(
    "--missing-share",
    type=Number(0, 1),
    default=covering.MISSING_SHARE,
    show_default=True,
    help=f"Share of a day's stories that may be missing; fewer than {covering.MIN_MISSING} always may.",
)
@click.option(
    "--urls",
    "with_urls",
    is_flag=True,
    help="Each story that is missing, waiting or late, with its reason.",
)
@click.option("--plot", type=Picture(), help="Draw a calendar a site into this PNG file.")
@archive_option
@json_option
def coverage(
    since: datetime | None,
    until: datetime | None,
    site: str | None,
    zone: ZoneInfo,
    late: float,
    missing_share: float,
    with_urls: bool,
    plot: Path | None,
    path: Path,
    as_json: bool,
) -> None:
    """What the sites' sources announced against what is in the archive, a day (of publication) and
    site.

    A story is kept, missing, or waiting where it was announced not long ago; of those that are kept
    some came late. Those out of a crawl's days are skipped. A day that announced far less than its
    weekday usually does is marked, once a later crawl has looked: well under half of the median of
    eight weeks, and too few to be chance. Ends with 3 where a day is marked, or too many are
    missing.

    \b
    warta coverage --since 2026-11-01
    warta coverage --site suara --urls
    warta coverage --since 2026-01-01 --plot coverage.png
    """
    now = datetime.now(UTC)
    last = until.date() if until else now.astimezone(zone).date()
    first = (
        since.date()
        if since
        else max(date.min + timedelta(days=DAYS), last) - timedelta(days=DAYS - 1)
    )
    if first > last:
        raise click.UsageError("--since is later than --until: no day is left")
    first, patience = max(first, date(1970, 1, 1)), timedelta(hours=late)
    with opened(path) as archive:
        _check(site, archive)
        period = covering.Period(first=first, last=last, now=now, zone=zone, late=patience)
        days = covering.coverage(archive, period, site=site, missing_share=missing_share)
        urls = covering.urls(archive, period, site=site) if with_urls else []
    if plot is not None:
        _plot(days, plot, zone)
    if with_urls:
        _show_urls(urls, zone, as_json=as_json)
    else:
        _show_days(days, missing_share, as_json=as_json)
    if any(day.marks for day in days) or any(
        _marked(total, missing_share) for total in _totals(days)
    ):
        raise SystemExit(3)


def _check(site: str | None, archive: Reader) -> None:
    """A name that the archive has never heard of is a typo."""
    known = sorted({*covering.sites(archive), *archive.crawls.sites()})
    if site is not None and site not in known:
        raise click.UsageError(
            f"no site of this archive is called {site}; there are {', '.join(known) or 'none yet'}"
        )


def _plot(days: Sequence[covering.Coverage], path: Path, zone: ZoneInfo) -> None:
    try:
        draw(days, path, zone=zone)
    except OSError as error:
        raise click.ClickException(
            f"{path}: the picture cannot be written there ({error.strerror})"
        ) from error
    click.echo(f"{path}: {plural(len({day.site for day in days}), 'calendar')}.", err=True)


def _show_days(days: Sequence[covering.Coverage], share: float, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                **_row(day),
                "usual": day.usual,
                "reasons": dict(day.reasons),
                "looked": day.looked,
                "marks": list(day.marks),
            }
            for day in days
        )
        return
    rows = [row for _key, some in groupby(days, key=_likeness) for row in _folded(list(some))]
    totals = [
        total | {"told": _MARKS["missing"] if _marked(total, share) else ""}
        for total in _totals(days)
    ]
    print_table([*rows, *totals], _COLUMNS)


def _row(day: covering.Coverage) -> dict[str, Any]:
    return {
        "site": day.site,
        "day": day.day.isoformat(),
        "announced": day.announced,
        "kept": day.kept,
        "missing": day.missing,
        "waiting": day.waiting,
        "late": day.late,
        "skipped": day.skipped,
    }


def _likeness(day: covering.Coverage) -> tuple[Any, ...]:
    """Empty days of a site in a row are alike; no other two days are."""
    return (day.site, day.looked) if day.empty else (day.site, day.day, None)


def _folded(days: Sequence[covering.Coverage]) -> list[dict[str, Any]]:
    """A row a day; a long stretch of empty days in one."""
    if len(days) < FOLDED:
        return [
            _row(day) | {"usual": day.usual and round(day.usual), "told": _told(day)}
            for day in days
        ]
    return [_row(days[0]) | {"day": f"{days[0].day} to {days[-1].day}", "told": _told(days[0])}]


def _told(day: covering.Coverage) -> str:
    """The marks of a day, and why stories of it are missing."""
    if day.empty and not day.looked:
        return "not looked"
    reasons = (
        f"{count} {reason}"
        for reason, count in sorted(day.reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    return "; ".join(
        filter(None, (", ".join(_MARKS[mark] for mark in day.marks), ", ".join(reasons)))
    )


def _totals(days: Sequence[covering.Coverage]) -> list[dict[str, Any]]:
    """A row a site for all its days."""
    rows = [_row(day) for day in days]
    counted = ("announced", "kept", "missing", "waiting", "late", "skipped")
    return [
        {
            "site": site,
            "day": "all",
            **{name: sum(row[name] for row in rows if row["site"] == site) for name in counted},
        }
        for site in dict.fromkeys(row["site"] for row in rows)
    ]


def _marked(total: dict[str, Any], share: float) -> bool:
    return covering.lost(total["announced"], total["missing"], share)


def _show_urls(rows: Sequence[dict[str, Any]], zone: ZoneInfo, *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    told = [
        row
        | {"why": sentence(row["reason"]) or f"announced {plain_time(row['first_seen_at'], zone)}"}
        for row in rows
    ]
    told = [
        row | {"why": f"{row['why']}, kept {plain_time(row['kept_at'], zone)}"}
        if row["outcome"] == "late"
        else row
        for row in told
    ]
    print_table(
        told, {"site": "site", "day": "day", "outcome": "outcome", "why": "why", "url": "url"}
    )
