"""`manifest.json`: the numbers of the Summary, for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from archive.corpus.output.manifest import write_manifest
from archive.corpus.output.summary import CorpusFile, RepeatedParagraph, Summary
from tests.archive.corpus.summaries import EMPTY, HOSTILE, months_of, summary


def written(made: Summary, folder: Path) -> dict[str, Any]:
    write_manifest(made, folder / "manifest.json")
    text = (folder / "manifest.json").read_text("utf-8")
    assert text.endswith("}\n")
    return json.loads(text)


def test_counts_are_those_of_the_summary(tmp_path: Path) -> None:
    made = summary(months_of(["kabar", "desa"], 5, undated=True))
    counts = written(made, tmp_path)["counts"]
    assert counts["selected"] == counts["exported"] + sum(
        sum(sites.values()) for sites in counts["dropped"].values()
    )
    assert counts["splits"] == made.splits
    assert {
        (site, month): documents
        for site, months in counts["months"].items()
        for month, documents in months.items()
    } == made.months
    assert counts["dropped"]["opted_out"] == {"kabar": 12}
    assert counts["opted_out"] == {"kabar": {"robots.txt: GPTBot": 12}}
    assert counts["masked"]["phone"] == {"documents": 11, "masks": 15}
    assert counts["median_words"]["sites"] == {site: made.median_words(site) for site in made.sites}


def test_what_it_was_made_by_is_reported(tmp_path: Path) -> None:
    told = written(summary(), tmp_path)
    assert told["as_of"] == "2026-11-20T03:04:05+00:00"
    assert told["archive_digest"] == "ab" * 32
    assert told["recipe"]["splits"] == {"train": "0.98", "validation": "0.01", "test": "0.01"}
    assert list(told["versions"]) == ["datatrove", "pyarrow", "warta"]


def test_every_file_is_listed_but_itself(tmp_path: Path) -> None:
    made = summary()
    itself = CorpusFile(path="manifest.json", split=None, rows=0, size=1, sha256="00")
    told = written(replace(made, files=(*made.files, itself)), tmp_path)
    assert [file["path"] for file in told["files"]] == [file.path for file in made.files]
    assert told["files"][0] == {
        "path": made.files[0].path,
        "split": "train",
        "rows": 294,
        "bytes": 265600,
        "sha256": "cd" * 32,
    }


def test_the_same_summary_gives_the_same_bytes_in_whatever_order_it_was_counted(
    tmp_path: Path,
) -> None:
    made = summary()
    write_manifest(made, tmp_path / "one.json")
    write_manifest(
        replace(
            made,
            months=dict(reversed(made.months.items())),
            dropped=dict(reversed(made.dropped.items())),
        ),
        tmp_path / "two.json",
    )
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_hostile_texts_come_back_as_they_were(tmp_path: Path) -> None:
    found = tuple(
        RepeatedParagraph(site=name, text=name, documents=2, share=0.5, removed=False)
        for name in HOSTILE
    )
    assert [
        paragraph["text"]
        for paragraph in written(summary(repeated=found), tmp_path)["repeated_paragraphs"]
    ] == list(HOSTILE)


def test_an_empty_corpus_has_a_manifest(tmp_path: Path) -> None:
    assert written(summary(**EMPTY), tmp_path)["counts"]["exported"] == 0
