"""Paragraphs that a site repeats in many stories: boilerplate that its rules may have missed."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from datatrove.data import DocumentsPipeline
from datatrove.pipeline.base import PipelineStep

from archive.corpus.filters.thresholds.tables import Paragraphs
from archive.identity import normalised

MOST = 50
"""Paragraphs that are reported at most, and that are listed as removed."""
PARTS = 16
"""The digests of all paragraphs are counted part by part: a sixteenth of them is in memory."""
SHARED_WORDS = 2
"""Words of their headlines from which on two stories are related: a series, or one event."""
MAX_REPEATED = 0.5
"""Share of a story's characters in repeated paragraphs from which on it is a filled-in template:
its refrains are left alone, and it is no evidence against any.
"""

_LONG_WORD = re.compile(r"\w{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedParagraph:
    """A paragraph in many exported stories of one site: a candidate for a boilerplate rule."""

    site: str
    """Short name of the site."""
    text: str = field(repr=False)
    """Normalised."""
    documents: int
    """Exported documents of the site that contain it."""
    share: float
    """Of the site's exported documents, 0 to 1."""
    removed: bool
    """Whether it was taken out of the corpus, as it occurs in unrelated stories."""


class ParagraphDigests(PipelineStep):
    """Writes the digests of a task's paragraphs to `folder/TASK.npy`; lets all documents pass."""

    type = "STATS"
    name = "repeated paragraphs"

    def __init__(self, folder: Path, min_length: int) -> None:
        """`min_length`: characters of a paragraph that counts."""
        super().__init__()
        self.folder = folder
        self.min_length = min_length

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Called by datatrove."""
        found: list[int] = []
        for document in data or ():
            with self.track_time():
                plain = paragraphs(document.text, self.min_length)
                found += (_digest(document.metadata["site"], text) for text in plain)
            yield document
        self.folder.mkdir(parents=True, exist_ok=True)
        np.save(self.folder / f"{rank:05d}.npy", np.array(found, np.uint64))


def paragraphs(text: str, min_length: int) -> set[str]:
    """Return the distinct normalised paragraphs with at least `min_length` characters."""
    return {plain for part in text.split("\n\n") if len(plain := normalised(part)) >= min_length}


def _digest(site: str, text: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{site}\0{text}".encode(), digest_size=8).digest())


@dataclass(slots=True)
class _Found:
    """A repeated paragraph, while it is counted."""

    documents: int = 0
    unrelated: list[frozenset[str]] = field(default_factory=list)
    """Words of the headlines of stories that have nothing else in common."""


class RepeatedParagraphs:
    """Counts the repeated paragraphs of the exported documents, and takes out what is furniture.

    First `count` every document, then ask for `cleaned` texts. A paragraph is taken out where
    `remove_from` unrelated stories of its site contain it.
    """

    def __init__(self, folder: Path, table: Paragraphs) -> None:
        self._table = table
        self._found: dict[tuple[str, str], _Found] = {}
        self.removed = 0
        """Paragraphs that were taken out of documents."""
        self.documents = 0
        """Documents that they were taken out of."""
        from_which = min(filter(None, (table.min_documents, table.remove_from)))
        self._candidates = frozenset(_frequent(sorted(folder.glob("*.npy")), from_which))

    def count(self, row: Mapping[str, Any]) -> None:
        """Count an exported document by its `site`, `headline` and `text`."""
        found = self._repeated(row["site"], row["text"])
        if not found:
            return
        template = self._is_template(found, row["text"])
        about = _about(row)
        for plain in found:
            one = self._found.setdefault((row["site"], plain), _Found())
            one.documents += 1
            full = len(one.unrelated) >= self._table.remove_from
            if (
                template
                or full
                or any(len(about & other) >= SHARED_WORDS for other in one.unrelated)
            ):
                continue
            one.unrelated.append(about)

    def cleaned(self, site: str, text: str) -> str:
        """Return the text without the paragraphs that are taken out; a template stays whole."""
        if site not in self._cleaned_sites:
            return text
        parts = text.split("\n\n")
        kept = [part for part in parts if not self._is_removed(site, normalised(part))]
        lost = len(text) - sum(map(len, kept))
        if len(kept) == len(parts) or lost > MAX_REPEATED * len(text):
            return text
        self.removed += len(parts) - len(kept)
        self.documents += 1
        return "\n\n".join(kept)

    def most(self, exported: Mapping[str, int]) -> tuple[RepeatedParagraph, ...]:
        """Return the most frequent paragraphs; `exported`: site -> exported documents."""
        table = self._table
        found = [
            RepeatedParagraph(
                site=site,
                text=text,
                documents=one.documents,
                share=one.documents / exported[site],
                removed=self._is_removed(site, text),
            )
            for (site, text), one in self._found.items()
        ]
        shown = [
            one
            for one in found
            if one.removed
            or (one.documents >= table.min_documents and one.share >= table.min_share)
        ]
        return tuple(sorted(shown, key=lambda one: (-one.documents, one.site, one.text))[:MOST])

    @cached_property
    def _cleaned_sites(self) -> frozenset[str]:
        """Sites that a paragraph is taken out of: the texts of others need no second look."""
        return frozenset(site for site, plain in self._found if self._is_removed(site, plain))

    def _repeated(self, site: str, text: str) -> list[str]:
        if not self._candidates:
            return []
        plain = paragraphs(text, self._table.min_length)
        return sorted(one for one in plain if _digest(site, one) in self._candidates)

    def _is_template(self, found: list[str], text: str) -> bool:
        return sum(map(len, found)) > MAX_REPEATED * len(text)

    def _is_removed(self, site: str, plain: str) -> bool:
        one = self._found.get((site, plain))
        return (
            one is not None
            and 0 < self._table.remove_from <= len(one.unrelated)
            and len(plain) <= self._table.remove_max_length
        )


def _about(row: Mapping[str, Any]) -> frozenset[str]:
    """Return the longer words of a headline, else of the beginning of the text."""
    return frozenset(_LONG_WORD.findall((row["headline"] or row["text"][:80]).casefold()))


def _frequent(files: list[Path], documents: int) -> Iterator[int]:
    """Yield the digests that occur at least so often in all files."""
    width = 2**64 // PARTS
    for part in range(PARTS):
        low, high = np.uint64(part * width), np.uint64((part + 1) * width - 1)
        found = [_between(np.load(file, mmap_mode="r"), low, high) for file in files]
        digests, counts = np.unique(np.concatenate(found or [_NONE]), return_counts=True)
        yield from map(int, digests[counts >= documents])


_NONE: npt.NDArray[np.uint64] = np.array([], np.uint64)


def _between(
    digests: npt.NDArray[np.uint64], low: np.uint64, high: np.uint64
) -> npt.NDArray[np.uint64]:
    return digests[(digests >= low) & (digests <= high)]
