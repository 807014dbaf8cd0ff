"""Paragraphs that a site repeats in many stories: what a boilerplate rule has missed, found by
frequency and reported.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from datatrove.data import DocumentsPipeline
from datatrove.pipeline.base import PipelineStep

from archive.corpus.output.summary import RepeatedParagraph
from archive.identity import normalised

MOST = 50
"""Paragraphs that are reported at most."""


class RepeatedCandidates(PipelineStep):
    """Writes down the paragraphs that two documents or more of a site hold within a task; lets all
    documents pass.
    """

    type = "STATS"
    name = "repeated paragraphs"

    def __init__(self, folder: Path, min_length: int) -> None:
        """`min_length`: characters of a paragraph that counts."""
        super().__init__()
        self.folder = folder
        self.min_length = min_length

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Called by datatrove."""
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for document in data or ():
            with self.track_time():
                seen[document.metadata["site"]].update(paragraphs(document.text, self.min_length))
            yield document
        found = {
            site: sorted(text for text, count in texts.items() if count > 1)
            for site, texts in sorted(seen.items())
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{rank:05d}.json").write_text(
            json.dumps(found, ensure_ascii=False), encoding="utf-8"
        )


def paragraphs(text: str, min_length: int) -> set[str]:
    """The distinct paragraphs of a text, normalised, that have so many characters or more."""
    return {plain for part in text.split("\n\n") if len(plain := normalised(part)) >= min_length}


class RepeatedCounts:
    """Counts those paragraphs among the exported documents, exactly."""

    def __init__(self, folder: Path, min_length: int) -> None:
        self._min_length = min_length
        self._counts: dict[str, Counter[str]] = {}
        self._candidates: defaultdict[str, set[str]] = defaultdict(set)
        for path in sorted(folder.glob("*.json")):
            for site, texts in json.loads(path.read_text(encoding="utf-8")).items():
                self._candidates[site].update(texts)

    def count(self, site: str, text: str) -> None:
        """An exported document."""
        if candidates := self._candidates.get(site):
            self._counts.setdefault(site, Counter()).update(
                paragraphs(text, self._min_length) & candidates
            )

    def most(
        self, exported: Mapping[str, int], *, min_documents: int, min_share: float
    ) -> tuple[RepeatedParagraph, ...]:
        """The most frequent ones, of sites with so many exported documents."""
        found = [
            one
            for one in self._all(exported)
            if one.documents >= min_documents and one.share >= min_share
        ]
        return tuple(sorted(found, key=lambda one: (-one.documents, one.site, one.text))[:MOST])

    def _all(self, exported: Mapping[str, int]) -> Iterator[RepeatedParagraph]:
        for site, counts in self._counts.items():
            for text, documents in counts.items():
                yield RepeatedParagraph(
                    site=site, text=text, documents=documents, share=documents / exported[site]
                )
