"""The tables and sentences of the dataset card that depend on its numbers, as Markdown."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from functools import partial

from archive.corpus.filters.reasons import REASONS
from archive.corpus.filters.score import MEASURES
from archive.corpus.filters.thresholds.tables import Thresholds
from archive.corpus.output.columns import COLUMNS
from archive.corpus.output.rollups import code, counted, groups, percent, periods, share
from archive.corpus.output.summary import Summary, median, totals

Row = Sequence[str | int]

_MOST_SITES = 50
_MOST_COLUMNS = 8
_MOST_NAMED = 5
_MOST_PARAGRAPHS = 30

_MASKS = {"email": "E-mail addresses", "phone": "Phone numbers", "nik": "Identity numbers (NIK)"}

_DEDUP = {
    "cluster": "Each cluster of near-duplicates is represented by one story: the first of those"
    " that passed the filters.\n`cluster_size` is its number of stories in the archive.",
    "exact": "Stories with identical texts are included once. Near-duplicates remain, and share a"
    " `cluster_id`.",
    "none": "No duplicates were removed. Near-duplicates share a `cluster_id`; choose among them"
    " before training.",
}

_FILTERS = {
    "fallback": "doubtful extractions",
    "length": "length ({length.min_words:,} to {length.max_words:,} words)",
    "prose": "galleries and other non-prose",
    "language": "language ({languages} by py3langid, score from {language.min_score:g})",
    "fineweb_quality": "FineWeb quality",
    "gopher_quality": "Gopher quality",
    "gopher_repetition": "Gopher repetition",
    "c4_quality": "C4 quality",
}
"""Filters in their order, with their main numbers."""


def table(header: Sequence[str], rows: Iterable[Row]) -> str:
    """Return a table of cells that are Markdown, or nothing where there are no rows.

    Columns of numbers and shares are aligned to the right, with thousands separators.

    >>> print(table(["site", "documents"], [["kabar", 1200]]))
    | site | documents |
    |---|---:|
    | kabar | 1,200 |
    """
    listed = list(rows)
    if not listed:
        return ""
    right = [all(map(_is_number, column)) for column in zip(*listed, strict=True)]
    cells = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in listed]
    rule = "|".join("---:" if numbers else "---" for numbers in right)
    return "\n".join([_line(header), f"|{rule}|", *map(_line, cells)])


def _is_number(cell: str | int) -> bool:
    return isinstance(cell, int) or cell.endswith(" %")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _splits(summary: Summary) -> str:
    requested = {name: _percent(100 * part) for name, part in summary.recipe.splits}
    sizes = summary.split_sizes()
    rows: list[Row] = []
    for split, number in summary.splits.items():
        part = share(number, summary.exported)
        rows.append((code(split), number, part, requested.get(split, ""), sizes[split]))
    return table(["split", "documents", "share", "requested", "bytes"], rows)


def _percent(number: Decimal) -> str:
    """Format a percentage as exactly as it was given."""
    return f"{number:f} %".replace(".00 %", " %")


def _columns(_summary: Summary) -> str:
    return table(
        ["column", "type", "may be null", "contains"],
        ((f"`{c.name}`", c.dtype, "yes" if c.nullable else "", f"{c.meaning}.") for c in COLUMNS),
    )


def _how(summary: Summary) -> str:
    """List what was done, in its order."""
    recipe = summary.recipe
    sites = f", of {counted(len(recipe.sites), 'named site')}" if recipe.sites else ""
    since = f" from {recipe.since}" if recipe.since else ""
    until = f" up to {recipe.until}" if recipe.until else ""
    days = f", published{since}{until} in the publisher's time zone" if since or until else ""
    time = f"{recipe.as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    opted_out = {"drop": "excluded", "keep": "**kept**"}[recipe.opted_out]
    steps = (
        f"Articles: those of the archive as of {time}{sites}{days}.",
        f"SHA-256 over all articles of the archive as of then: `{summary.archive_digest}`.",
        f"Opted out of text and data mining: {opted_out}.",
        f"Filters: {code(recipe.thresholds.name)}: {_filters(recipe.thresholds)}.",
        f"Duplicates: `{recipe.dedup}`.",
        f"Personal data: {'masked' if summary.masked else '**not masked**'}.",
    )
    return "\n".join(f"- {step}" for step in steps)


def _filters(thresholds: Thresholds) -> str:
    length, language = thresholds.length, thresholds.language
    values = {"length": length, "language": language, "languages": ", ".join(language.keep)}
    enabled = (name for name in _FILTERS if getattr(thresholds, name).enabled)
    return ", ".join(_FILTERS[name].format(**values) for name in enabled) or "none"


def _versions(summary: Summary) -> str:
    versions = sorted(summary.versions.items())
    return table(["package", "version"], (tuple(map(code, entry)) for entry in versions))


def _sites(summary: Summary) -> str:
    """Return a row per site, the largest first, also for sites without an exported document."""
    counts = [totals(summary.months), totals(summary.dropped, 1), totals(summary.opted_out)]
    exported, dropped, _ = counts
    sizes = {site: exported[site] for site in {*exported, *dropped}}
    rows: list[Row] = []
    for label, sites in groups(sizes, _MOST_SITES, "more sites", partial(code, most=40)):
        words = sum((summary.words.get(site, Counter()) for site in sites), Counter[int]())
        documents, excluded, opted = (sum(count[site] for site in sites) for count in counts)
        part = share(documents, summary.exported)
        rows.append((label, documents, part, median(words), excluded, opted))
    return table(["site", "documents", "share", "median words", "excluded", "opted out"], rows)


def _months(summary: Summary) -> str:
    """Return a row per month or year, with a column for each of the largest sites."""
    sizes = totals(summary.months)
    columns = groups(sizes, _MOST_COLUMNS, "more sites", partial(code, most=24))
    rows: list[Row] = []
    for label, months in periods(month for _, month in summary.months):
        numbers = [
            sum(summary.months.get((site, month), 0) for site in sites for month in months)
            for _, sites in columns
        ]
        rows.append((label, *numbers, sum(numbers)))
    return table(["published", *(label for label, _ in columns), "all"], rows)


def _months_note(summary: Summary) -> str:
    rolled = any(len(months) > 1 for _, months in periods(month for _, month in summary.months))
    if not rolled:
        return ""
    return "All but the newest 24 are summed by year; `manifest.json` has every month."


def _dropped(summary: Summary) -> str:
    """Return a row per reason, with the sites that it affects most."""
    rows: list[Row] = []
    for reason, number in summary.dropped_by_reason().items():
        sites = {site: count for (why, site), count in summary.dropped.items() if why == reason}
        part = share(number, summary.selected)
        rows.append((code(reason), REASONS.get(reason, ""), number, part, _named(sites)))
    return table(["reason", "meaning", "documents", "of the selected", "sites"], rows)


def _named(sites: Mapping[str, int]) -> str:
    named = groups(sites, _MOST_NAMED, "more sites", partial(code, most=40))
    return ", ".join(f"{label} {sum(sites[site] for site in group):,}" for label, group in named)


def _dedup(summary: Summary) -> str:
    return _DEDUP[summary.recipe.dedup]


def _quality(summary: Summary) -> str:
    """Return a row per measure, with the threshold that limits it."""
    rows: list[Row] = []
    for name, (meaning, place) in MEASURES.items():
        table_name, key = place.split(".")
        limit = getattr(getattr(summary.recipe.thresholds, table_name), key)
        rows.append((name, meaning, code(f"[{table_name}] {key}"), _limit(limit)))
    return table(["measure", "what it is", "threshold", "value"], rows)


def _limit(value: float | Sequence[Sequence[float]]) -> str:
    """Return a number, or the numbers of n-grams by their size."""
    if isinstance(value, Sequence):
        return ", ".join(f"{size}: {most:g}" for size, most in value) or "not used"
    return f"{value:g}"


def _decontamination(summary: Summary) -> str:
    if not summary.references:
        return "None: the corpus was compared with no benchmark (`--decontaminate FILE`)."
    words = summary.recipe.thresholds.contamination.words
    dropped = counted(sum(summary.contaminated.values()), "document")
    files = counted(len(summary.references), "file")
    return f"{dropped} dropped, as they share {words} consecutive words with one of {files}."


def _references(summary: Summary) -> str:
    rows = (
        (
            *(code(file.name), summary.contaminated.get(file.name, 0)),
            *(file.texts, file.too_short, file.ngrams, f"`{file.sha256}`"),
        )
        for file in summary.references
    )
    return table(["file", "documents", "texts", "too short", "n-grams", "SHA-256"], rows)


def _opted_out(summary: Summary) -> str:
    """Return a row per site and rule."""
    ranked = sorted(summary.opted_out.items(), key=lambda item: (-item[1], item[0]))
    rows: list[Row] = [(code(site, 40), code(rule), n) for (site, rule), n in ranked[:_MOST_SITES]]
    if others := ranked[_MOST_SITES:]:
        rows.append(("others", "see `manifest.json`", sum(number for _, number in others)))
    return table(["site", "rule", "documents"], rows)


def _opted_out_intro(summary: Summary) -> str:
    number = sum(summary.opted_out.values())
    opt, were = ("opts", "It was") if number == 1 else ("opt", "They were")
    opting = f"{counted(number, 'selected document')} {opt} out of text and data mining."
    if summary.recipe.opted_out == "drop":
        return f"{opting} **{were} excluded.**"
    return (
        f"**{opting} {were} kept, as requested by `--opted-out keep`.**"
        " The column `opted_out` names the rule."
    )


def _masked(summary: Summary) -> str:
    rows = ((_MASKS.get(kind, code(kind)), *counts) for kind, counts in summary.masked.items())
    nothing = "Nothing was masked: e-mail addresses and personal numbers are as published."
    return table(["masked", "documents", "masks"], rows) or nothing


def _repeated(summary: Summary) -> str:
    rows = (
        (
            code(one.site, 40),
            one.documents,
            percent(one.share),
            "yes" if one.removed else "no",
            code(one.text, 160),
        )
        for one in summary.repeated[:_MOST_PARAGRAPHS]
    )
    more = len(summary.repeated) - _MOST_PARAGRAPHS
    note = f"\n\n{counted(more, 'more paragraph')} in `manifest.json`." if more > 0 else ""
    return table(["site", "documents", "of the site's", "removed", "paragraph"], rows) + note


def _files(summary: Summary) -> str:
    rows = (
        (code(file.path), file.rows, file.size, f"`{file.sha256}`")
        for file in summary.files
        if file.split is not None or file.path.endswith(".parquet")
    )
    return table(["file", "rows", "bytes", "SHA-256"], rows)


_ALL: tuple[Callable[[Summary], str], ...] = (
    *(_splits, _columns, _how, _versions, _sites, _months, _months_note),
    *(_dropped, _dedup, _opted_out, _opted_out_intro, _masked, _repeated, _files),
    *(_quality, _decontamination, _references),
)
LISTINGS = {listing.__name__.removeprefix("_"): listing for listing in _ALL}
"""By their names in `card.md`."""
