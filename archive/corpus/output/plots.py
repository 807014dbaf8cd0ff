"""The picture of the lengths: a small histogram a site, one below the other, on one logarithmic
scale.
"""

from __future__ import annotations

import textwrap
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.style import context
from matplotlib.ticker import MaxNLocator

from archive.corpus.filters.reasons import REASONS
from archive.corpus.output.palette import INK, OTHERS, PALETTE, STYLE, drawable, headed
from archive.corpus.output.rollups import (
    UNDATED,
    by_site,
    counted,
    leading,
    month_label,
    month_numbers,
    share,
)
from archive.corpus.output.summary import Summary, median

_MOST_PANELS = 9
_BINS_PER_DECADE = 12


def draw_lengths(summary: Summary, figure: Figure) -> None:
    """Words a document, with the median of each site; the largest sites have a panel each, all
    others share one.
    """
    totals = {site: counts.total() for site, counts in summary.words.items()}
    shown, rest = leading(totals, _MOST_PANELS)
    panels = [(drawable(site, 24), summary.words[site]) for site in shown]
    if rest:
        panels.append(
            (f"{len(rest):,} other sites", sum((summary.words[site] for site in rest), Counter()))
        )
    figure.set_size_inches(9, 1.1 + 0.8 * max(2, len(panels)))
    rows = figure.subplots(max(1, len(panels)), 1, sharex=True, squeeze=False)[:, 0]
    headed(rows[0], "Length of documents, in words")
    if not panels:
        rows[0].set_axis_off()
        rows[0].text(
            0.5,
            0.5,
            "The corpus holds no document.",
            transform=rows[0].transAxes,
            ha="center",
            va="center",
            fontsize=12,
        )
        return
    lengths = [length for _, counts in panels for length, documents in counts.items() if documents]
    edges = _edges(min(lengths), max(lengths))
    for number, (axes, (name, counts)) in enumerate(zip(rows, panels, strict=True)):
        colour = PALETTE[number % len(PALETTE)] if number < len(shown) else OTHERS
        _panel(axes, name, counts, edges, colour)
    _length_scale(rows[-1], edges)


def _panel(axes: Axes, name: str, counts: Counter[int], edges: list[int], colour: str) -> None:
    """Heights are shares of the site's own documents, so that small sites are seen as well."""
    heights = [0] * (len(edges) - 1)
    for length, documents in counts.items():
        heights[bisect_right(edges, max(1, length)) - 1] += documents
    axes.stairs(heights, edges, fill=True, color=colour)
    middle = median(counts)
    axes.axvline(max(1, middle), color=INK, linewidth=1.2)
    axes.annotate(
        f"median {middle:,}",
        (max(1, middle), 1),
        (4, -2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        fontsize=8,
    )
    axes.set_ylim(0, 1.4 * max(1, *heights))
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set_ylabel(
        f"{name}\n{counted(counts.total(), 'document')}",
        rotation=0,
        ha="right",
        va="center",
        labelpad=8,
    )


def _edges(shortest: int, longest: int) -> list[int]:
    """Whole numbers, about so many a power of ten, from at or below the shortest to above the
    longest.

    >>> _edges(90, 210)
    [83, 100, 121, 147, 178, 215]
    """
    grid = sorted(
        {
            round(10 ** (step / _BINS_PER_DECADE))
            for step in range(_BINS_PER_DECADE * len(str(longest + 1)) + 2)
        }
    )
    low = bisect_right(grid, max(1, shortest)) - 1
    high = bisect_right(grid, max(1, longest))
    return grid[low : high + 1]


def _length_scale(axes: Axes, edges: list[int]) -> None:
    """A logarithmic axis with round numbers."""
    axes.set_xscale("log")
    axes.set_xlim(edges[0] / 1.15, edges[-1] * 1.15)
    axes.minorticks_off()
    decades = range(len(str(edges[-1])) + 1)
    for steps in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 5), (1,)):
        ticks = [
            int(step * 10**power)
            for power in decades
            for step in steps
            if step * 10**power % 1 == 0
        ]
        seen = [tick for tick in ticks if edges[0] / 1.15 <= tick <= edges[-1] * 1.15]
        if len(seen) <= 10:
            break
    axes.set_xticks(seen, [f"{tick:,}" for tick in seen])


_DPI = 120
_MOST_MONTHS = 180
"""More months than this are drawn as years, more years only where there are documents."""
_MOST_TIMES = 3
"""Documents without a time that are more times the tallest month are drawn smaller, and say so."""
_MOST_LABELS = 13
_MOST_REASONS = 24


def draw(summary: Summary, folder: Path) -> list[Path]:
    """Write `months.png`, `lengths.png` and `dropped.png` there.

    matplotlib's settings are its own defaults while a picture is made, whatever a `matplotlibrc` of
    the user says.
    """
    drawings: dict[str, Callable[[Summary, Figure], None]] = {
        "months": _months,
        "lengths": draw_lengths,
        "dropped": _dropped,
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, drawing in drawings.items():
        paths.append(folder / f"{name}.png")
        with context(["default", STYLE]):
            figure = Figure(layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12))
            FigureCanvasAgg(figure)
            drawing(summary, figure)
            figure.savefig(paths[-1], dpi=_DPI, metadata={"Software": None})
    return paths


def _months(summary: Summary, figure: Figure) -> None:
    """Stacked bars; documents without a time stand apart on the right."""
    figure.set_size_inches(9, 4.5)
    axes = figure.add_subplot()
    numbers = month_numbers(month for _, month in summary.months)
    yearly = bool(numbers) and max(numbers.values()) - min(numbers.values()) >= _MOST_MONTHS
    headed(axes, "Documents a year and site" if yearly else "Documents a month and site")
    if not summary.exported:
        _say(axes, "The corpus holds no document.")
        return
    slots = _slots(sorted({number // 12 if yearly else number for number in numbers.values()}))
    places = {
        month: slots.index(number // 12 if yearly else number) for month, number in numbers.items()
    }
    apart = len(slots) + max(1, len(slots) // 30) if slots else 0
    undated = any(month == UNDATED for _, month in summary.months)
    scale = _scale(summary, places)
    _stack(summary, axes, places | {UNDATED: apart} if undated else places, scale)
    if undated and scale < 1:
        documents = sum(number for (_, month), number in summary.months.items() if month == UNDATED)
        axes.annotate(
            f"{documents:,} (not to scale)",
            (apart + 0.5, documents * scale),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            color=INK,
        )
    _label_slots(
        axes,
        [str(slot) if yearly else month_label(slot) for slot in slots],
        apart if undated else None,
    )


def _scale(summary: Summary, places: dict[str, int]) -> float:
    """Of the bar of documents without a time: 1, but smaller where it would press every month into
    a line.
    """
    heights: Counter[int] = Counter()
    for (_, month), documents in summary.months.items():
        heights[places.get(month, -1)] += documents
    undated, tallest = heights.pop(-1, 0), max(heights.values(), default=0)
    return 1.25 * tallest / undated if undated > _MOST_TIMES * tallest > 0 else 1


def _slots(numbers: list[int]) -> list[int]:
    """Every month (or year) from the first to the last; a wrong date centuries away does not press
    the others into a line.
    """
    if not numbers or numbers[-1] - numbers[0] >= _MOST_MONTHS:
        return numbers
    return list(range(numbers[0], numbers[-1] + 1))


def _stack(summary: Summary, axes: Axes, places: dict[str, int], scale: float) -> None:
    """One bar a place and site, the site with most documents at the bottom."""
    shown, rest = leading(by_site(summary.months), len(PALETTE))
    kinds = [([site], drawable(site, 24)) for site in shown] + (
        [(rest, f"{len(rest):,} other sites")] if rest else []
    )
    base = [0.0] * (max(places.values()) + 1)
    widths = [1.0 if len(base) > 60 else 0.86] * len(
        base
    )  # gaps narrower than a pixel would flicker
    if UNDATED in places:
        widths[-1] = max(0.86, len(base) / 60)
    handles = []
    for number, (sites, _) in enumerate(kinds):
        heights = [0.0] * len(base)
        for site in sites:
            for month, place in places.items():
                heights[place] += summary.months.get((site, month), 0) * (
                    scale if month == UNDATED else 1
                )
        colour = PALETTE[number] if number < len(PALETTE) else OTHERS
        handles.append(axes.bar(range(len(base)), heights, bottom=base, width=widths, color=colour))
        base = [low + high for low, high in zip(base, heights, strict=True)]
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    _name(axes, handles, [name for _, name in kinds])


def _name(axes: Axes, handles: list[Any], names: list[str]) -> None:
    """A legend beside the bars, in their order from above."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    legend = figure.legend(
        handles, ["site"] * len(handles), loc="outside right upper", reverse=True
    )
    for text, name in zip(legend.get_texts(), reversed(names), strict=True):
        text.set_text(
            name
        )  # as labels of handles, names with an underscore in front would be left out


def _label_slots(axes: Axes, labels: list[str], apart: int | None) -> None:
    """So few labels that they do not run into each other; of many months January, or the quarters."""
    step = next(
        (step for step in (1, 2, 3, 6, 12, 24, 60) if len(labels) <= step * _MOST_LABELS), 120
    )
    start = (
        next((place for place, label in enumerate(labels) if label.startswith("Jan ")), 0) % step
    )
    ticks = {place: labels[place] for place in range(start, len(labels), step)}
    if apart is not None:
        ticks[apart] = UNDATED
    slanted = len(ticks) > 6
    axes.set_xticks(
        list(ticks),
        list(ticks.values()),
        rotation=40 if slanted else 0,
        ha="right" if slanted else "center",
        rotation_mode="anchor",
    )
    end = len(labels) - 1 if apart is None else apart
    slack = 0.7 + max(0, 5 - end) / 2 + end / 100  # a single month is a bar, not a wall
    axes.set_xlim(-slack, end + slack)


def _dropped(summary: Summary, figure: Figure) -> None:
    """A bar a reason with its count and its share of what was selected."""
    counts = summary.dropped_by_reason()
    shown, rest = leading(counts, _MOST_REASONS)
    bars = [(_sentence(reason), counts[reason]) for reason in shown]
    if rest:
        bars.append((f"{len(rest)} more reasons", sum(counts[reason] for reason in rest)))
    figure.set_size_inches(9, 1.3 + 0.42 * max(3, len(bars)))
    axes = figure.add_subplot()
    headed(axes, f"What was left out of {counted(summary.selected, 'selected document')}")
    if not bars:
        _say(axes, "Nothing was left out." if summary.selected else "No document was selected.")
        return
    axes.barh(range(len(bars)), [count for _, count in bars], height=0.62, color=PALETTE[0])
    axes.set_yticks(range(len(bars)), [sentence for sentence, _ in bars])
    axes.set_ylim(max(3, len(bars)) - 0.4, -0.6)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    axes.set_xlim(0, 1.28 * max(count for _, count in bars))
    for place, (_, count) in enumerate(bars):
        axes.annotate(
            f"{count:,} ({share(count, summary.selected)})",
            (count, place),
            (5, 0),
            textcoords="offset points",
            va="center",
            color=INK,
        )


def _sentence(reason: str) -> str:
    lines = textwrap.wrap(
        drawable(REASONS.get(reason, reason), 96), 48, max_lines=2, placeholder=" …"
    )
    return "\n".join(lines)


def _say(axes: Axes, sentence: str) -> None:
    """A sentence in place of a picture of nothing."""
    axes.set_axis_off()
    axes.text(
        0.5,
        0.5,
        sentence,
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=12,
        color=INK,
    )
