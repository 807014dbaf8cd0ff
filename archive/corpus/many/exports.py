"""The Parquet export of an archive as an archive again, with what a corpus reads: the newest texts.

An export is a folder of `warta export parquet`, here or at an address of fsspec. It is as of its
own time, and has no pages: when they were fetched, and what is doubted about them, is unknown.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec import AbstractFileSystem

from archive.archive import Archive
from archive.database.clock import exact, utc
from archive.database.rows import insert_row
from archive.database.schema import ARTICLE_COLUMNS, LISTS
from archive.errors import CorpusError
from archive.printable import in_line
from archive.revisions.changes import reading_digest

TABLE = "articles"
BATCH = 500
MAX_FILES = 100_000
MAX_GROUP = 2**30
"""Bytes of a row group, unpacked; warta writes a few megabytes."""

_TIMES = ("published_at", "modified_at", "first_seen_at", "observed_at", "removed_at")
_NEEDED = {*ARTICLE_COLUMNS, "url", "story_id", "revision", "opted_out", *_TIMES}
_REQUIRED = ("url", "body", "first_seen_at", "observed_at", "revision")


def is_export(place: Path | str) -> bool:
    """Whether a place is the folder of an export, or an address, which can be nothing else."""
    return isinstance(place, str) or (place / TABLE).is_dir()


def shown(place: Path | str) -> str:
    """Return a place for messages: an address without user, password and query."""
    if isinstance(place, Path):
        return str(place)
    try:
        parts = urlsplit(place)
        host = parts.netloc.rpartition("@")[2]
        return in_line(f"{parts.scheme}://{host}{parts.path}")
    except ValueError:
        return in_line(place.partition("://")[0]) + "://..."


def read_export(place: Path | str, path: Path) -> Path:
    """Write an archive of an export at `path`; raises CorpusError that names the place."""
    with _named(place):
        files, root = fsspec.core.url_to_fs(str(place))
        names = sorted(name for name in files.find(f"{root}/{TABLE}") if name.endswith(".parquet"))
        if not names:
            files.ls(root)  # raises where nobody answers, or nothing is there
            raise CorpusError(f"{shown(place)}: there is no export of `warta export parquet` here")
        if len(names) > MAX_FILES:
            raise CorpusError(f"{shown(place)}: it has more than {MAX_FILES} files")
        with Archive(path) as archive:
            for name in names:
                for rows in _batches(files, name):
                    _write(archive, _site(name), rows)
    return path


@contextmanager
def _named(place: Path | str) -> Iterator[None]:
    """Turn whatever a file system raises into one line; its own words may hold a password."""
    try:
        yield
    except CorpusError:
        raise
    except ImportError as error:
        scheme = str(place).partition("://")[0]
        raise CorpusError(
            f"{shown(place)}: fsspec needs a package for {in_line(scheme)}:// that is not installed"
        ) from error
    except _Foreign as error:
        raise CorpusError(f"{shown(place)}: {error}") from error
    except pa.ArrowException as error:
        raise CorpusError(f"{shown(place)}: a file is no Parquet, or damaged") from error
    except Exception as error:
        if "Protocol not known" in str(error):
            raise CorpusError(f"{shown(place)}: fsspec knows no such scheme") from error
        raise CorpusError(f"{shown(place)}: it cannot be read ({type(error).__name__})") from error


class _Foreign(ValueError):
    """A file that `warta export parquet` did not write."""


def _site(name: str) -> str:
    """Return the site that a file's folder names."""
    # Listings of HTTP quote names once more.
    plain = name if "/site=" in name else unquote(name)
    parts = [part for part in plain.split("/") if part.startswith("site=")]
    if not parts or not (site := unquote(parts[-1].removeprefix("site="))):
        raise _Foreign("a file is in no folder of a site")
    return site


def _batches(files: AbstractFileSystem, name: str) -> Iterator[list[dict[str, Any]]]:
    with files.open(name, "rb") as opened, pq.ParquetFile(opened) as file:
        if missing := sorted(_NEEDED - set(file.schema_arrow.names)):
            raise _Foreign(
                f"not a table of `warta export parquet`: it has no {', '.join(missing[:3])}"
            )
        groups = (file.metadata.row_group(n) for n in range(file.metadata.num_row_groups))
        if any(group.total_byte_size > MAX_GROUP for group in groups):
            raise _Foreign("a row group is larger than a gigabyte")
        for batch in file.iter_batches(batch_size=BATCH, columns=sorted(_NEEDED)):
            yield batch.to_pylist()


def _write(archive: Archive, site: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write stories, each with its newest text as its only revision."""
    for row in rows:
        wrong = [name for name in _TIMES if not isinstance(row[name], datetime | None)]
        wrong += [name for name in _REQUIRED if row[name] is None]
        if wrong:
            raise _Foreign(f"not a table of `warta export parquet`: its {wrong[0]} is another")
    newest = max(utc(row["removed_at"] or row["observed_at"]) for row in rows)
    with archive.transaction(newest):
        archive.clock.stamp()
        for row in rows:
            _insert(archive, site, {**row, **{name: _iso(row[name]) for name in _TIMES}})


def _insert(archive: Archive, site: str, row: dict[str, Any]) -> None:
    removed_at = row["removed_at"]
    names = ("story_id", "url", "first_seen_at", "opted_out", "revision", "published_at")
    about = {"site": site, "key": row["story_id"] or row["url"], "removed_at": removed_at}
    article = insert_row(archive.db, "articles", about | {name: row[name] for name in names})
    if row["opted_out"] is not None:
        right = {"since": row["first_seen_at"], "rule": row["opted_out"]}
        insert_row(archive.db, "rights", {"article_id": article} | right)
    texts = {name: row[name] for name in ARTICLE_COLUMNS}
    texts |= {name: json.dumps(row[name] or []) for name in LISTS}
    texts |= {
        "article_id": article,
        "number": row["revision"],
        "kind": "removed" if removed_at else "first",
        "changed": "[]",
        "observed_at": removed_at or row["observed_at"],
        "digest": reading_digest(row),
    }
    insert_row(archive.db, "revisions", texts)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else exact(time)
