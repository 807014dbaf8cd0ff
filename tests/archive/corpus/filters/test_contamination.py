"""`corpus build --decontaminate`: what is dropped, and where that can be looked up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.corpus import executors
from archive.corpus.filters.references import reference_files
from archive.corpus.output import finish
from archive.corpus.splits import DEFAULT, parse_splits
from scraper.cli.main import main
from tests.archive.corpus.newsroom import built, dropped, in_this_process, told, tree

QUESTION = {"soal": told(3).split("\n\n")[0], "jawaban": "Warga."}


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("soal") / "uji.jsonl"
    rows = [{"soal": "Siapa?"}, QUESTION, {"soal": "Bacalah teks berikut. " * 9}]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


@pytest.fixture(scope="module")
def clean(fates: Path, benchmark: Path) -> Path:
    """A corpus of the fates, decontaminated by the command; to be read only."""
    out = benchmark.with_name("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executors, "readers", in_this_process)
        patch.setattr(finish, "draw", lambda _summary, _folder: [])
        result = run(fates, out, "--decontaminate", str(benchmark))
    assert result.exit_code == 0, result.output
    assert "uji.jsonl: 1 of 3 texts too short to be found in an article." in result.stderr
    return out


def run(archive: Path, out: Path, *options: str) -> Result:
    command = ["corpus", "build", str(out), "--archive", str(archive), "--filters", "none"]
    return CliRunner().invoke(main, [*command, *options])


def test_what_shares_thirteen_words_is_dropped_and_names_file_row_and_words(clean: Path) -> None:
    contaminated = [row for row in dropped(clean) if row["reason"] == "contaminated"]
    assert "berita:berita-3" in {row["id"] for row in contaminated}
    for row in contaminated:
        assert (row["contaminated_by"], row["contaminated_row"]) == ("uji.jsonl", 2)
        assert len(row["contaminated_ngram"].split()) == 13


def test_explain_looks_it_up(clean: Path) -> None:
    shown = CliRunner().invoke(main, ["corpus", "explain", str(clean), "berita:berita-3"])
    place = "uji.jsonl, row 2: 'pemerintah daerah menyiapkan 122 karung"
    assert f"it shares words with a file of --decontaminate: {place}" in shown.output
    asked = ["corpus", "explain", str(clean), "berita:berita-3", "--json"]
    row = json.loads(CliRunner().invoke(main, asked).stdout)
    assert (row["contaminated_by"], row["contaminated_row"]) == ("uji.jsonl", 2)


def test_manifest_and_card_name_the_file_and_count_what_it_dropped(
    clean: Path, benchmark: Path
) -> None:
    found = json.loads((clean / "manifest.json").read_text("utf-8"))
    (file,) = found["decontamination"]
    count = sum(row["reason"] == "contaminated" for row in dropped(clean))
    (reference,) = reference_files([benchmark])
    assert file["name"] == "uji.jsonl"
    assert file["sha256"] == reference.sha256
    assert (file["texts"], file["too_short"], file["dropped"]) == (3, 1, count)
    assert found["recipe"]["decontaminate"] == [{"file": "uji.jsonl", "sha256": reference.sha256}]
    card = (clean / "README.md").read_text("utf-8")
    assert f"| `uji.jsonl` | {count} | 3 | 1 |" in card
    assert str(benchmark.parent) not in card + json.dumps(found)


@pytest.mark.parametrize("jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_the_same_bytes_in_any_number_of_processes_and_from_any_folder(
    fates: Path, clean: Path, benchmark: Path, tmp_path: Path, jobs: int | None
) -> None:
    copy = tmp_path / "salinan" / benchmark.name
    copy.parent.mkdir()
    copy.write_bytes(benchmark.read_bytes())
    references, splits = reference_files([copy]), parse_splits(DEFAULT)
    built(fates, tmp_path / "out", jobs=jobs, references=references, splits=splits)
    assert tree(tmp_path / "out") == tree(clean)


def test_a_file_without_a_text_leaves_nothing_behind(fates: Path, tmp_path: Path) -> None:
    (tmp_path / "kosong.txt").write_text("Terlalu pendek.")
    result = run(fates, tmp_path / "out", "--decontaminate", str(tmp_path / "kosong.txt"))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].endswith("kosong.txt: no text of at least 13 words")
    assert [path.name for path in tmp_path.iterdir()] == ["kosong.txt"]


def test_filters_that_disable_it_are_one_sentence(
    fates: Path, benchmark: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text("contamination.enabled = false")
    options = ("--decontaminate", str(benchmark), "--filters", str(own), "--plan")
    result = run(fates, tmp_path / "out", *options)
    assert result.exit_code == 1
    assert result.stderr.endswith("the filters 'own.toml' disable [contamination]\n")
