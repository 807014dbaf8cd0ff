"""`datasets.load_dataset` reads a corpus by its card, offline, with every column as written."""

from __future__ import annotations

import gzip
import json
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from archive.corpus.output.card import write_card
from archive.corpus.output.columns import COLUMNS, arrow_schema, stamp
from archive.corpus.output.manifest import write_manifest
from archive.corpus.output.summary import CorpusFile
from tests.archive.corpus.summaries import summary
from tests.archive.invented import WIB


def document(number: int, **fields: Any) -> dict[str, Any]:
    usual = {
        "id": f"kabar:{number}",
        "text": "Pasar ramai lagi.\n\nHarga beras turun.",
        "url": None,
        "site": "kabar",
        "headline": None,
        "published_at": stamp(datetime(2026, 11, 20, 8, tzinfo=WIB)),
        "section": None,
        "authors": [],
        "agency": None,
        "cluster_id": None,
        "cluster_size": 1,
        "cluster_first_site": None,
        "is_cluster_first": True,
        "language": "id",
        "language_score": 1.0,
        "revision": 1,
        "fetched_at": stamp(datetime(2026, 11, 20, 1, 30, tzinfo=UTC)),
        "snapshot_digest": "ab" * 32,
        "extractor": "kabar-1/abcdef12",
        "opted_out": None,
        "word_count": 7,
        "token_count": 9,
        "quality": 0.9,
        "minhash": [],
    }
    return usual | fields


DOCUMENTS = {
    "train": [
        document(1),
        document(
            2,
            cluster_id=2**40,
            cluster_size=3,
            cluster_first_site="desa",
            is_cluster_first=False,
            language_score=0.5,
            authors=["Ratna Wening", "2026-11-20"],
            minhash=[0, 2**32 - 1],
        ),
    ],
    "validation": [document(3, published_at=None, headline="Beras", fetched_at=None)],
}


def corpus(folder: Path, documents: dict[str, list[dict[str, Any]]], ending: str) -> Path:
    """A corpus with shards, a card, a manifest, pictures and the list of what was dropped."""
    (folder / "data").mkdir()
    files = []
    for split, rows in documents.items():
        for shard in range(2 if len(rows) > 1 else 1):
            path = folder / f"data/{split}-{shard:05}-of-{2 if len(rows) > 1 else 1:05}.{ending}"
            part = rows[shard::2]
            if ending == "parquet":
                pq.write_table(
                    pa.Table.from_pylist(part, schema=arrow_schema()), path, compression="zstd"
                )
            else:
                path.write_bytes(
                    gzip.compress("".join(f"{json.dumps(row)}\n" for row in part).encode(), mtime=0)
                )
            files.append(
                CorpusFile(
                    path=str(path.relative_to(folder)),
                    split=split,
                    rows=len(part),
                    size=path.stat().st_size,
                    sha256="ab" * 32,
                )
            )
    pq.write_table(
        pa.table({"id": ["kabar:9"], "reason": ["duplicate"]}), folder / "dropped.parquet"
    )
    made = summary(
        splits={split: len(rows) for split, rows in documents.items()}, files=tuple(files)
    )
    write_card(made, folder / "README.md")
    write_manifest(made, folder / "manifest.json")
    from archive.corpus.output.plots import draw

    draw(made, folder / "plots")
    return folder


def loaded(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> dict[str, list[dict[str, Any]]]:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    monkeypatch.setattr(
        socket.socket, "connect", lambda *_: pytest.fail("load_dataset asked the network")
    )
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    read = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"), **options)
    assert {name: list(split.features) for name, split in read.items()} == {
        name: [column.name for column in COLUMNS] for name in read
    }
    return {name: list(split) for name, split in read.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    return tmp_path / "corpus"


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("ending", ["parquet", "jsonl.gz"])
def test_all_splits_and_columns_are_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, streaming: bool
) -> None:
    corpus(folder, DOCUMENTS, ending)
    assert loaded(folder, tmp_path, monkeypatch, streaming=streaming) == DOCUMENTS


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("ending", ["parquet", "jsonl.gz"])
def test_an_empty_split_keeps_nobody_from_the_others(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, streaming: bool
) -> None:
    corpus(folder, DOCUMENTS | {"test": []}, ending)
    assert (folder / f"data/test-00000-of-00001.{ending}").exists()
    assert loaded(folder, tmp_path, monkeypatch, streaming=streaming) == DOCUMENTS


def test_a_file_that_lost_rows_is_noticed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus(folder, DOCUMENTS, "parquet")
    (folder / "data/train-00001-of-00002.parquet").unlink()
    with pytest.raises(Exception, match="num_examples=2"):
        loaded(folder, tmp_path, monkeypatch)


def test_only_what_a_page_may_lack_may_be_null() -> None:
    assert [column.name for column in COLUMNS if not column.nullable] == [
        "id",
        "text",
        "site",
        "authors",
        "cluster_size",
        "is_cluster_first",
        "language",
        "revision",
        "extractor",
        "word_count",
        "token_count",
        "quality",
        "minhash",
    ]
    assert {field.name: (str(field.type), field.nullable) for field in arrow_schema()}[
        "cluster_id"
    ] == ("int64", True)
