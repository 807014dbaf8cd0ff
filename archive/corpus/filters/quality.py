"""datatrove's own quality filters: they judge a copy of the document, and their reasons become
ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

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

from archive.corpus.filters.thresholds.tables import (
    C4Quality,
    FineWebQuality,
    GopherQuality,
    GopherRepetition,
)
from archive.corpus.filters.thresholds.thresholds import Thresholds
from archive.corpus.filters.tokens import Words

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
"""Table of thresholds -> datatrove's reason, its numbers of words as `n` -> ours."""


class QualityFilter(BaseFilter):
    """One of datatrove's filters, asked about a copy with one newline between paragraphs: the
    document stays as it is.
    """

    type = "filter"

    def __init__(self, table: str, judge: BaseFilter, exclusion_writer: DiskWriter | None = None):
        self.name = table  # before datatrove names its statistics by it
        super().__init__(exclusion_writer)
        self.judge = judge

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Whether it stays, or a reason that `archive.corpus.filters.reasons` knows."""
        if not _has_words(doc.text):
            return False, "no_words"  # datatrove divides by their number
        kept, reason = get_filter_result(
            self.judge.filter(Document(text=_on_lines(doc.text), id=doc.id))
        )
        return True if kept else (False, DATATROVE_REASONS[self.name][re.sub(r"\d+", "n", reason)])


def _has_words(text: str) -> bool:
    return any(character.isalnum() and character not in PUNCTUATION_SET for character in text)


def _on_lines(text: str) -> str:
    return re.sub(r"\n{2,}", "\n", text.strip("\n"))


def quality_filters(
    thresholds: Thresholds, exclusion_writer_for: Callable[[str], DiskWriter | None]
) -> list[QualityFilter]:
    """Those that are switched on. They follow each other, so that a text is split into words once:
    datatrove remembers the last five.

    C4's comes last, as it asks for the sentences of each line, which would push the words out.
    """
    asked: list[
        tuple[str, FineWebQuality | GopherQuality | GopherRepetition | C4Quality, type[BaseFilter]]
    ] = [
        ("fineweb_quality", thresholds.fineweb_quality, FineWebQualityFilter),
        ("gopher_quality", thresholds.gopher_quality, GopherQualityFilter),
        ("gopher_repetition", thresholds.gopher_repetition, GopherRepetitionFilter),
        ("c4_quality", thresholds.c4_quality, C4QualityFilter),
    ]
    return [
        QualityFilter(name, kind(**_arguments(table)), exclusion_writer_for(name))
        for name, table, kind in asked
        if table.enabled
    ]


def _arguments(
    table: FineWebQuality | GopherQuality | GopherRepetition | C4Quality,
) -> dict[str, Any]:
    given = {key: value for key, value in asdict(table).items() if key != "enabled"}
    no_paragraphs = (
        {"dup_para_frac": 0, "dup_para_char_frac": 0} if isinstance(table, GopherRepetition) else {}
    )
    return {"language": Words()} | given | no_paragraphs
