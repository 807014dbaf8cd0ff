"""Coverage as a picture: a calendar per site with a column per week and a row per weekday.

Needs matplotlib (`pip install 'warta[plots]'`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon, Rectangle
from matplotlib.ticker import PercentFormatter

from archive.monitoring.coverage import ZONE, Coverage
from archive.monitoring.palette import EDGE, INK, PALE, SHARES

MAX_WEEKS = 53
"""Weeks of a calendar; a longer time is split into several calendars per site."""
NUMBERED_WEEKS = 14
"""Weeks up to which the days are large enough to show the number of stories."""
MAX_WIDTH = 15.0
"""Inches; calendars are placed side by side within it."""
_CELL, _NUMBERED_CELL = 0.2, 0.34
_LEFT, _GAP, _ABOVE, _BELOW = 0.55, 0.35, 0.32, 0.3
"""Inches around a calendar: for the weekdays, to the next one, for the title, for the dates."""
_LEGEND, _LEGEND_WIDTH, _TITLE = 0.85, 5.8, 0.34
_UNKNOWN = "white"
_COLOURS = LinearSegmentedColormap.from_list("kept", list(SHARES))
_WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calendar:
    """Some weeks of one site."""

    title: str
    first: date
    """A Monday."""
    weeks: int
    days: Sequence[Coverage]

    @property
    def numbered(self) -> bool:
        return self.weeks <= NUMBERED_WEEKS


def draw(days: Sequence[Coverage], path: Path, *, zone: ZoneInfo = ZONE) -> None:
    """Write a PNG of days ordered by site and day; raises OSError."""
    calendars = _calendars(days)
    weeks = max((calendar.weeks for calendar in calendars), default=1)  # all are of one length
    cell, side_by_side = _CELL, 1
    if weeks <= NUMBERED_WEEKS:
        cell, side_by_side = _NUMBERED_CELL, len({day.site for day in days})
    across, down = _LEFT + weeks * cell + _GAP, _ABOVE + 7 * cell + _BELOW
    columns = max(1, min(side_by_side, int(MAX_WIDTH / across)))
    width = max(_LEGEND_WIDTH, columns * across)
    height = ceil(len(calendars) / columns) * down + _LEGEND + _TITLE
    figure = Figure(figsize=(width, height), dpi=130)
    for number, calendar in enumerate(calendars):
        left = number % columns * across + _LEFT
        bottom = height - number // columns * down - _ABOVE - _TITLE - 7 * cell
        place = (left / width, bottom / height, weeks * cell / width, 7 * cell / height)
        axes = figure.add_axes(place)
        _draw(axes, calendar)
        _label(axes, calendar)
    _legend(figure, width, height)
    figure.text(0.12 / width, 1 - 0.1 / height, _title(days, zone), fontsize=10, va="top")
    figure.savefig(path, format="png")


def _title(days: Sequence[Coverage], zone: ZoneInfo) -> str:
    """Return the period of the picture and the time zone of its days."""
    if not days:
        return "Coverage: nothing was announced"
    first, last = min(day.day for day in days), max(day.day for day in days)
    return f"Coverage from {first} to {last}, days in {zone.key}"


def _share(day: Coverage) -> float | None:
    """Return the share kept of the stories that no longer wait; None if all wait."""
    settled = day.kept + day.missing
    return day.kept / settled if settled else None


def _calendars(days: Sequence[Coverage]) -> list[_Calendar]:
    """Return a calendar per site, or several of equal length if the time is long."""
    if not days:
        return []
    first, last = min(day.day for day in days), max(day.day for day in days)
    monday = first - timedelta(days=first.weekday())
    weeks = (last - monday).days // 7 + 1
    parts = ceil(weeks / MAX_WEEKS)
    length = ceil(weeks / parts)

    def site_and_part(day: Coverage) -> tuple[str, int]:
        return day.site, (day.day - monday).days // 7 // length

    found = []
    for (site, part), some in groupby(days, key=site_and_part):
        begins = monday + timedelta(weeks=part * length)
        title = site if parts == 1 else f"{site}, from {_MONTHS[begins.month - 1]} {begins.year}"
        found.append(_Calendar(title=title, first=begins, weeks=length, days=list(some)))
    return found


def _draw(axes: Axes, calendar: _Calendar) -> None:
    """Draw a square per day; a frame marks far less than usual, a corner too many missing."""
    squares: list[Patch] = []
    frames: list[Patch] = []
    corners: list[Patch] = []
    fills: list[Any] = []
    for day in calendar.days:
        x, y = divmod((day.day - calendar.first).days, 7)
        share = _share(day)
        unknown = _UNKNOWN if day.waiting or not day.looked else PALE
        fills.append(unknown if share is None else _COLOURS(share))
        squares.append(Rectangle((x + 0.04, y + 0.04), 0.92, 0.92))
        if "few" in day.marks:
            frames.append(Rectangle((x + 0.1, y + 0.1), 0.8, 0.8))
        if "missing" in day.marks:
            corner = [(x + 0.56, y + 0.04), (x + 0.96, y + 0.04), (x + 0.96, y + 0.44)]
            corners.append(Polygon(corner))
        if calendar.numbered and (day.looked or not day.empty):
            dark = share is not None and not 0.2 <= share <= 0.85
            ink, number = "white" if dark else INK, str(day.announced)
            axes.text(x + 0.5, y + 0.53, number, ha="center", va="center", fontsize=6, color=ink)
    edges = [EDGE if fill == _UNKNOWN else "none" for fill in fills]
    axes.add_collection(PatchCollection(squares, fc=fills, ec=edges, lw=0.5))
    axes.add_collection(PatchCollection(frames, fc="none", ec=INK, lw=1.3))
    axes.add_collection(PatchCollection(corners, fc=INK, ec="none"))


def _label(axes: Axes, calendar: _Calendar) -> None:
    axes.set_xlim(0, calendar.weeks)
    axes.set_ylim(7, 0)
    axes.set_yticks([0.5, 2.5, 4.5, 6.5], labels=_WEEKDAYS[::2], fontsize=7)
    labels = _dates(calendar)
    axes.set_xticks([week + 0.5 for week in labels], labels=labels.values(), fontsize=7)
    axes.set_title(calendar.title, loc="left", fontsize=9, fontweight="bold", pad=4)
    axes.tick_params(length=0, pad=3)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _dates(calendar: _Calendar) -> dict[int, str]:
    """Return the labels below the weeks: where a month begins, or every other Monday."""
    found = {}
    for week in range(calendar.weeks):
        monday = calendar.first + timedelta(weeks=week)
        month = _MONTHS[monday.month - 1]
        if calendar.numbered and week % 2 == 0:
            found[week] = f"{monday.day} {month}"
        elif not calendar.numbered and monday.day <= 7:
            found[week] = f"{month} {monday.year}" if monday.month == 1 else month
    return found


def _legend(figure: Figure, width: float, height: float) -> None:
    """Explain the colours and the marks, below all calendars."""
    bar = figure.add_axes((_LEFT / width, 0.3 / height, 2.1 / width, 0.12 / height))
    figure.colorbar(
        ScalarMappable(Normalize(0, 1), _COLOURS),
        cax=bar,
        orientation="horizontal",
        ticks=[0, 0.5, 1],
        format=PercentFormatter(1),
    )
    bar.tick_params(labelsize=7, length=0)
    bar.set_title("kept, of the stories no longer waiting", fontsize=7, loc="left", pad=3)
    corner: Any = [(0, 1), (1, 1), (1, 0)]
    figure.legend(
        handles=[
            Patch(fc=PALE, label="nothing announced"),
            Patch(fc=_UNKNOWN, ec=EDGE, lw=0.5, label="no crawl, or all waiting"),
            Patch(fc="white", ec=INK, label="far less than usual"),
            Line2D([], [], marker=corner, ls="none", ms=6, color=INK, label="too many missing"),
        ],
        loc="lower left",
        bbox_to_anchor=((_LEFT + 2.3) / width, 0.15 / height),
        fontsize=7,
        frameon=False,
        ncols=2,
        handlelength=1,
        handleheight=1,
    )
