"""Nothing writes to the archive, whichever route, plugin or API is used; nothing holds it up."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archive import Archive
from scraper.web.serve import Deployment, application
from tests.archive.invented import NOW, keep, story
from tests.scraper.web.visiting import Site

pytestmark = pytest.mark.xdist_group("demo")


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


@pytest.mark.parametrize(("address", "row"), WRITES)
def test_datasettes_own_write_api_is_refused_without_our_guard(
    demo_copy: Path, address: str, row: dict[str, object]
) -> None:
    """As for `datasette news.db` with everything allowed to everyone."""
    behind = Site(application(Deployment(archive=demo_copy)).app)  # type: ignore[arg-type]
    before = digests(demo_copy)
    reply = behind.get(
        address, method="POST", body=json.dumps(row).encode(), content_type="application/json"
    )
    behind.close()
    assert reply.status >= 400
    assert digests(demo_copy) == before


def test_a_plugin_that_writes_is_refused(demo_copy: Path) -> None:
    from datasette.app import Datasette

    from scraper.web.database import archives

    datasette = Datasette([str(demo_copy)])
    database = archives(datasette)["news"]
    before = digests(demo_copy)

    async def write() -> None:
        await database.execute_write("delete from readings")

    with pytest.raises(PermissionError, match="only reads"):
        asyncio.run(write())
    with closing(database.connect()) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM readings")
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
    gone = site.get("/")
    assert gone.status == 503
    assert "The archive is not there any more." in gone.words
    if how == "moved back":
        aside.replace(demo_copy)
        assert site.get("/").status == 200
