"""The pictures: the same numbers give the same bytes, and no corpus is too large, too small or too
odd to be drawn.
"""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.corpus.output.summary import Summary
from tests.archive.corpus.summaries import EMPTY, HOSTILE, months_of, summary

SITES = [f"kabar{place}" for place in range(40)]
SHAPES = {
    "one month": summary({("kabar", "2026-11"): 40}, {}),
    "a year of five sites": summary(months_of(SITES[:5], 12, undated=True)),
    "ten years of forty sites": summary(
        months_of(SITES, 120, undated=True),
        {(f"reason_{place}", "kabar0"): place + 1 for place in range(40)},
    ),
    "wrong dates": summary(
        {("kabar", "0007-01"): 4, ("kabar", "2026-01"): 90, ("desa", "9999-12"): 30}
    ),
    "hardly a date": summary(
        {
            ("kabar", "2026-11"): 3,
            ("desa", "2026-10"): 1,
            ("kabar", "undated"): 900,
            ("desa", "undated"): 300,
        }
    ),
    "no dates": summary({("kabar", "undated"): 12}),
    "hostile names": summary(months_of(list(HOSTILE), 3), {(name, name): 1 for name in HOSTILE}),
    "nothing": summary(**EMPTY),
    "nothing left": summary(**EMPTY | {"dropped": {("duplicate", "kabar"): 3}}),
    "empty texts": summary(
        {("kabar", "2026-11"): 1}, words={"kabar": type(summary().words["kabar"])({0: 1})}
    ),
}


def draw(made: Summary, folder: Path) -> list[Path]:
    """Draw them; matplotlib is imported when a test runs, not when it is collected."""
    from archive.corpus.output import plots

    return plots.draw(made, folder)


def digests(made: Summary, folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in draw(made, folder)}


@pytest.mark.parametrize("shape", SHAPES)
def test_three_pictures_are_drawn_of(shape: str, tmp_path: Path) -> None:
    paths = draw(SHAPES[shape], tmp_path / "plots")
    assert [path.name for path in paths] == ["months.png", "lengths.png", "dropped.png"]
    for path in paths:
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", content[16:24])
        assert width == 1080
        assert 200 < height < 1600


def test_pictures_name_no_program_and_no_time(tmp_path: Path) -> None:
    for path in draw(summary(), tmp_path):
        assert not {b"tEXt", b"iTXt", b"zTXt", b"tIME"} & {
            path.read_bytes()[place : place + 4] for place in range(8, 200)
        }


def test_the_same_numbers_give_the_same_bytes_also_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from archive.corpus.output.plots import draw;"
        "from tests.archive.corpus.summaries import summary; draw(summary(), Path(sys.argv[1]));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    once, again = digests(summary(), tmp_path / "once"), digests(summary(), tmp_path / "again")
    environment = os.environ | {
        "PYTHONHASHSEED": "7",
        "MPLBACKEND": "svg",
        "LC_ALL": "C",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "elsewhere")],
        check=True,
        env=environment,
        cwd=tmp_path,
    )
    assert (
        once
        == again
        == {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (tmp_path / "elsewhere").iterdir()
        }
    )


def test_settings_of_the_user_neither_change_a_picture_nor_are_changed(tmp_path: Path) -> None:
    import matplotlib as mpl

    usual = digests(summary(), tmp_path / "usual")
    with mpl.rc_context(
        {"axes.facecolor": "black", "font.size": 30, "savefig.dpi": 10, "text.usetex": True}
    ):
        mine = dict(mpl.rcParams)
        assert digests(summary(), tmp_path / "mine") == usual
        assert dict(mpl.rcParams) == mine


def test_other_numbers_give_other_pictures(tmp_path: Path) -> None:
    assert digests(summary(), tmp_path / "one") != digests(SHAPES["one month"], tmp_path / "other")


def test_the_lengths_have_scales_with_numbers_and_units() -> None:
    from matplotlib.figure import Figure

    from archive.corpus.output.plots import _draw_lengths

    figure = Figure()
    _draw_lengths(summary(months_of(SITES[:3], 12)), figure)
    figure.draw_without_rendering()
    *_, last = figure.axes
    assert last.get_xscale() == "log"
    assert last.get_xlabel() == "words per document (logarithmic scale)"
    words = [int(label.get_text().replace(",", "")) for label in last.get_xticklabels()]
    assert words == sorted(words)
    assert len(words) > 3
    assert "documents per bar" in figure.axes[0].get_title(loc="right")
    for axes in figure.axes:
        documents = [int(label.get_text().replace(",", "")) for label in axes.get_yticklabels()]
        assert documents[0] == 0
        assert max(documents) > 0


@given(shortest=st.integers(0, 3000), factor=st.floats(1, 2000))
def test_a_scale_of_lengths_has_at_least_three_numbers(shortest: int, factor: float) -> None:
    from matplotlib.figure import Figure

    from archive.corpus.output import plots

    axes = Figure().add_subplot()
    plots._length_scale(axes, plots._edges(shortest, int(shortest * factor)))
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert 3 <= len(ticks) <= 12
    assert [label.get_text() for label in axes.get_xticklabels()] == [f"{t:,.0f}" for t in ticks]
