"""Paragraphs that a site repeats in many stories: boilerplate that its rules may have missed."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from datatrove.data import DocumentsPipeline
from datatrove.pipeline.base import PipelineStep

from archive.identity import normalised

MOST = 50
"""Paragraphs that are reported at most."""


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


class RepeatedCandidates(PipelineStep):
    """Writes the paragraphs found in two or more documents of a site within a task, to
    `folder/TASK.json`; lets all documents pass.
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
        path = self.folder / f"{rank:05d}.json"
        path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def paragraphs(text: str, min_length: int) -> set[str]:
    """Return the distinct normalised paragraphs with at least `min_length` characters."""
    return {plain for part in text.split("\n\n") if len(plain := normalised(part)) >= min_length}


class RepeatedCounts:
    """Counts the candidates of all tasks among the exported documents."""

    def __init__(self, folder: Path, min_length: int) -> None:
        self._min_length = min_length
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._candidates: defaultdict[str, set[str]] = defaultdict(set)
        for path in sorted(folder.glob("*.json")):
            for site, texts in json.loads(path.read_text(encoding="utf-8")).items():
                self._candidates[site].update(texts)

    def count(self, site: str, text: str) -> None:
        """Count an exported document."""
        if candidates := self._candidates.get(site):
            self._counts[site].update(paragraphs(text, self._min_length) & candidates)

    def most(
        self, exported: Mapping[str, int], *, min_documents: int, min_share: float
    ) -> tuple[RepeatedParagraph, ...]:
        """Return the most frequent paragraphs; `exported`: site -> exported documents."""
        found = [
            RepeatedParagraph(site=site, text=text, documents=count, share=count / exported[site])
            for site, counts in self._counts.items()
            for text, count in counts.items()
            if count >= min_documents and count / exported[site] >= min_share
        ]
        return tuple(sorted(found, key=lambda one: (-one.documents, one.site, one.text))[:MOST])
