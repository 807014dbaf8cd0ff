"""`merge`: archives of several machines, or of several years, as one archive.

The result follows from what the inputs hold, and from nothing else: neither from their order nor
from the time of the merge. Steps are done in the order below, each in transactions of its own; what
was done before a kill is not done again.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial as partial_of
from pathlib import Path

from filelock import Timeout

from archive.archive import Archive
from archive.database.backup import name_copy, sync
from archive.database.clock import parsed, settled_until
from archive.database.connection import plain_errors
from archive.database.lock_files import take_lock
from archive.database.rows import column, value
from archive.errors import ArchiveBusy, ArchiveDamaged, ArchiveError, ArchiveUnwritable
from archive.maintenance import rebuild_clusters, takedown
from archive.maintenance.copies import opened_as_it_is
from archive.maintenance.restore import log_written, share
from archive.merge import small
from archive.merge.copying import Copying
from archive.merge.inputs import REFUSED_SKEW, Input, copies, disagreement, is_full
from archive.merge.inputs import opened as opened_inputs
from archive.merge.ledger import Addresses
from archive.merge.numbering import note_gone, number, shared
from archive.merge.partial import Partial, deferred, drop_stages, remove, reopened
from archive.merge.partial import opened as opened_partial
from archive.merge.stories import write as write_stories

Advance = Callable[[float], None]
Note = Callable[[str], None]

_PACKING = """INSERT INTO packing (site, pages)
    SELECT u.site, count(*) FROM snapshots s JOIN urls u ON u.id = s.url_id
    WHERE s.part = 1 GROUP BY u.site"""
_EARLY = ("checks_url", "urls_key")
"""Indexes by which the ledger is joined."""
_COUNTED = "crawls urls articles snapshots readings revisions rights checks".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How archives are merged."""

    update: bool = False
    """Take into an archive that was merged before what is new since."""
    clusters: bool = True
    """Compare the texts of all stories, also across the archives."""
    force: bool = False
    """Also where clocks disagree by more than REFUSED_SKEW."""
    jobs: int = 1
    """Processes that compare texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What an input brought."""

    archive: str
    """Its path."""
    stories: int
    """With a text; also those that other inputs have."""
    revisions: int
    snapshots: int
    urls: int
    tombstones: int
    latest: str | None
    """Its clock; None: it was never written."""
    state: str
    """`merged`; `copy` of another input; `unchanged` since the last merge; `updated`: the merged
    archive itself.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a merge."""

    parts: Sequence[Part]
    stories: int
    """Of the merged archive, with a text."""
    joined: int
    """Stories that stood in several inputs."""
    revisions: int
    dropped: int
    """Revisions of inputs whose text stood there already, or whose story was taken down."""
    snapshots: int
    urls: int
    tombstones: int
    clusters: int
    latest: str | None
    """Its clock: the newest of the inputs'."""
    settled_until: str | None
    """Readings as of earlier times hold, whatever the inputs write later; None: no input was ever
    written.
    """
    changed: bool
    """Whether anything was new."""


def merge(
    out: Path,
    paths: Sequence[Path],
    options: Options,
    *,
    now: datetime,
    advance: Callable[[float, int | None], None],
    note: Note,
) -> Report:
    """Merge archives into `out`, which is made, or with `options.update` replaced when it is whole.

    `now`, aware, is compared with the inputs' clocks, and written nowhere. `advance` is called with
    (rows done, all rows or None), `note` with a sentence on what is odd. Raises an ArchiveError;
    there is nothing new at `out` then. What was done is kept beside it where the process is killed
    or the disk is full, so that the same merge resumes.
    """
    if not options.update and (out.exists() or out.is_symlink()):
        raise ArchiveUnwritable(
            f"{out}: there is a file of that name already; `warta merge --update` takes in what is"
            " new since it was merged"
        )
    if out.exists() and any(path.exists() and path.samefile(out) for path in paths):
        raise ArchiveError(f"{out}: it is among the archives that are to be merged into it")
    partial, base = out.with_name(out.name + ".partial"), out if out.exists() else None
    with _locked(partial), opened_inputs(paths, base=base) as inputs:
        _check_clocks(inputs, options, now=now, note=note)
        for one, other in copies(inputs):
            note(f"{one}: it holds the same as {other}")
        wanted = _changed(inputs)
        before = _parts(inputs, wanted)
        if base is not None and not any(not each.is_base for each in wanted):
            return _report(out, before, joined=0, changed=False)
        with _kept_if_full(partial):
            joined = _build(partial, wanted, options, advance)
        latest = next((each.latest for each in inputs if each.is_base), None)
    _put(partial, out, latest=latest)
    return _report(out, before, joined=joined, changed=True)


@contextmanager
def _locked(partial: Path) -> Iterator[None]:
    """Keep other merges away."""
    file = partial.with_name(f"{partial.name}.lock")
    try:
        with os.scandir(file.parent):  # the lock would make the folder
            pass
        held = take_lock(file)
    except Timeout:
        raise ArchiveBusy(f"{partial}: another merge writes it") from None
    except OSError as error:
        raise ArchiveUnwritable(f"{partial}: it cannot be written ({error.strerror})") from error
    with held:
        yield


@contextmanager
def _kept_if_full(partial: Path) -> Iterator[None]:
    """Remove what failed, unless the same merge can resume when the disk has room again."""
    try:
        yield
    except ArchiveError as error:
        if is_full(error):
            text = f"{error}; {partial.name} keeps what was done: run it again"
            raise ArchiveUnwritable(text) from error
        remove(partial)
        raise


def _check_clocks(inputs: Sequence[Input], options: Options, *, now: datetime, note: Note) -> None:
    found = disagreement(inputs, now=now)
    if found is None:
        return
    apart, sentence = found
    if apart > REFUSED_SKEW and not options.force:
        raise ArchiveError(
            f"{sentence}: what changed first cannot be known; --force merges by these clocks"
        )
    note(f"{sentence}: the order of what they saw may be wrong")


def _changed(inputs: Sequence[Input]) -> list[Input]:
    """Return the inputs that the archive to be updated has not taken in as they are, and of copies
    of one archive the first.
    """
    same = {one for one, _other in copies(inputs)}
    known: set[str] = set()
    for each in inputs:
        if each.is_base:
            known.update(column(each.db, "SELECT content FROM merged_archives"))
    return [
        each
        for each in inputs
        if each.is_base or (each.content not in known and each.path not in same)
    ]


def _parts(inputs: Sequence[Input], wanted: Sequence[Input]) -> list[Part]:
    same = {one for one, _other in copies(inputs)}

    def state(each: Input) -> str:
        if each.is_base:
            return "updated"
        if each.path in same:
            return "copy"
        return "merged" if each in wanted else "unchanged"

    return [
        Part(
            archive=str(each.path),
            stories=value(each.db, "SELECT count(*) FROM articles WHERE revision > 0"),
            latest=each.latest or None,
            state=state(each),
            **{
                name: value(each.db, f"SELECT count(*) FROM {name}")
                for name in ("revisions", "snapshots", "urls", "tombstones")
            },
        )
        for each in inputs
    ]


def _build(
    path: Path,
    inputs: Sequence[Input],
    options: Options,
    advance: Callable[[float, int | None], None],
) -> int:
    """Make the merged archive at `path`, and return the number of joined stories."""
    total = sum(
        value(each.db, f"SELECT count(*) FROM {table}") for each in inputs for table in _COUNTED
    )
    advance(0, total)

    def done(rows: float) -> None:
        advance(rows, None)

    clock = max((each.latest for each in inputs), default="")
    with plain_errors(path), opened_partial(path, inputs) as partial:
        _copy(partial, inputs, done)
        _finish(partial, clock)
        joined = int(value(partial.db, "SELECT value FROM merging WHERE name = 'joined'"))
    now = parsed(clock) or datetime.fromtimestamp(0, UTC)
    with plain_errors(path), Archive(path) as archive:
        _repack(archive, now=now)
        if options.clusters:
            rebuild_clusters.rebuild(archive, now=now, jobs=options.jobs, advance=lambda _n: None)
    return joined


def _copy(partial: Partial, inputs: Sequence[Input], done: Advance) -> None:
    """Do the steps that read the inputs, from where they were interrupted."""
    partial.once("numbers", lambda: _number(partial, inputs))
    for copied in small.STEPS:
        partial.once(copied.__name__, partial_of(copied, partial, inputs))
    if not partial.done("articles"):
        write_stories(partial, inputs, done)
    addresses, copying = Addresses(partial, inputs), Copying(partial, inputs, done)
    if not partial.done("urls"):
        addresses.copy(done)
    for table, copy in copying.steps.items():
        if not partial.done(table):
            copy()
    early = [index for _kind, name, index in deferred() if name in _EARLY]
    partial.once("early", lambda: _execute(partial, early))
    partial.once("join", addresses.join)


def _number(partial: Partial, inputs: Sequence[Input]) -> None:
    for table in ("urls", "articles"):
        number(partial, inputs, table)
    note_gone(partial, inputs)
    joined = sum(1 for _new in shared(partial, "articles"))
    partial.execute("INSERT OR REPLACE INTO merging VALUES ('joined', ?)", (str(joined),))


def _execute(partial: Partial, statements: Sequence[str]) -> None:
    for statement in statements:
        partial.execute(statement)


def _finish(partial: Partial, clock: str) -> None:
    """Write what follows from the copied rows: the clock, listings, indexes, and searches."""
    partial.once("clock", lambda: _set_clock(partial, clock))
    for _kind, name, statement in deferred():
        if name not in _EARLY:
            partial.once(name, partial_of(_execute, partial, [statement]))
    for index in ("search", "search_earlier"):
        rebuild = f"INSERT INTO {index} ({index}) VALUES ('rebuild')"
        partial.once(index, partial_of(_execute, partial, [rebuild]))


def _set_clock(partial: Partial, clock: str) -> None:
    partial.execute("UPDATE clock SET latest = ?", (clock,))
    _execute(partial, [*small.FOLLOWING, _PACKING])
    drop_stages(partial, but=("merging", "merging_steps", "merging_retired"))


def _repack(archive: Archive, *, now: datetime) -> None:
    """Give up the dictionaries that hold pages of stories that were taken down."""
    retired = column(archive.db, "SELECT dictionary FROM merging_retired ORDER BY 1")
    if retired:
        with archive.transaction(now):
            for dictionary in retired:
                archive.snapshots.retire(dictionary)
    with suppress(ArchiveDamaged):  # `warta verify` reports it, as it did in the input
        takedown.finish(archive, now=now)


def _put(partial: Path, out: Path, *, latest: str | None) -> None:
    """Give the merged archive its name. One that is updated, and had the clock `latest`, must not
    have been written meanwhile, and no other program may have it open.
    """
    try:
        if latest is not None:
            _check_unwritten(partial, out, latest)
        with plain_errors(partial), reopened(partial) as made:
            drop_stages(made)
        sync(partial)
        if latest is None:
            name_copy(partial, out, replace=False)
            remove(partial)
        else:
            share(partial, like=out)
            partial.replace(out.resolve())
        sync(out.parent)
    except OSError as error:
        raise ArchiveUnwritable(f"{out}: it cannot be written ({error.strerror})") from error


def _check_unwritten(partial: Path, out: Path, latest: str) -> None:
    log_written(out.resolve())
    with opened_as_it_is(out) as present:
        written = value(present, "SELECT latest FROM clock")
    if written != latest:
        remove(partial)
        raise ArchiveBusy(f"{out}: it was written while it was updated: run it again")


def _report(out: Path, parts: Sequence[Part], *, joined: int, changed: bool) -> Report:
    with opened_as_it_is(out) as db:
        counts = {
            name: value(db, f"SELECT count(*) FROM {name}")
            for name in ("revisions", "snapshots", "urls", "tombstones")
        }
        read = sum(part.revisions for part in parts if part.state in ("merged", "updated"))
        return Report(
            parts=parts,
            stories=value(db, "SELECT count(*) FROM articles WHERE revision > 0"),
            joined=joined,
            dropped=max(0, read - counts["revisions"]) if changed else 0,
            clusters=value(db, "SELECT count(DISTINCT cluster_id) FROM members"),
            latest=value(db, "SELECT latest FROM clock") or None,
            settled_until=settled_until(db),
            changed=changed,
            **counts,
        )
