"""Class Message: what is sent to a target about one incident."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from archive import printable
from archive.ledger.wording import plain_duration
from archive.monitoring.incidents import UNWRITABLE, Incident

SUBJECT = 200
"""Maximum length of a subject in characters."""

_NOUNS = {
    "crawl_failed": "crawl failure",
    "no_crawl": "lack of crawls",
    "network_down": "network outage",
    "wrong_pages": "mix-up of pages",
    "coverage": "coverage loss",
    "disk": "shortage of disk space",
    "clock": "clock error",
    UNWRITABLE: "archive failure",
    "worker_stalled": "stalled worker",
    "no_worker": "lack of workers",
    "lease_lost": "loss of leases",
    "store_unreachable": "store failure",
    "worker_clock": "clock error",
    "database_unreachable": "database failure",
}
"""Each can begin, last and be over; another kind is its own noun."""


def one_line(text: str, *, most: int = 1_000) -> str:
    """Return one line of printable characters, truncated."""
    line = printable.one_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"


def mark(archive: Path, *of: object) -> str:
    """Return sixteen hexadecimal digits that identify something within one archive."""
    text = "\n".join(map(str, (archive.resolve(), *of)))
    return sha256(text.encode(errors="replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """That an incident began, or ended."""

    id: str
    """The same for every retry: a target may drop what it has received before."""
    state: str
    """`began` or `ended`."""
    incident: Incident
    ended_at: datetime | None = None
    """When it ended; None while it lasts."""
    began_told: bool = True
    """False if this target is only notified now that the incident is over."""
    archive: str
    """Name of the archive's file."""
    sent_at: datetime
    test: bool = False
    """Whether it is a test message, sent by a user."""

    @property
    def subject(self) -> str:
        """As in `[warta] suara: drift is over; it lasted 9 minutes`."""
        what = "test message" if self.test else self._what
        return one_line(f"[warta] {self.incident.site or self.archive}: {what}", most=SUBJECT)

    @property
    def _what(self) -> str:
        """What happened, as a clause."""
        incident = self.incident
        noun = _NOUNS.get(incident.kind, incident.kind)
        if incident.day is not None:
            noun += f" of {incident.day}"
        if self.ended_at is None:
            return f"{noun} began"
        if incident.day is not None:  # it began when its day did, whenever that was noticed
            return f"{noun} is over"
        lasted = plain_duration(self.ended_at - incident.since)
        return f"{noun} is over; it lasted {lasted}"

    def as_dict(self) -> dict[str, Any]:
        """Return the webhook's JSON, times in UTC; chat services show the field `text`."""
        incident = self.incident
        return {
            "id": self.id,
            "state": self.state,
            "kind": incident.kind,
            "site": incident.site,
            "layout": incident.layout,
            "day": incident.day and incident.day.isoformat(),
            "since": _iso(incident.since),
            "ended_at": _iso(self.ended_at),
            "why": incident.why,
            "urls": list(incident.urls),
            "archive": self.archive,
            "began_told": self.began_told,
            "test": self.test,
            "sent_at": _iso(self.sent_at),
            "text": self.as_line(),
        }

    def as_line(self) -> str:
        """Return the whole message as one line."""
        why = one_line(self.incident.why)
        if self.ended_at is not None:
            return f"{self.subject} (last report: {why})"
        return f"{self.subject}: {why}"

    def as_text(self) -> str:
        """Return the body of the mail."""
        incident = self.incident
        facts = {
            "Site": incident.site and one_line(incident.site),
            "Layout": incident.layout and one_line(incident.layout),
            "Since": _iso(incident.since),
            "Ended": _iso(self.ended_at),
            "Archive": one_line(self.archive),
        }
        lines = [one_line(incident.why), ""]
        if self.ended_at is not None:  # the reason is what was so while it lasted
            clause = f"{self._what}."
            lines = [clause[0].upper() + clause[1:], "", f"Last report: {lines[0]}", ""]
        lines += [f"{name}: {value}" for name, value in facts.items() if value]
        if self.state == "ended" and not self.began_told:
            lines += ["", "No earlier message about this incident could be delivered."]
        if incident.urls:
            lines += ["", "Pages that show it:"]
            lines += [f"  {one_line(url, most=2_000)}" for url in incident.urls]
        return "\n".join(lines) + "\n"


def _iso(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.isoformat(timespec="seconds")
