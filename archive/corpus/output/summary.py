"""The numbers of a finished corpus: the source of the manifest, the card and the plots."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from archive.corpus.filters.references import IndexedFile
from archive.corpus.filters.repeated import RepeatedParagraph
from archive.corpus.recipe import Recipe

UNDATED = "undated"
"""Month of documents without a time of publication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusFile:
    """A file of the corpus."""

    path: str
    """Relative to the corpus' folder: `data/train-00000-of-00001.parquet`."""
    split: str | None
    """None for files that are no data, like `dropped.parquet`."""
    rows: int
    """0 for files without rows."""
    size: int
    """Bytes."""
    sha256: str
    """Hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The numbers of one corpus; `selected == exported + sum(dropped.values())`."""

    recipe: Recipe
    """What the corpus was made by."""
    archive_digest: str
    """SHA-256 over all articles as of the time: their newest revisions, clusters and rights."""
    articles: int
    """In the archive as of the time."""
    selected: int
    """Of them, those of the recipe's sites and days."""
    splits: Mapping[str, int]
    """Split -> exported documents, in the recipe's order; a split may be empty."""
    months: Mapping[tuple[str, str], int]
    """(site, `2026-11`) -> exported documents; `undated` for those without a time."""
    dropped: Mapping[tuple[str, str], int]
    """(reason, site) -> documents; reasons are those of `archive.corpus.filters.reasons`."""
    words: Mapping[str, Counter[int]]
    """Site -> number of words -> exported documents of that length."""
    tokens: int
    """Of all exported documents, by the recipe's tokenizer."""
    qualities: Counter[int]
    """Hundredths of the quality score, rounded down -> exported documents."""
    references: tuple[IndexedFile, ...]
    """The files that the corpus was decontaminated against."""
    contaminated: Mapping[str, int]
    """Name of such a file -> documents dropped for it."""
    masked: Mapping[str, tuple[int, int]]
    """`email`, `phone`, `nik` -> (exported documents, masks)."""
    opted_out: Mapping[tuple[str, str], int]
    """(site, rule) -> selected documents that opt out of text and data mining, excluded or kept."""
    clusters: int
    """Clusters of near-duplicates with an exported document."""
    undated: int
    """Articles not selected for want of a time of publication; 0 where the recipe has no days."""
    late: int = 0
    """Exported documents from `test_after` on, outside `test` with an earlier story of the set."""
    repeated: tuple[RepeatedParagraph, ...]
    """Most frequent first."""
    malay: int
    """Exported documents that the model took for Malay before its site's language was weighed."""
    cleaned: tuple[int, int]
    """Documents that repeated paragraphs were taken out of, and how many were."""
    files: tuple[CorpusFile, ...]
    """All but the manifest."""
    versions: Mapping[str, str]
    """Package -> version of everything that decides the bytes."""

    @property
    def exported(self) -> int:
        """Documents of all splits."""
        return sum(self.splits.values())

    @property
    def sites(self) -> list[str]:
        """Sites with an exported document, sorted."""
        return sorted(self.words)

    @property
    def lengths(self) -> Counter[int]:
        """Number of words -> exported documents of that length."""
        return sum(self.words.values(), Counter())

    @property
    def total_words(self) -> int:
        """Words of all exported documents."""
        return sum(length * documents for length, documents in self.lengths.items())

    @property
    def undated_documents(self) -> int:
        """Exported documents without a time of publication."""
        return sum(count for (_, month), count in self.months.items() if month == UNDATED)

    def dropped_by_reason(self) -> dict[str, int]:
        """Return reason -> documents, the most frequent first."""
        counts = totals(self.dropped)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def split_sizes(self) -> Counter[str]:
        """Return split -> bytes of its files."""
        sizes: Counter[str] = Counter()
        for file in self.files:
            if file.split is not None:
                sizes[file.split] += file.size
        return sizes

    def median_words(self, site: str | None = None) -> int:
        """Return the lower median length of a site's exported documents, or of all."""
        return median(self.lengths if site is None else self.words.get(site, Counter()))


def totals(counts: Mapping[tuple[str, str], int], part: int = 0) -> Counter[str]:
    """Add up counts by the first part of their keys, or by the second."""
    sums: Counter[str] = Counter()
    for key, number in counts.items():
        sums[key[part]] += number
    return sums


def median(counts: Counter[int]) -> int:
    """Return the lower median of numbers with their frequencies; 0 where there are none."""
    middle, seen = max(1, (counts.total() + 1) // 2), 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= middle:
            return number
    return 0
