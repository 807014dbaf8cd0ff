"""Tables of Markdown, from cells that are Markdown already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from decimal import Decimal

from archive.corpus.filters.reasons import REASONS
from archive.corpus.filters.thresholds.thresholds import Thresholds
from archive.corpus.output.columns import COLUMNS
from archive.corpus.output.lettering import code, longest_run
from archive.corpus.output.rollups import by_site, counted, leading, periods, share, split_sizes
from archive.corpus.output.summary import Summary, median
from archive.corpus.recipe import Recipe


def table(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """A table; columns of numbers and shares are aligned to the right and get thousands separators.

    >>> print(table(["site", "documents"], [["kabar", 1200]]))
    | site | documents |
    |---|---:|
    | kabar | 1,200 |
    """
    listed = [list(row) for row in rows]
    rules = [
        "---:" if listed and all(_is_number(row[place]) for row in listed) else "---"
        for place in range(len(header))
    ]
    lines = [
        _line(header),
        f"|{'|'.join(rules)}|",
        *(
            _line([f"{cell:,}" if isinstance(cell, int) else cell for cell in row])
            for row in listed
        ),
    ]
    return "\n".join(lines)


def fenced(text: str, language: str) -> str:
    """A block of code that nothing in the text can close."""
    fence = "`" * max(3, longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _is_number(cell: str | int) -> bool:
    return isinstance(cell, int) or cell.endswith(" %")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


_MOST_SITES = 50
_MOST_COLUMNS = 8
_MOST_NAMED = 5
_MOST_PARAGRAPHS = 30

_MASKS = {"email": "E-mail addresses", "phone": "Phone numbers", "nik": "Identity numbers (NIK)"}

_DEDUP = {
    "cluster": "Of each cluster of near-duplicates one story is here: its representative among those that passed the filters.\n"
    "`cluster_size` says how many there were in the archive.",
    "exact": "Stories with exactly the same text are here once. Near-duplicates stay, and share a `cluster_id`.",
    "none": "Nothing was left out as a duplicate. Near-duplicates share a `cluster_id`; choose among them before training.",
}


def _splits(summary: Summary) -> str:
    shares, sizes = dict(summary.recipe.splits), split_sizes(summary.files)
    rows: list[list[str | int]] = [
        [
            code(split),
            documents,
            share(documents, summary.exported),
            _asked(shares.get(split)),
            sizes[split],
        ]
        for split, documents in summary.splits.items()
    ]
    return table(["split", "documents", "share", "asked for", "bytes"], rows)


def _asked(part: Decimal | None) -> str:
    """A share of the recipe, as exactly as it was given."""
    return f"{100 * part:f} %".replace(".00 %", " %") if part is not None else ""


def _columns(summary: Summary) -> str:
    rows = [
        [f"`{column.name}`", column.dtype, "yes" if column.nullable else "", f"{column.meaning}."]
        for column in COLUMNS
    ]
    return table(["column", "type", "may be null", "holds"], rows)


def _how(summary: Summary) -> str:
    return "\n".join(f"- {line}" for line in _steps(summary, summary.recipe))


def _steps(summary: Summary, recipe: Recipe) -> Iterable[str]:
    """What was done, in its order."""
    sites = f", of {counted(len(recipe.sites), 'named site')}" if recipe.sites else ""
    since = f" from {recipe.since}" if recipe.since else ""
    until = f" up to {recipe.until}" if recipe.until else ""
    days = f", published{since}{until} by the newsroom's own clock" if since or until else ""
    yield f"Articles: what the archive said at {recipe.as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC{sites}{days}."
    yield f"SHA-256 over all articles in the archive then: `{summary.archive_digest}`."
    yield f"Opted out of text and data mining: {'left out' if recipe.opted_out == 'drop' else '**kept**'}."
    yield f"Filters: {code(recipe.thresholds.name)}: {_filters(recipe.thresholds)}."
    yield f"Duplicates: `{recipe.dedup}`."
    yield f"Personal data: {'masked' if summary.masked else '**not masked**'}."


def _filters(thresholds: Thresholds) -> str:
    """Those that are switched on, in their order, with their main numbers."""
    length, language = thresholds.length, thresholds.language
    said = {
        "fallback": "doubtful extractions",
        "length": f"length ({length.min_words:,} to {length.max_words:,} words)",
        "prose": "galleries and what is no prose",
        "language": f"language ({', '.join(language.keep)} by py3langid, score from {language.min_score:g})",
        "fineweb_quality": "FineWeb quality",
        "gopher_quality": "Gopher quality",
        "gopher_repetition": "Gopher repetition",
        "c4_quality": "C4 quality",
    }
    on = [words for table, words in said.items() if getattr(thresholds, table).enabled]
    return ", ".join(on) or "none"


def _versions(summary: Summary) -> str:
    return table(
        ["package", "version"],
        [[code(name), code(version)] for name, version in sorted(summary.versions.items())],
    )


def _sites(summary: Summary) -> str:
    """A row a site, the largest first; sites of which nothing is left are told as well."""
    exported, dropped, opted = (
        by_site(summary.months),
        _dropped_by_site(summary),
        by_site(summary.opted_out),
    )
    shown, rest = leading({site: exported[site] for site in {*exported, *dropped}}, _MOST_SITES)
    rows: list[list[str | int]] = [
        [
            code(site, 40),
            exported[site],
            share(exported[site], summary.exported),
            summary.median_words(site),
            dropped[site],
            opted[site],
        ]
        for site in shown
    ]
    if rest:
        words = median(sum((summary.words.get(site, Counter()) for site in rest), Counter()))
        sums = [sum(counts[site] for site in rest) for counts in (exported, dropped, opted)]
        rows.append(
            [
                f"{len(rest):,} more sites",
                sums[0],
                share(sums[0], summary.exported),
                words,
                sums[1],
                sums[2],
            ]
        )
    return (
        table(["site", "documents", "share", "median words", "left out", "opted out"], rows)
        if rows
        else ""
    )


def _months(summary: Summary) -> str:
    """A row a month or year, a column for each of the largest sites."""
    if not summary.exported:
        return ""
    shown, rest = leading(by_site(summary.months), _MOST_COLUMNS)
    groups = [[site] for site in shown] + ([rest] if rest else [])
    header = [
        "published",
        *(code(site, 24) for site in shown),
        *([f"{len(rest):,} more sites"] if rest else []),
        "all",
    ]
    rows: list[list[str | int]] = []
    for label, months in periods(month for _, month in summary.months):
        numbers = [
            sum(summary.months.get((site, month), 0) for site in group for month in months)
            for group in groups
        ]
        rows.append([label, *numbers, sum(numbers)])
    return table(header, rows)


def _months_note(summary: Summary) -> str:
    rolled = any(len(months) > 1 for _, months in periods(month for _, month in summary.months))
    return (
        "All but the newest 24 are summed up by year; `manifest.json` has every month."
        if rolled
        else ""
    )


def _dropped(summary: Summary) -> str:
    """A row a reason, with the sites that it met most."""
    rows: list[list[str | int]] = []
    for reason, documents in summary.dropped_by_reason().items():
        sites = {site: number for (why, site), number in summary.dropped.items() if why == reason}
        rows.append(
            [
                code(reason),
                REASONS.get(reason, ""),
                documents,
                share(documents, summary.selected),
                _named(sites),
            ]
        )
    return table(["reason", "why", "documents", "of the selected", "sites"], rows) if rows else ""


def _named(sites: dict[str, int]) -> str:
    shown, rest = leading(sites, _MOST_NAMED)
    more = [f"{len(rest):,} more sites {sum(sites[site] for site in rest):,}"] if rest else []
    return ", ".join([f"{code(site, 40)} {sites[site]:,}" for site in shown] + more)


def _dedup(summary: Summary) -> str:
    return _DEDUP[summary.recipe.dedup]


def _opted_out(summary: Summary) -> str:
    """A row a site and rule."""
    ranked = sorted(summary.opted_out.items(), key=lambda item: (-item[1], item[0]))
    rows: list[list[str | int]] = [
        [code(site, 40), code(rule), documents] for (site, rule), documents in ranked[:_MOST_SITES]
    ]
    if len(ranked) > _MOST_SITES:
        rows.append(
            [
                "others",
                "see `manifest.json`",
                sum(documents for _, documents in ranked[_MOST_SITES:]),
            ]
        )
    return table(["site", "rule", "documents"], rows) if rows else ""


def _opted_out_intro(summary: Summary) -> str:
    number = sum(summary.opted_out.values())
    told = f"{counted(number, 'selected document')} {'opts' if number == 1 else 'opt'} out of text and data mining."
    if summary.recipe.opted_out == "drop":
        return f"{told} **{'It was' if number == 1 else 'They were'} left out.**"
    kept = "It was" if number == 1 else "They were"
    return f"**{told} {kept} not left out for it: `--opted-out keep` asked for that.** The column `opted_out` names the rule."


def _masked(summary: Summary) -> str:
    rows: list[list[str | int]] = [
        [_MASKS.get(kind, code(kind)), documents, masks]
        for kind, (documents, masks) in summary.masked.items()
    ]
    return (
        table(["masked", "documents", "masks"], rows)
        if rows
        else "Nothing was masked: e-mail addresses and numbers of people are as published."
    )


def _repeated(summary: Summary) -> str:
    rows: list[list[str | int]] = [
        [
            code(found.site, 40),
            found.documents,
            f"{found.share:.1%}".replace("%", " %"),
            code(found.text, 160),
        ]
        for found in summary.repeated[:_MOST_PARAGRAPHS]
    ]
    more = len(summary.repeated) - _MOST_PARAGRAPHS
    note = f"\n\n{counted(more, 'more paragraph')} in `manifest.json`." if more > 0 else ""
    return table(["site", "documents", "of the site's", "paragraph"], rows) + note if rows else ""


def _files(summary: Summary) -> str:
    listed = [
        file for file in summary.files if file.split is not None or file.path.endswith(".parquet")
    ]
    rows: list[list[str | int]] = [
        [code(file.path), file.rows, file.size, f"`{file.sha256}`"] for file in listed
    ]
    return table(["file", "rows", "bytes", "SHA-256"], rows)


def _dropped_by_site(summary: Summary) -> Counter[str]:
    return by_site(
        {(site, reason): documents for (reason, site), documents in summary.dropped.items()}
    )


LISTINGS: dict[str, Callable[[Summary], str]] = {
    "splits": _splits,
    "columns": _columns,
    "how": _how,
    "versions": _versions,
    "sites": _sites,
    "months": _months,
    "months_note": _months_note,
    "dropped": _dropped,
    "dedup": _dedup,
    "opted_out": _opted_out,
    "opted_out_intro": _opted_out_intro,
    "masked": _masked,
    "repeated": _repeated,
    "files": _files,
}
"""By their names in `card.md`."""
