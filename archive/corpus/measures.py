"""The columns that are computed from a document's text."""

from typing import Any

from datatrove.data import DocumentsPipeline
from datatrove.pipeline.base import PipelineStep

from archive.corpus.filters.prose import words
from archive.corpus.filters.score import quality
from archive.corpus.recipe import Recipe
from archive.syndication.signatures import Signature
from archive.syndication.signatures import words as compared_words


def measured(text: str, language_score: float | None, recipe: Recipe) -> dict[str, Any]:
    """Return column -> value; `minhash` is empty where the archive would not compare the text."""
    return {
        "word_count": len(words(text)),
        "token_count": recipe.tokenizer.count(text),
        "quality": quality(text, language_score, recipe.thresholds),
        "minhash": list(Signature.of(compared_words(text)).whole),
    }


class MeasureText(PipelineStep):
    """Adds these columns to the metadata of every document."""

    type = "STATS"
    name = "measures"

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Called by datatrove."""
        for document in data or ():
            with self.track_time():
                score = document.metadata.get("language_score")
                document.metadata |= measured(document.text, score, self.recipe)
            yield document
