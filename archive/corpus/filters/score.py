"""A quality score: how far the filters' measures of a text are inside their thresholds."""

from collections.abc import Collection, Iterator, Sequence
from math import prod

from datatrove.pipeline.filters.gopher_repetition_filter import (
    find_all_duplicate,
    find_duplicates,
    find_top_duplicate,
    get_n_grams,
)
from datatrove.utils.text import split_into_words

from archive.corpus.filters.prose import number_share, prose_share, words
from archive.corpus.filters.quality import has_words, one_newline
from archive.corpus.filters.thresholds.tables import Gram, Thresholds
from archive.corpus.filters.tokens import Words

DIGITS = 4
"""Of a score: machines may differ in the last bits of a root, rounded scores are identical."""

MEASURES = {
    "language": ("score of the language, where that filter is enabled", "language.min_score"),
    "prose": ("share of words in lines of prose", "prose.min_prose_share"),
    "numbers": ("share of words with a digit", "prose.max_number_share"),
    "symbols": ("hash signs, or ellipses, to tokens", "gopher_quality.max_symbol_word_ratio"),
    "lists": ("newlines to tokens", "fineweb_quality.new_line_ratio"),
    "repeated lines": (
        "share of characters in repeated lines",
        "fineweb_quality.char_duplicates_ratio",
    ),
    "top phrase": (
        "share of characters in the most frequent n-gram",
        "gopher_repetition.top_n_grams",
    ),
    "repeated phrases": (
        "share of characters in repeated n-grams",
        "gopher_repetition.dup_n_grams",
    ),
}
"""What the filters measure of a text -> what it is, and the threshold that limits it."""


def quality(text: str, language_score: float | None, thresholds: Thresholds) -> float:
    """Return the geometric mean of the margins: 0 at or beyond any threshold, 1 at best.

    Thresholds count whether their filters are enabled or not: an unfiltered corpus has scores, too.
    """
    return mean(margins(text, language_score, thresholds).values())


def mean(found: Collection[float]) -> float:
    """Return the geometric mean; 0 for no margin.

    >>> mean([0.5, 0.5]), mean([1.0, 0.25]), mean([1.0, 0.0]), mean([])
    (0.5, 0.5, 0.0, 0.0)
    """
    return round(prod(found) ** (1 / len(found)), DIGITS) if found else 0.0


def above(measure: float, minimum: float) -> float:
    """Return the margin of a share that has a minimum: its place between that and 1.

    >>> above(0.4, 0.4), above(0.7, 0.4), above(1, 0.4), above(0.2, 0.4)
    (0.0, 0.5, 1.0, 0.0)
    """
    if minimum >= 1:
        return float(measure >= 1)
    return round(min(1.0, max(0.0, (measure - minimum) / (1 - minimum))), 12)


def below(measure: float, maximum: float) -> float:
    """Return the margin of a measure that has a maximum: its place between that and 0.

    >>> below(0.2, 0.2), below(0.05, 0.2), below(0, 0.2), below(0, 0), below(0.1, 0)
    (0.0, 0.75, 1.0, 1.0, 0.0)
    """
    if maximum <= 0:
        return float(measure <= 0)
    return round(min(1.0, max(0.0, 1 - measure / maximum)), 12)


def margins(text: str, language_score: float | None, thresholds: Thresholds) -> dict[str, float]:
    """Return measure -> how far it is inside its threshold, 0 to 1; nothing for an empty text.

    A measure without a threshold is skipped.
    """
    if not has_words(text):
        return {}
    text = one_newline(text)
    found = {}
    if language_score is not None:
        found["language"] = above(language_score, thresholds.language.min_score)
    table, counted = thresholds.prose, words(text)
    prose = prose_share(text, len(counted), table.min_line_words)
    found["prose"] = above(prose, table.min_prose_share)
    found["numbers"] = below(number_share(counted), table.max_number_share)
    return found | _of_tokens(text, split_into_words(text, Words()), thresholds)


def _of_tokens(text: str, tokens: list[str], thresholds: Thresholds) -> dict[str, float]:
    fineweb, gopher = thresholds.fineweb_quality, thresholds.gopher_repetition
    lines = [line for line in text.split("\n") if line.strip()]
    repeated = find_duplicates(lines)[1] / len(text.replace("\n", ""))
    found = {
        "lists": below(text.count("\n") / len(tokens), fineweb.new_line_ratio),
        "repeated lines": below(repeated, fineweb.char_duplicates_ratio),
    }
    if most := thresholds.gopher_quality.max_symbol_word_ratio:
        symbols = max(text.count("#"), text.count("...") + text.count("…"))
        found["symbols"] = below(symbols / len(tokens), most)

    if sizes := [gram for gram in gopher.top_n_grams if gram[0] <= len(tokens)]:
        found["top phrase"] = min(
            below(find_top_duplicate(get_n_grams(tokens, size)) / len(text), most)
            for size, most in sizes
        )
    if gopher.dup_n_grams:
        found["repeated phrases"] = min(_phrases(text, tokens, gopher.dup_n_grams))
    return found


def _phrases(text: str, tokens: list[str], grams: Sequence[Gram]) -> Iterator[float]:
    """Yield the margin of each size, until no n-gram is repeated: then no longer one is, either."""
    for size, most in sorted(grams):
        repeated = find_all_duplicate(tokens, size)
        yield below(repeated / len(text), most)
        if not repeated:
            return
