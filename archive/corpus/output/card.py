"""`README.md` of a corpus: the dataset card, with metadata for Hugging Face and `load_dataset`.

Its prose is in `card.md`.
"""

import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from huggingface_hub import DatasetCardData
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from archive.corpus.filters.language import MALAY
from archive.corpus.output.card_tables import LISTINGS
from archive.corpus.output.columns import COLUMNS
from archive.corpus.output.rollups import code, counted, fenced, plain, share, span
from archive.corpus.output.summary import UNDATED, Summary, median, totals
from archive.corpus.recipe import Recipe
from archive.syndication.signatures import ALGORITHM, ROWS, SEED, WHOLE_BANDS, WIDTH

_SIZES = (
    "n<1K 1K<n<10K 10K<n<100K 100K<n<1M 1M<n<10M 10M<n<100M 100M<n<1B 1B<n<10B 10B<n<100B 100B<n<1T"
    " n>1T".split()
)
"""Size categories: https://github.com/huggingface/hub-docs/blob/main/datasetcard.md?plain=1"""


_MINHASH = {
    "algorithm": ALGORITHM.partition("/")[0],
    "width": WIDTH,
    "seed": SEED,
    "bands": WHOLE_BANDS,
    "rows": ROWS,
}


def write_card(summary: Summary, path: Path) -> None:
    """Write the card as UTF-8."""
    path.write_bytes(card(summary).encode("utf-8", "replace"))


def card(summary: Summary) -> str:
    """Return the whole card; strings from sites and rules are only in its code spans."""
    environment = Environment(  # noqa: S701 - autoescape is for HTML, and this is Markdown
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
        malay_weight=MALAY,
        metadata=metadata(summary).to_yaml(),
        **_facts(summary),
        **{name: listing(summary) for name, listing in LISTINGS.items()},
    )
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" +\n", "\n", text))


def metadata(summary: Summary) -> DatasetCardData:
    """Return the card's YAML, without `license`, which is the user's to choose.

    Splits without a document are omitted: `load_dataset` (5.2) fails for all splits where one is
    empty (https://github.com/huggingface/datasets/pull/8401).
    """
    rows, sizes = {name: n for name, n in summary.splits.items() if n}, summary.split_sizes()
    data_files = [{"split": split, "path": _patterns(summary, split)} for split in rows]
    configs: dict[str, Any] = {}
    if data_files:
        configs["configs"] = [{"config_name": "default", "data_files": data_files}]
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
        **configs,
        dataset_info={
            "features": [column.feature for column in COLUMNS],
            # load_dataset checks the numbers of rows; it requires num_bytes but does not check them
            "splits": [
                {"name": split, "num_bytes": sizes[split], "num_examples": number}
                for split, number in rows.items()
            ],
            "download_size": sum(sizes[split] for split in rows),
        },
    )


def size_category(documents: int) -> str:
    """Return the Hub's size category.

    >>> size_category(999), size_category(1000), size_category(10**12)
    ('n<1K', '1K<n<10K', 'n>1T')
    """
    return _SIZES[min(max(0, len(str(documents)) - 3), len(_SIZES) - 1)]


def command(recipe: Recipe) -> str:
    """Return the shell command that builds the corpus again, one option per line."""
    splits = ",".join(f"{name}={part}" for name, part in recipe.splits)
    options: dict[str, Sequence[object]] = {
        "--archive": ["news.db"],
        "--as-of": [_utc(recipe.as_of)],
        "--since": [recipe.since],
        "--until": [recipe.until],
        "--site": recipe.sites,
        "--dedup": [recipe.dedup],
        "--opted-out": [recipe.opted_out],
        "--filters": [recipe.thresholds.name],
        "--split": [splits],
        "--test-after": [recipe.test_after],
        "--format": [recipe.format],
        "--tokenizer": [recipe.tokenizer.name],
        "--decontaminate": [file.name for file in recipe.references],
    }
    given = ((name, value) for name, values in options.items() for value in values)
    return " \\\n  ".join(
        [
            "warta corpus build OUT",
            *(f"{name} {shlex.quote(plain(str(v)))}" for name, v in given if v is not None),
        ]
    )


def _patterns(summary: Summary, split: str) -> str | list[str]:
    """Return the pattern that matches all files of a split."""
    files = [file.path for file in summary.files if file.split == split]
    patterns = sorted({re.sub(r"-\d{5}-of-\d{5}\.", "-*.", path) for path in files})
    return patterns[0] if len(patterns) == 1 else patterns


def _title(recipe: Recipe) -> str:
    return f"Indonesian news as of {recipe.as_of.astimezone(UTC):%Y-%m-%d}"


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _facts(summary: Summary) -> dict[str, Any]:
    """Return what the template says in its prose."""
    empty = [f"`{split}`" for split, rows in summary.splits.items() if not rows]
    return {
        "title": _title(summary.recipe),
        "as_of": _utc(summary.recipe.as_of),
        "documents": counted(summary.exported, "document"),
        "sites_counted": counted(len(summary.sites), "news site"),
        "excluded": sum(summary.dropped.values()),
        "published": _published(summary),
        "empty_splits": ", ".join(empty),
        "command": fenced(command(summary.recipe), "sh"),
        "largest": _largest(summary),
        "tokenizer": code(summary.recipe.tokenizer.name),
        "median_quality": f"{median(summary.qualities) / 100:.2f}",
        "minhash": _MINHASH,
    }


def _published(summary: Summary) -> str:
    months = span(sorted({month for _, month in summary.months} - {UNDATED}))
    undated = summary.undated_documents
    without = f"{undated:,} without a time" if undated else ""
    return "; ".join(part for part in (months, without) if part) or "nothing"


def _largest(summary: Summary) -> str:
    """Warn where one site has more than half of the documents; the table of sites names it."""
    sites = totals(summary.months)
    most = max(sites.values(), default=0)
    if len(sites) < 2 or 2 * most <= sites.total():
        return ""
    return f"One site alone accounts for {share(most, sites.total())} of the documents."
