"""Documents that are too short or too long, and those that are not prose: galleries, lists."""

import re

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from archive.corpus.filters.thresholds.tables import Length, Prose

LINE_ENDED = re.compile(r"[.!?…][\"'”’»)\]\s]*$")
"""A line that ends as a sentence does."""

SENTENCE_END = re.compile(
    r"(?<![\s(]\d)(?<![\s(]\d\d)(?<!^\d)(?<!^\d\d)\s?[.!?…][\"'”’»)\]]*(?=\s|[\"'“‘(A-Z])"
)
"""A sentence's end within a line, also after a space; not the full stop of a list item, "2."."""

FIRST_WORD = re.compile(r"[^\w]*(\w+)")


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


class ProseFilter(BaseFilter):
    """Drops documents that are not prose, by the shares of words that the table [prose] sets."""

    name = "prose"
    type = "filter"

    def __init__(self, table: Prose, exclusion_writer: DiskWriter | None = None):
        super().__init__(exclusion_writer)
        self.table = table
        self.headlines = {word.casefold() for word in table.gallery_headlines}
        self.sections = {name.casefold() for name in table.gallery_sections}

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Return True, or False with a reason."""
        found = words(doc.text)
        if not found:
            return False, "no_words"
        if len(found) <= self.table.gallery_max_words and self._is_gallery(doc):
            return False, "gallery"
        if number_share(found) > self.table.max_number_share:
            return False, "mostly_numbers"
        brackets = sum("{" in word or "}" in word for word in doc.text.split())
        if brackets > 1 and brackets / len(found) > self.table.max_bracket_share:
            return False, "program_code"
        prose = prose_share(doc.text, len(found), self.table.min_line_words)
        if prose < self.table.min_prose_share:
            return False, "not_prose"
        return True

    def _is_gallery(self, doc: Document) -> bool:
        first = FIRST_WORD.match(doc.metadata.get("headline") or "")
        section = doc.metadata.get("section") or ""
        return (
            first is not None and first[1].casefold() in self.headlines
        ) or section.strip().casefold() in self.sections


def number_share(found: list[str]) -> float:
    """Return the share of words with a digit; there must be a word."""
    return sum(any(map(str.isdigit, word)) for word in found) / len(found)


def prose_share(text: str, count: int, min_line_words: int) -> float:
    """Return the share of a text's words, which are `count`, in lines of prose."""
    in_lines = (prose_words(line) for line in text.split("\n"))
    return sum(prose for prose in in_lines if prose >= min_line_words) / count


def prose_words(line: str) -> int:
    """Count the words of a line up to the end of its last sentence; 0 where no sentence ends."""
    if LINE_ENDED.search(line, max(len(line) - 12, 0)):
        return len(words(line))
    last_end = max((end.end() for end in SENTENCE_END.finditer(line)), default=0)
    return len(words(line[:last_end]))
