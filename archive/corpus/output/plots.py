"""The pictures of a corpus: documents per month, their lengths, and what was excluded."""

import textwrap
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.style import context
from matplotlib.ticker import MaxNLocator

from archive.corpus.filters.reasons import REASONS
from archive.corpus.output.rollups import (
    MISSING,
    counted,
    groups,
    leading,
    month_label,
    month_numbers,
    plain,
    share,
    shortened,
)
from archive.corpus.output.summary import UNDATED, Summary, median, totals
from archive.monitoring.palette import CATEGORIES, EDGE, INK, OTHERS, PALE

STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],  # ships with matplotlib
    "font.size": 9,
    "text.parse_math": False,  # names of sites come from outside: "$x$" is no formula
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": EDGE,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}

_DPI = 120
_MOST_PANELS = 9
_BINS_PER_DECADE = 12
_MOST_MONTHS = 180
"""More months than this are drawn as years, more years only where there are documents."""
_MOST_TIMES = 3
"""A bar of undated documents this many times the tallest month is drawn smaller, and says so."""
_MOST_LABELS = 13
_MOST_REASONS = 24


def draw(summary: Summary, folder: Path) -> list[Path]:
    """Write `months.png`, `lengths.png` and `dropped.png`.

    matplotlib's settings are its defaults meanwhile, whatever a `matplotlibrc` of the user says.
    """
    drawings: dict[str, Callable[[Summary, Figure], None]] = {
        "months": _draw_months,
        "lengths": _draw_lengths,
        "dropped": _draw_dropped,
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


def drawable(text: str, most: int) -> str:
    """Return one line of at most `most` characters that the font has.

    >>> drawable("Kabar 新聞", 20)
    'Kabar \ufffd\ufffd'
    """
    glyphs = _glyphs()
    return shortened("".join(c if ord(c) in glyphs else MISSING for c in plain(text)), most)


def _site_label(site: str) -> str:
    return drawable(site, 24)


@cache
def _glyphs() -> frozenset[int]:
    """Return the code points of the font that ships with matplotlib."""
    font = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return frozenset(FT2Font(str(font)).get_charmap())


def _head(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", pad=12)


def _say(axes: Axes, sentence: str) -> None:
    """Write a sentence in place of an empty picture."""
    axes.set_axis_off()
    centre: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
    axes.text(0.5, 0.5, sentence, fontsize=12, color=INK, **centre)


# Lengths


def _draw_lengths(summary: Summary, figure: Figure) -> None:
    """Draw a histogram for each of the largest sites and one for all others, on one log scale."""
    shown, rest = leading({site: c.total() for site, c in summary.words.items()}, _MOST_PANELS)
    panels = [(_site_label(site), summary.words[site]) for site in shown]
    if rest:
        others = sum((summary.words[site] for site in rest), Counter[int]())
        panels.append((f"{len(rest):,} other sites", others))
    figure.set_size_inches(9, 1.1 + 0.8 * max(2, len(panels)))
    rows = figure.subplots(max(1, len(panels)), 1, sharex=True, squeeze=False)[:, 0]
    _head(rows[0], "Length of documents")
    if not panels:
        _say(rows[0], "The corpus contains no document.")
        return
    lengths = [length for _, counts in panels for length, documents in counts.items() if documents]
    edges = _edges(min(lengths), max(lengths))
    colours = [*islice(cycle(CATEGORIES), len(shown)), OTHERS]
    for axes, (name, counts), colour in zip(rows, panels, colours, strict=False):
        _panel(axes, name, counts, edges, colour)
    _length_scale(rows[-1], edges)
    rows[-1].set_xlabel("words per document (logarithmic scale)")
    rows[0].set_title("documents per bar ▸", loc="right", fontsize=9, pad=12)


def _panel(axes: Axes, name: str, counts: Counter[int], edges: list[int], colour: str) -> None:
    """Scale each panel to its own site, so that small sites are visible."""
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
    axes.yaxis.tick_right()
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params("y", labelsize=8)
    label = f"{name}\n{counted(counts.total(), 'document')}"
    axes.set_ylabel(label, rotation=0, ha="right", va="center", labelpad=8)


def _edges(shortest: int, longest: int) -> list[int]:
    """Return integer bin edges, evenly spaced on a log scale, around all lengths.

    >>> _edges(90, 210)
    [83, 100, 121, 147, 178, 215]
    """
    steps = range(_BINS_PER_DECADE * len(str(longest + 1)) + 2)
    grid = sorted({round(10 ** (step / _BINS_PER_DECADE)) for step in steps})
    return grid[bisect_right(grid, max(1, shortest)) - 1 : bisect_right(grid, max(1, longest)) + 1]


def _length_scale(axes: Axes, edges: list[int]) -> None:
    """Set a logarithmic axis with three to ten round numbers, if possible."""
    low = edges[0] / 1.15
    high = max(edges[-1] * 1.15, ceil(low) + 2.3)  # has three numbers
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.minorticks_off()
    ticks = _ticks(low, high)
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.tick_params("x", length=4, color=EDGE)


def _ticks(low: float, high: float) -> list[int]:
    """Return three to ten round numbers of a logarithmic axis; more than ten for many powers of
    ten.

    >>> _ticks(80, 250), _ticks(130, 195), _ticks(30, 30_000)
    ([100, 150, 200], [140, 160, 180], [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000])
    """
    powers = [10**power for power in range(len(str(int(high))) + 1)]
    for steps in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 5), (1,)):
        numbers = [step * power for power in powers for step in steps]
        ticks = [int(number) for number in numbers if number % 1 == 0 and low <= number <= high]
        if len(ticks) <= 10:
            break
    if len(ticks) < 3:  # less than a factor of two, where a logarithmic scale is nearly linear
        evenly = MaxNLocator(6, integer=True, min_n_ticks=3, steps=[1, 2, 5, 10])
        ticks = [int(number) for number in evenly.tick_values(low, high) if low <= number <= high]
    return ticks


# Months


def _draw_months(summary: Summary, figure: Figure) -> None:
    """Draw stacked bars, the one of undated documents apart on the right."""
    figure.set_size_inches(9, 4.5)
    axes = figure.add_subplot()
    numbers = month_numbers(month for _, month in summary.months)
    yearly = bool(numbers) and max(numbers.values()) - min(numbers.values()) >= _MOST_MONTHS
    _head(axes, f"Documents per {'year' if yearly else 'month'} and site")
    if not summary.exported:
        _say(axes, "The corpus contains no document.")
        return
    if yearly:
        numbers = {month: number // 12 for month, number in numbers.items()}
    slots = _slots(sorted(set(numbers.values())))
    places = {month: slots.index(number) for month, number in numbers.items()}
    labels = [str(slot) if yearly else month_label(slot) for slot in slots]
    apart = None
    if summary.undated_documents:
        places[UNDATED] = apart = len(slots) and len(slots) + max(1, len(slots) // 30)
    scale = _scale(summary, places)
    _stack(summary, axes, places, scale)
    if apart is not None and scale < 1:
        axes.annotate(
            f"{summary.undated_documents:,} (not to scale)",
            (apart + 0.5, summary.undated_documents * scale),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            color=INK,
        )
    _label_slots(axes, labels, apart)


def _scale(summary: Summary, places: dict[str, int]) -> float:
    """Return the scale of the undated bar: below 1 where it would dwarf all others."""
    heights: Counter[int] = Counter()
    for (_, month), documents in summary.months.items():
        if month != UNDATED:
            heights[places[month]] += documents
    undated, tallest = summary.undated_documents, max(heights.values(), default=0)
    return 1.25 * tallest / undated if undated > _MOST_TIMES * tallest > 0 else 1


def _slots(numbers: list[int]) -> list[int]:
    """Fill the gaps, unless a wrong date centuries away would make too many."""
    if not numbers or numbers[-1] - numbers[0] >= _MOST_MONTHS:
        return numbers
    return list(range(numbers[0], numbers[-1] + 1))


def _stack(summary: Summary, axes: Axes, places: dict[str, int], scale: float) -> None:
    """Draw a bar per place and site, the largest site at the bottom."""
    stacked = groups(totals(summary.months), len(CATEGORIES), "other sites", _site_label)
    base = [0.0] * (max(places.values()) + 1)
    # Gaps narrower than a pixel would flicker.
    widths = [1.0 if len(base) > 60 else 0.86] * len(base)
    if UNDATED in places:
        widths[-1] = max(0.86, len(base) / 60)
    handles, scales = [], {UNDATED: scale}
    for (_, sites), colour in zip(stacked, (*CATEGORIES, OTHERS), strict=False):
        heights = [0.0] * len(base)
        for site in sites:
            for month, place in places.items():
                heights[place] += summary.months.get((site, month), 0) * scales.get(month, 1)
        handles.append(axes.bar(range(len(base)), heights, bottom=base, width=widths, color=colour))
        base = [low + high for low, high in zip(base, heights, strict=True)]
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    _add_legend(axes, handles, [name for name, _ in stacked])


def _add_legend(axes: Axes, handles: list[Any], names: list[str]) -> None:
    """Add a legend beside the bars, in their order from above."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    blank = ["site"] * len(handles)
    legend = figure.legend(handles, blank, loc="outside right upper", reverse=True)
    for text, name in zip(legend.get_texts(), reversed(names), strict=True):
        text.set_text(name)  # as a handle's label, a name with a leading underscore is omitted


def _label_slots(axes: Axes, labels: list[str], apart: int | None) -> None:
    """Label as many slots as fit; of many months the first of each year or quarter."""
    steps = (1, 2, 3, 6, 12, 24, 60)
    step = next((step for step in steps if len(labels) <= step * _MOST_LABELS), 120)
    januaries = (place for place, label in enumerate(labels) if label.startswith("Jan "))
    ticks = {place: labels[place] for place in range(next(januaries, 0) % step, len(labels), step)}
    end = len(labels) - 1
    if apart is not None:
        ticks[apart] = UNDATED
        end = apart
    angle: dict[str, Any] = {"rotation": 0, "ha": "center"}
    if len(ticks) > 6:
        angle = {"rotation": 40, "ha": "right"}
    axes.set_xticks(list(ticks), list(ticks.values()), rotation_mode="anchor", **angle)
    slack = 0.7 + max(0, 5 - end) / 2 + end / 100  # a single month is a bar, not a wall
    axes.set_xlim(-slack, end + slack)


# Exclusions


def _draw_dropped(summary: Summary, figure: Figure) -> None:
    """Draw a bar per reason, with its count and its share of what was selected."""
    counts = summary.dropped_by_reason()
    shown, rest = leading(counts, _MOST_REASONS)
    bars = [counts[reason] for reason in shown]
    labels = [_wrapped(reason) for reason in shown]
    if rest:
        bars.append(sum(counts[reason] for reason in rest))
        labels.append(f"{len(rest)} more reasons")
    figure.set_size_inches(9, 1.3 + 0.42 * max(3, len(bars)))
    axes = figure.add_subplot()
    _head(axes, f"Excluded of {counted(summary.selected, 'selected document')}")
    if not bars:
        _say(axes, "Nothing was excluded." if summary.selected else "No document was selected.")
        return
    axes.barh(range(len(bars)), bars, height=0.62, color=CATEGORIES[0])
    axes.set_yticks(range(len(bars)), labels)
    axes.set_ylim(max(3, len(bars)) - 0.4, -0.6)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    axes.set_xlim(0, 1.28 * max(bars))
    for place, count in enumerate(bars):
        label, offset = f"{count:,} ({share(count, summary.selected)})", (5, 0)
        axes.annotate(
            label, (count, place), offset, textcoords="offset points", va="center", color=INK
        )


def _wrapped(reason: str) -> str:
    sentence = drawable(REASONS.get(reason, reason), 96)
    return "\n".join(textwrap.wrap(sentence, 48, max_lines=2, placeholder=" …"))
