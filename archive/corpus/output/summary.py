"""What a finished corpus holds, in numbers: `manifest.json`, the dataset card and the plots say the
same, as they all read this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from archive.corpus.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusFile:
    """A file of the corpus."""

    path: str
    """Below the corpus' folder: `data/train-00000-of-00001.parquet`."""
    split: str | None
    """None for what is no data, like `dropped.parquet`."""
    rows: int
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedParagraph:
    """A paragraph that many exported stories of one site hold: a candidate for a boilerplate rule."""

    site: str
    text: str = field(repr=False)
    documents: int
    """Exported documents of the site that hold it."""
    share: float
    """Of the site's exported documents, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The numbers of one corpus; `selected == exported + sum(dropped.values())`."""

    recipe: Recipe
    archive_digest: str
    """SHA-256 over all articles as of the moment: their newest revisions, clusters and rights."""
    articles: int
    """In the archive as of the moment."""
    selected: int
    """Of them, those that the recipe's sites and days ask for."""
    splits: Mapping[str, int]
    """Split -> exported documents, in the recipe's order; a split may be empty."""
    months: Mapping[tuple[str, str], int]
    """(site, `2026-11`) -> exported documents; `undated` for those without a time."""
    dropped: Mapping[tuple[str, str], int]
    """(reason, site) -> documents; reasons are those of `archive.corpus.filters.reasons`."""
    words: Mapping[str, Counter[int]]
    """Site -> number of words -> exported documents of that length."""
    masked: Mapping[str, tuple[int, int]]
    """`email`, `phone`, `nik` -> (exported documents, masks)."""
    opted_out: Mapping[tuple[str, str], int]
    """(site, rule) -> selected documents that opt out of text and data mining, whether left out or
    kept.
    """
    clusters: int
    """Clusters of syndicated stories that have an exported document."""
    undated: int
    """Selected by no day because they have no time of publication; 0 where the recipe names no
    days.
    """
    late: int = 0
    """Exported documents published from `test_after` on that stand with an earlier story of their
    cluster, outside `test`.
    """
    repeated: tuple[RepeatedParagraph, ...]
    """Most frequent first."""
    files: tuple[CorpusFile, ...]
    versions: Mapping[str, str]
    """Package -> version of everything that decides the bytes."""

    @property
    def exported(self) -> int:
        """Documents of all splits."""
        return sum(self.splits.values())

    @property
    def sites(self) -> list[str]:
        """Sites with an exported document, in the order of their names."""
        return sorted(self.words)

    def dropped_by_reason(self) -> dict[str, int]:
        """Reason -> documents, the most frequent first."""
        counts: Counter[str] = Counter()
        for (reason, _), documents in self.dropped.items():
            counts[reason] += documents
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def median_words(self, site: str | None = None) -> int:
        """The median length of a site's exported documents, or of all; 0 where there are none. Of
        two middle ones the lower.
        """
        return median(
            sum(self.words.values(), Counter()) if site is None else self.words.get(site, Counter())
        )


def median(counts: Counter[int]) -> int:
    """The median of numbers that occur so often; 0 where there are none. Of two middle ones the
    lower.
    """
    middle, seen = (counts.total() + 1) // 2, 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= max(1, middle):
            return number
    return 0
