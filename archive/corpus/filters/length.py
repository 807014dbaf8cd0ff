"""Too short or too long: by words between white space, which needs no tokenizer."""

from __future__ import annotations

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from archive.corpus.filters.thresholds.tables import Length


def words(text: str) -> list[str]:
    """What stands between white space and holds a letter or digit: a dash or full stop apart is no
    word.
    """
    return [
        word
        for word in text.split()
        if word.isalnum() or any(character.isalnum() for character in word)
    ]


class LengthFilter(BaseFilter):
    """Drops what has fewer or more words than the table [length] allows."""

    name = "length"
    type = "filter"

    def __init__(self, table: Length, exclusion_writer: DiskWriter | None = None):
        super().__init__(exclusion_writer)
        self.table = table

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Whether it stays, or a reason."""
        count = len(words(doc.text))
        if count == 0:
            return False, "no_words"
        if count < self.table.min_words:
            return False, "too_short"
        if self.table.max_words and count > self.table.max_words:
            return False, "too_long"
        return True
