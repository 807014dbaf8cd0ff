"""Where the stages run: on this machine, or by datatrove's executors for Ray and Slurm."""

import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep

from archive.database.parallel import readers
from archive.errors import ArchiveError
from archive.executors import Executors
from archive.printable import in_line, shown_address, without_secrets
from scraper.ingest.pipeline.job import ImportUnfinished, Job
from scraper.ingest.pipeline.joining import join
from scraper.ingest.pipeline.sharding import import_shard
from scraper.ingest.pipeline.sifting import sift
from scraper.ingest.pipeline.streams import Unfetched
from scraper.sites import folders
from scraper.sites.folders import Folders

AGAIN = "the same command goes on"

_CLUSTER = Executors(what="import", error=ImportUnfinished)
_stage: "Stage | None" = None


class Step(PipelineStep):
    """A step of an import; what it needs is in the folder of its job."""

    type = "IMPORT"
    _requires_dependencies: Sequence[str] = ()

    def __init__(self, work: Path, publishers: Folders) -> None:
        super().__init__()
        self._work = work
        self._publishers = publishers

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> Any:
        """Called by datatrove."""
        yield from data or ()
        if not folders.are_known():
            folders.adopt(self._publishers)
        self.do(Job.load(self._work), rank, world_size)

    @abstractmethod
    def do(self, job: Job, rank: int, world_size: int) -> None:
        """Do a task."""


class Sift(Step):
    """Indexes every so many files."""

    name = "index"

    def do(self, job: Job, rank: int, world_size: int) -> None:
        """Index the files of a task; what cannot be read now fails the task after the others."""
        failed: Unfetched | None = None
        for number in range(rank, len(job.addresses), world_size):
            try:
                sift(job, number)
            except (Unfetched, OSError) as error:
                failed = Unfetched(_sentence(job.addresses[number], error))
        if failed is not None:
            raise failed


def _sentence(address: str, error: Exception) -> str:
    return f"{shown_address(address)}: {without_secrets(in_line(str(error)))}"


class ImportShard(Step):
    """Imports the publishers of a task."""

    name = "import"

    def do(self, job: Job, rank: int, world_size: int) -> None:
        """Import them into an archive of the task's own."""
        import_shard(job, rank)


class Join(Step):
    """Merges the archives of the tasks."""

    name = "merge"

    def __init__(self, work: Path, publishers: Folders, *, tidy: bool) -> None:
        super().__init__(work, publishers)
        self._tidy = tidy

    def do(self, job: Job, rank: int, world_size: int) -> None:
        """Put the merged archive; `tidy`: leave only the logs and the results."""
        join(job, jobs=1)
        if self._tidy:
            job.tidy()


class Stage:
    """A step with its number of tasks."""

    def __init__(self, job: Job, step: Step, tasks: int) -> None:
        self.step = step
        self.tasks = tasks
        self.logs = job.logs(step.name)

    @property
    def arguments(self) -> dict[str, Any]:
        """Of an executor."""
        return {"pipeline": [self.step], "tasks": self.tasks, "logging_dir": str(self.logs)}

    def local(self) -> LocalPipelineExecutor:
        """Return an executor of this process."""
        return LocalPipelineExecutor(**self.arguments, workers=1)


def stages(job: Job, *, tidy: bool = False) -> list[Stage]:
    """Return the stages of an import in their order."""
    publishers, _turn = folders.current()
    files = min(job.tasks, len(job.addresses))
    return [
        Stage(job, Sift(job.work, publishers), files),
        Stage(job, ImportShard(job.work, publishers), job.tasks),
        Stage(job, Join(job.work, publishers, tidy=tidy), 1),
    ]


def run_local(job: Job, *, jobs: int, advance: Callable[[int], object]) -> None:
    """Run the stages but the last on this machine, skipping completed tasks.

    The processes are those of `archive.database.parallel`: datatrove's own pool waits forever for
    one that was killed. Raises ImportUnfinished.
    """
    for stage in stages(job)[:-1]:
        waiting = stage.local().get_incomplete_ranks()
        advance(stage.tasks - len(waiting))
        try:
            with readers(min(jobs, len(waiting)) or 1, _begin, stage) as processes:
                problems = [_advanced(each, advance) for each in processes.map(_do, waiting)]
        except BrokenProcessPool as error:
            raise ImportUnfinished(f"a process of the import was killed; {AGAIN}") from error
        failed = [problem for problem in problems if problem is not None]
        if failed:
            raise ImportUnfinished(
                f"{len(failed)} of {stage.tasks} tasks failed ({failed[0]}); {AGAIN}"
            )


def run_ray(job: Job, options: Mapping[str, Any]) -> None:
    """Run the stages but the last on the Ray cluster of RAY_ADDRESS or on this machine.

    Raises ImportUnfinished.
    """
    _CLUSTER.run_on_ray((stage.arguments for stage in stages(job)[:-1]), options)


def queue_slurm(job: Job, options: Mapping[str, Any]) -> None:
    """Queue all stages as Slurm jobs, each after the one before; raises ImportUnfinished."""
    _CLUSTER.queue((stage.arguments for stage in stages(job, tidy=True)), options, job.work)


def check_not_queued(job: Job) -> None:
    """Raise ImportUnfinished while Slurm still has the jobs of an earlier command."""
    _CLUSTER.check_not_queued(job.work)


def _advanced(problem: str | None, advance: Callable[[int], object]) -> str | None:
    advance(problem is None)
    return problem


def _begin(stage: Stage) -> None:
    """Start a process of its own."""
    global _stage
    # datatrove logs every step; the job's folder has its log.
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    _stage = stage


def _do(task: int) -> str | None:
    """Run a task with new blocks, as datatrove does; return why it failed."""
    assert _stage is not None
    try:
        _stage.local()._run_for_rank(task)
    except (Unfetched, ArchiveError, OSError) as error:
        return in_line(str(error))
    return None
