"""`warta stats`: counts and bytes."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from archive.archive import Archive
from archive.database import sizes
from archive.ledger.wording import human_bytes, plural
from archive.monitoring.forecast import LEAST, Forecast, Growth, forecast
from archive.monitoring.health import free_bytes
from archive.revisions import queries
from scraper.cli.opening import reads_archive
from scraper.cli.rendering.terminal import Formats, columns, print_json, print_table, say

_COLUMNS = columns(
    "site articles revisions publisher_edits removed opted_out urls due refused failed snapshots"
    " bytes_sent bytes_kept"
)
_SPARSE = "publisher_edits removed opted_out due refused failed"
_VALIDATORS = columns(
    "site conditional answered_304 bytes_saved never_304", conditional="sent with validators"
)
_SAVED: Formats = {"bytes_saved": human_bytes, "never_304": {True: "yes"}.get}
_DICTIONARIES = columns(
    "site in_force needed bytes snapshots",
    in_force="current dictionary",
    needed="needed for reading",
    snapshots="snapshots packed with them",
)
_GROWTH = columns("site bytes_a_day busiest_week", busiest_week="in the busiest week")
_KINDS = columns("kind bytes share each", kind="bytes by kind", each="per article")


@click.command()
@click.option(
    "--forecast", "forecasts", is_flag=True, help="Show the growth, and when the disk is full."
)
@reads_archive
def stats(archive: Archive, forecasts: bool, as_json: bool) -> None:
    """Count articles, URLs and bytes per site, what the validators saved, and what the bytes of the
    file hold.

    With --forecast, show instead how many bytes a day the file grew in the last four weeks, and
    when the disk is full if that goes on. With --json, one line per site, and one with `"site":
    null` for the whole file.
    """
    if forecasts:
        _show_forecast(archive, now=datetime.now(UTC), as_json=as_json)
        return
    rows = queries.stats(archive.db)
    kinds = sizes.bytes_by_kind(archive.db)
    dictionaries = sizes.dictionaries(archive.db)
    articles = max(1, sum(row["articles"] for row in rows))
    if as_json:
        each = sum(kinds.values()) // articles
        whole = {"bytes": kinds, "bytes_per_article": each, "dictionaries": dictionaries}
        print_json([*rows, {"site": None, **whole}])
        return
    sizes_of_rows = dict.fromkeys(("bytes_sent", "bytes_kept"), human_bytes)
    title = f"{archive.path} ({human_bytes(archive.path.stat().st_size)} on disk)"
    print_table(rows, _COLUMNS, title=title, formats=sizes_of_rows, sparse=_SPARSE)
    if any(row["conditional"] for row in rows):
        click.echo()
        saved = "What the validators (ETag, Last-Modified) saved"
        print_table(rows, _VALIDATORS, title=saved, formats=_SAVED)
    click.echo()
    print_table(_kinds(kinds, articles), _KINDS)
    if dictionaries:
        click.echo()
        print_table(dictionaries, _DICTIONARIES, formats={"bytes": human_bytes})


def _kinds(kinds: dict[str, int], articles: int) -> list[dict[str, Any]]:
    total = sum(kinds.values())
    return [
        {
            "kind": kind,
            "bytes": human_bytes(size),
            "share": f"{size / max(1, total):.0%}",
            "each": human_bytes(size // articles),
        }
        for kind, size in {**kinds, "all": total}.items()
        if size or kind == "all"
    ]


def _show_forecast(archive: Archive, *, now: datetime, as_json: bool) -> None:
    """Print the growth per site and of all, and the day on which the disk is full."""
    size = archive.path.stat().st_size
    free = free_bytes(archive.path.resolve())
    found = forecast(archive, free=free, now=now)
    rows = [_growth_row(site, growth) for site, growth in found.sites.items()]
    if as_json:
        whole = {"bytes": size, "free": free} | asdict(found)
        del whole["sites"], whole["growth"]
        print_json([*rows, _growth_row(None, found.growth) | whole])
        return
    say(f"{archive.path}: {human_bytes(size)}; {human_bytes(free)} of its disk are free.")
    if found.growth is None:
        days = plural(found.days, "complete day")
        say(f"Too little history for a forecast: {days} after the first; it takes {LEAST}.")
        return
    say(f"Growth in {plural(found.days, 'day')}, from {found.since} to {found.until} (UTC):")
    say()
    formats = dict.fromkeys(("bytes_a_day", "busiest_week"), human_bytes)
    print_table([*rows, _growth_row("all", found.growth)], _GROWTH, formats=formats)
    say()
    if not found.growth.mean:
        say("Nothing was crawled in these days: there is no pace to go by.")
        return
    say(_in_words(found))


def _growth_row(site: str | None, growth: Growth | None) -> dict[str, Any]:
    mean, busiest = (growth.mean, growth.busiest_week) if growth else (None, None)
    return {"site": site, "bytes_a_day": mean, "busiest_week": busiest}


def _in_words(found: Forecast) -> str:
    if found.full_at_earliest is None:
        return "At this pace the disk is not full within a hundred years."
    earliest = f"at the pace of the busiest week, on {found.full_at_earliest:%Y-%m-%d}"
    if found.full_at is None:
        return f"At this pace the disk is not full within a hundred years; {earliest}."
    return f"At this pace the disk is full on {found.full_at:%Y-%m-%d}; {earliest}."
