"""Builds a corpus: checks the target, resumes an unfinished build, and publishes the whole."""

import errno
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from filelock import Timeout

from archive.archive import Archive
from archive.corpus import executors
from archive.corpus.filters.language import check_languages
from archive.corpus.many.catalogue import Job, ranges
from archive.corpus.many.inputs import Inputs, Note
from archive.corpus.many.inputs import gather as gather_stories
from archive.corpus.many.stages import cluster_stages
from archive.corpus.output.finish import GATHERED, RECIPE, REPLACED, Finish, NothingLeft
from archive.corpus.output.summary import Summary
from archive.corpus.pipeline import Stage, first_stage, index_references, versions
from archive.corpus.recipe import Recipe
from archive.corpus.selection import Selection, empty_archive, opened, select
from archive.corpus.splits import Splitter
from archive.database.connection import plain_errors
from archive.database.lock_files import take_lock
from archive.errors import ArchiveError, CorpusError
from archive.merge.inputs import is_full

MOST_TASKS = 64
"""Tasks that compare texts, unless more are requested: datatrove opens a file for each at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How a corpus is built; none of it changes a byte."""

    executor: str = "local"
    """`local`, `ray` or `slurm`."""
    options: Sequence[str] = ()
    """NAME=VALUE for the executor of Ray or Slurm."""
    jobs: int = 1
    """Processes of the local executor."""
    tasks: int | None = None
    """Tasks of each stage, at most; None: one for a thousand articles, and up to 64 that compare
    the texts of many archives.
    """
    overwrite: bool = False
    """Whether an existing corpus may be replaced."""


def last_written_at(path: Path) -> datetime:
    """Return the time of the archive's last write; raises CorpusError for an empty archive."""
    with plain_errors(path), Archive(path, read_only=True) as archive:
        latest = archive.clock.latest()
    if latest is None:
        raise empty_archive(path)
    return latest


def load_selection(recipe: Recipe) -> Selection:
    """Select the articles and check the recipe; raises CorpusError, also where none is selected."""
    Splitter(recipe.splits, recipe.test_after)  # checks them
    if (language := recipe.thresholds.language).enabled:
        check_languages(language.keep)
    if recipe.references and not recipe.thresholds.contamination.enabled:
        name = recipe.thresholds.name
        raise CorpusError(f"--decontaminate: the filters {name!r} disable [contamination]")
    with opened(recipe.archive, recipe.as_of) as past:
        return select(past, recipe)


def gather(
    inputs: Inputs,
    out: Path,
    *,
    overwrite: bool,
    now: datetime,
    advance: Callable[[int], None],
    note: Note,
) -> Path:
    """Write the catalogue of many archives into the work folder of a corpus, and return its path.

    `now`, aware, is compared with their clocks, and written nowhere. Killed or stopped, a later
    call resumes. Raises an ArchiveError.
    """
    check_target(out, overwrite=overwrite)
    work = work_folder(out)
    with _plain_errors(out, work), _locked(work):
        executors.check_not_queued(work)
        _prepare(work, GATHERED, inputs.digest())
        try:
            return gather_stories(inputs, work, now=now, advance=advance, note=note)
        except ArchiveError as error:
            if not is_full(error):
                shutil.rmtree(work)
            raise


def build(
    recipe: Recipe,
    selection: Selection,
    out: Path,
    options: BuildOptions,
    *,
    advance: Callable[[int], object],
    compared: Callable[[int, int | None], object] = lambda _tasks, _total: None,
) -> Summary | None:
    """Build the corpus; `advance` is called with the number of completed tasks, and before that, of
    many archives, `compared` with (those that find their clusters, all of them or None).

    None where Slurm has queued it: its last job leaves only logs in the work folder. Killed or
    stopped, a later call resumes. Raises CorpusError.
    """
    for_executor = executors.checked_options(options.executor, options.options)
    check_target(out, overwrite=options.overwrite)
    work = work_folder(out)
    with _plain_errors(out, work), _locked(work):
        executors.check_not_queued(work)
        _put_back(out, work)
        check_target(out, overwrite=options.overwrite)  # another build may have made it
        finish = _prepared(recipe, selection.cut(options.tasks), out, options)
        stages = _stages(finish, options)
        if options.executor == "slurm":
            executors.queue_slurm(stages, finish, for_executor)
            return None
        with _removed_when_over(work):
            if options.executor == "ray":
                executors.run_ray(stages, finish, for_executor)
            else:
                executors.run_local(
                    stages, finish, jobs=options.jobs, advance=advance, compared=compared
                )
    return finish.summary


def _put_back(out: Path, work: Path) -> None:
    """Give a corpus its name again whose replacement was killed between two renames."""
    if not out.exists() and (work / REPLACED).exists():
        (work / REPLACED).rename(out)


def _prepared(recipe: Recipe, selection: Selection, out: Path, options: BuildOptions) -> Finish:
    """Prepare the work folder, and return what completes the build."""
    work, found, slurm = work_folder(out), versions(recipe), options.executor == "slurm"
    _resume_or_clear(work, recipe, selection, found)
    _index(recipe, work)
    return Finish(recipe, selection, found, work, out.absolute(), tidy=slurm)


def _resume_or_clear(
    work: Path, recipe: Recipe, selection: Selection, found: dict[str, str]
) -> None:
    """Keep what an earlier call of the same build left in the work folder, and nothing else."""
    kept: tuple[str, ...] = ()
    archive_digest: str | None = selection.archive_digest
    if recipe.archives:
        kept = (RECIPE, GATHERED, recipe.archive.name)
        archive_digest = None  # that of a catalogue changes when its clusters are known
    _prepare(work, RECIPE, recipe.digest(archive_digest, found, len(selection.shards)), but=kept)


def work_folder(out: Path) -> Path:
    """Return the folder of the unfinished build: beside `out`, on the same file system."""
    return out.absolute().parent / f".{out.name}.building"


def check_target(out: Path, *, overwrite: bool) -> None:
    """Raise CorpusError where `out` cannot be made, or exists and may not be replaced."""
    if not out.name:
        raise CorpusError(f"{out}: expected the name of a new folder")
    try:
        exists, is_corpus = out.is_symlink() or out.exists(), (out / "manifest.json").is_file()
        has_parent = out.parent.is_dir()
    except OSError as error:
        raise CorpusError(f"{out}: cannot be written: {error.strerror}") from error
    if not has_parent:
        raise CorpusError(f"{out}: the folder {out.parent} does not exist")
    if exists and not overwrite:
        raise CorpusError(f"{out}: already exists; --overwrite replaces a corpus")
    if exists and not is_corpus:
        raise CorpusError(
            f"{out}: not a corpus of warta (it has no manifest.json), so it is not overwritten"
        )


def _stages(finish: Finish, options: BuildOptions) -> list[Stage]:
    """Return the stages before the last."""
    recipe, shards, work = finish.recipe, finish.selection.shards, finish.work
    steps = partial(first_stage, recipe, shards, work)
    stages = [Stage(name="", steps=steps, tasks=len(shards), work=work)]
    if recipe.archives:
        found = ranges(recipe.archive, recipe.as_of, options.tasks or min(len(shards), MOST_TASKS))
        job = Job(path=recipe.archive, work=work, as_of=recipe.as_of, ranges=found)
        stages = [*cluster_stages(job), *stages]
    return stages


def _prepare(work: Path, name: str, digest: str, *, but: Collection[str] = ()) -> None:
    """Empty the work folder, but for some files, unless it belongs to the same digest."""
    mark = work / name
    if mark.is_file() and mark.read_text() == digest:
        return
    mark.unlink(missing_ok=True)  # first: killed from here on, what is left belongs to no recipe
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in ("lock", *but):
            path.unlink()
    mark.write_text(digest)


def _index(recipe: Recipe, work: Path) -> None:
    try:
        index_references(recipe, work)
    except CorpusError:  # a file that no resumed build could read either
        shutil.rmtree(work)
        raise


@contextmanager
def _removed_when_over(work: Path) -> Iterator[None]:
    """Remove the work folder, which stays only where the build can be resumed."""
    try:
        yield
    except NothingLeft:
        shutil.rmtree(work)
        raise
    shutil.rmtree(work)


@contextmanager
def _locked(work: Path) -> Iterator[None]:
    """Allow one build of a corpus at a time."""
    work.mkdir(exist_ok=True)
    try:
        with take_lock(work / "lock"):
            yield
    except Timeout:
        raise CorpusError(f"{work}: another process is building this corpus") from None


@contextmanager
def _plain_errors(out: Path, work: Path) -> Iterator[None]:
    """Turn errors of the file system into CorpusErrors that say how to resume."""
    try:
        yield
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        hint = "; the same command resumes the build"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            why, hint = "the disk is full", f"{hint} once there is space"
        if not os.path.exists(work):  # noqa: PTH110 - Path's own raises where a name is too long
            hint = ""
        raise CorpusError(f"{out}: {why}{hint}") from error
