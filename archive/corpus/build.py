"""Building a corpus: what is asked for is checked, an unfinished build is gone on with, and OUT
appears when it is whole.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from archive.archive import Archive
from archive.corpus.executors import (
    check_not_queued,
    checked_options,
    queue_slurm,
    run_local,
    run_ray,
)
from archive.corpus.filters.language import check_languages
from archive.corpus.output.finish import MARK, REPLACED, Finish, NothingLeft
from archive.corpus.output.summary import Summary
from archive.corpus.pipeline import versions
from archive.corpus.recipe import Recipe
from archive.corpus.selection import Selection, empty_archive, select
from archive.corpus.splits import Splitter
from archive.database.connection import plain_errors
from archive.errors import CorpusError


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What a corpus is built with; none of it changes a byte."""

    executor: str = "local"
    """`local`, `ray` or `slurm`."""
    options: Sequence[str] = ()
    """NAME=VALUE for Ray's or Slurm's executor."""
    jobs: int = 1
    """Processes of this machine."""
    overwrite: bool = False
    """Whether a corpus that stands there may be replaced."""


def last_written_at(path: Path) -> datetime:
    """The last moment that the archive wrote: what a corpus is built as of unless told otherwise;
    raises CorpusError for an empty one.
    """
    with plain_errors(path), Archive(path, read_only=True) as archive:
        latest = archive.clock.latest()
    if latest is None:
        raise empty_archive(path)
    return latest


def load_selection(recipe: Recipe) -> Selection:
    """What the recipe asks for; raises CorpusError where that is nothing."""
    Splitter(recipe.splits, recipe.test_after)  # says what is wrong with them
    if (language := recipe.thresholds.language).enabled:
        check_languages(language.keep)
    with (
        plain_errors(recipe.archive),
        Archive(recipe.archive, read_only=True) as archive,
        archive.as_of(recipe.as_of) as past,
    ):
        return select(past, recipe)


def build(
    recipe: Recipe,
    selection: Selection,
    out: Path,
    means: BuildOptions,
    *,
    advance: Callable[[int], object],
) -> Summary | None:
    """Make the corpus; `advance` is called with the number of tasks that are done. None where Slurm
    has it queued: its last job leaves nothing but logs in the folder of the unfinished build.

    Killed or stopped, the same command goes on where it was. Raises CorpusError.
    """
    options = checked_options(means.executor, means.options)
    check_target(out, overwrite=means.overwrite)
    work = work_folder(out)
    with _plain(out, work), _alone(work):
        check_not_queued(work)
        _give_back(work, out)
        check_target(out, overwrite=means.overwrite)  # as another build may have made it meanwhile
        found = versions()
        _prepare(work, recipe.digest(selection.archive_digest, found))
        finish = Finish(
            recipe, selection, found, work, out.absolute(), tidy=means.executor == "slurm"
        )
        if means.executor == "slurm":
            queue_slurm(recipe, selection.shards, work, finish, options)
            return None
        try:
            if means.executor == "ray":
                run_ray(recipe, selection.shards, work, finish, options)
            else:
                run_local(recipe, selection.shards, work, finish, jobs=means.jobs, advance=advance)
        except NothingLeft:
            shutil.rmtree(work)
            raise
        shutil.rmtree(work)
    return finish.summary


def work_folder(out: Path) -> Path:
    """Where a corpus is made before it bears its name: beside it, on the same disk, and for
    clusters on the same shared file system.
    """
    return out.absolute().parent / f".{out.name}.building"


def check_target(out: Path, *, overwrite: bool) -> None:
    """Raises CorpusError where something stands at `out` that may not be replaced, or nothing can
    be made there.
    """
    if not out.name:
        raise CorpusError(f"{out}: expected the name of a folder to be made")
    try:
        stands, known = out.is_symlink() or out.exists(), (out / "manifest.json").is_file()
        parent = out.parent.is_dir()
    except OSError as error:
        raise CorpusError(f"{out}: it cannot be written: {error.strerror}") from error
    if not parent:
        raise CorpusError(f"{out}: the folder {out.parent} is not there")
    if stands and not overwrite:
        raise CorpusError(f"{out}: something is there already; --overwrite replaces a corpus")
    if stands and not known:
        raise CorpusError(
            f"{out}: it is no corpus of warta (it has no manifest.json), so it is not overwritten"
        )


def _prepare(work: Path, digest: str) -> None:
    """The folder of an unfinished build, emptied unless it was begun for the same recipe, archive
    and versions.
    """
    mark = work / MARK
    if mark.is_file() and mark.read_text() == digest:
        return
    mark.unlink(missing_ok=True)  # first: killed from here on, what is left belongs to no recipe
    for path in work.iterdir():
        if path.name != "lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    mark.write_text(digest)


def _give_back(work: Path, out: Path) -> None:
    """Its name to a corpus whose replacement was killed after it had lost it, and before the new
    one had it.
    """
    if not out.exists() and (work / REPLACED).exists():
        (work / REPLACED).rename(out)


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """One build of a corpus at a time."""
    work.mkdir(exist_ok=True)
    lock = FileLock(work / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CorpusError(f"{work}: another process is building this corpus") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _plain(out: Path, work: Path) -> Iterator[None]:
    """What the disk says, in a sentence."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else f"it cannot be written: {error.strerror or error}"
        goes_on = (
            f"; the same command goes on where it was{', once there is room' if full else ''}"
            if os.path.exists(work)
            else ""
        )  # noqa: PTH110 - Path's own raises where a name is too long
        raise CorpusError(f"{out}: {why}{goes_on}") from error


def available_cores() -> int:
    """Cores that this process may use; where the system does not say, all there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
