"""Nothing writes to the archive, whichever route, plugin or API is used; nothing holds it up."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import datasette
import pytest

from archive import Archive
from scraper.web.serve import Deployment, application
from tests.archive.invented import NOW, keep, story
from tests.scraper.web.visiting import Site


@pytest.fixture
def demo_bytes(demo_archive: Path) -> bytes:
    """Read before the folder belongs to somebody else."""
    return demo_archive.read_bytes()


EVERY_PAGE = (
    "/ /search?q=kapal /article/1 /article/1/revision/1 /article/1/diff/1..2 /article/1/page/1 "
    "/article/1?as_of=2026-11-20 /web/2026/https://rmol.id/x /changes /removed /clusters "
    "/cluster/1 /syndication /coverage /site/suara /explain?url=1 /feed/changes.atom "
    "/feed/article/1.atom /feed/search.atom?q=kapal /news /news/latest /news.db "
    "/news/search?_search=kapal /news?sql=select+1"
).split()
WRITES = [
    ("/news/-/insert", {"row": {"site": "x"}}),
    ("/news/articles/-/insert", {"row": {"site": "x"}}),
    ("/news/articles/-/upsert", {"rows": [{"id": 1, "site": "x"}]}),
    ("/news/articles/1/-/update", {"update": {"site": "x"}}),
    ("/news/articles/1/-/delete", {}),
    ("/news/articles/-/drop", {"confirm": True}),
    ("/news/-/create", {"table": "baru", "row": {"a": 1}}),
    ("/news/-/execute-write", {"sql": "delete from articles"}),
]


def digests(path: Path) -> dict[str, str]:
    """The digest of the archive and of every file beside it."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in path.parent.iterdir()
        if file.stat().st_size and not file.name.endswith("-shm")  # the locks of readers
    }


def test_no_page_and_no_request_to_write_changes_the_file(
    demo_copy: Path, serve: Callable[..., Site]
) -> None:
    site = serve(demo_copy)
    before = digests(demo_copy)
    for address in EVERY_PAGE:
        site.get(address)
    for address, row in WRITES:
        body = json.dumps(row).encode()
        assert site.get(address, method="POST", body=body).status == 405
    assert digests(demo_copy) == before


def as_root(datasette: Any, address: str, row: dict[str, object]) -> int:
    """The status of a request to write, by an actor who may do everything."""

    async def post() -> int:
        await datasette.invoke_startup()
        datasette.root_enabled = True
        cookie = {"ds_actor": datasette.sign({"a": {"id": "root"}}, "actor")}
        headers = {"content-type": "application/json"}
        sent = {"content": json.dumps(row), "headers": headers, "cookies": cookie}
        return (await datasette.client.post(address, **sent)).status_code  # type: ignore[no-any-return]

    return asyncio.run(post())


@pytest.mark.skipif(datasette.__version__.startswith("0."), reason="0.65 has no API that writes")
def test_datasettes_write_api_is_refused_to_root_also_without_our_guard(demo_copy: Path) -> None:
    """The same requests write to another program's database."""
    from datasette.app import Datasette

    other = demo_copy.with_name("other.db")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE articles (id INTEGER PRIMARY KEY, site TEXT)")
    served = Datasette([str(other), str(demo_copy)])
    insert = {"row": {"site": "x"}}
    assert as_root(served, "/other/articles/-/insert", insert) == 201
    before = digests(demo_copy)
    for address, row in WRITES:
        assert as_root(served, address, row) >= 400, address
    assert digests(demo_copy) == before


def test_a_plugin_that_writes_is_refused(demo_copy: Path) -> None:
    from datasette.app import Datasette

    from scraper.web.database import archives

    database = archives(Datasette([str(demo_copy)]))["news"]
    before = digests(demo_copy)

    async def write() -> None:
        await database.execute_write("delete from readings")

    with pytest.raises(datasette.Forbidden, match="only reads"):
        asyncio.run(write())
    with closing(database.connect()) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM readings")
    assert digests(demo_copy) == before


def test_reading_as_of_a_time_leaves_the_log_of_another_archive_alone(
    demo_copy: Path, serve: Callable[..., Site]
) -> None:
    """What commands set aside when they find a copy beside the log of what it replaced."""
    site = serve(demo_copy)
    with Archive(demo_copy) as archive:
        archive.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = demo_copy.with_name("salinan.db")
    with Archive(demo_copy, read_only=True) as archive:
        archive.db.conn.execute("VACUUM INTO ?", [str(backup)])
    backup.replace(demo_copy)
    log = demo_copy.with_name("news.db-wal")
    log.write_bytes(b"catatan arsip lain")
    before = digests(demo_copy)
    site.get("/article/1")
    site.get("/article/1?as_of=2026-11-20")
    assert digests(demo_copy) == before


def test_an_archive_of_an_earlier_version_is_not_migrated_by_a_page(
    demo_copy: Path, serve: Callable[..., Site]
) -> None:
    site = serve(demo_copy)
    with closing(sqlite3.connect(demo_copy, isolation_level=None)) as connection:
        newest = "SELECT name FROM _sqlite_migrations ORDER BY rowid DESC LIMIT 1"
        connection.execute(f"DELETE FROM _sqlite_migrations WHERE name = ({newest})")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = digests(demo_copy)
    reply = site.get("/")
    assert reply.status == 503
    assert "an earlier version of warta made this archive" in reply.words
    assert digests(demo_copy) == before


def test_it_reads_from_a_folder_that_cannot_be_written(
    demo_bytes: bytes, folder_of_a_user: Path
) -> None:
    copy = folder_of_a_user / "news.db"
    copy.write_bytes(demo_bytes)
    folder_of_a_user.chmod(0o555)
    try:
        site = Site(application(Deployment(archive=copy)))
        assert "Newest in the archive" in site.get("/").words
        assert site.get("/news/latest.json?_shape=array&_size=1").status == 200
        site.close()
    finally:
        folder_of_a_user.chmod(0o755)


def test_pages_show_what_a_crawl_wrote_meanwhile_and_let_the_log_be_emptied(
    demo_copy: Path, serve: Callable[..., Site]
) -> None:
    site = serve(demo_copy)
    site.get("/")
    site.get("/news/latest")
    with Archive(demo_copy) as archive:
        keep(archive, story(1, headline="Baru Saja Ditulis"), at=NOW)
        site.get("/")
        busy, in_log, written = archive.db.conn.execute(
            "PRAGMA wal_checkpoint(TRUNCATE)"
        ).fetchone()
    assert (busy, in_log, written) == (0, 0, 0)
    assert "Baru Saja Ditulis" in site.get("/").words


@pytest.mark.parametrize("how", ["replaced", "deleted", "moved back"])
def test_an_archive_that_is_replaced_or_gone_is_reported_and_read_anew(
    demo_copy: Path, serve: Callable[..., Site], how: str
) -> None:
    site = serve(demo_copy)
    assert "Newest in the archive" in site.get("/").words
    site.get("/news/latest")
    aside = demo_copy.with_name("aside.db")
    demo_copy.replace(aside)
    if how == "replaced":
        with Archive(demo_copy):
            pass
        assert "This archive is still empty" in site.get("/").words
        assert site.get("/news/latest.json?_shape=array").json == []
        return
    assert site.get("/news/latest").status == 503
    gone = site.get("/")
    assert gone.status == 503
    assert "The archive is not there any more." in gone.words
    if how == "moved back":
        aside.replace(demo_copy)
        assert site.get("/").status == 200


@pytest.mark.skipif(
    not datasette.__version__.startswith("0."),
    reason="Datasette 1.0 keeps a connection, beside which nobody has the file alone",
)
def test_a_locked_archive_is_a_page_that_says_so(
    demo_copy: Path, serve: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.database.connection.IMPATIENT_SECONDS", 0)
    site = serve(demo_copy)
    with closing(sqlite3.connect(demo_copy, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        reply = site.get("/")
    assert reply.status == 503
    assert "The archive is being rewritten." in reply.words
