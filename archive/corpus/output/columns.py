"""The columns of a corpus: their order, their types and what they hold. The exporter writes them,
the dataset card tells them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of every data file."""

    name: str
    dtype: str
    """As Hugging Face's features spell it (`string`, `int64`, `float64`); Arrow knows the same
    names.
    """
    nullable: bool = False
    meaning: str
    """One sentence, without its full stop."""


COLUMNS: tuple[Column, ...] = (
    Column(
        name="id",
        dtype="string",
        meaning="Site and key of the story, joined by a colon; no other document has it",
    ),
    Column(
        name="text",
        dtype="string",
        meaning="Body of the article, paragraphs joined by a blank line",
    ),
    Column(
        name="url",
        dtype="string",
        nullable=True,
        meaning="Address of the story; imported stories may have none on the web",
    ),
    Column(name="site", dtype="string", meaning="Short name of the news site"),
    Column(name="headline", dtype="string", nullable=True, meaning="Headline, not part of `text`"),
    Column(
        name="published_at",
        dtype="string",
        nullable=True,
        meaning="Time of publication, ISO 8601, with the newsroom's offset",
    ),
    Column(
        name="section",
        dtype="string",
        nullable=True,
        meaning="Section of the site, as the page names it",
    ),
    Column(
        name="agency",
        dtype="string",
        nullable=True,
        meaning="Wire service that the text credits (ANTARA, Reuters ...)",
    ),
    Column(
        name="cluster_id",
        dtype="int64",
        nullable=True,
        meaning="Cluster of near-duplicates that it is in; null without one",
    ),
    Column(
        name="cluster_size",
        dtype="int32",
        meaning="Stories in that cluster in the whole archive, with this one; 1 without a cluster",
    ),
    Column(
        name="language",
        dtype="string",
        meaning="Language that its filter found, as an ISO 639 code; without the filter, the page's",
    ),
    Column(
        name="language_score",
        dtype="float64",
        nullable=True,
        meaning="How sure the language filter was, from 0 to 1",
    ),
    Column(
        name="revision", dtype="int32", meaning="Number of the revision that is exported, from 1"
    ),
    Column(
        name="opted_out",
        dtype="string",
        nullable=True,
        meaning="Rule by which it opts out of text and data mining; null without one",
    ),
    Column(name="word_count", dtype="int32", meaning="Words of `text`, as the filters count them"),
)


def arrow_schema() -> pa.Schema:
    """The columns for Parquet files. A file holds some 50,000 documents, so that `string` (2 GiB a
    column chunk) is large enough.
    """
    return pa.schema(
        [
            pa.field(column.name, pa.type_for_alias(column.dtype), nullable=column.nullable)
            for column in COLUMNS
        ]
    )


def stamp(moment: datetime) -> str:
    """An aware time for `published_at`, always with milliseconds.

    Without them `load_dataset` loses the offset of JSON lines: pyarrow's reader takes a string that
    looks like a whole second for a timestamp, and `datasets` casts that back to a string in UTC,
    whatever the features say (pyarrow 26, datasets 5.2).

    >>> stamp(datetime.fromisoformat("2026-11-20T08:00:00+07:00"))
    '2026-11-20T08:00:00.000+07:00'
    """
    return moment.isoformat(timespec="milliseconds")
