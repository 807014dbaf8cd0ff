"""Coverage as a picture: a calendar a site, a column a week and a row a weekday. Needs matplotlib
(`pip install 'warta[plots]'`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from archive.errors import ArchiveError
from archive.monitoring.coverage import ZONE, Coverage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_WEEKS = 53
"""Of one calendar; a site has several where the time is longer."""
NUMBERED_WEEKS = 14
"""Up to so many weeks the days are large enough to hold the number of stories."""
MOST_WIDTH = 15.0
"""Inches; calendars stand side by side as far as they fit."""
_CELL, _NUMBERED_CELL = 0.2, 0.34
_LEFT, _GAP, _ABOVE, _BELOW = 0.55, 0.35, 0.32, 0.3
"""Inches around a calendar: for the weekdays, to the next one, for the title, for the dates."""
_LEGEND, _LEGEND_WIDTH, _TITLE = 0.85, 5.8, 0.34
_HAD = ("#8c2d04", "#e6813f", "#f6e0a4", "#9cc5b0", "#1c6e7d")
"""From nothing had to all had; told apart without red and green."""
_NOTHING, _UNKNOWN, _FAINT, _MARK = "#e4e4e4", "white", "#c8c8c8", "#111111"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class PlotsMissing(ArchiveError):
    """There is no matplotlib to draw with."""


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

    @property
    def cell(self) -> float:
        """Inches of a day's side."""
        return _NUMBERED_CELL if self.numbered else _CELL


def draw(days: Sequence[Coverage], path: Path, *, zone: ZoneInfo = ZONE) -> None:
    """Write the picture of these days, which are in order of site and day; raises PlotsMissing, or
    OSError where it cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise PlotsMissing("a picture needs matplotlib: pip install 'warta[plots]'") from None
    calendars = _calendars(days)
    cell = max((calendar.cell for calendar in calendars), default=_CELL)
    across = _LEFT + max((calendar.weeks for calendar in calendars), default=1) * cell + _GAP
    down = _ABOVE + 7 * cell + _BELOW
    columns = max(1, min(len({day.site for day in days}), int(MOST_WIDTH / across)))
    columns = 1 if any(not calendar.numbered for calendar in calendars) else columns
    width, height = (
        max(_LEGEND_WIDTH, columns * across),
        ceil(len(calendars) / columns) * down + _LEGEND + _TITLE,
    )
    figure = Figure(figsize=(width, height), dpi=130)
    FigureCanvasAgg(figure)
    for number, calendar in enumerate(calendars):
        left, top = number % columns * across + _LEFT, number // columns * down + _ABOVE + _TITLE
        place = (
            left / width,
            1 - (top + 7 * cell) / height,
            calendar.weeks * cell / width,
            7 * cell / height,
        )
        _draw(figure.add_axes(place), calendar)
    _legend(figure, width, height)
    figure.text(0.12 / width, 1 - 0.1 / height, _title(days, zone), fontsize=10, va="top")
    figure.savefig(path, format="png")


def _title(days: Sequence[Coverage], zone: ZoneInfo) -> str:
    """What the picture shows: its period, and whose days they are."""
    if not days:
        return "Coverage: nothing was announced"
    first, last = min(day.day for day in days), max(day.day for day in days)
    return f"Coverage from {first} to {last}, days in {zone.key}"


def _share(day: Coverage) -> float | None:
    """Of what was to be had by now; what was announced not long ago, and not asked for yet, is no
    loss.
    """
    settled = day.kept + day.missing
    return day.kept / settled if settled else None


def _without(day: Coverage) -> str:
    """The colour of a day without a share."""
    return _UNKNOWN if day.waiting or not day.looked else _NOTHING


def _calendars(days: Sequence[Coverage]) -> list[_Calendar]:
    """A calendar a site; where the time is long, several of about a length."""
    if not days:
        return []
    first, last = min(day.day for day in days), max(day.day for day in days)
    monday = first - timedelta(days=first.weekday())
    weeks = (last - monday).days // 7 + 1
    parts = ceil(weeks / MOST_WEEKS)
    length = ceil(weeks / parts)

    def part_of(day: Coverage) -> int:
        return (day.day - monday).days // 7 // length

    found = []
    for (site, part), some in groupby(days, key=lambda day: (day.site, part_of(day))):
        begins = monday + timedelta(weeks=part * length)
        title = site if parts == 1 else f"{site}, from {_MONTHS[begins.month - 1]} {begins.year}"
        found.append(_Calendar(title=title, first=begins, weeks=length, days=list(some)))
    return found


def _draw(axes: Axes, calendar: _Calendar) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Polygon, Rectangle

    had = LinearSegmentedColormap.from_list("had", list(_HAD))
    places = [((day.day - calendar.first).days // 7, day.day.weekday()) for day in calendar.days]
    shares = [_share(day) for day in calendar.days]
    colours = [
        _without(day) if share is None else had(share)
        for day, share in zip(calendar.days, shares, strict=True)
    ]
    squares = [Rectangle((week + 0.04, weekday + 0.04), 0.92, 0.92) for week, weekday in places]
    edges = [_FAINT if colour == _UNKNOWN else "none" for colour in colours]
    axes.add_collection(
        PatchCollection(squares, facecolors=colours, edgecolors=edges, linewidths=0.5)
    )
    few = [place for place, day in zip(places, calendar.days, strict=True) if "few" in day.marks]
    frames = [Rectangle((week + 0.1, weekday + 0.1), 0.8, 0.8) for week, weekday in few]
    axes.add_collection(
        PatchCollection(frames, facecolors="none", edgecolors=_MARK, linewidths=1.3)
    )
    lost = [
        place for place, day in zip(places, calendar.days, strict=True) if "missing" in day.marks
    ]
    corners = [
        Polygon(
            [
                (week + 0.56, weekday + 0.04),
                (week + 0.96, weekday + 0.04),
                (week + 0.96, weekday + 0.44),
            ]
        )
        for week, weekday in lost
    ]
    axes.add_collection(PatchCollection(corners, facecolors=_MARK, edgecolors="none"))
    if calendar.numbered:
        for (week, weekday), day, share in zip(places, calendar.days, shares, strict=True):
            ink = "white" if share is not None and (share > 0.85 or share < 0.2) else "#333333"
            if day.empty and not day.looked:
                continue
            axes.text(
                week + 0.5,
                weekday + 0.53,
                str(day.announced),
                ha="center",
                va="center",
                fontsize=6,
                color=ink,
            )
    _label(axes, calendar)


def _label(axes: Axes, calendar: _Calendar) -> None:
    axes.set_xlim(0, calendar.weeks)
    axes.set_ylim(7, 0)
    axes.set_yticks([0.5, 2.5, 4.5, 6.5], labels=_WEEKDAYS[::2], fontsize=7)
    labels = _dates(calendar)
    axes.set_xticks(
        [week + 0.5 for week, _ in labels], labels=[label for _, label in labels], fontsize=7
    )
    axes.set_title(calendar.title, loc="left", fontsize=9, fontweight="bold", pad=4)
    axes.tick_params(length=0, pad=3)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _dates(calendar: _Calendar) -> list[tuple[int, str]]:
    """(week, label) of the weeks that have one below: where a month begins; of a short time every
    other Monday.
    """
    mondays = [(week, calendar.first + timedelta(weeks=week)) for week in range(calendar.weeks)]
    if calendar.numbered:
        return [
            (week, f"{monday.day} {_MONTHS[monday.month - 1]}") for week, monday in mondays[::2]
        ]
    return [
        (week, _MONTHS[monday.month - 1] + (f" {monday.year}" if monday.month == 1 else ""))
        for week, monday in mondays
        if monday.day <= 7
    ]


def _legend(figure: Figure, width: float, height: float) -> None:
    """Below all calendars: the colours, and the marks."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.ticker import PercentFormatter

    colours = ScalarMappable(Normalize(0, 1), LinearSegmentedColormap.from_list("had", list(_HAD)))
    bar = figure.add_axes((_LEFT / width, 0.3 / height, 2.1 / width, 0.12 / height))
    figure.colorbar(
        colours, cax=bar, orientation="horizontal", ticks=[0, 0.5, 1], format=PercentFormatter(1)
    )
    bar.tick_params(labelsize=7, length=0)
    bar.set_title("kept, of the stories that do not wait", fontsize=7, loc="left", pad=3)
    patches = [
        Patch(facecolor=_NOTHING, label="nothing announced"),
        Patch(
            facecolor=_UNKNOWN, edgecolor=_FAINT, linewidth=0.5, label="not looked, or all waiting"
        ),
        Patch(facecolor="white", edgecolor=_MARK, label="far less than usual"),
        Line2D(
            [],
            [],
            marker=[(0, 1), (1, 1), (1, 0)],
            color=_MARK,
            linestyle="none",
            markersize=6,
            label="too many missing",
        ),
    ]
    place = ((_LEFT + 2.3) / width, 0.15 / height)
    figure.legend(
        handles=patches,
        loc="lower left",
        bbox_to_anchor=place,
        fontsize=7,
        frameon=False,
        ncols=2,
        handlelength=1,
        handleheight=1,
    )
