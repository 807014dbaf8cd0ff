"""What is left out before anything is judged: what its site took away, opts out, was read by a
drifted layout, or is broken.
"""

from __future__ import annotations

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from archive.corpus.recipe import OptedOut


class Exclusions(BaseFilter):
    """Drops as `removed`, `opted_out`, `drifted` and `broken_text`."""

    name = "rights"
    type = "filter"

    def __init__(self, opted_out: OptedOut, exclusion_writer: DiskWriter | None = None) -> None:
        super().__init__(exclusion_writer)
        self.opted_out = opted_out

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Called by datatrove."""
        if doc.metadata["removed_at"] is not None:
            return False, "removed"
        if self.opted_out == "drop" and doc.metadata["opted_out"] is not None:
            return False, "opted_out"
        if doc.metadata["drifted"]:
            return False, "drifted"
        return (False, "broken_text") if _broken(doc) else True


def _broken(doc: Document) -> bool:
    """A text with lone surrogates cannot be written as UTF-8; a null byte ends it for many
    programs.
    """
    texts = [
        doc.text,
        doc.id,
        *(value for value in doc.metadata.values() if isinstance(value, str)),
    ]
    return any("\0" in text or _surrogate(text) for text in texts)


def _surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
