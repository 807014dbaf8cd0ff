"""One history of a story from several: what each archive saw of it, replayed in order of time.

Pure rules, no SQL. A revision of an archive says what a story's page was at its time, and so does
each later check that changed nothing: a page that another archive saw change meanwhile had changed
back by then. The result is what one archive that did all the crawls would have written.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from archive.records import IMPORTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an archive saw of a story at a time."""

    at: str
    """The archive's time, UTC."""
    archive: int
    """Number of the input."""
    revision: int
    """Id of the revision that holds the text there."""
    kind: str
    """Of that revision."""
    digest: str
    """Of the compared fields."""
    extractor: str
    layout: str
    before: tuple[str, bool] | None
    """Digest of the revision before it there, and whether the story was removed then; None for the
    first.
    """
    reread: bool
    """The extractor changed, and read the same page again: it says nothing of the site."""
    check: int | None = None
    """Id of a check that changed nothing; None for the revision itself."""
    captured_at: str | None = None
    """Of a page of an imported web archive: when it was as it is there, UTC; `at` is the import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A revision of the merged history."""

    at: str
    archive: int
    revision: int
    """Id of the revision there whose text it has."""
    kind: str
    returns_to: int | None
    same_as_there: bool
    """It follows the same text as there, so that what changed, and the note, are known."""


@dataclass(slots=True, kw_only=True)
class _State:
    """The merged history up to a time."""

    current: Seen | None = None
    removed: bool = False
    read_by: dict[str, str] = field(default_factory=dict)
    """Digest of what each extractor read last."""
    numbers: dict[str, int] = field(default_factory=dict)
    """Newest number by digest."""
    known_until: str = ""
    """The newest time of a page that was seen."""
    written: list[Planned] = field(default_factory=list)


def merged(seen: Iterable[Seen]) -> list[Planned]:
    """Return the revisions of one history; `seen` is in order of time, those of one archive in its
    own order.
    """
    state = _State()
    for each in seen:
        if each.captured_at is not None and each.captured_at <= state.known_until:
            continue  # as an import does: it is evidence, and nothing is written into the past
        state.known_until = max(state.known_until, each.captured_at or each.at)
        kind = _kind(state, each)
        if kind is not None:
            _write(state, each, kind)
        if kind is not None or _is_read(each):
            state.read_by[each.extractor] = each.digest
    return state.written


def _is_read(seen: Seen) -> bool:
    """Whether a page was read at that time, and not only one that was kept earlier."""
    return not seen.reread and seen.kind != "removed" and seen.layout != IMPORTED


def _kind(state: _State, seen: Seen) -> str | None:
    """Return the kind of the revision that follows; None where nothing changed."""
    now = state.current
    if now is None:
        return None if seen.kind == "removed" else "first"
    if seen.kind == "removed":
        return None if state.removed else "removed"
    follows = seen.check is None and seen.before == (now.digest, state.removed)
    if seen.reread:
        # A reading of an earlier page than the present one.
        return seen.kind if follows and seen.digest != now.digest else None
    if seen.layout == IMPORTED:
        return _kind_of_imported(state, seen)
    if state.removed:
        return "restored"
    if now.layout == IMPORTED:
        return "technical"
    if seen.digest == now.digest or state.read_by.get(seen.extractor) == seen.digest:
        return None
    if follows:
        return seen.kind
    return _kind_by_extractor(state, seen)


def _kind_by_extractor(state: _State, seen: Seen) -> str | None:
    """Return what a difference from the present text is: the publisher's, if the same extractor
    read another text before; else it may be the extractor's.
    """
    if seen.extractor in state.read_by or seen.kind in ("publisher", "restored"):
        return "publisher"
    return "technical" if seen.check is None else None


def _kind_of_imported(state: _State, seen: Seen) -> str | None:
    """Collections do not say when a text was there: a page beats them, and a known text is none."""
    now = state.current
    assert now is not None
    if now.layout != IMPORTED or state.removed or seen.digest in state.numbers:
        return None
    if seen.kind in ("publisher", "technical"):
        return seen.kind
    return "publisher" if now.extractor == seen.extractor else "technical"


def _write(state: _State, seen: Seen, kind: str) -> None:
    now = state.current
    text = seen
    if kind == "removed" and now is not None:
        text = replace(now, at=seen.at)  # a removed story keeps its last text
    known = state.numbers.get(text.digest)
    changed = now is not None and text.digest != now.digest
    state.written.append(
        Planned(
            at=seen.at,
            archive=text.archive,
            revision=text.revision,
            kind=kind,
            returns_to=known if changed else None,
            same_as_there=seen.check is None and seen.before == _before(state),
        )
    )
    state.numbers[text.digest] = len(state.written)
    state.current, state.removed = text, _is_removed(state, kind)


def _before(state: _State) -> tuple[str, bool] | None:
    return None if state.current is None else (state.current.digest, state.removed)


def _is_removed(state: _State, kind: str) -> bool:
    return kind == "removed" or (kind == "technical" and state.removed)


def in_order(seen: Sequence[Sequence[Seen]]) -> Iterator[Seen]:
    """Yield what several archives saw, by time; at one time the archives in their order."""
    every = [each for archive in seen for each in archive]
    return iter(sorted(every, key=lambda each: (each.at, each.archive)))
