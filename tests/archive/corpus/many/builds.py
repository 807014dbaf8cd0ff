"""Corpora of several archives, and of the archive that they are merged into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from datatrove.utils.logging import logger

from archive.corpus import build as building
from archive.corpus import executors
from archive.corpus.build import BuildOptions, load_selection
from archive.corpus.many.inputs import found_archives, identified, last_written
from archive.corpus.output import finish
from archive.corpus.output.summary import Summary
from tests.archive.corpus.newsroom import in_this_process, recipe_of, tree
from tests.archive.merge.worlds import LATER


def quiet(patch: pytest.MonkeyPatch) -> None:
    """Leave out what takes most of the time of a small corpus: processes, pictures, and a log file
    for each task.
    """
    patch.setattr(executors, "readers", in_this_process)
    patch.setattr(finish, "draw", lambda _summary, _folder: [])
    for name in ("add_task_logger", "close_task_logger"):
        patch.setattr(f"datatrove.executor.base.{name}", lambda *_args, **_named: None)
    logger.disable("datatrove")


def built_of_many(
    paths: Sequence[Path],
    out: Path,
    *,
    as_of: datetime | None = None,
    how: BuildOptions | None = None,
    note: Callable[[str], object] = lambda _text: None,
    **fields: Any,
) -> Summary | None:
    """What `warta corpus build OUT --archive A --archive B` does."""
    found = found_archives(paths)
    inputs = identified(found, as_of or last_written(found))
    path = building.gather(
        inputs, out, overwrite=False, now=LATER, advance=lambda _rows: None, note=note
    )
    recipe = recipe_of(path, as_of=inputs.as_of, archives=inputs.digests, **fields)
    how = how or BuildOptions()
    return building.build(recipe, load_selection(recipe), out, how, advance=lambda _tasks: None)


def documents_of(out: Path) -> dict[str, str]:
    """Digests of its files, without those that name the archives."""
    return {name: digest for name, digest in tree(out).items() if name != "manifest.json"}
