"""Who holds a lock, in words: a note in the lock's file. The lock is the operating system's; a note
that a killed process left is not believed.
"""

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.ledger.wording import plain_time
from archive.printable import one_line

MAX_BYTES = 4_000
MAX_COMMAND = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that holds a lock."""

    pid: int
    command: str
    """Its command line, without settings: their values may be secret."""
    archive: str | None
    """Path of the archive that it writes; None if it writes none."""
    since: datetime
    """Aware; when it took the lock."""

    def __str__(self) -> str:
        since = plain_time(self.since.astimezone().replace(microsecond=0))
        parts = [f"PID {self.pid}", f"`{self.command}`", f"since {since}"]
        if self.archive is not None:
            parts.append(f"archive {self.archive}")
        return ", ".join(parts)


def leave_note(file: Path, archive: Path | None) -> None:
    """Write who holds the lock into its file; for the holder. What fails only costs the words."""
    note = {
        "pid": os.getpid(),
        "born": birth_of(os.getpid()),
        "command": _command(),
        "archive": archive and str(archive.absolute()),
    }
    with suppress(OSError, ValueError):
        there = file.read_text("utf-8")
        is_foreign = bool(there) and not there.startswith("{")  # of the library that locks
        if not is_foreign and _read(there).get("pid") != os.getpid():
            file.write_text(json.dumps(note), "utf-8")


def holder_of(file: Path) -> Holder | None:
    """Return who holds a lock that is held; None where no note of a living process says it."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        with file.open("rb") as opened:
            note = _read(opened.read(MAX_BYTES).decode())
            since = datetime.fromtimestamp(os.fstat(opened.fileno()).st_mtime, UTC)
        pid, archive = int(note["pid"]), note["archive"]
        if birth_of(pid) == note["born"] and _is_alive(pid):
            return Holder(
                pid=pid,
                command=one_line(str(note["command"])),
                archive=archive and one_line(str(archive)),
                since=since,
            )
    return None


def _read(text: str) -> dict[str, Any]:
    found = json.loads(text or "{}")
    return found if isinstance(found, dict) else {}


def _command() -> str:
    program = "scrapy" if Path(sys.argv[0]).name == "scrapy" else "warta"
    words = [word for word in sys.argv[1:] if "=" not in word and word != "-s"]
    return one_line(" ".join([program, *words]))[:MAX_COMMAND]


def birth_of(pid: int) -> str | None:
    """Return when a process began, as Linux counts it: another one with its number began later."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        pass
    return pid > 0
