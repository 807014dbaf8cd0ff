"""The tables of a thresholds file, one record each; `news.toml` documents every key."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]
"""Not strict, as TOML has lists."""
GramSize = Annotated[int, Field(ge=2, le=20)]
Gram = Annotated[tuple[GramSize, Share], Field(strict=False)]
"""A number of words and a share of the text's characters."""
Grams = Annotated[tuple[Gram, ...], Field(strict=False)]


class Table(BaseModel):
    """What all tables share: unknown keys are errors, and so are numbers in quotes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    enabled: bool
    """Whether the filter is part of the pipeline."""


class Language(Table):
    """Which languages stay."""

    keep: Texts
    min_score: Share


class Length(Table):
    """How long a document may be."""

    min_words: Count
    max_words: Count

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max_words and self.min_words > self.max_words:
            raise ValueError(
                f"min_words: expected at most max_words ({self.max_words}), found {self.min_words}"
            )
        return self


class Fallback(Table):
    """Which warnings of the extraction drop a document."""

    warnings_of_fallback: Texts
    warnings_of_any: Texts


class GopherQuality(Table):
    """Arguments of datatrove's GopherQualityFilter."""

    min_doc_words: Count
    max_doc_words: Count
    min_avg_word_length: Ratio
    max_avg_word_length: Ratio
    max_symbol_word_ratio: Ratio
    max_bullet_lines_ratio: Share
    max_ellipsis_lines_ratio: Share
    max_non_alpha_words_ratio: Share
    min_stop_words: Count
    stop_words: Texts

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_stop_words > len(set(self.stop_words)):
            raise ValueError(
                f"min_stop_words: expected at most as many as stop_words"
                f" ({len(set(self.stop_words))}), found {self.min_stop_words}"
            )
        words = self.min_doc_words, self.max_doc_words
        lengths = self.min_avg_word_length, self.max_avg_word_length
        for low, high in (words, lengths):
            if high and low > high:
                raise ValueError(f"a lower bound of {low} is above its upper bound of {high}")
        return self


class GopherRepetition(Table):
    """Arguments of datatrove's GopherRepetitionFilter without paragraphs, which are lines here."""

    dup_line_frac: Share
    dup_line_char_frac: Share
    top_n_grams: Grams
    dup_n_grams: Grams


class FineWebQuality(Table):
    """Arguments of datatrove's FineWebQualityFilter."""

    line_punct_thr: Share
    line_punct_exclude_zero: bool
    short_line_thr: Ratio
    short_line_length: Count
    char_duplicates_ratio: Share
    new_line_ratio: Ratio


class C4Quality(Table):
    """Arguments of datatrove's C4QualityFilter, of which only the verdict is used."""

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


class Prose(Table):
    """What is not prose: galleries, tables of numbers, schedules and lists."""

    min_prose_share: Share
    min_line_words: Positive
    max_number_share: Share
    max_bracket_share: Share
    gallery_max_words: Count
    gallery_headlines: Texts
    gallery_sections: Texts


class Contamination(Table):
    """When a document counts as contaminated by a file of `--decontaminate`."""

    words: GramSize


class Personal(Table):
    """Which personal data are masked."""

    emails: bool
    phones: bool
    identity_numbers: bool


class Paragraphs(Table):
    """From which frequency a repeated paragraph is reported, or taken out."""

    min_documents: Positive
    min_share: Share
    min_length: Positive
    remove_from: Count
    remove_max_length: Positive


class Thresholds(BaseModel):
    """All tables of a file."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Of the bundled set, or the file's name without its folder."""
    language: Language
    length: Length
    fallback: Fallback
    gopher_quality: GopherQuality
    gopher_repetition: GopherRepetition
    fineweb_quality: FineWebQuality
    c4_quality: C4Quality
    prose: Prose
    personal: Personal
    contamination: Contamination
    paragraphs: Paragraphs

    def as_dict(self) -> dict[str, Any]:
        """Return `name`, and table -> key -> effective value, as in `manifest.json`."""
        return self.model_dump(mode="json")


TABLES: dict[str, Any] = {
    name: field.annotation for name, field in Thresholds.model_fields.items() if name != "name"
}
"""By their names in a file."""
