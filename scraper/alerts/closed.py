"""What an archive cannot remember: that it takes no writes, or cannot be opened. It is told once, and told again when it is over.

A small file beside the locks of sites remembers who was told, for programs that look once as well; where it cannot be written either,
this process does.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

from archive.errors import ArchiveError
from archive.incidents import Incident
from scraper.alerts.delivery import deliver
from scraper.alerts.message import Message
from scraper.alerts.targets import Target
from scraper.locks import locks_folder

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Note:
    """Since when an archive keeps nothing, why, and the names of the targets that know it."""

    since: str
    why: str
    told: list[str]


_notes: dict[Path, _Note] = {}
"""What no file could be written for."""


_turn = Lock()
"""Several crawls end at once, and each looks."""


def tell_closed(archive: Path, error: ArchiveError, targets: Sequence[Target], *, now: datetime) -> int:
    """Tell those targets that do not know it that nothing can be kept; how many took it. Never raises."""
    with _turn:
        note = _read(archive) or _Note(since=now.isoformat(), why=f"nothing can be kept: {error}", told=[])
        unknowing = [target for target in dict.fromkeys(targets) if target.name not in note.told]
        taken = _deliver(archive, note, "began", unknowing, now)
        note.told += taken
        if taken:
            _write(archive, note)
        return len(taken)


def tell_open(archive: Path, targets: Sequence[Target], *, now: datetime) -> int:
    """Tell those that were told so that it is over; how many took it. One that takes nothing is tried at the next look. Never raises."""
    with _turn:
        note = _read(archive)
        if note is None:
            return 0
        knowing = [target for target in dict.fromkeys(targets) if target.name in note.told]
        taken = _deliver(archive, note, "ended", knowing, now)
        note.told = [target.name for target in knowing if target.name not in taken]
        _write(archive, note if note.told else None)
        return len(taken)


def _deliver(archive: Path, note: _Note, state: str, targets: Sequence[Target], now: datetime) -> list[str]:
    since = datetime.fromisoformat(note.since)
    mark = sha256(f"{archive.resolve()}\n{note.since}".encode(errors="replace")).hexdigest()[:16]
    message = Message(
        id=f"{mark}-{state}", state=state, incident=Incident(kind="crawl_failed", site=None, since=since, why=note.why),
        ended_at=now if state == "ended" else None, archive=archive.name, sent_at=now,
    )  # fmt: skip
    problems = deliver(dict.fromkeys(targets, message))
    for target, problem in problems.items():
        logger.warning("alerts: %s: %s; it is told later: %s", target.name, problem, note.why)
    return [target.name for target in targets if target not in problems]


def _file(archive: Path) -> Path:
    """Raises ArchiveError where there is no folder for it."""
    return locks_folder() / f"{sha256(str(archive.resolve()).encode(errors='replace')).hexdigest()[:16]}.closed.json"


def _read(archive: Path) -> _Note | None:
    with suppress(OSError, ArchiveError, ValueError, TypeError):
        note = _Note(**json.loads(_file(archive).read_text("utf-8")))
        if datetime.fromisoformat(note.since).tzinfo is not None:
            return note
    return _notes.get(archive)


def _write(archive: Path, note: _Note | None) -> None:
    _notes.pop(archive, None)
    try:
        if note is None:
            _file(archive).unlink(missing_ok=True)
        else:
            _file(archive).write_text(json.dumps(asdict(note)), "utf-8")
    except (OSError, ArchiveError):
        if note is not None:
            _notes[archive] = note
