"""The columns of a corpus: their order, their types and what they contain."""

from datetime import datetime
from typing import NamedTuple

import pyarrow as pa


class Column(NamedTuple):
    """A column of every data file."""

    name: str
    """In Parquet and JSON lines."""
    dtype: str
    """As Hugging Face's features spell it (`string`, `int64`, `bool`), like Arrow; of a list's
    elements where it ends in `[]`.
    """
    nullable: bool
    """Whether it may be null."""
    meaning: str
    """One sentence, without its full stop."""

    @property
    def arrow(self) -> pa.DataType:
        """Its type in Parquet."""
        element = pa.type_for_alias(self.dtype.removesuffix("[]"))
        return pa.list_(element) if self.dtype.endswith("[]") else element

    @property
    def feature(self) -> dict[str, str]:
        """Its entry in the metadata of a dataset card."""
        kind = "list" if self.dtype.endswith("[]") else "dtype"
        return {"name": self.name, kind: self.dtype.removesuffix("[]")}


COLUMNS = (
    Column("id", "string", False, "Site and key of the story, joined by a colon; unique"),
    Column("text", "string", False, "Body of the article, paragraphs joined by a blank line"),
    Column("url", "string", True, "Address of the story; imported stories may have none"),
    Column("site", "string", False, "Short name of the news site"),
    Column("headline", "string", True, "Headline, not part of `text`"),
    Column("published_at", "string", True, "When it was published, ISO 8601, publisher's offset"),
    Column("section", "string", True, "Section of the site, as the page names it"),
    Column("authors", "string[]", False, "Authors whom the page names; empty for none"),
    Column("agency", "string", True, "News agency that the text credits (ANTARA, Reuters ...)"),
    Column("cluster_id", "int64", True, "Cluster of near-duplicates; null without one"),
    Column("cluster_size", "int32", False, "Stories of that cluster in the archive, at least 1"),
    Column("cluster_first_site", "string", True, "Site of its first story; null without a cluster"),
    Column("is_cluster_first", "bool", False, "Whether this is that story; true without a cluster"),
    Column("language", "string", False, "ISO 639 code: the filter's, without it the page's"),
    Column("language_score", "float64", True, "Score of the language filter, 0 to 1"),
    Column("revision", "int32", False, "Number of the exported revision, from 1"),
    Column(
        "fetched_at", "string", True, "When its page was fetched, ISO 8601, UTC; null: imported"
    ),
    Column("snapshot_digest", "string", True, "SHA-256 of that page's bytes; null: imported"),
    Column("extractor", "string", False, "Name, version and profile of what extracted the text"),
    Column("opted_out", "string", True, "Rule that opts it out of text and data mining, if any"),
    Column("word_count", "int32", False, "Words of `text`, as the filters count them"),
    Column("token_count", "int32", False, "Tokens of `text`, by the tokenizer that the card names"),
    Column(
        "quality", "float64", False, "How far inside the filters' thresholds, 0 to 1: see below"
    ),
    Column(
        "minhash", "uint32[]", False, "60 minima of word 4-grams; empty below 20 words: see below"
    ),
)


def arrow_schema() -> pa.Schema:
    """Return the columns for Parquet files.

    `string` holds 2 GiB per column chunk: enough, as a file has at most 50,000 documents.
    """
    return pa.schema(
        [pa.field(column.name, column.arrow, nullable=column.nullable) for column in COLUMNS]
    )


def stamp(time: datetime) -> str:
    """Format an aware time of a data file, always with milliseconds.

    Without them `load_dataset` loses the offset of JSON lines: pyarrow's reader takes a string that
    looks like a whole second for a timestamp, and `datasets` casts that back to a string in UTC,
    whatever the features say (pyarrow 26, datasets 5.2).

    >>> stamp(datetime.fromisoformat("2026-11-20T08:00:00+07:00"))
    '2026-11-20T08:00:00.000+07:00'
    """
    return time.isoformat(timespec="milliseconds")
