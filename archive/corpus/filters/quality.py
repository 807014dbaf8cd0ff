"""datatrove's own quality filters, applied to a copy of the document; their reasons become ours."""

import re
from collections.abc import Mapping
from functools import partial

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.base_filter import BaseFilter, get_filter_result
from datatrove.pipeline.writers.disk_base import DiskWriter
from datatrove.utils.text import PUNCTUATION_SET

from archive.corpus.filters.thresholds.tables import GopherRepetition, Table, Thresholds
from archive.corpus.filters.tokens import Words

_FILTERS: Mapping[str, type[BaseFilter]] = {
    "fineweb_quality": FineWebQualityFilter,
    "gopher_quality": GopherQualityFilter,
    "gopher_repetition": GopherRepetitionFilter,
    "c4_quality": C4QualityFilter,
}
"""Table of thresholds -> filter, in order: datatrove caches the words of the last five texts, so
the first three share them; C4's requests the sentences of each line, which would evict the words.
"""

DATATROVE_REASONS: Mapping[str, Mapping[str, str]] = {
    "gopher_quality": {
        "gopher_short_doc": "gopher_quality/too_few_words",
        "gopher_long_doc": "gopher_quality/too_many_words",
        "gopher_below_avg_threshold": "gopher_quality/short_words",
        "gopher_above_avg_threshold": "gopher_quality/long_words",
        "gopher_too_many_hashes": "gopher_quality/hash_signs",
        "gopher_too_many_ellipsis": "gopher_quality/ellipses",
        "gopher_too_many_bullets": "gopher_quality/bullet_lines",
        "gopher_too_many_end_ellipsis": "gopher_quality/ellipsis_lines",
        "gopher_below_alpha_threshold": "gopher_quality/few_letters",
        "gopher_enough_stop_words": "gopher_quality/few_stop_words",
    },
    "gopher_repetition": {
        "empty": "no_words",
        "dup_para_frac": "gopher_repetition/lines",
        "dup_para_char_frac": "gopher_repetition/line_characters",
        "dup_line_frac": "gopher_repetition/lines",
        "dup_line_char_frac": "gopher_repetition/line_characters",
        "top_n_gram": "gopher_repetition/top_phrase",
        "duplicated_n_n_grams": "gopher_repetition/phrases",
    },
    "fineweb_quality": {
        "empty": "no_words",
        "line_punct_ratio": "fineweb_quality/unended_lines",
        "short_line_ratio": "fineweb_quality/short_lines",
        "char_dup_ratio": "fineweb_quality/repeated_lines",
        "list_ratio": "fineweb_quality/list_lines",
    },
    "c4_quality": {
        "lorem_ipsum": "c4_quality/lorem_ipsum",
        "curly_bracket": "c4_quality/curly_bracket",
        "too_few_sentences": "c4_quality/few_sentences",
    },
}
"""Table of thresholds -> datatrove's reason, with `n` for its numbers of words -> our reason."""


class QualityFilter(BaseFilter):
    """One of datatrove's filters; it sees a copy with one newline between paragraphs."""

    type = "filter"

    def __init__(self, table: str, judge: BaseFilter, exclusion_writer: DiskWriter | None = None):
        self.name = table  # before datatrove names its statistics by it
        super().__init__(exclusion_writer)
        self.judge = judge

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Return True, or False with a reason of `archive.corpus.filters.reasons`."""
        if not has_words(doc.text):
            return False, "no_words"  # datatrove divides by their number
        copy = Document(text=one_newline(doc.text), id=doc.id)
        kept, reason = get_filter_result(self.judge.filter(copy))
        if kept:
            return True
        return False, DATATROVE_REASONS[self.name][re.sub(r"\d+", "n", reason)]


def has_words(text: str) -> bool:
    """Return whether there is a letter or digit."""
    return any(character.isalnum() and character not in PUNCTUATION_SET for character in text)


def one_newline(text: str) -> str:
    """Return the text with one newline between paragraphs, as FineWeb-2's thresholds expect."""
    return re.sub(r"\n{2,}", "\n", text.strip("\n"))


def quality_filters(thresholds: Thresholds) -> dict[str, partial[QualityFilter]]:
    """Table of thresholds -> its filter, which still needs its exclusion writer."""
    return {
        name: partial(QualityFilter, name, _made(kind, getattr(thresholds, name)))
        for name, kind in _FILTERS.items()
    }


def _made(kind: type[BaseFilter], table: Table) -> BaseFilter:
    arguments = table.model_dump(exclude={"enabled"}) | {"language": Words()}
    if isinstance(table, GopherRepetition):
        arguments |= {"dup_para_frac": 0, "dup_para_char_frac": 0}
    return kind(**arguments)
