"""A Parquet export is an archive to a corpus, here or at an address; what is none is one line, in
which no password is.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from datetime import timedelta, timezone
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datatrove.utils.logging import logger

from archive import Archive
from archive.corpus.many import exports
from archive.corpus.many.exports import is_export, read_export, shown
from archive.database.clock import exact
from archive.database.rows import insert_row
from archive.errors import CorpusError
from archive.export.tables import EVIDENCE, export_tables
from tests.archive.corpus.many.builds import built_of_many, quiet
from tests.archive.corpus.newsroom import all_fates, built, by_id, dropped, kept, tree
from tests.archive.invented import DAY, HOUR, NOW
from tests.archive.invented import rows as rows_of

WIB = timezone(timedelta(hours=7))
DRIFT_BEGAN = NOW + 4 * DAY


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An archive and its export; to be read only."""
    folder = tmp_path_factory.mktemp("exported")
    with Archive(folder / "news.db") as archive:
        all_fates(archive)
        kept(archive, 71, published=(NOW - 9 * HOUR).astimezone(WIB), day=6)
        marked(archive)
        export_tables(archive, folder / "ekspor")
        export_tables(archive, folder / "bulanan", by_site=False)
    return folder / "news.db", folder / "ekspor"


def marked(archive: Archive) -> None:
    """The page of one story was another's; those of the fourth day were read by a layout that had
    changed.
    """
    statement = """SELECT r.snapshot_id, r.layout, r.extractor FROM revisions r
        JOIN articles a ON a.id = r.article_id WHERE a.key = 'kabar-1'"""
    ((page, layout, extractor),) = rows_of(archive, statement)
    with archive.transaction(NOW + 7 * DAY):
        archive.history.note_refusal(page, "same_body_elsewhere")
        drift = {"site": "kabar", "layout": layout, "extractor": extractor, "urls": "[]"}
        times = {"since": DRIFT_BEGAN, "noted_at": DRIFT_BEGAN, "ended_at": DRIFT_BEGAN + HOUR}
        times = {name: exact(time) for name, time in times.items()}
        insert_row(archive.db, "drifts", drift | times | {"reasons": "[]"})


class Listing(SimpleHTTPRequestHandler):
    def log_message(self, *_given: object) -> None:
        pass


@pytest.fixture
def served(exported: tuple[Path, Path]) -> Iterator[str]:
    handler = partial(Listing, directory=str(exported[1].parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/ekspor"
        server.shutdown()


@pytest.mark.parametrize("layout", ["ekspor", "bulanan"])
def test_the_corpus_of_an_export_has_the_documents_of_its_archive(
    exported: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    quiet(monkeypatch)
    archive, export = exported[0], exported[1].with_name(layout)
    built(archive, tmp_path / "alone")
    built_of_many([archive], tmp_path / "archive")
    built_of_many([read_export(export, tmp_path / "export.db")], tmp_path / "export")
    logger.enable("datatrove")
    alone, of_export = (by_id(tmp_path / name) for name in ("alone", "export"))
    assert {key: row | {"cluster_id": 0} for key, row in of_export.items()} == {
        key: row | {"cluster_id": 0} for key, row in alone.items()
    }
    assert tree(tmp_path / "export" / "data") == tree(tmp_path / "archive" / "data")
    assert all(row["snapshot_digest"] for row in of_export.values())
    assert of_export["kabar:kabar-71"]["published_at"].endswith("+07:00")
    reasons = [
        sorted((row["id"], row["reason"]) for row in dropped(tmp_path / name))
        for name in ("archive", "export")
    ]
    assert reasons[0] == reasons[1]
    assert ("kabar:kabar-1", "doubted") in reasons[1]


def test_marks_of_drift_are_those_of_the_archive(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    statement = "SELECT a.key FROM articles a JOIN drifted d ON d.article_id = a.id ORDER BY 1"
    found = []
    for path in (exported[0], read_export(exported[1], tmp_path / "export.db")):
        with Archive(path, read_only=True) as archive:
            found.append(rows_of(archive, statement))
    assert found[0] == found[1] != []


def test_an_export_of_an_earlier_version_has_the_texts(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    old = tmp_path / "lama"
    shutil.copytree(exported[1], old)
    for file in old.glob("articles/*/*/*.parquet"):
        pq.write_table(pq.ParquetFile(file).read().drop_columns(list(EVIDENCE)), file)
    statement = "SELECT url, body FROM latest ORDER BY 1"
    found = []
    for path in (exported[0], read_export(old, tmp_path / "export.db")):
        with Archive(path, read_only=True) as archive:
            found.append(rows_of(archive, statement))
    assert found[0] == found[1]
    with Archive(tmp_path / "export.db", read_only=True) as archive:
        assert rows_of(archive, "SELECT count(*) FROM snapshots") == [(0,)]


def test_a_server_that_says_nothing_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(exports, "LISTING", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"http://127.0.0.1:{silent.getsockname()[1]}/ekspor"
        with pytest.raises(CorpusError, match="its server does not answer; try again later"):
            read_export(place, tmp_path / "export.db")


def test_at_an_address_it_is_the_same(
    exported: tuple[Path, Path], served: str, tmp_path: Path
) -> None:
    pytest.importorskip("aiohttp")
    rows = []
    for number, place in enumerate((exported[1], served)):
        with Archive(read_export(place, tmp_path / f"{number}.db"), read_only=True) as archive:
            rows.append([*archive.db.query("SELECT * FROM latest ORDER BY site, url")])
    assert [row | {"article_id": 0} for row in rows[0]] == [
        row | {"article_id": 0} for row in rows[1]
    ]


def test_what_is_an_export(exported: tuple[Path, Path]) -> None:
    archive, export = exported
    assert [is_export(place) for place in (export, "s3://a/b", archive, archive.parent)] == [
        *(True, True, False, False)
    ]


def test_messages_name_no_password() -> None:
    assert shown("https://sari:rahasia@host:8/ekspor?tanda=rahasia") == "https://host:8/ekspor"
    assert shown("http://[x") == "http://..."


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("abc://sari:rahasia@x/y", "abc://x/y: fsspec knows no such scheme"),
        ("smb://sari:rahasia@x/y", "smb://x/y: fsspec needs a package for smb://"),
        ("http://sari:rahasia@127.0.0.1:1/x?k=rahasia", "http://127.0.0.1:1/x: it cannot be read"),
    ],
)
def test_addresses_that_cannot_be_read(place: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        read_export(place, tmp_path / "export.db")
    assert str(caught.value).startswith(said)
    assert "rahasia" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_tables_of_somebody_else(exported: tuple[Path, Path], tmp_path: Path) -> None:
    copy = tmp_path / "ekspor"
    shutil.copytree(exported[1], copy)
    file = next(copy.glob("articles/site=*/*/*.parquet"))
    whole = pq.ParquetFile(file).read()

    def message() -> str:
        (tmp_path / "export.db").unlink(missing_ok=True)
        with pytest.raises(CorpusError) as caught:
            read_export(copy, tmp_path / "export.db")
        return str(caught.value).removeprefix(f"{copy}: ")

    pq.write_table(whole.drop_columns(["extractor"]), file)
    assert message() == "not a table of `warta export parquet`: it has no extractor"
    place = whole.schema.get_field_index("observed_at")
    pq.write_table(whole.set_column(place, "observed_at", pa.array(["x"] * len(whole))), file)
    assert message() == "not a table of `warta export parquet`: its observed_at is another"
    file.write_bytes(b"bukan Parquet")
    assert message() == "a file is no Parquet, or damaged"
    shutil.rmtree(copy / "articles")
    (copy / "articles").mkdir()
    assert message() == "there is no export of `warta export parquet` here"
