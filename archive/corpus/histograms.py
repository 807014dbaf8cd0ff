"""The picture of the lengths: a small histogram a site, one below the other, on one logarithmic scale."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from archive.corpus.palette import INK, OTHERS, PALETTE, drawable, headed
from archive.corpus.rollups import counted, leading
from archive.corpus.summary import Summary, median

_MOST_PANELS = 9
_BINS_PER_DECADE = 12


def draw_lengths(summary: Summary, figure: Figure) -> None:
    """Words a document, with the median of each site; the largest sites have a panel each, all others share one."""
    totals = {site: counts.total() for site, counts in summary.words.items()}
    shown, rest = leading(totals, _MOST_PANELS)
    panels = [(drawable(site, 24), summary.words[site]) for site in shown]
    if rest:
        panels.append((f"{len(rest):,} other sites", sum((summary.words[site] for site in rest), Counter())))
    figure.set_size_inches(9, 1.1 + 0.8 * max(2, len(panels)))
    rows = figure.subplots(max(1, len(panels)), 1, sharex=True, squeeze=False)[:, 0]
    headed(rows[0], "Length of documents, in words")
    if not panels:
        rows[0].set_axis_off()
        rows[0].text(0.5, 0.5, "The corpus holds no document.", transform=rows[0].transAxes, ha="center", va="center", fontsize=12)
        return
    lengths = [length for _, counts in panels for length, documents in counts.items() if documents]
    edges = _edges(min(lengths), max(lengths))
    for number, (axes, (name, counts)) in enumerate(zip(rows, panels, strict=True)):
        colour = PALETTE[number % len(PALETTE)] if number < len(shown) else OTHERS
        _panel(axes, name, counts, edges, colour)
    _scale(rows[-1], edges)


def _panel(axes: Axes, name: str, counts: Counter[int], edges: list[int], colour: str) -> None:
    """Heights are shares of the site's own documents, so that small sites are seen as well."""
    heights = [0] * (len(edges) - 1)
    for length, documents in counts.items():
        heights[bisect_right(edges, max(1, length)) - 1] += documents
    axes.stairs(heights, edges, fill=True, color=colour)
    middle = median(counts)
    axes.axvline(max(1, middle), color=INK, linewidth=1.2)
    axes.annotate(
        f"median {middle:,}", (max(1, middle), 1), (4, -2), xycoords=("data", "axes fraction"), textcoords="offset points", va="top",
        fontsize=8,
    )  # fmt: skip
    axes.set_ylim(0, 1.4 * max(1, *heights))
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set_ylabel(f"{name}\n{counted(counts.total(), 'document')}", rotation=0, ha="right", va="center", labelpad=8)


def _edges(shortest: int, longest: int) -> list[int]:
    """Whole numbers, about so many a power of ten, from at or below the shortest to above the longest.

    >>> _edges(90, 210)
    [83, 100, 121, 147, 178, 215]
    """
    grid = sorted({round(10 ** (step / _BINS_PER_DECADE)) for step in range(_BINS_PER_DECADE * len(str(longest + 1)) + 2)})
    low = bisect_right(grid, max(1, shortest)) - 1
    high = bisect_right(grid, max(1, longest))
    return grid[low : high + 1]


def _scale(axes: Axes, edges: list[int]) -> None:
    """A logarithmic axis with round numbers."""
    axes.set_xscale("log")
    axes.set_xlim(edges[0] / 1.15, edges[-1] * 1.15)
    axes.minorticks_off()
    decades = range(len(str(edges[-1])) + 1)
    for steps in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 5), (1,)):
        ticks = [int(step * 10**power) for power in decades for step in steps if step * 10**power % 1 == 0]
        seen = [tick for tick in ticks if edges[0] / 1.15 <= tick <= edges[-1] * 1.15]
        if len(seen) <= 10:
            break
    axes.set_xticks(seen, [f"{tick:,}" for tick in seen])
