"""Which language a body is written in: Indonesian is told from its neighbours by a model that lies
in a package, without a download.

The model is py3langid's (BSD-3, 4.6 MB, 139 languages): naive Bayes over byte n-grams. It knows
Malay, Javanese and English, but not Sundanese, which it takes for Javanese or Acehnese: such a text
is dropped all the same, and named after the neighbour.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter
from datatrove.utils.lid import LID
from py3langid.langid import MODEL_FILE, LanguageIdentifier, visit_counts

from archive.errors import CorpusError

THRESHOLD = 0.5
"""Of 1,499 real Indonesian articles none scored below 0.69. Of 36 texts of about 60 words in Malay,
Javanese, Sundanese and English none scored above 0.22 as Indonesian, and no 300 characters of them
above 0.41. Short news scores lower, hence the wide margin below 0.69.
"""

DIGITS = 4
"""Of a score. What machines may differ in, the last bits of a double, is far below: a rounded score
is the same on all of them.
"""

UNDETERMINED = "und"
"""ISO 639-2 for a text without anything that the model knows, like an empty one."""

NO_LANGUAGE = (UNDETERMINED, "zxx")
"""`zxx` is the model's own for what is no language, like figures alone."""


class PackagedLID(LID):
    """py3langid's model as one of datatrove's language identifiers; it holds no model itself, so
    that it travels to other machines.
    """

    def predict(self, doc: Document) -> tuple[tuple[str, float], dict[str, float]]:
        """The likeliest language with its score, and the scores of the languages asked for; 0 to 1,
        all languages together make 1.
        """
        scores = language_scores(doc.text)
        best = max(scores.items(), key=lambda pair: pair[1], default=(UNDETERMINED, 0.0))
        asked = (
            scores
            if self.languages is None
            else {language: scores.get(language, 0.0) for language in self.languages}
        )
        return (best[0], round(best[1], DIGITS)), {
            language: round(score, DIGITS) for language, score in asked.items()
        }


class LanguageFilter(BaseFilter):
    """Drops what is likelier in another language (`language`), and what is not sure enough
    (`language_unsure`).

    Sets `metadata["language"]` (ISO 639-1, or 639-3 where there is no shorter code) and
    `metadata["language_score"]`, as datatrove's LanguageFilter does. It is not that filter's child:
    all its children need fasttext, whose models are downloaded.
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
        self.model = PackagedLID(list(languages))

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Label the document, then say whether it stays."""
        (language, score), _ = self.model.predict(doc)
        doc.metadata.update(language=language, language_score=score)
        if language not in (*self.languages, *NO_LANGUAGE):
            return False, "language"
        if language in NO_LANGUAGE or score < self.threshold:
            return False, "language_unsure"
        return True


def check_languages(languages: Sequence[str]) -> None:
    """Raises CorpusError for a language that the model does not know by that code."""
    known = sorted(set(_identifier().nb_classes))
    if not languages:
        raise CorpusError(
            "[language] keep: expected one language at least; enabled = false keeps all"
        )
    if unknown := [language for language in languages if language not in known]:
        raise CorpusError(
            f"[language] keep: {', '.join(unknown)}: the model knows {', '.join(known)}"
        )


def language_scores(text: str) -> dict[str, float]:
    """Language -> probability, as py3langid's `rank` gives it, but in doubles and summed in one
    order; empty where nothing is known.

    py3langid itself sums 32-bit floats with whatever BLAS there is, so that the last digits of its
    scores may differ by machine.
    """
    identifier = _identifier()
    written = unicodedata.normalize("NFC", text.lower() if text.isupper() else text).encode(
        "utf-8", "surrogatepass"
    )
    visits = visit_counts(
        identifier.tk_nextmove, identifier._rowbase, identifier.tk_output, written
    )
    if not visits:
        return {}
    features, counts = np.fromiter(visits.keys(), np.intp), np.fromiter(visits.values(), np.float64)
    evidence = identifier.nb_ptc[features].astype(np.float64) * np.log1p(counts)[:, np.newaxis]
    likelihoods = (evidence.sum(axis=0) + identifier.nb_pc.astype(np.float64)) / math.sqrt(
        len(written)
    )
    weights = np.exp(likelihoods - likelihoods.max())
    scores: dict[str, float] = {}
    for language, share in zip(
        identifier.nb_classes, (weights / weights.sum()).tolist(), strict=True
    ):
        scores[language] = (
            scores.get(language, 0.0) + share
        )  # a language with two scripts has two columns
    return scores


@cache
def _identifier() -> LanguageIdentifier:
    """The model, loaded when the first text comes, once a process: 0.3 s, 100 MB."""
    identifier: LanguageIdentifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier
