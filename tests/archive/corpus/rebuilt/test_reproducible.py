"""The same archive, moment and options give the same bytes; anything else of what decides gives
others.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import date, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archive import Archive
from archive.corpus import executors, selection
from archive.corpus.build import last_written_at
from archive.corpus.output import finish
from archive.corpus.output.summary import Summary
from archive.database.backup import copy_database
from scraper.cli.main import main
from tests.archive.corpus.newsroom import (
    built,
    by_id,
    documents,
    gone,
    in_this_process,
    kept,
    opt_out,
    reasons,
    told,
    tree,
)
from tests.archive.invented import DAY

Made = tuple[Path, Summary]


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "SHARD", 10)


@pytest.fixture(scope="session")
def plain(fates: Path) -> dict[str, str]:
    """The files of a corpus in shards of ten articles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "SHARD", 10)
        built(fates, fates.with_name("plain"), filters="news")
    return tree(fates.with_name("plain"))


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [("none", "undisturbed"), pytest.param("news", "plain", marks=pytest.mark.slow)],
)
def test_any_number_of_processes_gives_the_same_bytes(
    fates: Path, tmp_path: Path, request: pytest.FixtureRequest, filters: str, expected: str
) -> None:
    """What is expected was built in this one. Also with other seeds of Python's hashes, as each
    process has its own.
    """
    built(fates, tmp_path / "out", filters=filters, jobs=2)
    assert tree(tmp_path / "out") == request.getfixturevalue(expected)


def test_the_pictures_are_the_same_as_well(fates: Path, tmp_path: Path, judged: Made) -> None:
    built(fates, tmp_path / "out", filters="news", pictures=True)
    assert tree(tmp_path / "out") == tree(judged[0])


DOCUMENTS = "dce8de855c46c2314b09782bd5944ab16c61c9d8c58c8926d8944d8ea34e1195"
"""Digest of documents by a version that knew corpora of one archive only."""


@pytest.mark.usefixtures("undisturbed")
def test_a_corpus_of_one_archive_has_the_documents_of_earlier_versions(fates: Path) -> None:
    names = (
        "id text revision published_at cluster_size is_cluster_first cluster_first_site opted_out"
        " minhash"
    )
    found = [
        [row[name] for name in names.split()] for row in documents(fates.with_name("undisturbed"))
    ]
    assert hashlib.sha256(json.dumps(found).encode()).hexdigest() == DOCUMENTS


def test_the_size_of_the_shards_changes_no_document(
    fates: Path, tmp_path: Path, judged: Made, plain: dict[str, str]
) -> None:
    """Only the tasks of a pipeline: rows, order and files stay."""
    same = {name: digest for name, digest in tree(judged[0]).items() if name.endswith(".parquet")}
    assert {name: digest for name, digest in plain.items() if name.endswith(".parquet")} == same


@pytest.mark.usefixtures("small_shards")
def test_no_clock_is_read(
    fates: Path, tmp_path: Path, plain: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from time import time

    monkeypatch.setattr("time.time", lambda: time() + 400 * 86_400)
    monkeypatch.setenv("TZ", "Asia/Jayapura")
    monkeypatch.setenv("LC_ALL", "C")
    built(fates, tmp_path / "out", filters="news")
    assert tree(tmp_path / "out") == plain


@pytest.mark.usefixtures("small_shards")
def test_a_copy_of_the_archive_at_another_path_gives_the_same_bytes(
    fates: Path, tmp_path: Path, plain: dict[str, str]
) -> None:
    with Archive(fates, read_only=True) as archive:
        copy_database(archive.db.conn, tmp_path / "salinan.db")
    built(tmp_path / "salinan.db", tmp_path / "keluaran", filters="news")
    assert tree(tmp_path / "keluaran") == plain


def test_an_archive_that_has_grown_meanwhile_gives_the_same_bytes(
    path: Path, tmp_path: Path
) -> None:
    with Archive(path) as archive:
        for number in range(15):
            kept(archive, number)
        kept(archive, 2, "berita", body=told(2), day=1)
    moment = last_written_at(path)
    built(path, tmp_path / "before", as_of=moment)
    with Archive(path) as archive:
        kept(archive, 30, day=2)
        kept(archive, 3, body="Ralat: " + told(3), day=2)
        kept(archive, 2, "warta", body=told(2), day=2)
        kept(archive, 4, "warta", body=told(4), day=2)
    built(path, tmp_path / "after", as_of=moment)
    assert tree(tmp_path / "after") == tree(tmp_path / "before")


def test_what_was_withdrawn_or_opted_out_since_is_left_out_of_later_builds_too(
    path: Path, tmp_path: Path
) -> None:
    with Archive(path) as archive:
        for number in range(15):
            kept(archive, number)
    moment = last_written_at(path)
    before = built(path, tmp_path / "before", as_of=moment)
    with Archive(path) as archive:
        opt_out(archive, 5, day=2)
        gone(archive, 6, day=2)
    after = built(path, tmp_path / "after", as_of=moment)
    assert reasons(tmp_path / "after") == {"kabar:kabar-5": "opted_out", "kabar:kabar-6": "removed"}
    assert set(by_id(tmp_path / "before")) - set(by_id(tmp_path / "after")) == {
        "kabar:kabar-5",
        "kabar:kabar-6",
    }
    assert before.archive_digest != after.archive_digest
    built(path, tmp_path / "kept", as_of=moment, opted_out="keep")
    assert by_id(tmp_path / "kept")["kabar:kabar-5"]["opted_out"] == "robots.txt: GPTBot"


def test_the_order_of_options_and_the_offset_of_the_time_change_nothing(
    fates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "readers", in_this_process)
    monkeypatch.setattr(finish, "draw", lambda _summary, _folder: [])
    moment = last_written_at(fates)
    jakarta = moment.astimezone(timezone(timedelta(hours=7)))
    for name, options in {
        "one": ["--site", "kabar", "--site", "berita", "--as-of", moment.isoformat()],
        "two": [
            "--as-of",
            jakarta.isoformat(),
            "--site",
            "berita",
            "--site",
            "kabar",
            "--site",
            "berita",
        ],
    }.items():
        command = [
            "corpus",
            "build",
            str(tmp_path / name),
            "--archive",
            str(fates),
            "--filters",
            "none",
            *options,
        ]
        assert CliRunner().invoke(main, command).exit_code == 0
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


@pytest.mark.parametrize(
    "other",
    [
        {"as_of": lambda moment: moment - DAY},
        {"filters": "news"},
        {"dedup": "none"},
        {"opted_out": "keep"},
        {"sites": ("kabar",)},
        {"splits": (("train", Decimal("0.7")), ("test", Decimal("0.3")))},
        {"test_after": date(2026, 11, 22)},
        {"format": "jsonl"},
        {"since": date(2026, 11, 20)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_whatever_decides_stands_in_the_manifest(
    fates: Path, tmp_path: Path, all_of_it: Made, other: dict[str, Any]
) -> None:
    given = {
        name: value(last_written_at(fates)) if callable(value) else value
        for name, value in other.items()
    }
    built(fates, tmp_path / "out", **given)
    assert tree(tmp_path / "out")["manifest.json"] != tree(all_of_it[0])["manifest.json"]


def test_nothing_of_this_machine_is_reported(fates: Path, judged: Made) -> None:
    out, _ = judged
    for path in out.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert str(fates.parent).encode() not in content, path
            assert sys.prefix.encode() not in content, path
