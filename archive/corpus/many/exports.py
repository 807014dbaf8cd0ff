"""The Parquet export of an archive as an archive again, with what a corpus reads: the newest texts.

An export is a folder of `warta export parquet`, here or at an address of fsspec, by site and month
or by month alone. It is as of its own time. Of pages it has what a corpus says of them: when they
were fetched, their digest, and what is doubted. Exports of earlier versions have none of that.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec import AbstractFileSystem

from archive.archive import Archive
from archive.database.clock import exact, utc
from archive.database.rows import insert_row, value
from archive.database.schema import ARTICLE_COLUMNS, LISTS
from archive.errors import CorpusError
from archive.export.tables import EVIDENCE
from archive.printable import in_line, shown_address
from archive.remote import LISTING, RemoteFile, answered
from archive.revisions.changes import reading_digest

TABLE = "articles"
BATCH = 500
MAX_FILES = 100_000
MAX_GROUP = 2**30
"""Bytes of a row group, unpacked; warta writes a few megabytes."""

_TIMES = ("published_at", "modified_at", "first_seen_at", "observed_at", "removed_at")
_MORE = {"site", *EVIDENCE}
_DRIFTED = "drifted"
"""Layout and extractor of a drift, and of the readings of its pages, in an export's archive."""
_BEGINNING = exact(datetime.min.replace(tzinfo=UTC))
_NEEDED = {*ARTICLE_COLUMNS, "url", "story_id", "revision", "opted_out", *_TIMES}
_REQUIRED = ("site", "url", "body", "first_seen_at", "observed_at", "revision")
_EVIDENCE_TEXTS = ("key", "published_at_local", "snapshot_digest")


def is_export(place: Path | str) -> bool:
    """Whether a place is the folder of an export, or an address, which can be nothing else."""
    return isinstance(place, str) or (place / TABLE).is_dir()


def shown(place: Path | str) -> str:
    """Return a place for messages."""
    return str(place) if isinstance(place, Path) else shown_address(place)


def read_export(place: Path | str, path: Path) -> Path:
    """Write an archive of an export at `path`; raises CorpusError that names the place."""
    with _named(place):
        files, root = answered(partial(fsspec.core.url_to_fs, str(place)))
        found = answered(partial(files.find, f"{root}/{TABLE}"), LISTING)
        names = sorted(name for name in found if name.endswith(".parquet"))
        if not names:
            answered(partial(files.ls, root))  # raises where nobody answers, or nothing is there
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
    except TimeoutError as error:
        raise CorpusError(f"{shown(place)}: its server does not answer; try again later") from error
    except pa.ArrowException as error:
        raise CorpusError(f"{shown(place)}: a file is no Parquet, or damaged") from error
    except Exception as error:
        if "Protocol not known" in str(error):
            raise CorpusError(f"{shown(place)}: fsspec knows no such scheme") from error
        raise CorpusError(f"{shown(place)}: it cannot be read ({type(error).__name__})") from error


class _Foreign(ValueError):
    """A file that `warta export parquet` did not write."""


def _site(name: str) -> str | None:
    """Return the site that a file's folder names; None where the months are those of all sites."""
    # Listings of HTTP quote names once more.
    plain = name if "/site=" in name else unquote(name)
    parts = [part for part in plain.split("/") if part.startswith("site=")]
    return unquote(parts[-1].removeprefix("site=")) if parts else None


def _batches(files: AbstractFileSystem, name: str) -> Iterator[list[dict[str, Any]]]:
    opened = answered(partial(files.open, name, "rb"))
    with RemoteFile(opened) as remote, pq.ParquetFile(remote) as file:
        present = set(file.schema_arrow.names)
        if missing := sorted(_NEEDED - present):
            raise _Foreign(
                f"not a table of `warta export parquet`: it has no {', '.join(missing[:3])}"
            )
        groups = (file.metadata.row_group(n) for n in range(file.metadata.num_row_groups))
        if any(group.total_byte_size > MAX_GROUP for group in groups):
            raise _Foreign("a row group is larger than a gigabyte")
        for batch in file.iter_batches(
            batch_size=BATCH, columns=sorted((_NEEDED | _MORE) & present)
        ):
            yield batch.to_pylist()


def _write(archive: Archive, site: str | None, rows: Sequence[dict[str, Any]]) -> None:
    """Write stories, each with its newest text as its only revision."""
    for row in rows:
        row["site"] = site or row.get("site") or None
        wrong = [name for name in _TIMES if not isinstance(row[name], datetime | None)]
        wrong += [name for name in _REQUIRED if row[name] is None]
        wrong += [name for name in _EVIDENCE_TEXTS if not isinstance(row.get(name), str | None)]
        if wrong:
            raise _Foreign(f"not a table of `warta export parquet`: its {wrong[0]} is another")
    newest = max(utc(row["removed_at"] or row["observed_at"]) for row in rows)
    with archive.transaction(newest):
        archive.clock.stamp()
        for row in rows:
            _insert(archive, {**row, **{name: _iso(row[name]) for name in _TIMES}})


def _insert(archive: Archive, row: dict[str, Any]) -> None:
    removed_at = row["removed_at"]
    row["published_at"] = row.get("published_at_local") or row["published_at"]
    names = ("site", "story_id", "url", "first_seen_at", "opted_out", "revision", "published_at")
    key = row.get("key") or row["story_id"] or row["url"]
    about = {"key": key, "removed_at": removed_at} | {name: row[name] for name in names}
    article = insert_row(archive.db, "articles", about)
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
        "snapshot_id": _page(archive, key, row),
    }
    insert_row(archive.db, "revisions", texts)


def _page(archive: Archive, key: str, row: Mapping[str, Any]) -> int | None:
    """Write what is known of the page that a text was read from, without the page; return its
    number.
    """
    if row.get("snapshot_digest") is None or row.get("fetched_at") is None:
        return None
    fetched_at, url = exact(utc(row["fetched_at"])), row["url"]
    address = {"url": url, "site": row["site"], "key": key, "state": "kept"}
    number = insert_row(archive.db, "urls", address | {"first_seen_at": row["first_seen_at"]})
    page = {
        "url_id": number,
        "requested_url": url,
        "url": url,
        "status": 200,
        "headers": "{}",
        "fetched_at": fetched_at,
        "kept_at": row["observed_at"],
        "digest": row["snapshot_digest"],
        "size": 0,
        "packed": b"",
    }
    number = insert_row(archive.db, "snapshots", page)
    refusal = "names_another_story" if row.get("doubted") else None
    if row.get("drifted") or refusal:
        _mark_drifted(archive, row["site"])
        read = {"snapshot_id": number, "extractor": _DRIFTED, "layout": _DRIFTED}
        about = {"refusal": refusal, "read_at": row["observed_at"]}
        insert_row(archive.db, "readings", read | about)
    return number


def _mark_drifted(archive: Archive, site: str) -> None:
    """Note a drift of a site, of the readings that are marked, unless there is one."""
    drift = {"site": site, "layout": _DRIFTED, "extractor": _DRIFTED, "since": _BEGINNING}
    if not value(archive.db, "SELECT count(*) FROM drifts WHERE site = ?", site):
        noted = {"noted_at": _BEGINNING, "reasons": "[]", "urls": "[]"}
        insert_row(archive.db, "drifts", drift | noted)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else exact(time)
