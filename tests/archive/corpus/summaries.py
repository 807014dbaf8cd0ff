"""Invented summaries of corpora, from none to forty sites and from no month to ten years."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from archive.corpus.filters.thresholds.loading import load_thresholds
from archive.corpus.output.summary import CorpusFile, RepeatedParagraph, Summary
from archive.corpus.recipe import Recipe

SPLITS = (("train", Decimal("0.98")), ("validation", Decimal("0.01")), ("test", Decimal("0.01")))
HOSTILE = (
    "$x$",
    "$\\frac{1}{0$",
    "_kabar",
    "a|b",
    "`kabar`",
    "<script>alert(1)</script>",
    "---\nlicense: mit\n---",
    "新聞社",
    "صحيفة",
    "%s{0}{{x}}",
    "kabar-" * 40,
    "[a](https://jahat.example)",
    "nul\x00\u202e",
    "",
    "# Judul",
    "*tebal*",
    "\\",
    "lone\ud800",
    "🗞️ berita",
    "'; rm -rf /",
)


def recipe(**fields: Any) -> Recipe:
    usual: dict[str, Any] = {
        "archive": Path("/home/sari/kabar.db"),
        "as_of": datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC),
        "thresholds": load_thresholds().model_copy(update={"name": "standard"}),
        "splits": SPLITS,
    }
    return Recipe(**usual | fields)


def summary(
    months: dict[tuple[str, str], int] | None = None,
    dropped: dict[tuple[str, str], int] | None = None,
    **fields: Any,
) -> Summary:
    """A summary whose numbers add up; `months` and `dropped` decide them."""
    months = (
        {("kabar", "2026-10"): 180, ("kabar", "2026-11"): 90, ("desa", "2026-11"): 30}
        if months is None
        else months
    )
    dropped = (
        {("duplicate", "desa"): 41, ("opted_out", "kabar"): 12, ("removed", "kabar"): 1}
        if dropped is None
        else dropped
    )
    exported = sum(months.values())
    splits = {
        "train": exported - 2 * (exported // 100),
        "validation": exported // 100,
        "test": exported // 100,
    }
    words: dict[str, Counter[int]] = {}
    for number, ((site, month), documents) in enumerate(sorted(months.items())):
        for step in range(documents):
            words.setdefault(site, Counter())[
                60 + (step * step * 7 + number * 131 + len(month)) % (400 + 97 * (len(site) % 9))
            ] += 1
    usual: dict[str, Any] = {
        "recipe": recipe(),
        "archive_digest": "ab" * 32,
        "articles": exported + sum(dropped.values()) + 7,
        "selected": exported + sum(dropped.values()),
        "splits": splits,
        "months": months,
        "dropped": dropped,
        "words": words,
        "masked": {"email": (3, 4), "phone": (11, 15), "nik": (0, 0)},
        "opted_out": {
            (site, "robots.txt: GPTBot"): documents
            for (reason, site), documents in dropped.items()
            if reason == "opted_out"
        },
        "tokens": 200 * exported,
        "qualities": Counter({91: exported - exported // 10, 55: exported // 10}),
        "references": (),
        "contaminated": {},
        "clusters": exported // 5,
        "undated": 0,
        "repeated": (
            RepeatedParagraph(
                site="kabar",
                text="Ikuti saluran kami | untuk kabar terbaru.",
                documents=35,
                share=35 / 270,
                removed=True,
            ),
        ),
        "cleaned": (35, 36),
        "malay": 2,
        "files": tuple(files(splits)),
        "versions": {"warta": "0.1.0", "datatrove": "0.10.1", "pyarrow": "26.0.1"},
    }
    return Summary(**usual | fields)


def files(splits: dict[str, int], ending: str = "parquet") -> list[CorpusFile]:
    listed = [
        CorpusFile(
            path=f"data/{split}-00000-of-00001.{ending}",
            split=split,
            rows=rows,
            size=1000 + 900 * rows,
            sha256="cd" * 32,
        )
        for split, rows in splits.items()
    ]
    return [
        *listed,
        CorpusFile(path="dropped.parquet", split=None, rows=54, size=4321, sha256="ef" * 32),
    ]


def months_of(
    sites: list[str], count: int, *, first: tuple[int, int] = (2016, 12), undated: bool = False
) -> dict[tuple[str, str], int]:
    """Every site's documents of so many months, fewer for later sites."""
    start = first[0] * 12 + first[1] - 1
    names = [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(start, start + count)]
    numbers = {
        (site, month): 1 + (37 * place + 11 * rank) % 29 + 60 // (rank + 1)
        for rank, site in enumerate(sites)
        for place, month in enumerate(names)
    }
    return numbers | {(sites[0], "undated"): 23} if undated else numbers


EMPTY: dict[str, Any] = {
    "months": {},
    "dropped": {},
    "masked": {},
    "opted_out": {},
    "repeated": (),
    "cleaned": (0, 0),
    "malay": 0,
    "clusters": 0,
}
