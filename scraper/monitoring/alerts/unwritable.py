"""Notify the targets once when the archive cannot be written, and once when it can again.

As the archive cannot remember that, an empty file per target does, in the folder of locks: a name
needs no space on a full disk, and only one of several processes can create it. Its time is when the
trouble began. If it cannot be created, this process remembers.
"""

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.errors import ArchiveBusy, ArchiveError
from archive.monitoring.alert_log import GIVE_UP, QUIET
from archive.monitoring.incidents import UNWRITABLE, Incident
from scraper.monitoring.alerts.message import Message, mark
from scraper.monitoring.alerts.notify import deliver
from scraper.monitoring.alerts.targets import Target
from scraper.politeness.locks import locks_folder

logger = logging.getLogger(__name__)

_BEGAN, _ENDED = ".closed", ".over"
"""Files' endings: the target was notified that it began; that it ended, which is kept for QUIET."""

_remembered: dict[Path, datetime] = {}
"""Files that could not be created."""


def notify_unwritable(
    archive: Path, error: ArchiveError, targets: Sequence[Target], *, now: datetime
) -> int:
    """Notify the targets that do not know it; return how many accepted. Never raises.

    An archive that another program keeps locked for a while is no incident.
    """
    if isinstance(error, ArchiveBusy):
        return 0
    claimed = [target for target in dict.fromkeys(targets) if _claim(archive, target, now)]
    since, why = dict.fromkeys(claimed, now), f"the archive cannot be written: {error}"
    accepted = _deliver(archive, "began", since, now, why=why)
    for target in claimed:
        if target not in accepted:
            _forget(_file(archive, target, _BEGAN))
    return len(accepted)


def notify_writable(archive: Path, targets: Sequence[Target], *, now: datetime) -> int:
    """Notify those that know of it that it is over; return how many accepted. Never raises.

    Others are retried at the next check, for GIVE_UP.
    """
    files = {target: _file(archive, target, _BEGAN) for target in dict.fromkeys(targets)}
    since = {target: at for target, file in files.items() if (at := _since(file))}
    recent = {target: at for target, at in since.items() if now - at < GIVE_UP}
    why = "the archive can be written again"
    accepted = _deliver(archive, "ended", recent, now, why=why)
    for target in since:
        if target in accepted:
            _make(_file(archive, target, _ENDED), now)
        if target in accepted or target not in recent:
            _forget(files[target])
    return len(accepted)


def _claim(archive: Path, target: Target, now: datetime) -> bool:
    """Return whether to notify the target: no process has, and its last trouble ended long ago."""
    over = _since(_file(archive, target, _ENDED))
    if over is not None and timedelta(0) <= now - over < QUIET:
        return False
    _forget(_file(archive, target, _ENDED))
    return _make(_file(archive, target, _BEGAN), now)


def _deliver(
    archive: Path, state: str, since: dict[Target, datetime], now: datetime, *, why: str
) -> list[Target]:
    messages = {
        target: Message(
            id=f"{mark(archive, int(at.timestamp()))}-{state}",
            state=state,
            incident=Incident(kind=UNWRITABLE, site=None, since=at, why=why),
            ended_at=now if state == "ended" else None,
            archive=archive.name,
            sent_at=now,
        )
        for target, at in since.items()
    }
    problems = deliver(messages)
    for target, problem in problems.items():
        logger.warning("alerts: %s: %s; it will be retried: %s", target.name, problem, why)
    return [target for target in messages if target not in problems]


def _file(archive: Path, target: Target, ending: str) -> Path:
    name = f"{mark(archive, target.name)}{ending}"
    try:
        return locks_folder() / name
    except ArchiveError:
        return archive.with_name(name)


def _make(file: Path, now: datetime) -> bool:
    """Create the file; False if it exists."""
    if file in _remembered:
        return False
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.utime(file, (now.timestamp(), now.timestamp()))
    except FileExistsError:
        return False
    except OSError:
        _remembered[file] = now
    return True


def _since(file: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return _remembered.get(file)


def _forget(file: Path) -> None:
    _remembered.pop(file, None)
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("alerts: %s cannot be removed (%s)", file, error.strerror)
