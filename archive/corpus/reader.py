"""datatrove's reader over an archive: a shard of articles as Documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.readers.base import BaseReader

from archive.connection import plain_errors
from archive.corpus.recipe import Recipe
from archive.corpus.selection import rows
from archive.errors import ArchiveDamaged
from archive.store import Archive

_AS_THEY_ARE = (
    "article_id", "url", "site", "headline", "published_at", "section", "agency", "cluster_id", "revision", "opted_out", "layout",
    "removed_at", "first_seen_at", "drifted",
)  # fmt: skip


class ArchiveReader(BaseReader):
    """Yields the articles of the task's shard, as they stood at the recipe's moment; task n reads the shard n."""

    name = "warta archive"

    def __init__(self, recipe: Recipe, shards: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self.recipe = recipe
        self.shards = shards

    def run(self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Called by datatrove; raises ArchiveError."""
        if data:
            yield from data
        path = self.recipe.archive
        with plain_errors(path), Archive(path, read_only=True) as archive, archive.as_of(self.recipe.as_of) as past:
            for row in rows(past, self.recipe, self.shards[rank]):
                with self.track_time():
                    document = _document(row, path)
                    self.update_doc_stats(document)
                yield document


def _document(row: dict[str, Any], path: Path) -> Document:
    metadata = {name: row[name] for name in _AS_THEY_ARE}
    try:
        warnings = json.loads(row["warnings"])
    except ValueError:
        warnings = None
    if not isinstance(warnings, list):
        raise ArchiveDamaged(f"{path}: article {row['article_id']}: its warnings are no list in JSON, but {row['warnings']!r:.80}")
    metadata |= {"page_language": row["language"], "warnings": warnings}
    return Document(text=row["body"], id=f"{row['site']}:{row['key']}", metadata=metadata)
