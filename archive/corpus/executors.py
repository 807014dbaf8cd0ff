"""Running the two stages: in processes of this machine, or by datatrove's executors for Ray and
Slurm.
"""

from __future__ import annotations

import inspect
import json
import logging
import os
import subprocess
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
from datatrove.utils.logging import logger

from archive.corpus.output.finish import Finish
from archive.corpus.pipeline import first_stage
from archive.corpus.recipe import Recipe
from archive.database.parallel import readers
from archive.errors import CorpusError

Shards = tuple[tuple[int, int], ...]

_EXECUTORS: Mapping[str, type[PipelineExecutor]] = {
    "ray": RayPipelineExecutor,
    "slurm": SlurmPipelineExecutor,
}

QUEUED = "slurm-job"
"""File in the work folder that holds the number of the last job that Slurm was given."""

_task: tuple[Recipe, Shards, Path] | None = None


def run_local(
    recipe: Recipe,
    shards: Shards,
    work: Path,
    finish: Finish,
    *,
    jobs: int,
    advance: Callable[[int], object],
) -> None:
    """Both stages on this machine; tasks that were done before are not done again. Raises
    CorpusError where a process was killed.

    The processes are those of `archive.database.parallel`, each with datatrove's local executor:
    its own pool waits for ever for one that was killed.
    """
    first = _local([], len(shards), work)
    waiting = first.get_incomplete_ranks()
    advance(len(shards) - len(waiting))
    try:
        with readers(min(jobs, len(waiting)) or 1, _begin, recipe, shards, work) as processes:
            for _ in processes.map(_judge, waiting):
                advance(1)
    except BrokenProcessPool as error:
        raise CorpusError(
            "a process that read the archive was killed; the same command goes on where it was"
        ) from error
    _finish(finish)


def run_ray(
    recipe: Recipe, shards: Shards, work: Path, finish: Finish, options: Mapping[str, Any]
) -> None:
    """The first stage on the Ray cluster that RAY_ADDRESS names, or on this machine; the second
    here. Raises CorpusError.
    """
    with _ray():
        first = RayPipelineExecutor(
            first_stage(recipe, shards, work),
            tasks=len(shards),
            logging_dir=str(work / "logs"),
            **options,
        )
        first.run()
    if missing := first.get_incomplete_ranks(skip_completed=True):
        logs = work / "logs" / "logs"
        raise CorpusError(
            f"{len(missing)} of {len(shards)} tasks failed; {logs} says why, and the same command goes on with them"
        )
    _finish(finish)


def _finish(finish: Finish) -> None:
    """The second stage, in this process, without datatrove's words on stderr."""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        for _ in finish.run():
            pass


def queue_slurm(
    recipe: Recipe, shards: Shards, work: Path, finish: Finish, options: Mapping[str, Any]
) -> str:
    """Both stages as jobs of Slurm; the number of the last one. Raises CorpusError where Slurm does
    not take them.
    """
    logger.disable("datatrove")
    first = SlurmPipelineExecutor(
        first_stage(recipe, shards, work),
        tasks=len(shards),
        logging_dir=str(work / "logs"),
        **options,
    )
    single = {**options, "tasks_per_job": 1, "workers": -1}
    last = SlurmPipelineExecutor(
        [finish], tasks=1, depends=first, logging_dir=str(work / "logs-finish"), **single
    )
    try:
        last.run()
    except FileNotFoundError as error:
        raise CorpusError(
            "--executor slurm needs Slurm's own commands: sbatch was not found"
        ) from error
    except subprocess.CalledProcessError as error:
        raise CorpusError(
            f"sbatch did not take the jobs (it ended with {error.returncode}, and says why above)"
        ) from error
    finally:
        logger.enable("datatrove")
    (work / QUEUED).write_text(str(last.job_id))
    return str(last.job_id)


def check_not_queued(work: Path) -> None:
    """Raises CorpusError where Slurm still has the jobs of an earlier command: two would write the
    same files.
    """
    mark = work / QUEUED
    if not mark.is_file():
        return
    job = mark.read_text()
    try:
        asked = ("squeue", "--noheader", "--jobs", job)
        found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - a number we wrote
    except FileNotFoundError:
        found = ""
    if found:
        raise CorpusError(
            f"{work}: Slurm has this corpus in its queue, as job {job}; wait for it, or `scancel` its jobs"
        )
    mark.unlink()


def checked_options(name: str, given: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE for the executor's own arguments; raises CorpusError for one that it does not
    have, or lacks.
    """
    if name == "local":
        if given:
            raise CorpusError(
                "--executor-option is for --executor ray and slurm; the local one has -j"
            )
        return {}
    ours = {"self", "pipeline", "tasks", "depends", "logging_dir", "skip_completed"}
    arguments = {
        key: one
        for key, one in inspect.signature(_EXECUTORS[name].__init__).parameters.items()
        if key not in ours
    }
    options = _usual() if name == "slurm" else {}
    for option in given:
        key, equals, value = option.partition("=")
        if not equals or key not in arguments:
            raise CorpusError(
                f"--executor-option {option}: expected NAME=VALUE; {name} has {', '.join(sorted(arguments))}"
            )
        found = _value(value)
        options[key] = options[key] | found if isinstance(found, dict) and key in options else found
    missing = [
        key
        for key, one in arguments.items()
        if one.default is inspect.Parameter.empty and key not in options
    ]
    if missing:
        raise CorpusError(f"--executor {name} needs --executor-option {'=..., '.join(missing)}=...")
    return options


def _usual() -> dict[str, Any]:
    """For Slurm, unless told otherwise: this environment, a telling name, and no job that waits for
    ever for one that failed.
    """
    activate = Path(sys.prefix) / "bin" / "activate"
    usual: dict[str, Any] = {
        "job_name": "warta-corpus",
        "sbatch_args": {"kill-on-invalid-dep": "yes"},
    }
    return usual | ({"venv_path": str(activate)} if activate.is_file() else {})


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _local(pipeline: list[Any], tasks: int, work: Path) -> LocalPipelineExecutor:
    return LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=str(work / "logs"))


def _begin(recipe: Recipe, shards: Shards, work: Path) -> None:
    """In a process of its own, which keeps the models that its filters load."""
    global _task
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - datatrove tells every step; its log in `work` has it all
    _task = recipe, shards, work


def _judge(task: int) -> int:
    """With blocks of its own, as datatrove does it: their statistics are those of the task."""
    assert _task is not None
    recipe, shards, work = _task
    _local(first_stage(recipe, shards, work), len(shards), work)._run_for_rank(task)
    return task


@contextmanager
def _ray() -> Iterator[None]:
    """A connection to Ray; one that a program of the user's has made already is used, and left to
    it.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise CorpusError("--executor ray needs Ray: pip install ray") from error
    ours = not ray.is_initialized()
    if ours:
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise CorpusError(f"Ray cannot be reached or started: {error}") from error
    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")
        if ours:
            ray.shutdown()
