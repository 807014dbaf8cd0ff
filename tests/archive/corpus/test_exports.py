"""A Parquet export is an archive to a corpus, here or at an address; what is none is one line, in
which no password is.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datatrove.utils.logging import logger

from archive import Archive
from archive.corpus.many.exports import is_export, read_export, shown
from archive.errors import CorpusError
from archive.export.tables import export_tables
from tests.archive.corpus.many import built_of_many, quiet
from tests.archive.corpus.newsroom import all_fates, built, documents, dropped

UNKNOWN = {"fetched_at", "snapshot_digest"}
"""What an export does not have, as it has no pages."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An archive and its export; to be read only."""
    folder = tmp_path_factory.mktemp("exported")
    with Archive(folder / "news.db") as archive:
        all_fates(archive)
        export_tables(archive, folder / "ekspor")
    return folder / "news.db", folder / "ekspor"


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


def texts(rows: list[dict[str, object]]) -> set[tuple[object, ...]]:
    return {(row["id"], row["text"], row["revision"], row["cluster_size"]) for row in rows}


def test_the_corpus_of_an_export_has_the_documents_of_its_archive(
    exported: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet(monkeypatch)
    archive, export = exported
    built(archive, tmp_path / "archive")
    built_of_many([read_export(export, tmp_path / "export.db")], tmp_path / "export")
    logger.enable("datatrove")
    assert texts(documents(tmp_path / "export")) == texts(documents(tmp_path / "archive"))
    reasons = [
        sorted((row["id"], row["reason"]) for row in dropped(tmp_path / name))
        for name in ("archive", "export")
    ]
    assert reasons[0] == reasons[1]


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
