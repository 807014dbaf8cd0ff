"""Documents that are too short or too long, counted in words between white space."""

from __future__ import annotations

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from archive.corpus.filters.thresholds.tables import Length


def words(text: str) -> list[str]:
    """Split at white space and keep pieces with a letter or digit: a lone dash is no word."""
    return [
        word
        for word in text.split()
        if word.isalnum() or any(character.isalnum() for character in word)
    ]


class LengthFilter(BaseFilter):
    """Drops documents with fewer or more words than the table [length] allows."""

    name = "length"
    type = "filter"

    def __init__(self, table: Length, exclusion_writer: DiskWriter | None = None):
        super().__init__(exclusion_writer)
        self.table = table

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Return True, or False with a reason."""
        count = len(words(doc.text))
        if count == 0:
            return False, "no_words"
        if count < self.table.min_words:
            return False, "too_short"
        if self.table.max_words and count > self.table.max_words:
            return False, "too_long"
        return True
