"""Lays out tables: one line a row in a pipe; on a terminal the first layout that fits its width.

Numbers, times, states and sites are never broken. Wrapped at words are the flexible column, and
long cells that have no place beside the others.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from rich.cells import cell_len

from scraper.cli.rendering.wrapping import wrapped

GAP = 2
"""Spaces between two columns."""
MIN_FLEXIBLE = 24
"""Columns of text below which the flexible column is not legible beside the others."""
MAX_SHORT = 20
"""Columns of text up to which a cell is never wrapped."""
MIN_BESIDE = 16
"""Columns of text below which a value stands below its heading instead of beside it."""
MIN_ROW = 3
"""Columns that stay beside each other where short texts go below."""
NO_BREAK = "\xa0"
INDENT = 4
"""Spaces before what stands below its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table, its cells as text."""

    heading: str
    """May have several lines."""
    cells: Sequence[str]
    right: bool = False
    """Whether the cells are aligned right."""
    flexible: bool = False
    """Whether the cells may be wrapped at words."""

    @property
    def content(self) -> int:
        """The width of its widest cell."""
        return max(map(cell_len, self.cells), default=0)

    @property
    def width(self) -> int:
        """The width of its widest cell or line of the heading."""
        return max(self.content, *map(cell_len, self.heading.split("\n")))

    @property
    def long(self) -> bool:
        """Whether its cells may stand below their rows."""
        return self.flexible or self.content > MAX_SHORT

    @property
    def labelled(self) -> "Column":
        """Itself with its heading before each cell, without a place to break a line."""
        cells = [
            f"{self.heading}: {cell}".replace(" ", NO_BREAK) if cell else "" for cell in self.cells
        ]
        return replace(self, heading="", cells=cells)

    @property
    def listed(self) -> bool:
        """Whether its cells are lists."""
        return any(", " in cell for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a terminal shows what is not text."""

    rule: str
    """The letter of the line below the headings."""
    bold: Callable[[str], str]


def unwrapped(columns: Sequence[Column]) -> Iterator[str]:
    """Yield one line a row, as wide as it gets: for pipes."""
    widths = [column.width for column in columns]
    yield from _headings(columns, widths)
    for lines in _rows(columns, widths):
        yield from lines


def fitted(columns: Sequence[Column], width: int, look: Look) -> Iterator[str]:
    """Yield the lines of the table in the first layout that fits the width: a grid; one with
    headings of several lines; long cells, and short texts if need be, below their rows; bands of
    short columns; a line a cell.
    """
    low = [replace(column, heading=_low(column)) for column in columns]
    long = [place for place, column in enumerate(columns) if column.long]
    below = _below(low, long, width)
    bands = [] if long else list(_bands(low, width))
    if widths := _widths(columns, width):
        yield from _grid(columns, widths, look)
    elif widths := _widths(low, width):
        yield from _grid(low, widths, look)
    elif below:
        short = [column for place, column in enumerate(low) if place not in below]
        named = [place for place in below if place not in long and not columns[place].listed]
        cells = [columns[place].labelled if place in named else columns[place] for place in below]
        yield from _stacked(short, cells, width, look, named_above=0 in below)
    elif bands:
        for number, band in enumerate(bands):
            yield from [""] * min(number, 1)
            yield from _grid(band, [column.width for column in band], look)
    else:
        yield from blocks(columns, width, look)


def _below(columns: Sequence[Column], long: Sequence[int], width: int) -> Sequence[int]:
    """Return the places of the columns whose cells stand below their rows: the long ones, or those
    and the lists, or those and as few short texts from the right as let the others fit; none where
    nothing does.
    """
    lists = [place for place, column in enumerate(columns) if place in long or column.listed]
    texts = [
        place
        for place, column in enumerate(columns)
        if place
        and place not in lists
        and not column.right
        and column.labelled.width + INDENT < width
    ]
    fewer = [sorted([*lists, *texts[-count:]]) for count in range(1, len(texts) + 1)]
    choices = [(long, 1), (lists, 1), *((places, MIN_ROW) for places in fewer)]
    for places, least in choices if long else ():
        beside = [column for place, column in enumerate(columns) if place not in places]
        if len(beside) >= least and _widths(beside, width - INDENT * (0 in places)):
            return places
    return []


def _low(column: Column) -> str:
    """Return the heading broken at spaces, as narrow as the cells and its longest word allow."""
    longest = max(map(cell_len, column.heading.split()), default=0)
    return "\n".join(wrapped(column.heading, max(column.content, longest)))


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    """Return the widths of the columns of a grid; none where it does not fit."""
    widths = [column.width for column in columns]
    missing = sum(widths) + GAP * (len(columns) - 1) - width
    for place, column in enumerate(columns):
        if column.flexible and missing > 0:
            narrow = max(widths[place] - missing, min(widths[place], MIN_FLEXIBLE))
            missing -= widths[place] - narrow
            widths[place] = narrow
    return widths if missing <= 0 else []


def _headings(columns: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    """Yield the lines of the headings; those of fewer lines stand at the bottom."""
    headings = [column.heading.split("\n")[::-1] for column in columns]
    lines = list(zip_longest(*headings, fillvalue=""))
    for line in reversed(lines):
        yield _aligned(line, columns, widths)


def _rows(columns: Sequence[Column], widths: Sequence[int]) -> Iterator[list[str]]:
    """Yield the lines of each row."""
    for row in zip(*(column.cells for column in columns), strict=True):
        parts = [
            wrapped(cell, width) if column.flexible and cell_len(cell) > width else [cell]
            for cell, column, width in zip(row, columns, widths, strict=True)
        ]
        lines = zip_longest(*parts, fillvalue="")
        yield [_aligned(line, columns, widths) for line in lines]


def _aligned(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        space = " " * (width - cell_len(cell))
        padded.append(space + cell if column.right else cell + space)
    return (" " * GAP).join(padded).rstrip()


def _grid(columns: Sequence[Column], widths: Sequence[int], look: Look) -> Iterator[str]:
    yield from map(look.bold, _headings(columns, widths))
    yield look.rule * (sum(widths) + GAP * (len(widths) - 1))
    for lines in _rows(columns, widths):
        yield from lines


def _stacked(
    short: Sequence[Column], long: Sequence[Column], width: int, look: Look, *, named_above: bool
) -> Iterator[str]:
    """Yield a grid of the short columns, with the long cells of each row below it; with
    `named_above` the first of these, which names its row, above.
    """
    indent = " " * INDENT
    above, below = (long[:1], long[1:]) if named_above else ([], long)
    before = indent * named_above
    widths = _widths(short, width - len(before))
    for column in above:
        yield from map(look.bold, wrapped(column.heading, width))
    for line in _headings(short, widths):
        yield look.bold(before + line)
    headings = indent + ", ".join(column.heading for column in below if column.heading)
    if headings.strip():
        yield from map(look.bold, wrapped(headings, width, indent=indent))
    yield look.rule * width
    for number, lines in enumerate(_rows(short, widths)):
        for column in above:
            yield from wrapped(column.cells[number], width, indent=indent)
        yield from ((before + line).rstrip() for line in lines)
        for column in below:
            if column.cells[number]:
                yield from wrapped(indent + column.cells[number], width, indent=indent)


def _bands(columns: Sequence[Column], width: int) -> Iterator[list[Column]]:
    """Yield the columns in as few bands as fit, each with the first column in front; nothing where
    one does not fit.
    """
    first, *others = columns
    for count in range(1, len(others) + 1):
        each = -(-len(others) // count)
        bands = [[first, *others[at : at + each]] for at in range(0, len(others), each)]
        if all(_widths(band, width) for band in bands):
            yield from bands
            return


def blocks(columns: Sequence[Column], width: int, look: Look) -> Iterator[str]:
    """Yield each row as lines of a heading and its value; empty values are skipped."""
    widest = max(cell_len(column.heading) for column in columns)
    beside = width - widest - GAP >= MIN_BESIDE
    indent = " " * (widest + GAP if beside else GAP)
    for number in range(len(columns[0].cells)):
        yield from [""] * min(number, 1)
        for column in columns:
            if not column.cells[number]:
                continue
            indented = indent + column.cells[number].replace("\n", f"\n{indent}")
            value = wrapped(indented, width, indent=indent)
            if beside:
                yield look.bold(column.heading) + value[0][cell_len(column.heading) :]
                value = value[1:]
            else:
                yield from map(look.bold, wrapped(column.heading, width))
            yield from value
