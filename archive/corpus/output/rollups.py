"""Long lists shortened for people, and texts from outside made fit to be shown."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from archive.corpus.output.summary import UNDATED

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # month_abbr has the locale's

MISSING = "\ufffd"
"""Replaces what cannot be shown: control characters, lone surrogates, letters without a glyph."""


def leading(counts: Mapping[str, int], most: int) -> tuple[list[str], list[str]]:
    """Return the names with the largest counts, and all others.

    A single other one is listed rather than summed up.

    >>> leading({"a": 1, "b": 5, "c": 3, "d": 1}, 2)
    (['b', 'c'], ['a', 'd'])
    """
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    most = most + 1 if len(ranked) == most + 1 else most
    return ranked[:most], ranked[most:]


def groups(
    counts: Mapping[str, int], most: int, others: str, shown: Callable[[str], str]
) -> list[tuple[str, list[str]]]:
    """Return label -> names: the leading names one by one, the rest together as `others`.

    >>> groups({"a": 1, "b": 5, "c": 3, "d": 1}, 2, "more sites", str.upper)
    [('B', ['b']), ('C', ['c']), ('2 more sites', ['a', 'd'])]
    """
    names, rest = leading(counts, most)
    found = [(shown(name), [name]) for name in names]
    if rest:
        found.append((f"{len(rest):,} {others}", rest))
    return found


def month_numbers(months: Iterable[str]) -> dict[str, int]:
    """Return month -> months since the year 0, without `undated`."""
    dated = sorted(set(months) - {UNDATED})
    return {month: int(month[:-3]) * 12 + int(month[-2:]) - 1 for month in dated}


def month_label(number: int) -> str:
    """Return the label of a number of `month_numbers`: `Nov 2026`."""
    return f"{_MONTHS[number % 12]} {number // 12}"


def periods(months: Iterable[str], newest: int = 24) -> list[tuple[str, list[str]]]:
    """Return label -> months, oldest first: the newest months, earlier ones by year, `undated`.

    >>> periods(["2025-02", "2026-01", "2025-11", "undated"], newest=1)[:2]
    [('2025-02 to 2025-11', ['2025-02', '2025-11']), ('2026-01', ['2026-01'])]
    """
    names = set(months)
    dated = sorted(names - {UNDATED})
    old = dated[: max(0, len(dated) - newest)]
    years = [list(year) for _, year in groupby(old, key=lambda month: month[:-3])]
    rows = [(span(year), year) for year in years] + [
        (month, [month]) for month in dated[len(old) :]
    ]
    if UNDATED in names:
        rows.append((UNDATED, [UNDATED]))
    return rows


def span(months: list[str]) -> str:
    """Return the first and last of the months, or nothing for none.

    >>> span(["2025-02", "2025-11"]), span(["2025-02"]), span([])
    ('2025-02 to 2025-11', '2025-02', '')
    """
    return " to ".join(dict.fromkeys((*months[:1], *months[-1:])))


def share(part: int, whole: int) -> str:
    """Return a percentage with one decimal.

    >>> share(1, 3), share(1, 4000), share(0, 0)
    ('33.3 %', '< 0.1 %', '0 %')
    """
    if not part or not whole:
        return "0 %"
    if part * 1000 < whole:
        return "< 0.1 %"
    return percent(part / whole)


def percent(number: float) -> str:
    """Return a share of 1 as a percentage with one decimal."""
    return f"{number:.1%}".replace("%", " %")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "document"), counted(2000, "document")
    ('1 document', '2,000 documents')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def plain(text: str) -> str:
    """Return one line of printable characters.

    >>> plain(" Kabar\\n\\tDesa\\x00 ")
    'Kabar Desa\ufffd'
    """
    return "".join(char if char.isprintable() else MISSING for char in " ".join(text.split()))


def shortened(text: str, most: int) -> str:
    """Return at most `most` characters, the last an ellipsis where some were cut.

    >>> shortened("kabardesa", 6)
    'kabar…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def code(text: str, most: int = 200) -> str:
    """Return a code span for a table's cell, inert whatever Markdown or HTML the text contains.

    >>> code("kabar|desa")
    '`kabar\\\\|desa`'
    """
    shown = shortened(plain(text), most)
    if not shown:
        return "(empty)"
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if "`" in (shown[0], shown[-1]) else ""
    return fence + pad + shown.replace("|", "\\|") + pad + fence


def fenced(text: str, language: str) -> str:
    """Return a code block that nothing in the text can close."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
