"""An archive in which every table has rows, and what another program may have written into it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from archive import Archive
from archive.maintenance.takedown import take_down
from tests.archive.invented import (
    BODY,
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    check,
    keep,
    link,
    story,
    url_of,
)

HOSTILE = (
    "\x1b]0;judul\x07 \x1b[31;1mmerah\x1b[2J \x9b31m \x7f\x08\x00 \u202ebalik\u2066 \u2028baris"
    "\r\nBcc: x@example.org\n\tTAB\x0b \U000e0041"
)
ARRAYS = ("authors", "editors", "tags", "warnings", "changed", "urls")
OBJECTS = ("headers", "arguments", "counts", "wire")
NAMED_TIMES = ("since", "lastmod", "quiet_until", "latest")
LATER = NOW + 3 * DAY


def fill(path: Path) -> None:
    """An archive with a row in every table, of a story that other sites ran too."""
    prose = " ".join(f"{BODY} Kalimat ke-{number} tentang pasar itu." for number in range(8))
    with Archive(path) as archive:
        with archive.transaction(NOW):
            crawl = archive.crawls.begin(SITE, version="0.1.0", arguments={"limit": "3"})
        announce(archive, link(1), link(2), link(9), link(8, refused="tag_page"))
        for site in (SITE, "desa", "kota"):
            keep(archive, story(1, site=site, body=prose))
        keep(archive, story(1, body=prose, headline="Pasar Berubah"), at=NOW + HOUR)
        keep(archive, story(2))
        keep(archive, story(3))
        check(archive, url_of(9), "failed", reason="http_5xx", status=500, conditional=True)
        take_down(archive, SITE, f"{SITE}-3", url=url_of(3), reason="diminta", now=NOW + DAY)
        with archive.transaction(NOW + DAY):
            archive.crawls.end(crawl, counts={"asked": 3}, received=99, reason="finished")
            archive.history.note_rights(1, "robots.txt: larangan")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table, columns in tables(connection).items():
            (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            if not number:
                _insert(connection, table, columns)


def tables(connection: sqlite3.Connection) -> dict[str, list[tuple[str, str]]]:
    """Our tables with their columns and types, as the file says."""
    names = connection.execute(
        """SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%'
        AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_%' ESCAPE '!'"""
    ).fetchall()
    return {
        name: [(row[1], row[2]) for row in connection.execute(f"PRAGMA table_info({name})")]
        for (name,) in names
    }


def is_time(column: str) -> bool:
    return column.endswith("_at") or column in NAMED_TIMES


def _insert(connection: sqlite3.Connection, table: str, columns: list[tuple[str, str]]) -> None:
    row = {name: _plain(name, kind) for name, kind in columns if name != "id"}
    marks = ", ".join("?" * len(row))
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", [*row.values()])


def _plain(column: str, kind: str) -> object:
    if kind != "TEXT":
        return {"INTEGER": 1, "REAL": 1.0, "BLOB": b""}[kind]
    if is_time(column):
        return NOW.isoformat()
    special = {
        "site": SITE,
        "day": NOW.date().isoformat(),
        "state": "began",
        "kind": "drift",
        "layout": "baru",
        "urls": "[]",
    }
    usual = "{}" if column in OBJECTS else "teks"
    return special.get(column, "[]" if column in ("urls", "reasons") else usual)


def hostile_archive(path: Path) -> None:
    """Such an archive, full of hostile text; it is made once, and copied."""
    path.write_bytes(_hostile())


@cache
def _hostile() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "news.db"
        fill(path)
        make_hostile(path)
        return path.read_bytes()


def make_hostile(path: Path, *, site: str | None = None) -> None:
    """Put hostile text into every column of text that takes any; `site`: all is that site's."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        _unguard(connection)
        for table, columns in tables(connection).items():
            for column, kind in columns:
                if kind != "TEXT" or is_time(column):
                    continue
                text: object = HOSTILE
                if column in ARRAYS:
                    text = json.dumps([HOSTILE])
                elif column in OBJECTS:
                    text = json.dumps({HOSTILE: HOSTILE})
                elif table == "drifts" and column == "reasons":
                    text = json.dumps([{"sign": HOSTILE, "why": HOSTILE}])
                statement = f"UPDATE {table} SET {column} = ?"
                try:
                    connection.execute(statement, [text])
                except sqlite3.IntegrityError:  # it is unique, or one of a few words
                    with suppress(sqlite3.IntegrityError):
                        connection.execute(f"{statement} || char(10) || {column}", [text])
                if column == "site" and site is not None:
                    with suppress(sqlite3.IntegrityError):
                        connection.execute(f"UPDATE {table} SET site = ?", [site])
        connection.execute("INSERT INTO search (search) VALUES ('rebuild')")


def damage(path: Path, table: str, column: str | None, wrong: object) -> None:
    """Write a wrong value into every row of a column, or of all columns of text."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        _unguard(connection)
        known = tables(connection)[table]
        _take_any_value(connection, table)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for name, kind in known:
            if name == column or (column is None and kind == "TEXT"):
                with suppress(sqlite3.IntegrityError):
                    connection.execute(f"UPDATE {table} SET {name} = {wrong}")


WRONG: dict[str, tuple[str, ...]] = {
    "TEXT": ("CAST(x'ff1b' AS TEXT)", "7", "NULL", "x'00'", "''"),
    "INTEGER": ("'teks'", "NULL", "x'00'", "1.5", "-1", "4611686018427387904"),
    "REAL": ("'teks'", "NULL", "x'00'", "-1e308"),
    "BLOB": ("NULL", "x''", "'teks'", "x'28b52ffd00'"),
}
"""By type of a column: what its values may become, as SQL."""
WRONG_TIMES = ("'bukan'", "'2026-11-20'", "'9999-12-31T23:59:59+00:00'")
WRONG_JSON = ("'{'", "'[1]'", "'null'", """'{"a": [1]}'""", "'[]'")


def wrong_values(column: str, kind: str) -> tuple[str, ...]:
    """What no warta writes into a column, or not into all rows of it."""
    found = WRONG[kind]
    if is_time(column):
        found += WRONG_TIMES
    if column in (*ARRAYS, *OBJECTS, "reasons"):
        found += WRONG_JSON
    return found


def _unguard(connection: sqlite3.Connection) -> None:
    for name in ("change", "deleted", "replaced"):
        for middle in ("never_", "are_never_"):
            connection.execute(f"DROP TRIGGER IF EXISTS revisions_{middle}{name}")


def _take_any_value(connection: sqlite3.Connection, table: str) -> None:
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), 'NOT NULL', '')"
        " WHERE name = ? AND sql NOT LIKE '%WITHOUT ROWID%'",
        [table],
    )


def commands(folder: Path) -> dict[str, list[tuple[str, ...]]]:
    """Each command that needs no network, with arguments that reach the rows."""
    lines = folder / "berita.jsonl"
    row = {"url": url_of(70), "headline": HOSTILE, "text": f"{BODY} {HOSTILE}", "author": HOSTILE}
    lines.write_text(json.dumps(row) + "\n")
    page = folder / "halaman.html"
    page.write_text(f"<html><h1>{HOSTILE}</h1><p>{BODY}</p></html>".replace("\x00", ""))
    copy = folder / "cadangan.db"
    if not copy.exists():
        Archive(copy).close()
    as_of = ("--as-of", LATER.isoformat())
    return {
        "show": [("1",), ("2", "--json"), ("1", *as_of), (HOSTILE.replace("\x00", ""),)],
        "log": [("1",), ("1", "--json"), ("1", *as_of)],
        "diff": [("1",), ("1", "--json")],
        "changes": [(), ("--diff",), ("--json",), ("--csv",), ("--corrections",)],
        "page": [("1", "--info"), ("1", "--json"), ("1", "--force", "-o", str(folder / "lihat"))],
        "search": [("pasar",), ("pasar", "--json"), ("merah", "--revisions", "--csv")],
        "list": [(), ("--json",), ("--csv", *as_of)],
        "export": [
            ("-",),
            ("-", "--format", "csv"),
            ("warc", str(folder / "halaman.warc.gz"), "--revisions", "--wacz"),
        ],
        "explain": [("1",), ("1", "--json"), (url_of(9),), (url_of(3),)],
        "stats": [(), ("--json",)],
        "datasette": [()],
        "clusters": [(), ("--json",), ("rebuild",)],
        "cluster": [("1",), ("1", "--diff"), ("1", "--json")],
        "syndication": [("matrix",), ("matrix", "--json")],
        "coverage": [(), ("--json",)],
        "health": [(), ("--json",)],
        "reextract": [("--dry-run",), ()],
        "verify": [(), ("--json",), ("--repair", "search")],
        "backup": [(str(folder / "salinan.db"),)],
        "merge": [(str(folder / "semua.db"), str(folder / "news.db"), str(copy))],
        "restore": [(str(copy), "--dry-run")],
        "schedule": [("show",), ("show", "--json"), ("cron",), ("systemd",)],
        "alerts": [("list",), ("list", "--json"), ("send",)],
        "metrics": [(), ("--output", str(folder / "metrik.prom"))],
        "import": [(str(lines),)],
        "extract": [(str(page), "--url", url_of(71)), (str(page), "--url", url_of(71), "--json")],
        "clean": [("--jsonl", "--field", "text", str(lines))],
        "sites": [(), ("--json",)],
        "config": [(), ("--example",)],
        "help": [(), ("archive",)],
        "remove": [("2", "--reason", HOSTILE.replace("\x00", ""), "--yes", "--defer-compact")],
        "compact": [()],
    }
