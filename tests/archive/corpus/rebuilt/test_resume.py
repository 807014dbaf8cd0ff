"""A build that is killed or stopped: OUT is whole or not there, and the same command goes on to the
same bytes.
"""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from archive import Archive
from archive.corpus import build, executors, intermediate, selection
from archive.corpus.output import finish
from archive.errors import CorpusError
from scraper.cli.main import main
from tests.archive.corpus.newsroom import built, documents, in_this_process, kept, tree
from tests.archive.corpus.rebuilt import killers
from tests.archive.corpus.rebuilt.killers import (
    begin_and_die,
    begin_and_die_later,
    die,
    dying,
    how_it_ended,
)

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kills"),
    pytest.mark.filterwarnings(
        "ignore:This process:DeprecationWarning"
    ),  # Python 3.12 and later warn of forks beside threads
]

MOMENTS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "before the first task": (executors, "_judge", {"call": 1}),
    "after two tasks": (executors, "_judge", {"call": 2, "after": True}),
    "amid a task": (intermediate, "_kept", {"call": 17}),
    "after all tasks": (finish, "DuplicateSets", {"call": 1}),
    "amid the data files": (finish.DataFiles, "write", {"call": 1, "after": True}),
    "before the card": (finish, "write_card", {"call": 1}),
    "amid the manifest": (finish, "write_manifest", {"call": 1, "after": True}),
    "before it gets its name": (finish, "publish", {"call": 1}),
}


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "SHARD", 10)


def work_of(out: Path) -> Path:
    return out.with_name(f".{out.name}.building")


def killed(
    path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, moment: str, **fields: Any
) -> None:
    """Build in a process that is killed at that moment."""
    place, name, when = MOMENTS[moment]
    with monkeypatch.context() as patch:
        patch.setattr(place, name, dying(getattr(place, name), **when))
        assert how_it_ended(lambda: built(path, out, **fields)) == -signal.SIGKILL


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tasks that are done from now on."""
    done: list[int] = []
    judge = executors._judge
    monkeypatch.setattr(executors, "_judge", lambda task: (done.append(task[1]), judge(task))[1])
    return done


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_time_the_same_command_goes_on(
    fates: Path,
    tmp_path: Path,
    undisturbed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    out = tmp_path / "out"
    killed(fates, out, monkeypatch, moment)
    assert not out.exists()
    assert work_of(out).is_dir()
    built(fates, out)
    assert tree(out) == undisturbed
    assert not work_of(out).exists()


def test_tasks_that_were_done_are_not_done_again(
    fates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(fates, tmp_path / "out", monkeypatch, "after two tasks")
    done = counted(monkeypatch)
    built(fates, tmp_path / "out")
    assert done == [2, 3, 4, 5]


@pytest.mark.parametrize("moment", ["after two tasks", "amid a task", "after all tasks"])
def test_another_recipe_takes_nothing_over(
    fates: Path,
    tmp_path: Path,
    undisturbed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    out = tmp_path / "out"
    killed(fates, out, monkeypatch, moment, opted_out="keep", dedup="none", sites=("kabar",))
    done = counted(monkeypatch)
    built(fates, out)
    assert done == [0, 1, 2, 3, 4, 5]
    assert tree(out) == undisturbed


def test_an_archive_that_has_changed_takes_nothing_over(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with Archive(path) as archive:
        for number in range(25):
            kept(archive, number)
    killed(path, out, monkeypatch, "after two tasks")
    with Archive(path) as archive:
        kept(archive, 3, body="Ralat: naskah ini diganti seluruhnya oleh redaksi.", day=1)
    built(path, out)
    (row,) = [row for row in documents(out) if row["id"] == "kabar:kabar-3"]
    assert row["text"].startswith("Ralat")


def test_what_is_cleared_away_never_passes_for_whole(
    fates: Path, tmp_path: Path, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while another recipe cleared the folder, the first recipe may not take what is left
    for its own.
    """
    out = tmp_path / "out"
    killed(fates, out, monkeypatch, "after all tasks")
    with monkeypatch.context() as patch:
        listed = Path.iterdir
        patch.setattr(Path, "iterdir", lambda folder: iter(sorted(listed(folder))))
        patch.setattr(
            build.shutil, "rmtree", lambda folder: (REMOVE(folder), folder.name == "kept" and die())
        )
        assert how_it_ended(lambda: built(fates, out, opted_out="keep")) == -signal.SIGKILL
    built(fates, out)
    assert tree(out) == undisturbed


REMOVE = shutil.rmtree


# A corpus that is replaced


def test_a_corpus_stands_until_the_one_that_replaces_it_is_whole(
    fates: Path, tmp_path: Path, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    built(fates, out, sites=("kabar",))
    before = tree(out)
    for moment in MOMENTS:
        killed(fates, out, monkeypatch, moment, overwrite=True)
        assert tree(out) == before
    built(fates, out, overwrite=True)
    assert tree(out) == undisturbed
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("same", [True, False])
def test_killed_between_two_names_the_replaced_corpus_comes_back(
    fates: Path,
    tmp_path: Path,
    undisturbed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    same: bool,
) -> None:
    out = tmp_path / "out"
    built(fates, out, sites=("kabar",))
    before = tree(out)
    with monkeypatch.context() as patch:
        patch.setattr(finish, "publish", between_two_names)
        assert how_it_ended(lambda: built(fates, out, overwrite=True)) == -signal.SIGKILL
    assert not out.exists()
    if same:
        built(fates, out, overwrite=True)
        assert tree(out) == undisturbed
    else:
        with pytest.raises(CorpusError, match="already exists"):
            built(fates, out, opted_out="keep")
        assert tree(out) == before


def between_two_names(folder: Path, out: Path, work: Path) -> None:
    """What `publish` does, up to its first rename."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", dying(Path.rename, call=1, after=True))
        PUBLISH(folder, out, work)


PUBLISH = finish.publish


def test_killed_after_it_has_its_name_a_corpus_is_there(
    fates: Path, tmp_path: Path, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(finish, "publish", lambda *given: (PUBLISH(*given), die()))
        assert how_it_ended(lambda: built(fates, out)) == -signal.SIGKILL
    assert tree(out) == undisturbed
    built(fates, out, overwrite=True)
    assert tree(out) == undisturbed
    assert not work_of(out).exists()


# Processes


@pytest.mark.parametrize(
    "start", [begin_and_die, pytest.param(begin_and_die_later, marks=pytest.mark.slow)]
)
def test_a_process_that_is_killed_is_reported_and_the_same_command_goes_on(
    fates: Path,
    tmp_path: Path,
    undisturbed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[..., None],
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(executors, "_begin", start)
        with pytest.raises(CorpusError, match="was killed; the same command resumes the build"):
            built(fates, out, jobs=1)
    assert not out.exists()
    done = counted(monkeypatch)
    built(fates, out)
    assert done == ([0, 1, 2, 3, 4, 5] if start is begin_and_die else [2, 3, 4, 5])
    assert tree(out) == undisturbed


def test_two_builds_of_one_corpus_do_not_meet(fates: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    work_of(out).mkdir()
    with (
        FileLock(work_of(out) / "lock"),
        pytest.raises(CorpusError, match="another process is building this corpus"),
    ):
        built(fates, out)
    assert not out.exists()
    built(fates, out)


def test_two_corpora_of_one_folder_may_be_built_at_once(fates: Path, tmp_path: Path) -> None:
    work_of(tmp_path / "one").mkdir()
    with FileLock(work_of(tmp_path / "one") / "lock"):
        built(fates, tmp_path / "two")


@pytest.mark.parametrize("moment", ["after two tasks", "before the card"])
def test_ctrl_c_leaves_nothing_half_written_and_the_same_command_goes_on(
    fates: Path,
    tmp_path: Path,
    undisturbed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    out = tmp_path / "out"
    place, name, when = MOMENTS[moment]
    monkeypatch.setattr(executors, "readers", in_this_process)
    monkeypatch.setattr(finish, "draw", lambda _summary, _folder: [])
    arguments = [
        "--filters",
        "none",
        "--split",
        "train=0.8,test=0.2",
        "-j",
        "1",
        "--archive",
        str(fates),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(killers, "die", interrupt)
        patch.setattr(place, name, dying(getattr(place, name), **when))
        result = run(out, arguments)
    line = "Stopped; the same command resumes the build."
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (130, line)
    assert not out.exists()
    assert run(out, arguments).exit_code == 0
    assert tree(out) == undisturbed


def interrupt() -> None:
    raise KeyboardInterrupt


def run(out: Path, arguments: list[str]) -> Result:
    return CliRunner().invoke(main, ["corpus", "build", str(out), *arguments])
