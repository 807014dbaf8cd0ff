"""Tables on a terminal: whatever its width, nothing is cut, and short cells are never broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from scraper.cli.rendering.tables import MAX_SHORT, Column, Look, fitted, unwrapped
from scraper.cli.rendering.wrapping import wrapped

PLAIN = Look(rule="-", bold=str)
WORDS = st.lists(st.text("aimnsu漢e\u0301", min_size=1, max_size=30), max_size=8).map(" ".join)
CELLS = st.one_of(WORDS, st.sampled_from(["", "20 Nov 07:15", "islamtimes", "1234", "46.4 kB"]))


@st.composite
def tables(draw: st.DrawFn) -> list[Column]:
    rows, count = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    flexible = draw(st.integers(0, count))
    return [
        Column(
            heading=draw(st.sampled_from(["site", "share of the first", "published"])),
            cells=draw(st.lists(CELLS, min_size=rows, max_size=rows)),
            right=draw(st.booleans()),
            flexible=number == flexible,
        )
        for number in range(count)
    ]


@given(columns=tables(), width=st.sampled_from([20, 40, 60, 80, 120]))
def test_every_line_fits_and_every_short_cell_is_whole(columns: list[Column], width: int) -> None:
    lines = list(fitted(columns, width, PLAIN))
    assert all(cell_len(line) <= width for line in lines)
    text = "\n".join(lines)
    for column in columns:
        for cell in column.cells:
            if not column.flexible and column.content <= MAX_SHORT - 6:
                assert cell.strip() in text


@given(columns=tables())
def test_in_a_pipe_every_row_is_one_line(columns: list[Column]) -> None:
    assert len(list(unwrapped(columns))) == 1 + len(columns[0].cells)


@given(text=WORDS, width=st.integers(2, 40))
def test_wrapping_keeps_every_letter(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in lines)


LONG = "Saluran irigasi dibersihkan, sawah di hilir kembali terairi setelah tiga musim tanam"


def column(heading: str, *cells: str, flexible: bool = False, right: bool = False) -> Column:
    return Column(heading=heading, cells=cells, flexible=flexible, right=right)


STORIES = [
    column("article", "1", "29", right=True),
    column("published", "20 Nov 07:15", "19 Nov 2025 10:30"),
    column("headline", LONG, "Pameran", flexible=True),
]
COUNTS = [
    column("site", "islamtimes", "rmol"),
    column("publisher edits", "3", "11", right=True),
    column("bytes sent", "46.4 kB", "1.2 MB", right=True),
    column("bytes kept", "5.8 kB", "1.1 MB", right=True),
]

LAYOUTS = {
    "a grid whose flexible column wraps": (
        STORIES,
        60,
        """\
article  published          headline
------------------------------------------------------------
      1  20 Nov 07:15       Saluran irigasi dibersihkan,
                            sawah di hilir kembali terairi
                            setelah tiga musim tanam
     29  19 Nov 2025 10:30  Pameran""",
    ),
    "long cells below their rows": (
        STORIES,
        40,
        """\
article  published
    headline
----------------------------------------
      1  20 Nov 07:15
    Saluran irigasi dibersihkan, sawah
    di hilir kembali terairi setelah
    tiga musim tanam
     29  19 Nov 2025 10:30
    Pameran""",
    ),
    "short texts, too, each with its heading": (
        [
            *STORIES[:1],
            column("site", "islamtimes", "rmol"),
            column("published", "20 Nov 07:15", "19 Nov 2025 10:30"),
            column("section", "Nusantara", ""),
            column("removed", "", "20 Nov 23:32"),
            *STORIES[2:],
        ],
        42,
        """\
article  site        published
    headline
------------------------------------------
      1  islamtimes  20 Nov 07:15
    section: Nusantara
    Saluran irigasi dibersihkan, sawah di
    hilir kembali terairi setelah tiga
    musim tanam
     29  rmol        19 Nov 2025 10:30
    removed: 20 Nov 23:32
    Pameran""",
    ),
    "the long name of a row above it": (
        [column("file", "data/train-00000-of-00001.parquet", "README.md"), *COUNTS[1:3]],
        40,
        """\
file
    publisher    bytes
        edits     sent
----------------------------------------
data/train-00000-of-00001.parquet
            3  46.4 kB
README.md
           11   1.2 MB""",
    ),
    "headings of two lines": (
        COUNTS,
        40,
        """\
            publisher    bytes   bytes
site            edits     sent    kept
--------------------------------------
islamtimes          3  46.4 kB  5.8 kB
rmol               11   1.2 MB  1.1 MB""",
    ),
    "bands of columns": (
        COUNTS,
        30,
        """\
            publisher    bytes
site            edits     sent
------------------------------
islamtimes          3  46.4 kB
rmol               11   1.2 MB

             bytes
site          kept
------------------
islamtimes  5.8 kB
rmol        1.1 MB""",
    ),
    "a line a cell": (
        STORIES,
        24,
        """\
article
  1
published
  20 Nov 07:15
headline
  Saluran irigasi
  dibersihkan, sawah di
  hilir kembali terairi
  setelah tiga musim
  tanam

article
  29
published
  19 Nov 2025 10:30
headline
  Pameran""",
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_first_layout_that_fits_is_taken(name: str) -> None:
    columns, width, expected = LAYOUTS[name]
    assert "\n".join(fitted(columns, width, PLAIN)) == expected
