"""Where a corpus is built changes none of its bytes, and what an executor lacks is said in a
sentence.

Slurm is a stand-in here, Ray is itself, where it is installed.
"""

from __future__ import annotations

import hashlib
import sys
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest

from archive import Archive
from archive.corpus import build as building
from archive.corpus import executors
from archive.corpus.build import BuildOptions, last_written_at, load_selection, work_folder
from archive.corpus.executors import checked_options
from archive.corpus.filters.thresholds.loading import load_thresholds
from archive.corpus.output.summary import Summary
from archive.corpus.recipe import Recipe
from archive.errors import CorpusError
from archive.executors import QUEUED
from tests.archive.corpus.many.builds import built_of_many
from tests.archive.corpus.newsroom import in_this_process
from tests.archive.invented import keep, story
from tests.slurm import OPTIONS as FOR_SLURM
from tests.slurm import stand_in


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the stand-in."""
    return stand_in(tmp_path / "slurm", monkeypatch)


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "news.db"
    with Archive(path) as archive:
        for number in range(1, 9):
            keep(
                archive,
                story(
                    number,
                    body=(
                        f"Jembatan nomor {number} di Desa Lambur selesai diperbaiki warga pada hari"
                        " itu."
                    ),
                ),
            )
    return path


def build(
    path: Path, out: Path, executor: str = "local", *options: str, overwrite: bool = False
) -> Summary | None:
    splits = (("train", Decimal("0.5")), ("test", Decimal("0.5")))
    recipe = Recipe(
        archive=path, as_of=last_written_at(path), thresholds=load_thresholds("none"), splits=splits
    )
    means = BuildOptions(executor=executor, options=options, overwrite=overwrite)
    return building.build(recipe, load_selection(recipe), out, means, advance=lambda _: None)


def tree(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


class TestSlurm:
    @pytest.mark.slow
    def test_builds_the_same_bytes_and_leaves_nothing_but_logs(
        self, news: Path, slurm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        build(news, tmp_path / "here")
        monkeypatch.chdir(tmp_path)
        assert build(news, Path("there"), "slurm", *FOR_SLURM) is None
        assert tree(tmp_path / "there") == tree(tmp_path / "here")
        left = {path.name for path in work_folder(tmp_path / "there").iterdir()}
        assert left == {"logs", "logs-finish", QUEUED}
        build(
            news, tmp_path / "there", overwrite=True
        )  # what is left is not taken for an unfinished build
        assert tree(tmp_path / "there") == tree(tmp_path / "here")
        assert not work_folder(tmp_path / "there").exists()

    def test_a_job_that_waits_for_a_failed_one_is_to_end(
        self, news: Path, slurm: Path, tmp_path: Path
    ) -> None:
        build(news, tmp_path / "there", "slurm", *FOR_SLURM, "env_command=exit 1")
        assert not (tmp_path / "there").exists()
        scripts = [path.read_text() for path in (slurm / "scripts").iterdir()]
        assert len(scripts) == 1  # the first job failed; nothing that depends on it ran
        assert "#SBATCH --kill-on-invalid-dep=yes" in scripts[0]
        assert "#SBATCH --job-name=warta-corpus" in scripts[0]

    def test_what_is_in_the_queue_is_not_begun_again(
        self, news: Path, slurm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(executors, "readers", in_this_process)
        build(news, tmp_path / "there", "slurm", *FOR_SLURM, "env_command=exit 1")
        (slurm / "queue").write_text("7 cpu warta-corpus\n")
        for executor, options in (("slurm", FOR_SLURM), ("local", ())):
            with pytest.raises(CorpusError, match="Slurm has queued this corpus as job"):
                build(news, tmp_path / "there", executor, *options)
        (slurm / "queue").write_text("")
        assert build(news, tmp_path / "there") is not None

    def test_what_sbatch_refuses_is_one_sentence(
        self, news: Path, slurm: Path, tmp_path: Path
    ) -> None:
        (slurm / "sbatch").write_text("#!/bin/bash\nexit 3\n")
        with pytest.raises(CorpusError, match=r"sbatch refused the jobs \(exit code 3"):
            build(news, tmp_path / "there", "slurm", *FOR_SLURM)

    def test_without_its_commands(
        self, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(CorpusError, match="sbatch was not found"):
            build(news, tmp_path / "there", "slurm", *FOR_SLURM)


class TestRay:
    @pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
    def test_without_it(self, news: Path, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match="needs Ray: pip install ray"):
            build(news, tmp_path / "there", "ray")

    @pytest.mark.skipif(
        find_spec("ray") is None, reason="Ray is not installed: no part of warta[test]"
    )
    @pytest.mark.filterwarnings("ignore")  # its own
    def test_builds_the_same_bytes(self, news: Path, tmp_path: Path) -> None:
        build(news, tmp_path / "here")
        assert build(news, tmp_path / "there", "ray", "mem_per_cpu_gb=0.5") is not None
        assert tree(tmp_path / "there") == tree(tmp_path / "here")


class TestMany:
    """A corpus of several archives, whose clusters are found by the same executors."""

    @pytest.fixture
    def two(self, news: Path) -> list[Path]:
        other = news.with_name("lain.db")
        with Archive(other) as archive:
            for number in (3, 4, 11, 12):
                body = "Pasar di tepi sungai itu dibuka kembali oleh warga setelah banjir surut. "
                keep(archive, story(number, body=2 * body + f"Kabar {number}."))
        return [news, other]

    def same(self, two: list[Path], folder: Path, how: BuildOptions) -> None:
        here, there = folder / "here", folder / "there"
        built_of_many(two, here, how=BuildOptions(jobs=2))
        built_of_many(two, there, how=how)
        assert tree(there) == tree(here)

    @pytest.mark.slow
    def test_by_slurm(self, two: list[Path], slurm: Path, tmp_path: Path) -> None:
        # Each task of its stand-in imports everything anew.
        options = (*FOR_SLURM, "tasks_per_job=46")
        self.same(two, tmp_path, BuildOptions(executor="slurm", options=options, tasks=2))
        left = {path.name for path in work_folder(tmp_path / "there").iterdir()}
        assert all(name.startswith("logs") or name == QUEUED for name in left)

    @pytest.mark.slow
    @pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
    @pytest.mark.filterwarnings("ignore")  # its own
    def test_by_ray(self, two: list[Path], tmp_path: Path) -> None:
        options = ("mem_per_cpu_gb=0.5", "tasks_per_job=46")
        self.same(two, tmp_path, BuildOptions(executor="ray", options=options, tasks=2))


class TestOptions:
    def test_values_are_json_where_they_can_be(self) -> None:
        options = checked_options(
            "slurm", [*FOR_SLURM, "cpus_per_task=2", "qos=null", 'sbatch_args={"account": "news"}']
        )
        assert options["cpus_per_task"] == 2
        assert options["qos"] is None
        assert options["sbatch_args"] == {"account": "news", "kill-on-invalid-dep": "yes"}
        assert options["time"] == "00:10:00"

    def test_the_environment_of_the_command_is_that_of_the_jobs(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "prefix", str(tmp_path))
        assert "venv_path" not in checked_options("slurm", FOR_SLURM)
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "activate").touch()
        assert checked_options("slurm", FOR_SLURM)["venv_path"] == str(
            tmp_path / "bin" / "activate"
        )
        assert (
            checked_options("slurm", [*FOR_SLURM, "venv_path=/srv/venv"])["venv_path"]
            == "/srv/venv"
        )

    @pytest.mark.parametrize(
        ("executor", "given", "said"),
        [
            ("local", ["workers=2"], "the local one has -j"),
            ("slurm", [], "--executor slurm needs --executor-option time=..., partition=..."),
            (
                "slurm",
                [*FOR_SLURM, "colour=red"],
                "colour=red: expected NAME=VALUE; slurm has condaenv, cpus_per_task",
            ),
            ("slurm", [*FOR_SLURM, "logging_dir=/srv"], "logging_dir=/srv: expected NAME=VALUE"),
            ("slurm", [*FOR_SLURM, "workers"], "workers: expected NAME=VALUE"),
            ("ray", ["partition=cpu"], "partition=cpu: expected NAME=VALUE; ray has cpus_per_task"),
        ],
    )
    def test_what_is_wrong_is_said(self, executor: str, given: list[str], said: str) -> None:
        with pytest.raises(CorpusError) as caught:
            checked_options(executor, given)
        assert said in str(caught.value)
