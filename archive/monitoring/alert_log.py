"""Which incidents began and ended, and which messages about them were sent: the tables `alerts` and
`alert_deliveries`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from archive.archive import Archive
from archive.database.clock import exact
from archive.database.rows import insert_row, record, update_row, value
from archive.monitoring.incidents import Incident

QUIET = timedelta(hours=1)
"""An incident that returns within this time after its end was reported is reported again only when
the time is over.
"""
FIRST_PAUSE = timedelta(minutes=1)
"""Pause after the first try of a message; doubled after each, up to LONGEST_PAUSE."""
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(days=14)
"""How long a message is tried."""

_Key = tuple[str, str | None, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A pending message about an alert to one target."""

    id: int
    alert_id: int
    target: str
    """Name of the target in the configuration."""
    state: str
    """`began` or `ended`."""
    incident: Incident
    ended_at: datetime | None
    """Aware, UTC; None for an ongoing incident."""
    tries: int
    """Earlier tries, including those of unknown outcome because the program was killed."""
    began_delivered: bool
    """Whether the target received the message that it began."""


class Alerts:
    """The alerts of an archive; call every method but `pending` inside a transaction."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._db = archive.db
        self._execute = archive.db.conn.execute

    def note(self, incidents: Sequence[Incident], targets: Sequence[str]) -> None:
        """Record which incidents began and ended, and queue the messages about it."""
        at = self._archive.clock.stamp()
        current: dict[_Key, Incident] = {}
        for each in incidents:
            current.setdefault((each.kind, each.site, each.layout, _text(each.day)), each)
        known: dict[_Key, dict[str, Any]] = {
            (row["kind"], row["site"], row["layout"], row["day"]): row
            for row in self._db.query("SELECT * FROM alerts WHERE ended_at IS NULL ORDER BY id")
        }
        for key, incident in current.items():
            if key in known or not incident.over:
                self._keep(incident, known.get(key))
        for key, row in known.items():
            if key not in current or current[key].over:
                self._end(row["id"], at)
        for target in targets:
            self._queue(target, at)
        self._give_up(at)

    def _keep(self, incident: Incident, row: dict[str, Any] | None) -> None:
        """Insert a new alert, or update the words of an ongoing one."""
        urls = json.dumps(list(incident.urls), ensure_ascii=False)
        new: dict[str, str | None] = {"why": incident.why, "urls": urls}
        if row is None:
            new |= {"kind": incident.kind, "site": incident.site, "layout": incident.layout}
            days = {"day": _text(incident.day), "since": exact(incident.since)}
            insert_row(self._db, "alerts", new | days)
        elif new.items() - row.items():
            update_row(self._db, "alerts", row["id"], **new)

    def _end(self, alert_id: int, at: str) -> None:
        """End an alert, and queue a message to each target that was notified of the beginning or
        should have been by now; a late target gets both in one.
        """
        given = {"at": at, "alert": alert_id}
        self._execute("UPDATE alerts SET ended_at = :at WHERE id = :alert", given)
        self._execute(
            """UPDATE alert_deliveries SET settled_at = :at,
                outcome = iif(tries = 0 AND next_try_at > :at, 'flapped', 'overtaken')
            WHERE alert_id = :alert AND settled_at IS NULL""",
            given,
        )
        self._execute(
            """INSERT INTO alert_deliveries (alert_id, target, state, noted_at, next_try_at)
            SELECT alert_id, target, 'ended', :at, :at FROM alert_deliveries
            WHERE alert_id = :alert AND state = 'began' AND outcome != 'flapped' ORDER BY id""",
            given,
        )

    def _queue(self, target: str, at: str) -> None:
        """Queue a message for every ongoing alert that the target has none for."""
        missing = self._execute(
            """SELECT a.id, (SELECT max(e.ended_at)
                FROM alerts e JOIN alert_deliveries d ON d.alert_id = e.id
                WHERE (e.kind, e.site, e.layout, e.day) IS (a.kind, a.site, a.layout, a.day)
                    AND d.target = :target AND d.outcome = 'told')
            FROM alerts a WHERE a.ended_at IS NULL AND NOT EXISTS (SELECT 1
                FROM alert_deliveries d WHERE d.alert_id = a.id AND d.target = :target)
            ORDER BY a.id""",
            {"target": target},
        ).fetchall()
        for alert_id, ended_at in missing:
            first_try_at = max(at, _later(ended_at, QUIET)) if ended_at else at
            row = {"target": target, "state": "began", "noted_at": at, "next_try_at": first_try_at}
            insert_row(self._db, "alert_deliveries", row | {"alert_id": alert_id})

    def _give_up(self, at: str) -> None:
        self._execute(
            """UPDATE alert_deliveries SET settled_at = ?, outcome = 'given_up'
            WHERE settled_at IS NULL AND noted_at <= ?""",
            (at, _later(at, -GIVE_UP)),
        )

    def due(self, target: str) -> list[Delivery]:
        """Return the messages due to a target now, oldest first."""
        rows = self._db.query(
            """SELECT d.*, a.kind, a.site, a.layout, a.day, a.why, a.since, a.ended_at, a.urls,
                EXISTS (SELECT 1 FROM alert_deliveries b
                    WHERE b.alert_id = d.alert_id AND b.target = d.target
                        AND b.state = 'began' AND b.outcome = 'told') AS began_delivered
            FROM alert_deliveries d JOIN alerts a ON a.id = d.alert_id
            WHERE d.target = ? AND d.settled_at IS NULL AND d.next_try_at <= ? ORDER BY d.id""",
            [target, self._archive.clock.stamp()],
        )
        return [record(Delivery, row, incident=record(Incident, row, over=False)) for row in rows]

    def claim(self, delivery: Delivery) -> bool:
        """Record that the message is about to be sent; False if another process sends it."""
        at = self._archive.clock.stamp()
        pause = min(FIRST_PAUSE * 2 ** min(delivery.tries, 10), LONGEST_PAUSE)
        claimed = self._execute(
            """UPDATE alert_deliveries SET tries = tries + 1, tried_at = :at, next_try_at = :next
            WHERE id = :id AND settled_at IS NULL AND tries = :tries AND next_try_at <= :at""",
            {"at": at, "next": _later(at, pause), "id": delivery.id, "tries": delivery.tries},
        )
        return bool(claimed.rowcount)

    def delivered(self, delivery: Delivery) -> None:
        """Record that the target accepted the message."""
        at = self._archive.clock.stamp()
        # One that was overtaken on its way arrived nevertheless: the end is a message of its own.
        self._execute(
            """UPDATE alert_deliveries SET settled_at = ?, outcome = 'told', error = NULL
            WHERE id = ? AND outcome IS NOT 'told'""",
            (at, delivery.id),
        )
        column = "told_at" if delivery.state == "began" else "end_told_at"
        statement = f"UPDATE alerts SET {column} = coalesce({column}, ?) WHERE id = ?"  # noqa: S608
        self._execute(statement, (at, delivery.alert_id))

    def failed(self, delivery: Delivery, why: str, *, down: bool) -> None:
        """Record a failure; if the target is down, its other messages are postponed, too."""
        update_row(self._db, "alert_deliveries", delivery.id, error=why)
        if down:
            self._execute(
                """UPDATE alert_deliveries SET next_try_at = max(next_try_at,
                    (SELECT next_try_at FROM alert_deliveries WHERE id = :id))
                WHERE target = :target AND settled_at IS NULL""",
                {"id": delivery.id, "target": delivery.target},
            )

    def pending(self) -> int:
        """Count the messages still to be sent, including those held back for QUIET."""
        unsettled = "SELECT count(*) FROM alert_deliveries WHERE settled_at IS NULL"
        return int(value(self._db, unsettled))


def listed(db: Database) -> list[dict[str, Any]]:
    """Return a row per alert, ongoing ones first, then the newest."""
    rows = db.query(
        """SELECT a.id, a.kind, a.site, a.layout, a.day, a.why, a.since, a.told_at, a.ended_at,
            a.end_told_at, a.urls, (SELECT count(*) FROM alert_deliveries d
                WHERE d.alert_id = a.id AND d.settled_at IS NULL) AS waiting,
            (SELECT d.error FROM alert_deliveries d
                WHERE d.alert_id = a.id AND d.error IS NOT NULL
                ORDER BY d.tried_at DESC LIMIT 1) AS error
        FROM alerts a ORDER BY a.ended_at IS NOT NULL, a.since DESC, a.id DESC"""
    )
    return [dict(row, urls=json.loads(row["urls"])) for row in rows]


def lasting(db: Database) -> list[Incident]:
    """Return the ongoing incidents as they were last noted."""
    ongoing = db.query("SELECT * FROM alerts WHERE ended_at IS NULL ORDER BY id")
    return [record(Incident, row, over=False) for row in ongoing]


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _later(at: str, pause: timedelta) -> str:
    return exact(datetime.fromisoformat(at) + pause)
