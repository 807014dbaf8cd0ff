"""`warta import --executor`: web archives of any number in tasks, here or on a cluster."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from filelock import Timeout

from archive.database.lock_files import take_lock
from archive.errors import ArchiveBusy
from archive.ledger.wording import plural
from archive.printable import shown_address
from scraper.cli import options
from scraper.cli.ingest.web_archives import show_archives
from scraper.cli.rendering.terminal import (
    interruptible,
    needs_extra,
    note,
    print_json,
    progress_bar,
    say,
)
from scraper.extraction.workers import Limits
from scraper.ingest.pipeline.job import LOCK, Job, is_address
from scraper.ingest.web_archives.importing import Result, counts_of
from scraper.ingest.web_archives.wanted import Wanted

if TYPE_CHECKING:
    from scraper.ingest.pipeline.addresses import Found

EXECUTORS = ("local", "ray", "slurm")
DEFAULT_TASKS = 64
"""Tasks on a cluster, at most one a file."""
SHOWN = 20
"""Files that a plan names, unless as JSON."""

_STOPPED = "Stopped; the same command goes on."


class ImportFile(click.Path):
    """A path, or an address with a scheme, which stays a text."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, allow_dash=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Called by click."""
        if isinstance(value, str) and is_address(value):
            return value
        return super().convert(value, param, ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class InTasks:
    """How an import is divided; none of it changes a row."""

    executor: str | None
    """None for one import."""
    tasks: int | None
    options: Sequence[str]
    """NAME=VALUE for the executor of Ray or Slurm."""
    plan: bool
    jobs: int | None

    def check(self, files: Sequence[Path | str], *, is_collection: bool) -> None:
        """Raise click.UsageError for options that do not fit."""
        if self.executor is None:
            if self.tasks or self.options or self.plan:
                raise click.UsageError("--tasks, -x and --plan need --executor")
            if address := next((each for each in files if isinstance(each, str)), None):
                raise click.UsageError(
                    f"{shown_address(address)}: addresses are read with --executor, such as"
                    " --executor local"
                )
            return
        if is_collection or any(str(each) == "-" for each in files):
            raise click.UsageError("--executor is for web archives, not for collections")
        if self.jobs and self.executor != "local":
            raise click.UsageError(
                f"-j is for this machine; with {self.executor}, use -x workers={self.jobs}"
            )

    def count(self, files: int) -> int:
        """Return the number of tasks."""
        usual = options.processes(self.jobs) if self.executor == "local" else DEFAULT_TASKS
        return self.tasks or max(1, min(usual, files))


def import_in_tasks(
    path: Path,
    files: Sequence[Path | str],
    wanted: Wanted,
    how: InTasks,
    limits: Limits,
    *,
    as_json: bool,
) -> None:
    """Import with progress bars and print what became of the files; exits with 1 or 3."""
    with needs_extra("corpus"):
        from scraper.ingest.pipeline.addresses import found_in
    executor_options = _executor_options(how)
    found = _found(found_in(files))
    job = Job(
        archive=path.absolute(),
        addresses=found.addresses,
        tasks=how.count(len(found.addresses)),
        any_site=wanted.any_site,
        languages=wanted.languages,
        site=wanted.site,
        terms=wanted.terms(),
        now=datetime.now(UTC),
        limits=limits,
        jobs=1,
    )
    if how.plan:
        _show_plan(job, as_json=as_json)
        raise SystemExit(3 if found.unreadable else 0)
    with interruptible(_STOPPED), _begun(job) as begun:
        rows = _run(begun, how, executor_options)
    if rows is not None:
        _print(rows, as_json=as_json, missed=len(found.unreadable))
    else:
        note(f"Slurm has the import; its log and results are in {job.work}.")


def _executor_options(how: InTasks) -> dict[str, Any]:
    """Return the options of the executor, as the user or warta names them."""
    from archive.corpus.executors import checked_options

    assert how.executor is not None
    given = list(how.options)
    if how.executor == "slurm":
        given.insert(0, "job_name=warta-import")
    return checked_options(how.executor, given)


def _found(found: "Found") -> "Found":
    for sentence in found.unreadable:
        note(sentence)
    if not found.addresses:
        raise SystemExit(1)
    return found


@contextmanager
def _begun(job: Job) -> Iterator[Job]:
    """Return the job as it began, while no other process works on it."""
    from scraper.ingest.pipeline.execution import check_not_queued

    job.work.mkdir(exist_ok=True)
    try:
        held = take_lock(job.work / LOCK)
    except Timeout:
        raise ArchiveBusy(f"{job.work}: another process is importing into this archive") from None
    with held:
        check_not_queued(job)
        yield job.begin()


def _run(job: Job, how: InTasks, given: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Run all stages; return what became of the addresses, None where Slurm will."""
    from scraper.ingest.pipeline.execution import queue_slurm, run_local, run_ray, stages
    from scraper.ingest.pipeline.joining import join

    if how.executor == "slurm":
        queue_slurm(job, given)
        return None
    processes = options.processes(how.jobs)
    tasks = sum(stage.tasks for stage in stages(job)[:-1])
    with progress_bar("importing", total=tasks) as advance:
        if how.executor == "ray":
            run_ray(job, given)
        else:
            run_local(job, jobs=processes, advance=advance)
    with progress_bar("merging", total=None, as_share=True) as advance:
        join(job, jobs=processes, advance=advance)
    rows: list[dict[str, Any]] = json.loads(job.results.read_text())
    job.remove()
    return rows


def _show_plan(job: Job, *, as_json: bool) -> None:
    """Say which files would be read, and by how many tasks."""
    if as_json:
        print_json({"file": shown_address(address)} for address in job.addresses)
        return
    for address in job.addresses[:SHOWN]:
        say(shown_address(address))
    more = len(job.addresses) - SHOWN
    rest = f", {more} of them not shown (--json lists all)" if more > 0 else ""
    note(
        f"{plural(len(job.addresses), 'file')}{rest}, in {plural(job.tasks, 'task')}, into"
        f" {job.archive}; nothing was read."
    )


def _print(rows: Sequence[dict[str, Any]], *, as_json: bool, missed: int) -> None:
    """Print what became of the files' records as one import does."""
    shown: list[dict[str, Any]] = []
    for row in rows:
        if row["problem"] is not None:
            missed += 1
            note(f"{row['file']}: {row['problem']}")
        elif row["known"] is not None:
            before = Result.imported_before(Path(row["file"]), row["known"])
            shown.append({"file": row["file"]} | counts_of(before))
        else:
            shown.append({"file": row["file"]} | row["counts"])
    if as_json:
        print_json(shown)
    else:
        show_archives(shown)
    if missed or any(row["bad"] for row in shown):
        raise SystemExit(3 if shown else 1)
