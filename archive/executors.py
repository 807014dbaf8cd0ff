"""Stages on datatrove's executors for Ray and Slurm, for whatever is done in tasks."""

import logging
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from datatrove.executor import ray as datatrove_ray
from datatrove.executor.ray import RankWorker, RayPipelineExecutor, RayTaskManager
from datatrove.executor.slurm import SlurmPipelineExecutor
from datatrove.utils.logging import logger

from archive.errors import ArchiveError
from archive.printable import in_line

QUEUED = "slurm-job"
"""File in the work folder: the id of the last queued Slurm job."""

START_SECONDS = 600.0
"""Seconds in which Ray has a machine that is large enough for a task: clusters may start one."""

Stages = Iterable[Mapping[str, Any]]
"""The arguments `pipeline`, `tasks` and `logging_dir` of each stage's executor, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executors:
    """Ray and Slurm for one kind of work."""

    what: str
    """What it makes, as a user calls it: "corpus"."""
    error: type[ArchiveError]
    """What is raised where a cluster cannot do it."""

    def run_on_ray(self, stages: Stages, options: Mapping[str, Any]) -> None:
        """Run stages on the Ray cluster of RAY_ADDRESS or on this machine; raises `error`."""
        with self._ray():
            for arguments in stages:
                executor = RayPipelineExecutor(**arguments, **options)
                self._check_ray(executor)
                with _errors_of_workers() as errors:
                    executor.run()
                if errors:
                    raise self.error(f"Ray cannot start a task: {_last_line(errors[0])}")
                if missing := executor.get_incomplete_ranks(skip_completed=True):
                    raise self.error(
                        f"{len(missing)} of {arguments['tasks']} tasks failed (see"
                        f" {Path(arguments['logging_dir'], 'logs')}); the same command retries them"
                    )

    def queue(self, stages: Stages, options: Mapping[str, Any], work: Path) -> None:
        """Queue stages as Slurm jobs, each after the one before; raises `error` where Slurm refuses
        them. The work folder then says that they are queued.
        """
        single = {**options, "tasks_per_job": 1, "workers": -1}
        last: SlurmPipelineExecutor | None = None
        with _quiet(), self._plain_slurm():
            for arguments in stages:
                own = single if arguments["tasks"] == 1 else options
                last = SlurmPipelineExecutor(**arguments, depends=last, **own)
            assert last is not None
            last.run()
        (work / QUEUED).write_text(str(last.job_id))

    def check_not_queued(self, work: Path) -> None:
        """Raise `error` while Slurm still has the jobs that an earlier command queued."""
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
            raise self.error(
                f"{work}: Slurm has queued this {self.what} as job {job}; wait for it, or `scancel`"
                " its jobs"
            )
        mark.unlink()

    def _check_ray(self, executor: RayPipelineExecutor) -> None:
        """Start what runs a task, and nothing in it; raises `error` where Ray cannot.

        datatrove would wait forever: it loses the error of a worker that does not start, and a
        task that no machine is large enough for stays pending.
        """
        import ray
        from ray.exceptions import RayError

        room = {
            "num_cpus": executor.cpus_per_task,
            "num_gpus": executor.gpus_per_task,
            "memory": int(executor.mem_per_cpu_gb * executor.cpus_per_task * 1024**3),
        }
        options = room | (executor.ray_remote_kwargs or {})
        try:
            worker = ray.remote(RankWorker).options(**options).remote()
            try:
                started = worker.get_node_ip.remote()
                while not ray.wait([started], timeout=START_SECONDS)[0]:
                    self._check_size(options)
                ray.get(started)
            finally:
                ray.kill(worker)
        except (RayError, TypeError, ValueError) as error:
            raise self.error(f"Ray cannot start a task: {_last_line(error)}") from error

    def _check_size(self, options: Mapping[str, Any]) -> None:
        """Raise `error` where no machine is large enough; one that is busy is waited for."""
        import ray

        wanted = {"CPU": options["num_cpus"], "GPU": options["num_gpus"]}
        wanted |= {"memory": options["memory"]} | (options.get("resources") or {})
        for node in ray.nodes():
            has = node["Resources"]
            if node["Alive"] and all(has.get(name, 0) >= size for name, size in wanted.items()):
                return
        raise self.error(
            f"no machine of the Ray cluster has {options['num_cpus']} CPUs and"
            f" {options['memory'] / 1024**3:g} GB of memory for a task, and none has come in"
            f" {START_SECONDS / 60:g} minutes (-x cpus_per_task=..., -x mem_per_cpu_gb=...)"
        )

    @contextmanager
    def _plain_slurm(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise self.error(
                "--executor slurm needs Slurm's own commands: sbatch was not found"
            ) from error
        except subprocess.CalledProcessError as error:
            raise self.error(
                f"sbatch refused the jobs (exit code {error.returncode}; its message is above)"
            ) from error

    @contextmanager
    def _ray(self) -> Iterator[None]:
        """Connect to Ray; a connection that the caller's program has already made is left open."""
        try:
            import ray
        except ModuleNotFoundError as error:
            raise self.error("--executor ray needs Ray: pip install ray") from error
        ours = not ray.is_initialized()
        if ours:
            try:
                ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise self.error(f"Ray cannot be reached or started: {error}") from error
        try:
            with _quiet():
                yield
        finally:
            if ours:
                ray.shutdown()


class _Workers(RayTaskManager):  # type: ignore[misc]
    """Hands on why workers were not started: datatrove loses it, and waits forever for them."""

    errors: ClassVar[list[BaseException]] = []

    def submit_task(self, *given: Any) -> Future[Any]:
        """Called by datatrove."""
        submitted: Future[Any] = super().submit_task(*given)

        def ended(started: Future[None]) -> None:
            if not started.cancelled() and (error := started.exception()) is not None:
                self.errors.append(error)
                submitted.set_exception(error)

        self.pg_futures[-1].add_done_callback(ended)
        return submitted


@contextmanager
def _errors_of_workers() -> Iterator[list[BaseException]]:
    """Yield the errors of workers that are not started meanwhile."""
    _Workers.errors = []
    before, datatrove_ray.RayTaskManager = datatrove_ray.RayTaskManager, _Workers
    try:
        yield _Workers.errors
    finally:
        datatrove_ray.RayTaskManager = before


def _last_line(error: BaseException) -> str:
    """Return the last line of an error, below the traceback that Ray puts into it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return in_line(lines[-1])


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep datatrove's log, which the work folder has, from the terminal."""
    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")
