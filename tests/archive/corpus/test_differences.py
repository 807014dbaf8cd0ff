"""`warta corpus diff`: what was added, removed and changed between two corpora, and why."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from archive.corpus.differences import Corpora, Difference
from scraper.cli.main import main
from tests.archive.corpus.newsroom import built, gone, kept, opt_out, taken_down, told
from tests.archive.invented import DAY, NOW

ALL = (("train", Decimal(1)),)
"""One split, so that a story is never in another one."""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two corpora of one archive, `old` and `new`, a week of every change apart."""
    folder = tmp_path_factory.mktemp("grown")
    path = folder / "news.db"
    with Archive(path) as archive:
        for number in range(1, 11):
            kept(archive, number)
    built(path, folder / "old", splits=ALL)
    with Archive(path) as archive:
        kept(archive, 1, body="Ralat: " + told(1), day=3)
        kept(archive, 2, body="Naskah: " + told(2), day=3, technical=True, extractor="warta/2")
        gone(archive, 3, day=3)
        opt_out(archive, 4, day=3)
        taken_down(archive, 5, day=3)
        kept(archive, 6, "berita", body=told(6), day=3, published=NOW - DAY)
        kept(archive, 7, "berita", body=told(7), day=3, published=NOW + DAY)
        kept(archive, 20, day=3)
    built(path, folder / "new", splits=ALL)
    return folder


def differences(old: Path, new: Path) -> dict[str, Difference]:
    return {found.id: found for found in Corpora(old, new).differences()}


def reasons(old: Path, new: Path) -> dict[str, tuple[str, str]]:
    return {id_: (found.change, found.why) for id_, found in differences(old, new).items()}


def test_every_change_has_its_reason(grown: Path) -> None:
    assert reasons(grown / "old", grown / "new") == {
        "berita:berita-6": ("added", "new"),
        "kabar:kabar-1": ("changed", "revision"),
        "kabar:kabar-2": ("changed", "extractor"),
        "kabar:kabar-20": ("added", "new"),
        "kabar:kabar-3": ("removed", "removed"),
        "kabar:kabar-4": ("removed", "opted_out"),
        "kabar:kabar-5": ("removed", "gone"),
        "kabar:kabar-6": ("removed", "exact_duplicate"),
        "kabar:kabar-7": ("changed", "cluster"),
    }


def test_a_change_names_revisions_columns_and_representative(grown: Path) -> None:
    found = differences(grown / "old", grown / "new")
    assert (found["kabar:kabar-1"].old_revision, found["kabar:kabar-1"].new_revision) == (1, 2)
    assert {"text", "revision", "fetched_at"} <= set(found["kabar:kabar-1"].columns)
    assert set(found["kabar:kabar-7"].columns) == {
        "cluster_first_site",
        "cluster_id",
        "cluster_size",
    }
    assert found["kabar:kabar-6"].stands_for_it == "berita:berita-6"


def test_the_other_way_round_the_same_stories_differ(grown: Path) -> None:
    back = differences(grown / "new", grown / "old")
    there = differences(grown / "old", grown / "new")
    assert back.keys() == there.keys()
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {id_: turned[one.change] for id_, one in back.items()} == {
        id_: one.change for id_, one in there.items()
    }
    assert back["kabar:kabar-4"].why == "opted_out"
    assert back["kabar:kabar-20"].why == "gone"


def test_a_corpus_does_not_differ_from_itself(grown: Path) -> None:
    assert differences(grown / "old", grown / "old") == {}
    assert Corpora(grown / "old", grown / "old").settings() == []


def test_recipes_are_compared_key_by_key(grown: Path, tmp_path: Path) -> None:
    own = tmp_path / "ketat.toml"
    own.write_text('extends = "none"\nlength.enabled = true\nlength.min_words = 106')
    built(grown / "news.db", tmp_path / "ketat", splits=ALL, filters=str(own), dedup="none")
    corpora = Corpora(grown / "new", tmp_path / "ketat")
    found = {setting.key: (setting.old, setting.new) for setting in corpora.settings()}
    assert found == {
        "dedup": ("cluster", "none"),
        "filters.name": ("none", "ketat.toml"),
        "filters.length.enabled": (False, True),
        "filters.length.min_words": (50, 106),
    }
    whys = reasons(grown / "new", tmp_path / "ketat")
    assert ("removed", "too_short") in whys.values()
    assert whys["berita:berita-7"] == ("added", "exact_duplicate")


def test_another_recipe_of_the_same_revision_is_the_reason(fates: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    built(fates, whole, splits=ALL)
    own = tmp_path / "own.toml"
    own.write_text('extends = "none"\npersonal.enabled = false')
    built(fates, tmp_path / "raw", splits=ALL, filters=str(own), sites=("kabar",))
    found = reasons(whole, tmp_path / "raw")
    assert found["kabar:kabar-52"] == ("changed", "recipe")
    assert found["berita:berita-3"] == ("removed", "not_requested")
    days = {"since": date(2026, 11, 21)}
    built(fates, tmp_path / "late", splits=ALL, **days)
    assert ("removed", "not_requested") in reasons(whole, tmp_path / "late").values()


def test_formats_may_differ(grown: Path, tmp_path: Path) -> None:
    built(grown / "news.db", tmp_path / "lines", splits=ALL, format="jsonl")
    assert differences(grown / "new", tmp_path / "lines") == {}


def test_splits_may_differ(grown: Path, tmp_path: Path) -> None:
    built(grown / "news.db", tmp_path / "split", splits=(("latih", Decimal(1)),))
    assert set(reasons(grown / "new", tmp_path / "split").values()) == {("changed", "split")}


def test_an_older_corpus_without_the_newer_columns_is_compared_by_what_it_has(
    grown: Path, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    for path in (grown / "old").rglob("*"):
        target = tmp_path / path.relative_to(grown)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            newer = {"extractor", "minhash", "contaminated_by", "quality"}
            pq.write_table(table.drop_columns(sorted(newer & set(table.column_names))), target)
        elif path.is_file():
            target.write_bytes(path.read_bytes())
    found = reasons(tmp_path / "old", grown / "new")
    assert found["kabar:kabar-2"] == ("changed", "revision")
    assert found["kabar:kabar-1"] == ("changed", "revision")


# The command


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["corpus", "diff", *map(str, words)])


def test_the_command_counts_by_reason_and_site(grown: Path) -> None:
    shown = run(grown / "old", grown / "new")
    assert shown.exit_code == 0
    lines = [line.split()[:4] for line in shown.stdout.splitlines()]
    assert ["added", "new", "kabar", "1"] in lines
    assert ["removed", "exact_duplicate", "kabar", "1"] in lines
    assert "as_of" in shown.stdout
    assert "kabar-20" not in shown.stdout
    assert (
        "changed: kabar:kabar-1: revision ("
        in run(grown / "old", grown / "new", "--stories").stdout
    )


def test_as_json_come_the_keys_and_then_the_stories(grown: Path) -> None:
    lines = run(grown / "old", grown / "new", "--json").stdout.splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert [row["key"] for row in rows if row["change"] == "recipe"] == ["archive_digest", "as_of"]
    stories = [row["id"] for row in rows if row["change"] != "recipe"]
    assert stories == sorted(differences(grown / "old", grown / "new"))


def test_without_a_difference_nothing_is_on_stdout(grown: Path) -> None:
    shown = run(grown / "old", grown / "old")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert shown.stderr.strip() == "No story differs."


def test_what_is_no_corpus_is_one_sentence(grown: Path, tmp_path: Path) -> None:
    for other in (tmp_path, tmp_path / "tidak-ada", grown / "news.db"):
        shown = run(grown / "old", other)
        assert shown.exit_code == 1
        assert shown.stderr.count("\n") == 1
        assert "not a corpus of warta" in shown.stderr


@pytest.mark.parametrize("content", ["{", "[]", '{"recipe": 3}', "{}"])
def test_a_broken_corpus_is_one_sentence(grown: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    shown = run(grown / "old", tmp_path)
    assert shown.exit_code == 1
    assert isinstance(shown.exception, SystemExit)
    assert shown.stderr.count("\n") == 1
