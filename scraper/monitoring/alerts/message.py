"""class Message: what a target is told of one incident."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from archive.monitoring.incidents import Incident

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_NOUNS = {
    "crawl_failed": "crawl failure",
    "no_crawl": "missing crawls",
    "coverage": "coverage loss",
    "disk": "disk filling",
    "clock": "clock ahead",
}
SUBJECT = 200
"""Characters of a subject at most."""


def one_line(text: str, *, most: int = 1_000) -> str:
    """The text without line breaks, control characters and marks that reverse it, cut.

    >>> one_line("suara\\r\\nBcc: x@example.org")
    'suara Bcc: x@example.org'
    """
    line = _UNPRINTABLE.sub(" ", text).encode(errors="replace").decode().strip()
    return line if len(line) <= most else line[: most - 1] + "…"


def mark(archive: Path, *of: object) -> str:
    """Sixteen digits that keep apart what two archives, or two of one name, tell."""
    return sha256(
        "\n".join(map(str, (archive.resolve(), *of))).encode(errors="replace")
    ).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """That an incident began, or ended."""

    id: str
    """The same whenever this message is sent again: a target may drop what it has seen."""
    state: str
    """`began` or `ended`."""
    incident: Incident
    ended_at: datetime | None = None
    began_told: bool = True
    """False where this target hears of the incident for the first time now that it is over."""
    archive: str
    """Name of the archive's file."""
    sent_at: datetime
    test: bool = False
    """It tells of nothing: a user tries the targets."""

    @property
    def subject(self) -> str:
        """As in `[warta] suara: drift began`."""
        what = (
            "test message"
            if self.test
            else f"{_NOUNS.get(self.incident.kind, self.incident.kind)} {self.state}"
        )
        return one_line(f"[warta] {self.incident.site or self.archive}: {what}", most=SUBJECT)

    def as_dict(self) -> dict[str, Any]:
        """The webhook's JSON; times are ISO 8601 in UTC. `text` is for chat rooms that show that
        field of a webhook.
        """
        return {
            "id": self.id,
            "state": self.state,
            "kind": self.incident.kind,
            "site": self.incident.site,
            "layout": self.incident.layout,
            "day": self.incident.day.isoformat() if self.incident.day else None,
            "since": _moment(self.incident.since),
            "ended_at": _moment(self.ended_at),
            "why": self.incident.why,
            "urls": list(self.incident.urls),
            "archive": self.archive,
            "began_told": self.began_told,
            "test": self.test,
            "sent_at": _moment(self.sent_at),
            "text": f"{self.subject}: {one_line(self.incident.why)}",
        }

    def as_text(self) -> str:
        """The body of the mail."""
        lines = [one_line(self.incident.why), ""]
        lines += [f"{name}: {value}" for name, value in self._facts() if value]
        if self.state == "ended" and not self.began_told:
            lines += [
                "",
                "You were not told when it began: it could not be delivered until it was over.",
            ]
        if self.incident.urls:
            lines += [
                "",
                "Pages that show it:",
                *(f"  {one_line(url, most=2_000)}" for url in self.incident.urls),
            ]
        return "\n".join(lines) + "\n"

    def _facts(self) -> list[tuple[str, str | None]]:
        layout = one_line(self.incident.layout) if self.incident.layout else None
        site = one_line(self.incident.site) if self.incident.site else None
        return [
            ("Site", site),
            ("Layout", layout),
            ("Since", _moment(self.incident.since)),
            ("Ended", _moment(self.ended_at)),
            ("Archive", one_line(self.archive)),
        ]


def _moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value is not None else None
