"""How all pictures look: colours, letters, lines."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.ft2font import FT2Font

from archive.corpus.output.lettering import MISSING, plain, shortened

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
"""Okabe and Ito's colours, which people who see colours differently tell apart
(jfly.uni-koeln.de/color), without black.
"""
OTHERS = "#9A9A9A"
INK = "#333333"

STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],  # ships with matplotlib
    "font.size": 9,
    "text.parse_math": False,  # names of sites come from outside: "$x$" is no formula
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#BBBBBB",
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}


def headed(axes: Axes, title: str) -> None:
    """A title at the left."""
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", pad=12)


def drawable(text: str, most: int) -> str:
    """One line for a picture, at most so long, of letters that the font has.

    >>> drawable("Kabar 新聞", 20)
    'Kabar \ufffd\ufffd'
    """
    letters = _letters()
    return shortened(
        "".join(char if ord(char) in letters else MISSING for char in plain(text)), most
    )


@cache
def _letters() -> frozenset[int]:
    """Code points of the font that ships with matplotlib and that the pictures use."""
    return frozenset(
        FT2Font(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")).get_charmap()
    )
