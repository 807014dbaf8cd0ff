"""Why a document is not in a corpus: every reason that `dropped.parquet` may name, in plain words."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "removed": "its site had taken it away",
    "opted_out": "its site opts out of text and data mining",
    "duplicate": "another article of its cluster stands for it",
    "exact_duplicate": "another article with the same text stands for it",
    "language": "another language than Indonesian is likelier",
    "language_unsure": "its language could not be told surely enough",
}
