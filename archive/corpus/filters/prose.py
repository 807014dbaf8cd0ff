"""What is no prose: galleries, tables of numbers, schedules and lists."""

from __future__ import annotations

import re

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from archive.corpus.filters.length import words
from archive.corpus.filters.thresholds.tables import Prose

LINE_ENDED = re.compile(r"[.!?…][\"'”’»)\]\s]*$")
"""A line that ends as a sentence does."""

SENTENCE_END = re.compile(
    r"(?<![\s(]\d)(?<![\s(]\d\d)(?<!^\d)(?<!^\d\d)\s?[.!?…][\"'”’»)\]]*(?=\s|[\"'“‘(A-Z])"
)
"""An end of a sentence within a line, also with a space before it; the full stop of a numbered
list, "2.", is none.
"""

FIRST_WORD = re.compile(r"[^\w]*(\w+)")


class ProseFilter(BaseFilter):
    """Drops what is no prose, by shares of words that the table [prose] names."""

    name = "prose"
    type = "filter"

    def __init__(self, table: Prose, exclusion_writer: DiskWriter | None = None):
        super().__init__(exclusion_writer)
        self.table = table
        self.headlines = {word.casefold() for word in table.gallery_headlines}
        self.sections = {name.casefold() for name in table.gallery_sections}

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Whether it stays, or a reason."""
        found = words(doc.text)
        if not found:
            return False, "no_words"
        if len(found) <= self.table.gallery_max_words and self._names_gallery(doc):
            return False, "gallery"
        if (
            sum(any(character.isdigit() for character in word) for word in found) / len(found)
            > self.table.max_number_share
        ):
            return False, "mostly_numbers"
        if self._prose_words(doc.text) / len(found) < self.table.min_prose_share:
            return False, "not_prose"
        return True

    def _names_gallery(self, doc: Document) -> bool:
        first = FIRST_WORD.match(doc.metadata.get("headline") or "")
        section = doc.metadata.get("section") or ""
        return (
            first is not None and first[1].casefold() in self.headlines
        ) or section.strip().casefold() in self.sections

    def _prose_words(self, text: str) -> int:
        counts = (prose_words(line) for line in text.split("\n"))
        return sum(count for count in counts if count >= self.table.min_line_words)


def prose_words(line: str) -> int:
    """Words of a line up to the end of its last sentence; 0 where no sentence ends."""
    return len(words(line[: _last_end(line)]))


def _last_end(line: str) -> int:
    if LINE_ENDED.search(line, max(len(line) - 12, 0)):
        return len(line)
    return max((end.end() for end in SENTENCE_END.finditer(line)), default=0)
