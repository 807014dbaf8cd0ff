"""What a corpus holds: one document a story, one story a cluster, and a reason for everything that
is not there.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from archive import Archive
from archive.corpus.filters.reasons import REASONS
from archive.corpus.output.columns import COLUMNS, arrow_schema
from archive.corpus.output.summary import Summary
from tests.archive.corpus.newsroom import built, by_id, documents, dropped, kept, told, tree
from tests.archive.corpus.output.test_loading import loaded
from tests.archive.invented import HOUR, NOW

Made = tuple[Path, Summary]


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text("utf-8"))
    return found


# Files


def test_a_corpus_has_its_files_and_no_others(judged: Made) -> None:
    out, _ = judged
    assert list(tree(out)) == [
        "README.md",
        "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet",
        "dropped.parquet",
        "manifest.json",
        "plots/dropped.png",
        "plots/lengths.png",
        "plots/months.png",
    ]
    assert not out.with_name(f".{out.name}.building").exists()


def test_every_file_has_the_columns_and_their_types(judged: Made) -> None:
    for path in (judged[0] / "data").iterdir():
        assert pq.read_schema(path).equals(arrow_schema())
        assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"


def test_the_manifest_gives_size_and_digest_of_every_file_but_itself(judged: Made) -> None:
    out, _ = judged
    files = tree(out)
    files.pop("manifest.json")
    assert {file["path"]: file["sha256"] for file in manifest(out)["files"]} == files
    assert all(
        file["bytes"] == (out / file["path"]).stat().st_size for file in manifest(out)["files"]
    )


def test_the_license_is_left_to_the_user_and_the_card_says_so(judged: Made) -> None:
    head = (judged[0] / "README.md").read_text("utf-8").split("---")[1].splitlines()
    assert [line for line in head if line.startswith("license")] == []
    assert any(line.startswith("# license: left to you") for line in head)


# Counts


def test_every_article_of_the_archive_is_exported_or_dropped_once(
    judged: Made, fates: Path
) -> None:
    out, summary = judged
    with Archive(fates, read_only=True) as archive:
        there = [
            f"{site}:{key}"
            for site, key in archive.db.conn.execute(
                "SELECT site, key FROM articles WHERE revision > 0"
            )
        ]
    assert sorted(
        [row["id"] for row in documents(out)] + [row["id"] for row in dropped(out)]
    ) == sorted(there)
    assert summary.selected == summary.articles == len(there)


def test_card_manifest_and_dropped_parquet_agree(judged: Made) -> None:
    out, summary = judged
    counts, rows = manifest(out)["counts"], dropped(out)
    assert counts["selected"] == counts["exported"] + len(rows)
    assert counts["exported"] == len(documents(out)) == sum(counts["splits"].values())
    assert {split: len(documents(out, split)) for split in counts["splits"]} == counts["splits"]
    counted = Counter((row["reason"], row["site"]) for row in rows)
    assert {
        (reason, site): number
        for reason, sites in counts["dropped"].items()
        for site, number in sites.items()
    } == counted
    assert dict(summary.dropped) == counted
    card = (out / "README.md").read_text("utf-8")
    for reason, number in summary.dropped_by_reason().items():
        assert re.search(rf"`{reason}`.*\| *{number} *\|", card), reason
    for site in summary.sites:
        assert f"`{site}`" in card or f"| {site} " in card
    assert str(counts["selected"]) in card
    assert str(counts["exported"]) in card


def test_every_reason_is_one_that_is_explained(judged: Made) -> None:
    assert {row["reason"] for row in dropped(judged[0])} <= set(REASONS)


def test_dropped_parquet_is_in_the_order_of_the_archive_and_says_what_stands_for_a_duplicate(
    judged: Made,
) -> None:
    rows = dropped(judged[0])
    assert [row["article_id"] for row in rows] == sorted(row["article_id"] for row in rows)
    exported = by_id(judged[0])
    for row in rows:
        assert (row["stands_for_it"] is not None) == (
            row["reason"] in ("duplicate", "exact_duplicate")
        )
        assert row["stands_for_it"] is None or row["stands_for_it"] in exported


def test_months_are_those_of_the_documents(judged: Made) -> None:
    out, _ = judged
    months = Counter(
        (row["site"], (row["published_at"] or "undated")[:7]) for row in documents(out)
    )
    assert {
        (site, month): n
        for site, found in manifest(out)["counts"]["months"].items()
        for month, n in found.items()
    } == months
    assert months["kabar", "undated"] == 1


def test_masks_are_counted_where_they_are_seen(judged: Made) -> None:
    out, summary = judged
    text = by_id(out)["kabar:kabar-52"]["text"]
    assert "sari.melati" not in text
    assert "0812" not in text
    assert (summary.masked["email"], summary.masked["phone"], summary.masked["nik"]) == (
        (1, 1),
        (1, 1),
        (0, 0),
    )


def test_words_are_counted_as_the_filters_count_them(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1, body="Pasar ramai - kata Ratna … lagi .")
    built(path, path.with_name("out"))
    assert [row["word_count"] for row in documents(path.with_name("out"))] == [5]


# Revisions and moments


def test_each_story_is_one_document_with_its_newest_revision(judged: Made) -> None:
    row = by_id(judged[0])["kabar:kabar-54"]
    assert (row["revision"], row["text"][:11]) == (2, "Naskah baru")


def test_a_story_is_what_it_was_at_the_time(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1, body="Naskah lama: " + told(1))
        before = archive.clock.latest()
        kept(archive, 1, body="Naskah baru: " + told(1), day=1)
        kept(archive, 2, day=1)
    built(path, path.with_name("out"), as_of=before)
    ((id_, row),) = by_id(path.with_name("out")).items()
    assert (id_, row["revision"], row["text"][:11], row["opted_out"]) == (
        "kabar:kabar-1",
        1,
        "Naskah lama",
        None,
    )


def test_days_are_those_of_the_publisher(path: Path) -> None:
    from tests.archive.invented import WIB

    with Archive(path) as archive:
        for number, hours in ((1, 0), (2, 24 - 1), (3, 24)):
            kept(
                archive,
                number,
                published=(NOW.astimezone(WIB).replace(hour=0, minute=0) + hours * HOUR),
            )
        kept(archive, 4, published=None)
    summary = built(path, path.with_name("out"), since=date(2026, 11, 20), until=date(2026, 11, 20))
    assert set(by_id(path.with_name("out"))) == {"kabar:kabar-1", "kabar:kabar-2"}
    assert (summary.articles, summary.selected, summary.undated) == (4, 2, 1)


# Reading it


@pytest.mark.parametrize("format_", ["parquet", "jsonl"])
def test_load_dataset_reads_what_was_built(
    fates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    out = tmp_path / "out"
    summary = built(fates, out, format=format_)
    read = loaded(out, tmp_path, monkeypatch)
    assert {split: len(rows) for split, rows in read.items()} == summary.splits
    if format_ == "parquet":
        assert read == {split: documents(out, split) for split in read}
    else:
        lines = (
            gzip.decompress((out / "data/test-00000-of-00001.jsonl.gz").read_bytes())
            .decode()
            .splitlines()
        )
        assert read["test"] == [json.loads(line) for line in lines]
        assert [list(json.loads(line)) for line in lines] == [
            [column.name for column in COLUMNS]
        ] * len(lines)


def test_both_formats_hold_the_same_documents(fates: Path, tmp_path: Path, all_of_it: Made) -> None:
    built(fates, tmp_path / "out", format="jsonl")
    for split in ("train", "test"):
        lines = (
            gzip.decompress((tmp_path / f"out/data/{split}-00000-of-00001.jsonl.gz").read_bytes())
            .decode()
            .splitlines()
        )
        assert [json.loads(line) for line in lines] == documents(all_of_it[0], split)


@pytest.mark.parametrize("name", ["default", "data", "none", "t"])
def test_a_split_may_bear_any_name_that_parses(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
    built(path, tmp_path / "out", splits=((name, Decimal(1)),))
    assert {
        split: len(rows) for split, rows in loaded(tmp_path / "out", tmp_path, monkeypatch).items()
    } == {name: 1}
