"""Running the two stages: in processes of this machine, or by datatrove's executors for Ray and Slurm."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

from datatrove.executor.base import PipelineExecutor
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.executor.ray import RayPipelineExecutor
from datatrove.executor.slurm import SlurmPipelineExecutor

from archive.corpus.finishing import Finish
from archive.corpus.pipeline import judging
from archive.corpus.recipe import Recipe
from archive.errors import CorpusError
from archive.parallel import readers

Shards = tuple[tuple[int, int], ...]

_EXECUTORS: Mapping[str, type[PipelineExecutor]] = {"ray": RayPipelineExecutor, "slurm": SlurmPipelineExecutor}

_executor: LocalPipelineExecutor | None = None


def run_local(recipe: Recipe, shards: Shards, work: Path, finish: Finish, *, jobs: int, advance: Callable[[int], object]) -> None:
    """Both stages on this machine; tasks that were done before are not done again. Raises CorpusError where a process was killed.

    The processes are those of `archive.parallel`, each with datatrove's local executor: its own pool waits for ever for one that
    was killed.
    """
    first = _local([], len(shards), work)
    waiting = first.get_incomplete_ranks()
    advance(len(shards) - len(waiting))
    try:
        with readers(min(jobs, len(waiting)) or 1, _begin, recipe, shards, work) as processes:
            for _ in processes.map(_judge, waiting):
                advance(1)
    except BrokenProcessPool as error:
        raise CorpusError("a process that read the archive was killed; the same command goes on where it was") from error
    with _quiet():
        for _ in finish.run():
            pass


def run_elsewhere(name: str, recipe: Recipe, shards: Shards, work: Path, finish: Finish, options: Mapping[str, Any]) -> bool:
    """The same by datatrove's executor for Ray or Slurm; whether the corpus is there already, or only queued (Slurm)."""
    kind = _EXECUTORS[name]
    first = kind(judging(recipe, shards, work), tasks=len(shards), logging_dir=str(work / "logs"), **options)
    if isinstance(first, SlurmPipelineExecutor):
        single = {**options, "tasks_per_job": 1, "workers": -1}
        SlurmPipelineExecutor([finish], tasks=1, depends=first, logging_dir=str(work / "logs-finish"), **single).run()
        return False
    first.run()
    if missing := first.get_incomplete_ranks(skip_completed=True):
        raise CorpusError(f"{len(missing)} of {len(shards)} tasks failed; {work / 'logs'} says why, and the same command goes on")
    for _ in finish.run():
        pass
    return True


def checked_options(name: str, given: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE for the executor's own arguments; raises CorpusError for one that it does not have, or lacks."""
    if name == "local":
        if given:
            raise CorpusError("--executor-option is for --executor ray and slurm; the local one has -j")
        return {}
    ours = {"self", "pipeline", "tasks", "depends", "logging_dir", "skip_completed"}
    arguments = {key: one for key, one in inspect.signature(_EXECUTORS[name].__init__).parameters.items() if key not in ours}
    options: dict[str, Any] = {"venv_path": str(Path(sys.prefix) / "bin" / "activate")} if name == "slurm" else {}
    for option in given:
        key, equals, value = option.partition("=")
        if not equals or key not in arguments:
            raise CorpusError(f"--executor-option {option}: expected NAME=VALUE; {name} has {', '.join(sorted(arguments))}")
        options[key] = _value(value)
    missing = [key for key, one in arguments.items() if one.default is inspect.Parameter.empty and key not in options]
    if missing:
        raise CorpusError(f"--executor {name} needs --executor-option {'=..., '.join(missing)}=...")
    return options


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _local(pipeline: list[Any], tasks: int, work: Path) -> LocalPipelineExecutor:
    return LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=str(work / "logs"))


def _begin(recipe: Recipe, shards: Shards, work: Path) -> None:
    """In a process of its own, which keeps the models that its filters load."""
    global _executor
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - datatrove tells every step; its log in `work` has it all
    _executor = _local(judging(recipe, shards, work), len(shards), work)


def _judge(task: int) -> int:
    assert _executor is not None
    _executor._run_for_rank(task)
    return task


@contextmanager
def _quiet() -> Iterator[None]:
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        yield
