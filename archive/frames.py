"""The public views as Arrow tables and pandas frames, for notebooks.

pyarrow and pandas are imported when they are needed: `pip install 'warta[notebook]'`.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlite_utils import Database

from archive.database.clock import parsed, utc
from archive.database.schema import LISTS
from archive.errors import PackageMissing
from archive.search.filters import Filter

if TYPE_CHECKING:
    import pandas
    import pyarrow

View = Literal["latest", "history", "syndication", "ledger"]
_ORDER: dict[View, str] = {
    "latest": "article_id",
    "history": "article_id, number",
    "syndication": "cluster_id, article_id",
    "ledger": "site, url",
}
"""View -> columns that its rows are ordered by."""
VIEWS = tuple(_ORDER)

BATCH = 1_000
"""Rows of a batch: a few megabytes of stories."""

_KINDS = {
    "time": "published_at modified_at published_at_utc first_seen_at observed_at removed_at"
    " last_checked_at next_check_at fetched_at",
    "list": " ".join((*LISTS, "changed")),
    "integer": "article_id revision number page_count cluster_id snapshot_id returns_to checks",
    "number": "similarity containment",
    "flag": "is_first drifted doubted",
    "category": "site kind relation state reason agency section language layout extractor"
    " opted_out",
}
"""What columns hold that are not plain text, of whichever view."""
_KIND = {name: kind for kind, names in _KINDS.items() for name in names.split()}


def batches(
    db: Database, view: View, *, columns: Sequence[str] | None = None, where: Filter | None = None
) -> "pyarrow.RecordBatchReader":
    """Read a view, or some of its columns and articles, in batches of bounded memory, all as of one
    time.

    Raises ValueError for an unknown view or column.
    """
    with _extra():
        import pyarrow as pa
    wanted = where or Filter()
    cursor = db.conn.execute(_statement(db, view, columns, wanted), wanted.values())
    schema = arrow_schema([name for name, *_rest in cursor.description])
    return pa.RecordBatchReader.from_batches(schema, _read(cursor, schema))


def arrow_schema(names: Sequence[str]) -> "pyarrow.Schema":
    """Return the types of columns of the views."""
    with _extra():
        import pyarrow as pa
    return pa.schema([(name, _types(pa)[_KIND.get(name, "text")]) for name in names])


def record_batch(rows: Sequence[Sequence[Any]], schema: "pyarrow.Schema") -> "pyarrow.RecordBatch":
    """Return rows of a view, at least one, as Arrow."""
    import pyarrow as pa

    converters = [_CONVERTERS.get(_KIND.get(name, "text")) for name in schema.names]
    cells = zip(*rows, strict=True)
    arrays = [
        pa.array(list(column if convert is None else map(convert, column)), type=field.type)
        for column, convert, field in zip(cells, converters, schema, strict=True)
    ]
    return pa.record_batch(arrays, schema=schema)


_ARTICLES = """WHERE article_id IN (SELECT a.id FROM articles a
    JOIN revisions r ON r.article_id = a.id AND r.number = a.revision WHERE {})"""


def _statement(db: Database, view: View, columns: Sequence[str] | None, where: Filter) -> str:
    if view not in _ORDER:
        raise ValueError(f"{view}: there is no such view; there are {', '.join(VIEWS)}")
    statement = f"SELECT * FROM {view} LIMIT 0"  # noqa: S608 - one of VIEWS
    known = [name for name, *_rest in db.conn.execute(statement).description]
    unknown = [name for name in columns or () if name not in known]
    if unknown:
        raise ValueError(f"{view} has no column {', '.join(unknown)}; it has {', '.join(known)}")
    names = ", ".join(columns or known)
    articles = _ARTICLES.format(where.sql()) if where.narrows else ""
    order = _ORDER[view]
    return f"SELECT {names} FROM {view} {articles} ORDER BY {order}"  # noqa: S608 - constants


def _read(cursor: sqlite3.Cursor, schema: "pyarrow.Schema") -> Iterator["pyarrow.RecordBatch"]:
    while rows := cursor.fetchmany(BATCH):
        yield record_batch(rows, schema)


def _types(pa: Any) -> dict[str, Any]:
    return {
        "text": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
        "list": pa.list_(pa.string()),
        "integer": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "category": pa.dictionary(pa.int32(), pa.string()),
    }


def _time(cell: str | None) -> datetime | None:
    """Read a time as one in UTC: a column has one offset."""
    at = parsed(cell)
    return None if at is None else utc(at)


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "time": _time,
    "list": lambda cell: None if cell is None else json.loads(cell),
    "flag": lambda cell: None if cell is None else bool(cell),
}


def table(db: Database, view: View, **wanted: Any) -> "pyarrow.Table":
    """Read a view into memory; see `batches`."""
    return batches(db, view, **wanted).read_all().unify_dictionaries()


def frame(db: Database, view: View, **wanted: Any) -> "pandas.DataFrame":
    """Read a view as a frame: times aware and in UTC, lists as lists, names of few values as
    categories, and numbers that may be missing as pandas' own integers.
    """
    with _extra():
        import pandas as pd
        import pyarrow as pa
    own = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    read = table(db, view, **wanted)
    found: pandas.DataFrame = read.to_pandas(types_mapper=own.get)
    for field in read.schema:
        if pa.types.is_list(field.type):
            found[field.name] = read[field.name].to_pylist()
    return found


@contextmanager
def _extra() -> Iterator[None]:
    """Import optional packages inside; raises PackageMissing where one is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise PackageMissing(
            f"this needs more packages ({error.name} is missing): pip install 'warta[notebook]'"
        ) from error
