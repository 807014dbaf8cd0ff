"""Invented incidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from archive import Archive
from archive.monitoring.incidents import Incident
from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.notify import DeliveryReport, note, send_due
from scraper.monitoring.alerts.targets import Mail, Target
from tests.scraper.monitoring.alerts.receivers import Postbox

NOW = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def notified(
    archive: Archive, incidents: Sequence[Incident], targets: Sequence[Target], *, now: datetime
) -> DeliveryReport:
    """As one who looks alone does."""
    note(archive, incidents, targets, now=now)
    return send_due(archive, targets, now=now)


def drift(site: str | None = "kabar", **fields: Any) -> Incident:
    usual: dict[str, Any] = {
        "kind": "drift",
        "site": site,
        "layout": "baru",
        "since": NOW,
        "why": "Isi berita menyusut: 12 kata, biasanya 240 – “ringkas”.",
        "urls": ("https://www.kabar.example/berita/1",),
    }
    return Incident(**usual | fields)


def disk() -> Incident:
    return Incident(
        kind="disk",
        site=None,
        since=NOW,
        why="1.2 GB are free on the archive's disk, 2 GB are wanted.",
    )


def message(incident: Incident | None = None, **fields: Any) -> Message:
    usual: dict[str, Any] = {
        "id": "a1b2-began",
        "state": "began",
        "incident": incident or drift(),
        "archive": "news.db",
        "sent_at": NOW,
    }
    return Message(**usual | fields)


def mailbox(postbox: Postbox, **fields: Any) -> Mail:
    usual: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": postbox.port,
        "sender": "warta@kabar.example",
        "recipients": ("redaksi@kabar.example",),
        "starttls": False,
        "timeout": 10.0,
    }
    return Mail(**usual | fields)
