"""What a corpus holds: one document a story, one story a cluster, and a reason for everything that is not there."""

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
from archive.corpus.columns import COLUMNS, arrow_schema
from archive.corpus.reasons import REASONS
from archive.corpus.summary import Summary
from tests.archive.corpus.newsroom import (
    DOUBTED,
    all_fates,
    built,
    documents,
    dropped,
    gone,
    kept,
    opt_out,
    reasons,
    taken_down,
    told,
    tree,
)  # fmt: skip
from tests.archive.corpus.test_loading import loaded
from tests.archive.invented import DAY, HOUR, NOW

Made = tuple[Path, Summary]
SITES = ("kabar", "berita", "warta")


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text("utf-8"))
    return found


def by_id(out: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in documents(out)}


def syndicated(path: Path, number: int = 40, **first: Any) -> None:
    """kabar runs a story first, berita an hour later, warta after two."""
    with Archive(path) as archive:
        for step, site in enumerate(SITES):
            kept(archive, number, site, body=told(number), published=NOW + step * HOUR, **(first if step == 0 else {}))
        kept(archive, 1)


# Files


def test_a_corpus_has_its_files_and_no_others(judged: Made) -> None:
    out, _ = judged
    assert list(tree(out)) == [
        "README.md", "data/test-00000-of-00001.parquet", "data/train-00000-of-00001.parquet", "dropped.parquet", "manifest.json",
        "plots/dropped.png", "plots/lengths.png", "plots/months.png",
    ]  # fmt: skip
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
    assert all(file["bytes"] == (out / file["path"]).stat().st_size for file in manifest(out)["files"])


def test_the_license_is_left_to_the_user_and_the_card_says_so(judged: Made) -> None:
    head = (judged[0] / "README.md").read_text("utf-8").split("---")[1].splitlines()
    assert [line for line in head if line.startswith("license")] == []
    assert any(line.startswith("# license: left to you") for line in head)


# Counts


def test_every_article_of_the_archive_is_exported_or_dropped_once(judged: Made, fates: Path) -> None:
    out, summary = judged
    with Archive(fates, read_only=True) as archive:
        there = [f"{site}:{key}" for site, key in archive.db.conn.execute("SELECT site, key FROM articles WHERE revision > 0")]
    assert sorted([row["id"] for row in documents(out)] + [row["id"] for row in dropped(out)]) == sorted(there)
    assert summary.selected == summary.articles == len(there)


def test_card_manifest_and_dropped_parquet_agree(judged: Made) -> None:
    out, summary = judged
    counts, rows = manifest(out)["counts"], dropped(out)
    assert counts["selected"] == counts["exported"] + len(rows)
    assert counts["exported"] == len(documents(out)) == sum(counts["splits"].values())
    assert {split: len(documents(out, split)) for split in counts["splits"]} == counts["splits"]
    counted = Counter((row["reason"], row["site"]) for row in rows)
    assert {(reason, site): number for reason, sites in counts["dropped"].items() for site, number in sites.items()} == counted
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


def test_dropped_parquet_is_in_the_order_of_the_archive_and_says_what_stands_for_a_duplicate(judged: Made) -> None:
    rows = dropped(judged[0])
    assert [row["article_id"] for row in rows] == sorted(row["article_id"] for row in rows)
    exported = by_id(judged[0])
    for row in rows:
        assert (row["stands_for_it"] is not None) == (row["reason"] in ("duplicate", "exact_duplicate"))
        assert row["stands_for_it"] is None or row["stands_for_it"] in exported


def test_months_are_those_of_the_documents(judged: Made) -> None:
    out, _ = judged
    months = Counter((row["site"], (row["published_at"] or "undated")[:7]) for row in documents(out))
    assert {(site, month): n for site, found in manifest(out)["counts"]["months"].items() for month, n in found.items()} == months
    assert months["kabar", "undated"] == 1


def test_masks_are_counted_where_they_are_seen(judged: Made) -> None:
    out, summary = judged
    text = by_id(out)["kabar:kabar-52"]["text"]
    assert "sari.melati" not in text
    assert "0812" not in text
    assert (summary.masked["email"], summary.masked["phone"], summary.masked["nik"]) == ((1, 1), (1, 1), (0, 0))


def test_words_are_counted_as_the_filters_count_them(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1, body="Pasar ramai - kata Ratna … lagi .")
    built(path, path.with_name("out"))
    assert [row["word_count"] for row in documents(path.with_name("out"))] == [5]


# Representatives


def test_the_first_one_of_a_cluster_stands_for_it(path: Path) -> None:
    syndicated(path)
    out = path.with_name("out")
    summary = built(path, out)
    assert set(by_id(out)) == {"kabar:kabar-40", "kabar:kabar-1"}
    assert by_id(out)["kabar:kabar-40"]["cluster_size"] == 3
    assert by_id(out)["kabar:kabar-1"] | {"cluster_id": None, "cluster_size": 1} == by_id(out)["kabar:kabar-1"]
    assert {row["stands_for_it"] for row in dropped(out)} == {"kabar:kabar-40"}
    assert summary.clusters == 1


@pytest.mark.parametrize(
    ("fate", "fields", "why"),
    [
        ("opted out", {}, "opted_out"), ("removed", {}, "removed"), ("doubted", {}, "fallback_extraction"),
        ("outside the days", {"since": date(2026, 11, 20)}, None), ("of another site", {"sites": ("berita", "warta")}, None),
    ],
)  # fmt: skip
def test_where_the_first_one_is_left_out_the_next_one_stands_for_the_cluster(
    path: Path, tmp_path: Path, fate: str, fields: dict[str, Any], why: str | None
) -> None:
    filters = tmp_path / "mild.toml"
    filters.write_text('extends = "none"\n[fallback]\nenabled = true\n')
    first = {"doubted": DOUBTED, "outside the days": {"published": NOW - DAY}}.get(fate, {})
    with Archive(path) as archive:
        for step, site in enumerate(SITES):
            kept(archive, 40, site, body=told(40), **({"published": NOW + step * HOUR} | (first if step == 0 else {})))
        if fate == "opted out":
            opt_out(archive, 40)
        if fate == "removed":
            gone(archive, 40)
    out = tmp_path / "out"
    built(path, out, filters=filters, **fields)
    ((id_, row),) = by_id(out).items()
    assert (id_, row["cluster_size"]) == ("berita:berita-40", 3)
    expected = {"warta:warta-40": "exact_duplicate"} | ({"kabar:kabar-40": why} if why else {})
    assert reasons(out) == expected


def test_a_copy_with_another_text_is_a_duplicate(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 40)
        kept(archive, 40, "warta", body="\n\n".join([*told(40).split("\n\n"), "Laporan ini disusun oleh redaksi Warta."]), day=1)
    built(path, path.with_name("out"))
    assert reasons(path.with_name("out")) == {"warta:warta-40": "duplicate"}


def test_equal_texts_that_are_in_no_cluster_are_duplicates_as_well(judged: Made, all_of_it: Made) -> None:
    assert reasons(all_of_it[0])["kabar:kabar-60"] == "exact_duplicate"
    assert by_id(all_of_it[0])["berita:berita-60"]["cluster_id"] is None


def test_the_order_of_arrival_does_not_choose_the_representative(path: Path) -> None:
    with Archive(path) as archive:
        for step, site in ((2, "warta"), (1, "berita"), (0, "kabar")):
            kept(archive, 40, site, body=told(40), published=NOW + step * HOUR)
    built(path, path.with_name("out"))
    assert list(by_id(path.with_name("out"))) == ["kabar:kabar-40"]


def test_with_dedup_none_all_are_kept_with_their_cluster(path: Path) -> None:
    syndicated(path)
    out = path.with_name("out")
    built(path, out, dedup="none")
    rows = by_id(out)
    assert len(rows) == 4
    assert len({rows[f"{site}:{site}-40"]["cluster_id"] for site in SITES}) == 1
    assert dropped(out) == []


def test_with_dedup_exact_only_equal_texts_are_left_out(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 40)
        kept(archive, 40, "berita", body=told(40).replace(" ", "  "), day=1)
        kept(archive, 40, "warta", body="\n\n".join([*told(40).split("\n\n"), "Laporan ini disusun oleh redaksi Warta."]), day=2)
    out = path.with_name("out")
    built(path, out, dedup="exact")
    assert set(by_id(out)) == {"kabar:kabar-40", "warta:warta-40"}
    assert reasons(out) == {"berita:berita-40": "exact_duplicate"}
    assert {row["cluster_size"] for row in documents(out)} == {3}


# Rights


def test_opted_out_stories_are_left_out_unless_they_are_asked_for(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        kept(archive, 2)
        opt_out(archive, 2, rule="meta: noai")
    built(path, path.with_name("drop"))
    summary = built(path, path.with_name("keep"), opted_out="keep")
    assert reasons(path.with_name("drop")) == {"kabar:kabar-2": "opted_out"}
    assert {id_: row["opted_out"] for id_, row in by_id(path.with_name("keep")).items()} == {
        "kabar:kabar-1": None, "kabar:kabar-2": "meta: noai",
    }  # fmt: skip
    assert summary.opted_out == {("kabar", "meta: noai"): 1}


@pytest.mark.parametrize("dedup", ["cluster", "exact", "none"])
def test_stories_that_were_taken_away_are_never_exported(path: Path, dedup: str) -> None:
    with Archive(path) as archive:
        all_fates(archive)
        kept(archive, 70, body=told(70))
        gone(archive, 70)
        kept(archive, 71, "warta", body=told(71))
        taken_down(archive, 71, "warta")
    out = path.with_name("out")
    built(path, out, dedup=dedup, opted_out="keep")
    ids = set(by_id(out))
    assert ids.isdisjoint({"kabar:kabar-42", "kabar:kabar-44", "kabar:kabar-70", "warta:warta-71"})
    assert {id_ for id_, reason in reasons(out).items() if reason == "removed"} == {"kabar:kabar-42", "kabar:kabar-70"}
    assert "berita:berita-44" in ids


def test_a_story_that_came_back_is_there_again(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        gone(archive, 1, day=1)
        kept(archive, 1, day=2)
        kept(archive, 2)
    built(path, path.with_name("out"))
    assert set(by_id(path.with_name("out"))) == {"kabar:kabar-1", "kabar:kabar-2"}


@pytest.mark.parametrize("dedup", ["cluster", "exact", "none"])
def test_a_cluster_outlives_the_story_that_it_is_named_after(path: Path, dedup: str) -> None:
    """As of a moment before `warta remove` the cluster still bears the number of the story that is no more."""
    syndicated(path)
    with Archive(path) as archive:
        before = archive.clock.latest()
        taken_down(archive, 40, day=1)
    out = path.with_name("out")
    built(path, out, as_of=before, dedup=dedup)
    assert set(by_id(out)) == {"berita:berita-40", "kabar:kabar-1"} | ({"warta:warta-40"} if dedup == "none" else set())


# Revisions and moments


def test_each_story_is_one_document_with_its_newest_revision(judged: Made) -> None:
    row = by_id(judged[0])["kabar:kabar-54"]
    assert (row["revision"], row["text"][:11]) == (2, "Naskah baru")


def test_a_story_is_what_it_was_at_the_moment(path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1, body="Naskah lama: " + told(1))
        before = archive.clock.latest()
        kept(archive, 1, body="Naskah baru: " + told(1), day=1)
        opt_out(archive, 1, day=1)
        kept(archive, 2, day=1)
    built(path, path.with_name("out"), as_of=before)
    ((id_, row),) = by_id(path.with_name("out")).items()
    assert (id_, row["revision"], row["text"][:11], row["opted_out"]) == ("kabar:kabar-1", 1, "Naskah lama", None)


def test_days_are_those_of_the_newsroom(path: Path) -> None:
    from tests.archive.invented import WIB

    with Archive(path) as archive:
        for number, hours in ((1, 0), (2, 24 - 1), (3, 24)):
            kept(archive, number, published=(NOW.astimezone(WIB).replace(hour=0, minute=0) + hours * HOUR))
        kept(archive, 4, published=None)
    summary = built(path, path.with_name("out"), since=date(2026, 11, 20), until=date(2026, 11, 20))
    assert set(by_id(path.with_name("out"))) == {"kabar:kabar-1", "kabar:kabar-2"}
    assert (summary.articles, summary.selected, summary.undated) == (4, 2, 1)


# Reading it


@pytest.mark.parametrize("format_", ["parquet", "jsonl"])
def test_load_dataset_reads_what_was_built(fates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str) -> None:
    out = tmp_path / "out"
    summary = built(fates, out, format=format_)
    read = loaded(out, tmp_path, monkeypatch)
    assert {split: len(rows) for split, rows in read.items()} == summary.splits
    if format_ == "parquet":
        assert read == {split: documents(out, split) for split in read}
    else:
        lines = gzip.decompress((out / "data/test-00000-of-00001.jsonl.gz").read_bytes()).decode().splitlines()
        assert read["test"] == [json.loads(line) for line in lines]
        assert [list(json.loads(line)) for line in lines] == [[column.name for column in COLUMNS]] * len(lines)


def test_both_formats_hold_the_same_documents(fates: Path, tmp_path: Path, all_of_it: Made) -> None:
    built(fates, tmp_path / "out", format="jsonl")
    for split in ("train", "test"):
        lines = gzip.decompress((tmp_path / f"out/data/{split}-00000-of-00001.jsonl.gz").read_bytes()).decode().splitlines()
        assert [json.loads(line) for line in lines] == documents(all_of_it[0], split)


@pytest.mark.parametrize("name", ["default", "data", "none", "t"])
def test_a_split_may_bear_any_name_that_parses(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
    built(path, tmp_path / "out", splits=((name, Decimal(1)),))
    assert {split: len(rows) for split, rows in loaded(tmp_path / "out", tmp_path, monkeypatch).items()} == {name: 1}
