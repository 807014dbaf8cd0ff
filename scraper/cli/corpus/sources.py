"""What a corpus is built of: one archive, or the stories of many, gathered first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from archive.database.clock import utc
from scraper.cli.opening import opened, warn_unsettled
from scraper.cli.rendering import terminal

if TYPE_CHECKING:
    from archive.corpus.many.inputs import Inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a recipe reads."""

    path: Path
    """The archive, or the catalogue of many."""
    as_of: datetime
    """Aware, UTC."""
    digests: tuple[str, ...] = ()
    """Of the archives of a catalogue."""


@contextmanager
def gathered(
    places: Sequence[Path | str], out: Path, as_of: datetime | None, *, plan: bool, overwrite: bool
) -> Iterator[Source]:
    """Yield what the recipe of a corpus at `out` reads. With `plan` nothing of it stays."""
    from archive.corpus.build import last_written_at
    from archive.corpus.many import inputs as many
    from archive.corpus.many.exports import is_export, read_export

    found = many.found_archives([Path(place) for place in places if not is_export(place)])
    exports = [place for place in places if is_export(place)]
    if exports:
        with TemporaryDirectory() as folder:
            read = (read_export(e, Path(folder) / f"{n}.db") for n, e in enumerate(exports))
            yield from _many((*found, *read), out, as_of, plan=plan, overwrite=overwrite)
        return
    if len(found) == 1 and (as_of is None or not many.clustered_later(found[0], as_of)):
        if as_of is not None:
            with opened(found[0]) as archive:
                warn_unsettled(archive, as_of)
        at = last_written_at(found[0]) if as_of is None else utc(as_of)
        yield Source(path=found[0].absolute(), as_of=at)
        return
    yield from _many(found, out, as_of, plan=plan, overwrite=overwrite)


def _many(
    found: tuple[Path, ...], out: Path, as_of: datetime | None, *, plan: bool, overwrite: bool
) -> Iterator[Source]:
    from archive.corpus.many import inputs as many

    if as_of is not None:
        _warn_unsettled(many.settled_until(found), as_of)
    at = many.last_written(found) if as_of is None else utc(as_of)
    inputs = many.identified(found, at)
    if plan:
        with TemporaryDirectory() as folder:
            path = many.gather(
                inputs,
                Path(folder),
                texts=False,
                now=datetime.now(UTC),
                advance=lambda _rows: None,
                note=terminal.note,
            )
            yield Source(path=path, as_of=at, digests=inputs.digests)
        return
    yield Source(path=_gather(inputs, out, overwrite=overwrite), as_of=at, digests=inputs.digests)


def _gather(inputs: "Inputs", out: Path, *, overwrite: bool) -> Path:
    from archive.corpus.build import gather

    with (
        terminal.interruptible("Stopped; the same command resumes the build."),
        terminal.progress_bar("reading archives", total=None) as advance,
    ):
        return gather(
            inputs,
            out,
            overwrite=overwrite,
            now=datetime.now(UTC),
            advance=advance,
            note=terminal.note,
        )


def _warn_unsettled(until: datetime | None, as_of: datetime) -> None:
    if until is None:
        terminal.note("One of the archives is empty: results may still change.")
    elif as_of >= until:
        written = until.isoformat(timespec="seconds")
        terminal.note(
            f"One of the archives was last written at {written}: results as of a later time may"
            " still change."
        )
