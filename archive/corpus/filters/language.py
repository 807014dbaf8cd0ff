"""Language identification by a model that ships in a package, without a download.

The model is py3langid's (BSD-3, 4.6 MB, 139 languages): naive Bayes over byte n-grams. It knows
Malay, Javanese and English, but not Sundanese, which it takes for Javanese or Acehnese: such a text
is dropped all the same, as one of those.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter
from py3langid.langid import MODEL_FILE, LanguageIdentifier, visit_counts

from archive.errors import CorpusError

THRESHOLD = 0.5
"""Measured: none of 1,499 Indonesian articles scored below 0.69; none of 36 texts of about 60 words
in Malay, Javanese, Sundanese and English scored above 0.22 as Indonesian, and no 300 characters of
them above 0.41. Short news scores lower, hence the wide margin below 0.69.
"""

DIGITS = 4
"""Of a score: machines may differ in the last bits of a double, rounded scores are identical."""

MALAY = 0.4
"""Odds of Malay, with which the model confuses Indonesian, against it at a site whose pages declare
Indonesian. Measured: Malay news scores up to 0.25 as Indonesian and stays Malay; sermons of 60
words, full of the words that both languages took from Arabic, score from 0.3 on.
"""

UNDETERMINED = "und"
"""ISO 639-2, for a text without any feature that the model knows, such as an empty one."""

NO_LANGUAGE = (UNDETERMINED, "zxx")
"""`zxx` is the model's own code for text without language, such as figures alone."""


class LanguageFilter(BaseFilter):
    """Drops documents likelier in another language (`language`) or uncertain (`language_unsure`).

    Sets `metadata["language"]` (ISO 639-1, or 639-3 where there is no shorter code) and
    `metadata["language_score"]`, as datatrove's LanguageFilter does. It is no subclass of that
    filter: all its subclasses need fasttext, whose models are downloaded.
    """

    name = "language"
    type = "filter"
    _requires_dependencies = ("py3langid",)

    def __init__(
        self,
        languages: Sequence[str] = ("id",),
        threshold: float = THRESHOLD,
        exclusion_writer: DiskWriter | None = None,
    ) -> None:
        super().__init__(exclusion_writer)
        self.languages = tuple(languages)
        self.threshold = threshold

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Label the document; return True, or False with a reason."""
        found = language_of(doc.text, page_language=doc.metadata.get("page_language"))
        language, score = found.language, found.score
        doc.metadata["likelier_malay"] = int(found.likelier_malay)
        doc.metadata.update(language=language, language_score=score)
        if language not in (*self.languages, *NO_LANGUAGE):
            return False, "language"
        if language in NO_LANGUAGE or score < self.threshold:
            return False, "language_unsure"
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The likeliest language of a text."""

    language: str
    """ISO 639-1, or 639-3 where there is no shorter code; UNDETERMINED, or `zxx`, for none."""
    score: float
    """Its probability; 0 for UNDETERMINED."""
    likelier_malay: bool
    """Whether it is Indonesian only because its page declares that."""


def language_of(text: str, *, page_language: str | None) -> Language:
    """Return the likeliest language of a text; `page_language` is what its page declares."""
    scores = language_scores(mostly_latin(text))
    likelier_malay = scores.get("ms", 0) > scores.get("id", 0)
    if scores and page_language == "id":
        scores = _weighed(scores)
    language = max(scores, key=scores.__getitem__, default=UNDETERMINED)
    return Language(
        language=language,
        score=round(scores.get(language, 0.0), DIGITS),
        likelier_malay=likelier_malay and language == "id",
    )


def mostly_latin(text: str) -> str:
    """Return a text that is mostly in Latin letters without the others: quotations of a scripture.

    >>> mostly_latin("Ia membaca الحمد لله setiap pagi.").split()
    ['Ia', 'membaca', 'setiap', 'pagi.']
    >>> mostly_latin("قال أحمد في BBC")
    'قال أحمد في BBC'
    """
    letters = Counter(filter(str.isalpha, text))
    if not any(map(_is_foreign, letters)):
        return text
    foreign = sum(count for letter, count in letters.items() if _is_foreign(letter))
    if 2 * foreign >= letters.total():
        return text
    # With the letters go their marks, the vowels of Arabic.
    return text.translate({ord(one): " " for one in set(text) if _is_foreign(one)})


@lru_cache(maxsize=4096)
def _is_foreign(character: str) -> bool:
    """Return whether a letter or mark is of another script than Latin."""
    name = unicodedata.name(character, "")
    return unicodedata.category(character)[0] in "LM" and not name.startswith(
        ("LATIN", "COMBINING", "MODIFIER", "FULLWIDTH LATIN", "FEMININE", "MASCULINE", "MICRO")
    )


def _weighed(scores: Mapping[str, float]) -> dict[str, float]:
    """Weigh Malay by its prior odds, so that all scores add up to 1 again."""
    weighed = {**scores, "ms": MALAY * scores.get("ms", 0.0)}
    return {language: score / sum(weighed.values()) for language, score in weighed.items()}


def check_languages(languages: Sequence[str]) -> None:
    """Raise CorpusError for a code that the model does not know."""
    known = sorted(set(_identifier().nb_classes))
    if not languages:
        raise CorpusError(
            "[language] keep: expected at least one language; enabled = false keeps all"
        )
    if unknown := [language for language in languages if language not in known]:
        raise CorpusError(
            f"[language] keep: {', '.join(unknown)}: the model knows {', '.join(known)}"
        )


def language_scores(text: str) -> dict[str, float]:
    """Return language -> probability; empty for a text without any known feature.

    As py3langid's `rank`, but in doubles and summed in a fixed order: py3langid sums 32-bit floats
    with the BLAS of the machine, so that the last digits of its scores may differ.
    """
    identifier = _identifier()
    normal = unicodedata.normalize("NFC", text.lower() if text.isupper() else text)
    written = normal.encode("utf-8", "surrogatepass")
    visits = visit_counts(
        identifier.tk_nextmove, identifier._rowbase, identifier.tk_output, written
    )
    if not visits:
        return {}
    features, counts = np.fromiter(visits.keys(), np.intp), np.fromiter(visits.values(), np.float64)
    evidence = identifier.nb_ptc[features].astype(np.float64) * np.log1p(counts)[:, np.newaxis]
    evidence = evidence.sum(axis=0) + identifier.nb_pc.astype(np.float64)
    likelihoods = evidence / math.sqrt(len(written))
    weights = np.exp(likelihoods - likelihoods.max())
    shares = (weights / weights.sum()).tolist()
    scores: dict[str, float] = {}
    for language, share in zip(identifier.nb_classes, shares, strict=True):
        # A language with two scripts has two columns.
        scores[language] = scores.get(language, 0.0) + share
    return scores


@cache
def _identifier() -> LanguageIdentifier:
    """Load the model: 0.3 s and 100 MB, once per process, at its first text."""
    identifier: LanguageIdentifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier
