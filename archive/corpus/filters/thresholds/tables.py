"""The tables of a file of thresholds, one record each; `filters/news.toml` says what every key
means and where its number is from.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

SETTINGS = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""An unknown key is an error, and a number in quotes is no number."""

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]
GramSize = Annotated[int, Field(ge=2, le=20)]
Grams = tuple[tuple[GramSize, Share], ...]
"""Pairs of a number of words and a share of the text's characters."""


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class Language:
    """Which languages stay."""

    enabled: bool
    keep: tuple[Text, ...]
    min_score: Share


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class Length:
    """How long a document may be."""

    enabled: bool
    min_words: Count
    max_words: Count

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max_words and self.min_words > self.max_words:
            raise ValueError(
                f"min_words: expected at most max_words ({self.max_words}), found {self.min_words}"
            )
        return self


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class Fallback:
    """Which warnings of the extraction drop a document."""

    enabled: bool
    warnings_of_fallback: tuple[Text, ...]
    warnings_of_any: tuple[Text, ...]


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class GopherQuality:
    """Arguments of datatrove's GopherQualityFilter."""

    enabled: bool
    min_doc_words: Count
    max_doc_words: Count
    min_avg_word_length: Ratio
    max_avg_word_length: Ratio
    max_symbol_word_ratio: Ratio
    max_bullet_lines_ratio: Share
    max_ellipsis_lines_ratio: Share
    max_non_alpha_words_ratio: Share
    min_stop_words: Count
    stop_words: tuple[Text, ...]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_stop_words > len(set(self.stop_words)):
            raise ValueError(
                f"min_stop_words: expected at most as many as stop_words ({len(set(self.stop_words))}), found {self.min_stop_words}"
            )
        for low, high in (
            (self.min_doc_words, self.max_doc_words),
            (self.min_avg_word_length, self.max_avg_word_length),
        ):
            if high and low > high:
                raise ValueError(f"a lower bound of {low} lies above its upper bound of {high}")
        return self


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class GopherRepetition:
    """Arguments of datatrove's GopherRepetitionFilter, without those of paragraphs: its paragraphs
    are lines here.
    """

    enabled: bool
    dup_line_frac: Share
    dup_line_char_frac: Share
    top_n_grams: Grams
    dup_n_grams: Grams


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class FineWebQuality:
    """Arguments of datatrove's FineWebQualityFilter."""

    enabled: bool
    line_punct_thr: Share
    line_punct_exclude_zero: bool
    short_line_thr: Ratio
    short_line_length: Count
    char_duplicates_ratio: Share
    new_line_ratio: Ratio


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class C4Quality:
    """Arguments of datatrove's C4QualityFilter, of which only the verdict is taken."""

    enabled: bool
    split_paragraph: bool
    remove_citations: bool
    filter_no_terminal_punct: bool
    min_num_sentences: Annotated[int, Field(ge=-1)]
    min_words_per_line: Annotated[int, Field(ge=-1)]
    max_word_length: Annotated[int, Field(ge=-1)]
    filter_lorem_ipsum: bool
    filter_javascript: bool
    filter_curly_bracket: bool
    filter_policy: bool


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class Prose:
    """What is told from prose: galleries, tables of numbers, schedules and lists."""

    enabled: bool
    min_prose_share: Share
    min_line_words: Positive
    max_number_share: Share
    gallery_max_words: Count
    gallery_headlines: tuple[Text, ...]
    gallery_sections: tuple[Text, ...]


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class Personal:
    """Which personal data are masked."""

    enabled: bool
    emails: bool
    phones: bool
    identity_numbers: bool


@dataclass(config=SETTINGS, frozen=True, slots=True, kw_only=True)
class Paragraphs:
    """From when on a paragraph that a site repeats is reported."""

    enabled: bool
    min_documents: Positive
    min_share: Share
    min_length: Positive
