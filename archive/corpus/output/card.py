"""`README.md` of a corpus: the dataset card, with the metadata that Hugging Face and `load_dataset`
read. Its prose is in `card.md`.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from huggingface_hub import DatasetCardData
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from archive.corpus.output.card_tables import LISTINGS, fenced
from archive.corpus.output.columns import COLUMNS
from archive.corpus.output.lettering import plain
from archive.corpus.output.rollups import UNDATED, by_site, counted, share, split_sizes
from archive.corpus.output.summary import Summary
from archive.corpus.recipe import Recipe

_SIZES = (
    "n<1K",
    "1K<n<10K",
    "10K<n<100K",
    "100K<n<1M",
    "1M<n<10M",
    "10M<n<100M",
    "100M<n<1B",
    "1B<n<10B",
    "10B<n<100B",
    "100B<n<1T",
    "n>1T",
)
"""Size categories of the Hub:
https://github.com/huggingface/hub-docs/blob/main/datasetcard.md?plain=1
"""


def write_card(summary: Summary, path: Path) -> None:
    """Write the card as UTF-8."""
    path.write_bytes(card(summary).encode("utf-8", "replace"))


def card(summary: Summary) -> str:
    """The whole card. Strings of sites, rules and paragraphs come in as code spans only."""
    # No autoescape: it is for HTML, and this is Markdown.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": "{:,}".format, "share": share, "counted": counted}
    text = environment.get_template("card.md").render(
        summary=summary,
        recipe=summary.recipe,
        metadata=metadata(summary).to_yaml(),
        **_facts(summary),
        **_listings(summary),
    )
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" +\n", "\n", text))


def metadata(summary: Summary) -> DatasetCardData:
    """The card's YAML. `license` is not among it: it is the user's to say.

    Splits without a document are not named: `load_dataset` (5.2) fails for all splits where one is
    empty (https://github.com/huggingface/datasets/pull/8401).
    """
    data_files = [
        {"split": split, "path": _patterns(summary, split)}
        for split, rows in summary.splits.items()
        if rows
    ]
    facts: dict[str, Any] = (
        {"configs": [{"config_name": "default", "data_files": data_files}]} if data_files else {}
    )
    sizes = split_sizes(summary.files)
    language = summary.recipe.thresholds.language
    languages = list(language.keep) if language.enabled else ["id"]
    return DatasetCardData(
        language=languages,
        pretty_name=_title(summary.recipe),
        size_categories=[size_category(summary.exported)],
        task_categories=["text-generation"],
        task_ids=["language-modeling"],
        annotations_creators=["no-annotation"],
        language_creators=["found"],
        multilinguality=["monolingual" if len(languages) == 1 else "multilingual"],
        source_datasets=["original"],
        tags=["news", "indonesian", "warta", "datatrove"],
        **facts,
        dataset_info={
            "features": [{"name": column.name, "dtype": column.dtype} for column in COLUMNS],
            # load_dataset refuses files with other numbers of rows; it wants num_bytes as well, and
            # compares them with nothing
            "splits": [
                {"name": split, "num_bytes": sizes[split], "num_examples": rows}
                for split, rows in summary.splits.items()
                if rows
            ],
            "download_size": sum(sizes[split] for split, rows in summary.splits.items() if rows),
        },
    )


def size_category(documents: int) -> str:
    """The Hub's size category.

    >>> size_category(999), size_category(1000), size_category(10**12)
    ('n<1K', '1K<n<10K', 'n>1T')
    """
    return _SIZES[min(max(0, len(str(documents)) - 3), len(_SIZES) - 1)]


def command(recipe: Recipe) -> str:
    """The command that makes the corpus again, for a shell; an option a line."""
    options = [("--archive", "news.db"), ("--as-of", _moment(recipe.as_of))]
    options += [
        (name, day.isoformat())
        for name, day in (("--since", recipe.since), ("--until", recipe.until))
        if day
    ]
    options += [("--site", site) for site in recipe.sites]
    options += [
        ("--dedup", recipe.dedup),
        ("--opted-out", recipe.opted_out),
        ("--filters", recipe.thresholds.name),
    ]
    options.append(("--split", ",".join(f"{name}={part}" for name, part in recipe.splits)))
    options += [("--test-after", recipe.test_after.isoformat())] if recipe.test_after else []
    options.append(("--format", recipe.format))
    return " \\\n  ".join(
        [
            "warta corpus build OUT",
            *(f"{name} {shlex.quote(plain(value))}" for name, value in options),
        ]
    )


def _patterns(summary: Summary, split: str) -> str | list[str]:
    """Where a split's files are: one pattern for all shards."""
    files = [file.path for file in summary.files if file.split == split]
    patterns = sorted({re.sub(r"-\d{5}-of-\d{5}\.", "-*.", path) for path in files})
    return patterns[0] if len(patterns) == 1 else patterns


def _title(recipe: Recipe) -> str:
    return f"Indonesian news as of {recipe.as_of.astimezone(UTC):%Y-%m-%d}"


def _moment(moment: datetime) -> str:
    """In UTC, to the microsecond where it has any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _facts(summary: Summary) -> dict[str, Any]:
    """What the template says in its prose."""
    recipe, months = summary.recipe, sorted({month for _, month in summary.months} - {UNDATED})
    sites = by_site(summary.months)
    return {
        "title": _title(recipe),
        "as_of": _moment(recipe.as_of),
        "documents": counted(summary.exported, "document"),
        "sites_counted": counted(len(summary.sites), "news site"),
        "left_out": sum(summary.dropped.values()),
        "words": sum(
            length * documents
            for lengths in summary.words.values()
            for length, documents in lengths.items()
        ),
        "span": _span(
            months,
            sum(documents for (_, month), documents in summary.months.items() if month == UNDATED),
        ),
        "empty_splits": ", ".join(
            f"`{split}`" for split, rows in summary.splits.items() if not rows
        ),
        "undated_documents": sum(
            documents for (_, month), documents in summary.months.items() if month == UNDATED
        ),
        "command": fenced(command(recipe), "sh"),
        "largest": _largest(sites),
    }


def _span(months: list[str], undated: int) -> str:
    told = f"{months[0]} to {months[-1]}" if len(months) > 1 else "".join(months)
    without = f"{undated:,} without a time" if undated else ""
    return "; ".join(part for part in (told, without) if part) or "nothing"


def _largest(sites: Counter[str]) -> str:
    """A warning where one site is more than half of the corpus; the table of the sites says which."""
    most = max(sites.values(), default=0)
    return (
        f"One site alone is {share(most, sites.total())} of the documents."
        if len(sites) > 1 and 2 * most > sites.total()
        else ""
    )


def _listings(summary: Summary) -> dict[str, str]:
    return {name: listing(summary) for name, listing in LISTINGS.items()}
