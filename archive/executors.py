"""Stages on datatrove's executors for Ray and Slurm, for whatever is done in tasks."""

import logging
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datatrove.executor.ray import RayPipelineExecutor
from datatrove.executor.slurm import SlurmPipelineExecutor
from datatrove.utils.logging import logger

from archive.errors import ArchiveError

QUEUED = "slurm-job"
"""File in the work folder: the id of the last queued Slurm job."""

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
                executor.run()
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


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep datatrove's log, which the work folder has, from the terminal."""
    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")
