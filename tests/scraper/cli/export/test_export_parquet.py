"""`warta export parquet`: what it says, and the one line for what it cannot write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest
from click.testing import CliRunner, Result

from scraper.cli.main import main
from tests.archive.export.test_export import fill

Run = Callable[..., Result]


@pytest.fixture
def run(
    made: Callable[..., Path], path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    copyfile(made(fill), path)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(
        main, ["export", "parquet", *arguments, "--archive", str(path)]
    )


def written(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if not file.name.startswith("news.db"))


def test_it_says_what_it_wrote(run: Run, tmp_path: Path) -> None:
    done = run("tabel")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "4 articles, 6 revisions, 3 clusters, 4 URLs written to 10 files",
        "1 article opts out of text and data mining: see the column opted_out",
    ]
    assert written(tmp_path) == ["tabel"]


def test_only_these_sites_and_as_of_a_time(run: Run, tmp_path: Path) -> None:
    done = run("tabel", "--site", "warta", "--as-of", "2026-11-20")
    assert done.stderr.splitlines()[-2].startswith("1 articles, 1 revisions")
    assert written(tmp_path / "tabel/articles") == ["site=warta"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("berkas.txt", "there is something of that name already, and it is left as it is"),
        ("folder", "there is something of that name already, and it is left as it is"),
        ("lain", "lain.partial: it is in the way, and is left as it is"),
        (".", "there is something of that name already"),
        ("tidak/ada", "it cannot be written (No such file or directory)"),
        ("berkas.txt/a", "it cannot be written (Not a directory)"),
        ("a" * 300, "it cannot be written (File name too long)"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(
    run: Run, tmp_path: Path, name: str, line: str
) -> None:
    (tmp_path / "berkas.txt").write_text("Dua sendok kopi.")
    (tmp_path / "folder/articles").mkdir(parents=True)
    (tmp_path / "lain.partial/articles").mkdir(parents=True)
    before = written(tmp_path)
    done = run(name)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert line in done.stderr
    assert written(tmp_path) == before


def test_a_full_disk_leaves_what_the_same_command_goes_on_with(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_anything: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("archive.export.tables.write_parquet", full)
        done = run("tabel")
    assert (done.exit_code, done.stderr) == (
        1,
        "Error: tabel: it cannot be written (No space left on device); the same command goes on"
        " from there\n",
    )
    assert written(tmp_path) == ["tabel.partial"]
    assert run("tabel").exit_code == 0
    assert written(tmp_path) == ["tabel"]
