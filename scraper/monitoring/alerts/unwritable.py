"""What an archive cannot remember: that it can keep nothing, as its disk is full or its file
broken. It is told once, and once when that is over.

An empty file for each target remembers it, beside the locks of sites: a name needs no room on a
full disk, and only one of several processes can make it. Its time is since when. Where no file can
be made, this process remembers.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.errors import ArchiveBusy, ArchiveError
from archive.monitoring.alert_log import GIVE_UP, QUIET
from archive.monitoring.incidents import Incident
from scraper.monitoring.alerts.delivery import deliver
from scraper.monitoring.alerts.message import Message, mark
from scraper.monitoring.alerts.targets import Target
from scraper.politeness.locks import locks_folder

logger = logging.getLogger(__name__)

CLOSED, OVER = ".closed", ".over"
"""Endings of files: it was told that it began; it was told that it is over, and is not told anew
before QUIET is.
"""

_here: dict[Path, datetime] = {}
"""Files that could not be made."""


def tell_closed(
    archive: Path, error: ArchiveError, targets: Sequence[Target], *, now: datetime
) -> int:
    """Tell those targets that do not know it that nothing can be kept; how many took it. Never
    raises.

    A program that keeps the archive locked for a while is nothing to tell.
    """
    if isinstance(error, ArchiveBusy):
        return 0
    claimed = [target for target in dict.fromkeys(targets) if _claim(archive, target, now)]
    taken = _deliver(
        archive, "began", dict.fromkeys(claimed, now), now, why=f"nothing can be kept: {error}"
    )
    for target in claimed:
        if target not in taken:
            _forget(_file(archive, target, CLOSED))
    return len(taken)


def tell_open(archive: Path, targets: Sequence[Target], *, now: datetime) -> int:
    """Tell those that were told so that it is over; how many took it. One that takes nothing is
    tried at the next look, for GIVE_UP. Never raises.
    """
    since = {
        target: at
        for target in dict.fromkeys(targets)
        if (at := _since(_file(archive, target, CLOSED)))
    }
    known = {target: at for target, at in since.items() if now - at < GIVE_UP}
    taken = _deliver(archive, "ended", known, now, why="it can be written again")
    for target in since:
        if target in taken:
            _make(_file(archive, target, OVER), now)
        if target in taken or target not in known:
            _forget(_file(archive, target, CLOSED))
    return len(taken)


def _claim(archive: Path, target: Target, now: datetime) -> bool:
    """Whether it is for us to tell the target: nobody else has, and it was not told a moment ago
    that all is well.
    """
    over = _since(_file(archive, target, OVER))
    if over is not None and timedelta(0) <= now - over < QUIET:
        return False
    _forget(_file(archive, target, OVER))
    return _make(_file(archive, target, CLOSED), now)


def _deliver(
    archive: Path, state: str, since: dict[Target, datetime], now: datetime, *, why: str
) -> list[Target]:
    messages = {}
    for target, at in since.items():
        messages[target] = Message(
            id=f"{mark(archive, int(at.timestamp()))}-{state}",
            state=state,
            incident=Incident(kind="crawl_failed", site=None, since=at, why=why),
            ended_at=now if state == "ended" else None,
            archive=archive.name,
            sent_at=now,
        )
    problems = deliver(messages)
    for target, problem in problems.items():
        logger.warning("alerts: %s: %s; it is told later: %s", target.name, problem, why)
    return [target for target in messages if target not in problems]


def _file(archive: Path, target: Target, ending: str) -> Path:
    """Whether there is a folder for it or not."""
    name = f"{mark(archive, target.name)}{ending}"
    try:
        return locks_folder() / name
    except ArchiveError:
        return archive.with_name(name)


def _make(file: Path, now: datetime) -> bool:
    """Whether it was not there."""
    if file in _here:
        return False
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.utime(file, (now.timestamp(), now.timestamp()))
    except FileExistsError:
        return False
    except OSError:
        _here[file] = now
    return True


def _since(file: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return _here.get(file)


def _forget(file: Path) -> None:
    _here.pop(file, None)
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("alerts: %s cannot be removed (%s)", file, error.strerror)
