"""Runs the stages: on this machine, or by datatrove's executors for Ray and Slurm."""

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
from archive.corpus.pipeline import Stage
from archive.database.parallel import readers
from archive.errors import CorpusError

_EXECUTORS: Mapping[str, type[PipelineExecutor]] = {
    "ray": RayPipelineExecutor,
    "slurm": SlurmPipelineExecutor,
}
_OURS = {"self", "pipeline", "tasks", "depends", "logging_dir", "skip_completed"}
"""Arguments of the executors that are no options."""

QUEUED = "slurm-job"
"""File in the work folder: the id of the last queued Slurm job."""

_stages: Sequence[Stage] = ()


def run_local(
    stages: Sequence[Stage],
    finish: Finish,
    *,
    jobs: int,
    advance: Callable[[int], object],
    compared: Callable[[int, int | None], object],
) -> None:
    """Run all stages on this machine, skipping completed tasks; `advance` is called for those of
    the last of `stages`, `compared` for those before it, with (completed, all tasks or None).

    Raises CorpusError where a process was killed: the processes are those of
    `archive.database.parallel`, as datatrove's own pool waits forever for a killed one.
    """
    waiting = [_local(stage).get_incomplete_ranks() for stage in stages]
    compared(0, sum(stage.tasks for stage in stages[:-1]))
    steps: list[Callable[[int], object]] = [lambda tasks: compared(tasks, None)] * len(stages)
    steps[-1] = advance
    try:
        with readers(min(jobs, max(map(len, waiting))) or 1, _begin, stages) as processes:
            for number, (stage, tasks) in enumerate(zip(stages, waiting, strict=True)):
                steps[number](stage.tasks - len(tasks))
                for _ in processes.map(_judge, [(number, task) for task in tasks]):
                    steps[number](1)
    except BrokenProcessPool as error:
        raise CorpusError(
            "a process that read the archive was killed; the same command resumes the build"
        ) from error
    _finish(finish)


def run_ray(stages: Sequence[Stage], finish: Finish, options: Mapping[str, Any]) -> None:
    """Run the stages on the Ray cluster of RAY_ADDRESS or on this machine, the last one here.

    Raises CorpusError.
    """
    with _ray():
        for stage in stages:
            _run_on_ray(stage, options)
    _finish(finish)


def _run_on_ray(stage: Stage, options: Mapping[str, Any]) -> None:
    executor = RayPipelineExecutor(**stage.arguments(), **options)
    executor.run()
    if missing := executor.get_incomplete_ranks(skip_completed=True):
        raise CorpusError(
            f"{len(missing)} of {stage.tasks} tasks failed (see {stage.logs / 'logs'});"
            " the same command retries them"
        )


def _finish(finish: Finish) -> None:
    """Run the second stage in this process, without datatrove's messages on stderr."""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        for _ in finish.run():
            pass


def queue_slurm(stages: Sequence[Stage], finish: Finish, options: Mapping[str, Any]) -> None:
    """Queue all stages as Slurm jobs; raises CorpusError where Slurm refuses them."""
    logger.disable("datatrove")
    single = {**options, "tasks_per_job": 1, "workers": -1}
    ending = Stage(name="finish", steps=lambda: [finish], tasks=1, work=finish.work)
    last: SlurmPipelineExecutor | None = None
    for stage in (*stages, ending):
        own = single if stage.tasks == 1 else options
        last = SlurmPipelineExecutor(**stage.arguments(), depends=last, **own)
    assert last is not None
    try:
        last.run()
    except FileNotFoundError as error:
        raise CorpusError(
            "--executor slurm needs Slurm's own commands: sbatch was not found"
        ) from error
    except subprocess.CalledProcessError as error:
        raise CorpusError(
            f"sbatch refused the jobs (exit code {error.returncode}; its message is above)"
        ) from error
    finally:
        logger.enable("datatrove")
    (finish.work / QUEUED).write_text(str(last.job_id))


def check_not_queued(work: Path) -> None:
    """Raise CorpusError while Slurm still has the jobs of an earlier command for this corpus."""
    mark = work / QUEUED
    if not mark.is_file():
        return
    job = mark.read_text()
    command = ("squeue", "--noheader", "--jobs", job)
    try:
        # The number is one that we wrote.
        found = subprocess.run(command, capture_output=True, text=True).stdout  # noqa: S603
    except FileNotFoundError:
        found = ""
    if found.strip():
        raise CorpusError(
            f"{work}: Slurm has queued this corpus as job {job}; wait for it, or `scancel` its jobs"
        )
    mark.unlink()


def checked_options(name: str, given: Sequence[str]) -> dict[str, Any]:
    """Parse NAME=VALUE options of an executor; raises CorpusError for an unknown or missing one."""
    if name == "local":
        if given:
            raise CorpusError(
                "--executor-option is for --executor ray and slurm; the local one has -j"
            )
        return {}
    parameters = inspect.signature(_EXECUTORS[name].__init__).parameters
    arguments = {key: one for key, one in parameters.items() if key not in _OURS}
    options = _slurm_defaults() if name == "slurm" else {}
    for option in given:
        key, equals, text = option.partition("=")
        if not equals or key not in arguments:
            known = ", ".join(sorted(arguments))
            raise CorpusError(
                f"--executor-option {option}: expected NAME=VALUE; {name} has {known}"
            )
        value = _value(text)
        if isinstance(value, dict) and isinstance(options.get(key), dict):
            value = options[key] | value
        options[key] = value
    required = (key for key, one in arguments.items() if one.default is inspect.Parameter.empty)
    if missing := [key for key in required if key not in options]:
        raise CorpusError(f"--executor {name} needs --executor-option {'=..., '.join(missing)}=...")
    return options


def _slurm_defaults() -> dict[str, Any]:
    """Return a job name, this environment, and that a job ends when one it depends on failed."""
    defaults: dict[str, Any] = {
        "job_name": "warta-corpus",
        "sbatch_args": {"kill-on-invalid-dep": "yes"},
    }
    activate = Path(sys.prefix) / "bin" / "activate"
    if activate.is_file():
        defaults["venv_path"] = str(activate)
    return defaults


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _local(stage: Stage) -> LocalPipelineExecutor:
    return LocalPipelineExecutor(**stage.arguments(), workers=1)


def _begin(stages: Sequence[Stage]) -> None:
    """Start a process of its own, which keeps the models that its filters load."""
    global _stages
    # datatrove logs every step; `work` has its log.
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    _stages = stages


def _judge(task: tuple[int, int]) -> int:
    """Run a task of a stage with new blocks, as datatrove does."""
    number, rank = task
    _local(_stages[number])._run_for_rank(rank)
    return rank


@contextmanager
def _ray() -> Iterator[None]:
    """Connect to Ray; a connection that the caller's program has already made is left open."""
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
