"""The stories of several archives as one archive of texts, which a corpus reads as any other.

The rules are those of `merge`, and so are the steps; what no corpus reads is not copied: pages,
the ledger, searches, clusters.
"""

from collections.abc import Callable, Sequence
from functools import partial as partial_of
from pathlib import Path

from archive.database.backup import sync
from archive.database.connection import plain_errors
from archive.errors import ArchiveError
from archive.merge import small
from archive.merge.copying import Copying
from archive.merge.inputs import Input, is_full
from archive.merge.numbering import note_gone, number
from archive.merge.partial import Partial, deferred, drop_stages, opened, remove, reopened
from archive.merge.stories import write as write_stories

_TABLES = ("crawls", "snapshots", "readings", "revisions", "rights")
_SHORT = (small.merged_archives, small.dictionaries, small.tombstones, small.drifts)
_PAGES = {"packed": "x''", "headers": "'{}'", "wire": "NULL", "dictionary_id": "NULL"}
_TEXTS = {"body": "''"}


def catalogue(
    path: Path, inputs: Sequence[Input], *, texts: bool = True, advance: Callable[[int], None]
) -> None:
    """Write the archive of texts, which has its name when it is whole; without bodies unless
    `texts`. Killed, the same call resumes.

    `advance` is called with the number of rows done. Raises an ArchiveError that names the archive
    which cannot be read; nothing is left then, unless the disk was full.
    """
    partial = path.with_name(f"{path.name}.partial")
    without = {"snapshots": _PAGES} | ({} if texts else {"revisions": _TEXTS})
    try:
        with plain_errors(partial), opened(partial, inputs) as made:
            _write(made, inputs, Copying(made, inputs, advance, without=without), advance)
        with plain_errors(partial), reopened(partial) as made:
            drop_stages(made)
    except ArchiveError as error:
        if not is_full(error):
            remove(partial)
        raise
    sync(partial)
    partial.replace(path)


def _write(
    partial: Partial, inputs: Sequence[Input], copying: Copying, advance: Callable[[int], None]
) -> None:
    partial.once("numbers", lambda: _number(partial, inputs))
    for copied in _SHORT:
        partial.once(copied.__name__, partial_of(copied, partial, inputs))
    if not partial.done("articles"):
        write_stories(partial, inputs, advance)
    for table in _TABLES:
        if not partial.done(table):
            copying.steps[table]()
    partial.once("clock", lambda: _finish(partial, inputs))


def _number(partial: Partial, inputs: Sequence[Input]) -> None:
    for table in ("urls", "articles"):
        number(partial, inputs, table)
    note_gone(partial, inputs)


def _finish(partial: Partial, inputs: Sequence[Input]) -> None:
    clock = max((each.latest for each in inputs), default="")
    partial.execute("UPDATE clock SET latest = ?", (clock,))
    for statement in small.FOLLOWING:
        partial.execute(statement)
    for _kind, _name, statement in deferred():
        partial.execute(statement)
