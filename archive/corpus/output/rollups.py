"""Long lists of numbers, shortened for people: the largest sites and the rest, months beyond two
years as years.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from archive.corpus.output.summary import CorpusFile

_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)  # calendar.month_abbr follows the locale

UNDATED = "undated"
"""Month of documents without a time of publication, as in `Summary.months`."""


def leading(counts: Mapping[str, int], most: int) -> tuple[list[str], list[str]]:
    """The names with the largest counts, at most so many, and all others. A single other is shown
    rather than summed up.

    >>> leading({"a": 1, "b": 5, "c": 3, "d": 1}, 2)
    (['b', 'c'], ['a', 'd'])
    """
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    most = most + 1 if len(ranked) == most + 1 else most
    return ranked[:most], ranked[most:]


def by_site(counts: Mapping[tuple[str, str], int]) -> Counter[str]:
    """(site, anything) -> number, added up by site."""
    sums: Counter[str] = Counter()
    for (site, _), number in counts.items():
        sums[site] += number
    return sums


def split_sizes(files: Iterable[CorpusFile]) -> Counter[str]:
    """Split -> bytes of its files."""
    sizes: Counter[str] = Counter()
    for file in files:
        if file.split is not None:
            sizes[file.split] += file.size
    return sizes


def month_numbers(months: Iterable[str]) -> dict[str, int]:
    """`2026-11` -> months since the year 0, of those that are months."""
    return {
        month: int(month[:-3]) * 12 + int(month[-2:]) - 1
        for month in sorted(set(months))
        if month != UNDATED
    }


def periods(months: Iterable[str], newest: int = 24) -> list[tuple[str, list[str]]]:
    """Rows of a table: label -> months, oldest first; all but the newest months share a row a year,
    documents without a time stand last.

    >>> periods(["2025-02", "2026-01", "2025-11", "undated"], newest=1)
    [('2025-02 to 2025-11', ['2025-02', '2025-11']), ('2026-01', ['2026-01']), ('undated', ['undated'])]
    """
    names = set(months)
    dated = sorted(names - {UNDATED})
    old = dated[: max(0, len(dated) - newest)]
    rows = [
        (
            _span([month for month in old if month[:-3] == year]),
            [month for month in old if month[:-3] == year],
        )
        for year in _years(old)
    ]
    rows += [(month, [month]) for month in dated[len(old) :]]
    return [*rows, (UNDATED, [UNDATED])] if UNDATED in names else rows


def month_label(number: int) -> str:
    """A number of `month_numbers` as a person reads it.

    >>> month_label(2026 * 12 + 10)
    'Nov 2026'
    """
    return f"{_MONTHS[number % 12]} {number // 12}"


def share(part: int, whole: int) -> str:
    """Of a hundred, with as many digits as tell something.

    >>> share(1, 3), share(1, 4000), share(0, 0)
    ('33.3 %', '< 0.1 %', '0 %')
    """
    if not part or not whole:
        return "0 %"
    return "< 0.1 %" if part * 1000 < whole else f"{part / whole:.1%}".replace("%", " %")


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "document"), counted(2000, "document")
    ('1 document', '2,000 documents')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _years(months: Sequence[str]) -> list[str]:
    return sorted({month[:-3] for month in months})


def _span(months: Sequence[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
