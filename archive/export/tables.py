"""Writes an archive as tables of Parquet files, in folders by site and month that DuckDB, Polars
and Spark read as columns (Hive's layout). Killed anywhere, the same call goes on.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from filelock import Timeout

from archive.archive import Archive, Reader
from archive.database.clock import exact
from archive.database.connection import plain_errors, read_transaction
from archive.database.lock_files import take_lock
from archive.errors import ExportError, Locked
from archive.export.parquet import write_parquet
from archive.frames import View

NO_MONTH = "__HIVE_DEFAULT_PARTITION__"
"""In the place of a month where a story has no date that can be believed: engines read NULL."""
_STATE = "export.json"
MAX_ROWS = 1_000_000
"""Rows of a file; from there on `part-1.parquet` and so on follow in the same folder."""
Progress = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: a row for each row of a view."""

    name: str
    view: View
    key: tuple[str, ...]
    """Columns that find one row; the rows of a file are in their order."""
    dated: str
    """The column whose month, in UTC, is the row's."""
    rows: int
    """Rows of a row group: a few megabytes."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further columns, behind those of the view, with their SQL; `v` is the view's row."""

    def partitions(self, *, by_site: bool) -> str:
        """Return the statement of all rows, in the order of the files: site, month, key, one row
        after the other, or month, site, key with NULL for the site of the folder. Its parameter is
        the sites as a JSON array; an empty one means all.
        """
        month = f"substr(v.{self.dated}, 1, 7)"
        key = ", ".join(f"v.{name}" for name in self.key)
        return f"""SELECT {"v.site" if by_site else "NULL"}, {month} AS month, {key}
            FROM {self.view} v
            WHERE {_OF_SITES} AND {_NOT_TAKEN_DOWN if self.view == "ledger" else "1"}
            ORDER BY {"v.site, month" if by_site else "month, v.site"}, {key}"""

    def columns(self, reader: Reader, *, by_site: bool) -> list[str]:
        """Return the columns of its files: what is in the names of the folders is in none."""
        found = reader.db.conn.execute(f"SELECT * FROM {self.view} LIMIT 0")
        names = [name for name, *_rest in found.description if name != "site" or not by_site]
        return [*names, *self.more]

    def read(
        self, reader: Reader, names: Sequence[str], keys: Iterator[Sequence[Any]]
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield rows in batches of bounded memory, in the order of their keys."""
        found = " AND ".join(f"v.{name} = c.value ->> {n}" for n, name in enumerate(self.key))
        values = ", ".join(self.more.get(name, f"v.{name}") for name in names)
        statement = f"""SELECT {values}
            FROM json_each(?) c CROSS JOIN {self.view} v ON {found}
            ORDER BY c.key"""
        while some := list(islice(keys, self.rows)):
            yield reader.db.conn.execute(statement, [json.dumps(some)]).fetchall()


_NOT_TAKEN_DOWN = """v.url NOT IN (
        SELECT url FROM main.tombstones
        UNION SELECT u.url FROM main.tombstones t
            JOIN main.urls u ON u.site = t.site AND u.key = t.key
        UNION SELECT u.url FROM main.tombstones t
            JOIN main.urls u ON u.article_id = t.article_id)"""

_OF_SITES = "(:sites = '[]' OR v.site IN (SELECT value FROM json_each(:sites)))"
_OPTED_OUT = f"SELECT count(*) FROM latest v WHERE v.opted_out IS NOT NULL AND {_OF_SITES}"

_PAGE = """(SELECT {} FROM main.revisions r JOIN main.snapshots s ON s.id = r.snapshot_id
    WHERE r.article_id = v.article_id AND r.number = v.revision)"""
EVIDENCE = {
    "key": "(SELECT a.key FROM main.articles a WHERE a.id = v.article_id)",
    "published_at_local": "v.published_at",
    "fetched_at": _PAGE.format("s.fetched_at"),
    "snapshot_digest": _PAGE.format("s.digest"),
    "drifted": "v.article_id IN (SELECT article_id FROM drifted)",
    "doubted": """EXISTS (SELECT 1 FROM main.revisions r
        JOIN main.readings g ON g.snapshot_id = r.snapshot_id
        WHERE r.article_id = v.article_id AND r.number = v.revision
        AND g.refusal IN ('same_body_elsewhere', 'names_another_story'))""",
}
"""Columns of `articles` by which a corpus of the export is that of the archive."""

TABLES = (
    Table(
        name="articles",
        view="latest",
        key=("article_id",),
        dated="published_at_utc",
        rows=1_000,
        more=EVIDENCE,
    ),
    Table(
        name="revisions",
        view="history",
        key=("article_id", "number"),
        dated="observed_at",
        rows=1_000,
    ),
    Table(
        name="clusters",
        view="syndication",
        key=("cluster_id", "article_id"),
        dated="published_at_utc",
        rows=10_000,
    ),
    Table(name="ledger", view="ledger", key=("url", "site"), dated="first_seen_at", rows=10_000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written."""

    rows: dict[str, int]
    """By table."""
    files: int
    at: datetime
    """The archive was read as of this time; aware."""
    opted_out: int
    """Articles among them that opt out of text and data mining: see the column."""


@dataclass(slots=True, kw_only=True)
class _State:
    """What a folder holds that is not whole yet."""

    options: dict[str, Any]
    at: str
    removed: str
    """How many stories had been taken down when it began, and when the last one."""


def export_tables(
    archive: Archive,
    out: Path,
    *,
    sites: Sequence[str] = (),
    as_of: datetime | None = None,
    by_site: bool = True,
    progress: Progress = lambda done, total=None: None,
) -> Written:
    """Write the folder `out`, or go on where the same export was killed. Its tables are in folders
    by site and month, or without `by_site` by month alone, for archives of many publishers.

    The files are the same bytes either way: the archive is read as of one time, by default the
    newest one in it. Stories that are taken down meanwhile are in none of them: it begins again.
    `progress` is called with the number of rows done, and their total. Raises ExportError, Locked,
    PackageMissing, and OSError where a file cannot be written: what is whole stays, in a folder
    beside `out`, to go on from.
    """
    _check_free(out)
    partial = out.with_name(f"{out.name}.partial")
    options = {
        "archive": str(archive.path.resolve()),
        "sites": sorted(set(sites)),
        "as_of": None if as_of is None else exact(as_of),
        "by_site": by_site,
        "warta": version("warta"),
    }
    with _held(partial):
        while True:
            state = _begun(archive, partial, options)
            with archive.as_of(datetime.fromisoformat(state.at)) as past:
                done = _write(past, partial, state, progress)
            if state.removed == _removed(archive):
                break
        _check_free(out)
        partial.replace(out)
        (out / _STATE).unlink()
    return done


@contextmanager
def _held(partial: Path) -> Iterator[None]:
    """Keep other exports away from a folder that is ours, or not there yet."""
    with os.scandir(partial.parent):  # raises OSError; the lock would make the folder
        pass
    if partial.is_symlink() or (partial.exists() and not _is_ours(partial)):
        raise ExportError(f"{partial}: it is in the way, and is left as it is")
    try:
        held = take_lock(partial.with_name(f"{partial.name}.lock"))
    except Timeout:
        raise Locked(f"{partial}: another process is writing this export") from None
    with held:
        yield


def _is_ours(partial: Path) -> bool:
    if not partial.is_dir():
        return False
    names = {path.name for path in partial.iterdir()}
    return _STATE in names or names <= {f".{_STATE}"}  # killed before it was written


def _check_free(out: Path) -> None:
    if out.exists() or out.is_symlink():
        raise ExportError(
            f"{out}: there is something of that name already, and it is left as it is"
        )


def _begun(archive: Archive, partial: Path, options: dict[str, Any]) -> _State:
    """Return how far this export is; raises ExportError where another one was begun."""
    removed = _removed(archive)
    if (partial / _STATE).exists():
        state = _read_state(partial)
        if state.options != options:
            raise ExportError(
                f"{partial}: another export was begun here, of another archive, with other options"
                " or by another version of warta; repeat that one, or remove the folder"
            )
        if state.removed == removed:
            return state
        _forget(partial)
    latest = archive.clock.latest()
    if latest is None:
        raise ExportError(f"{archive.path}: the archive is empty")
    state = _State(options=options, at=options["as_of"] or exact(latest), removed=removed)
    partial.mkdir(exist_ok=True)
    _write_whole(partial / _STATE, lambda file: file.write(json.dumps(asdict(state)).encode()))
    return state


def _read_state(partial: Path) -> _State:
    try:
        return _State(**json.loads((partial / _STATE).read_text()))
    except (ValueError, TypeError) as error:
        raise ExportError(f"{partial}: it was damaged; remove it to begin anew") from error


def _forget(partial: Path) -> None:
    """Remove the files that were written."""
    for table in TABLES:
        if (partial / table.name).exists():
            shutil.rmtree(partial / table.name)


def _removed(archive: Archive) -> str:
    statement = "SELECT count(*), max(taken_down_at) FROM main.tombstones"
    return "{} {}".format(*archive.db.conn.execute(statement).fetchone())


def _write(past: Reader, partial: Path, state: _State, progress: Progress) -> Written:
    """Write the files that are not there yet."""
    parameters = {"sites": json.dumps(state.options["sites"])}
    by_site = state.options["by_site"]
    rows, files = {}, 0
    with plain_errors(past.path), read_transaction(past.db):
        for table in TABLES:
            count = f"SELECT count(*) FROM ({table.partitions(by_site=by_site)})"
            (rows[table.name],) = past.db.conn.execute(count, parameters).fetchone()
        progress(0, total=sum(rows.values()))
        for table in TABLES:
            names = table.columns(past, by_site=by_site)
            cursor = past.db.conn.execute(table.partitions(by_site=by_site), parameters)
            for (site, month), found in groupby(cursor, lambda row: (row[0], row[1])):
                folder = partial / _folder(table, site, month)
                keys = _counted((row[2:] for row in found), progress)
                for file, own in _files(folder, keys):
                    if not file.exists():
                        _write_file(file, names, table.read(past, names, own))
                    for _key in own:  # of a file that was there
                        pass
                    files += 1
        (opted_out,) = past.db.conn.execute(_OPTED_OUT, parameters).fetchone()
    at = datetime.fromisoformat(state.at)
    return Written(rows=rows, files=files, at=at, opted_out=opted_out)


def _folder(table: Table, site: str | None, month: str | None) -> Path:
    """Return where files are: one folder deep each, whatever stands in the archive."""
    of_site = () if site is None else (f"site={quote(site, safe='')}",)
    return Path(table.name, *of_site, f"month={quote(month or NO_MONTH, safe='')}")


def _files(folder: Path, keys: Iterator[Any]) -> Iterator[tuple[Path, Iterator[Any]]]:
    """Yield the files of a folder with the keys of their rows, which are consumed in turn."""
    for number, first in enumerate(keys):
        yield folder / f"part-{number}.parquet", chain([first], islice(keys, MAX_ROWS - 1))


def _counted(keys: Iterator[Any], progress: Progress) -> Iterator[Any]:
    for key in keys:
        yield key
        progress(1)


def _write_file(
    file: Path, names: Sequence[str], batches: Iterator[Sequence[tuple[Any, ...]]]
) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    _write_whole(file, lambda out: write_parquet(out, names, batches))


def _write_whole(file: Path, write: Callable[[Any], object]) -> None:
    """Write a file that has its name when it is whole."""
    begun = file.with_name(f".{file.name}")
    with begun.open("wb") as out:
        write(out)
        out.flush()
        os.fsync(out.fileno())
    begun.replace(file)
