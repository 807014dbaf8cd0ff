"""Runs the stages: on this machine, or by datatrove's executors for Ray and Slurm."""

import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from datatrove.executor.base import PipelineExecutor
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.executor.ray import RayPipelineExecutor
from datatrove.executor.slurm import SlurmPipelineExecutor

from archive.corpus.output.finish import Finish
from archive.corpus.pipeline import Stage
from archive.database.parallel import readers
from archive.errors import CorpusError
from archive.executors import Executors

_EXECUTORS: Mapping[str, type[PipelineExecutor]] = {
    "ray": RayPipelineExecutor,
    "slurm": SlurmPipelineExecutor,
}
_OURS = {"self", "pipeline", "tasks", "depends", "logging_dir", "skip_completed"}
"""Arguments of the executors that are no options."""

_CLUSTER = Executors(what="corpus", error=CorpusError)

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
    _CLUSTER.run_on_ray((stage.arguments() for stage in stages), options)
    _finish(finish)


def _finish(finish: Finish) -> None:
    """Run the second stage in this process, without datatrove's messages on stderr."""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        for _ in finish.run():
            pass


def queue_slurm(stages: Sequence[Stage], finish: Finish, options: Mapping[str, Any]) -> None:
    """Queue all stages as Slurm jobs; raises CorpusError where Slurm refuses them."""
    ending = Stage(name="finish", steps=lambda: [finish], tasks=1, work=finish.work)
    given = (stage.arguments() for stage in (*stages, ending))
    _CLUSTER.queue(given, options, finish.work)


def check_not_queued(work: Path) -> None:
    """Raise CorpusError while Slurm still has the jobs of an earlier command for this corpus."""
    _CLUSTER.check_not_queued(work)


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
