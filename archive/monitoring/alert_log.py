"""What was told of incidents, to whom, and what is still to be told: the tables `alerts` and
`alert_deliveries`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from archive.archive import Archive
from archive.database.clock import exact
from archive.monitoring.incidents import Incident

QUIET = timedelta(hours=1)
"""An incident that comes back this soon after its end was told is not told again before that time
is over.
"""
FIRST_PAUSE = timedelta(minutes=1)
"""Between two tries of a message; doubled after each, up to LONGEST_PAUSE."""
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(days=14)
"""How long a message is tried."""

_Key = tuple[str, str | None, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message of an alert to one target, not told yet."""

    id: int
    alert_id: int
    target: str
    state: str
    """`began` or `ended`."""
    incident: Incident
    ended_at: datetime | None
    tries: int
    """Tries before this one; one whose outcome is unknown, as the program was killed, counts."""
    tried_at: str | None
    began_told: bool
    """Whether this target knows that it began."""


class Alerts:
    """The alerts of an archive; every method that writes is called inside `archive.transaction(now)`."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._db = archive.db

    def note(self, incidents: Sequence[Incident], targets: Sequence[str]) -> None:
        """Write down which incidents began and which ended, and which messages that makes."""
        at = self._archive.clock.stamp()
        current: dict[_Key, Incident] = {}
        for incident in incidents:
            current.setdefault(
                (incident.kind, incident.site, incident.layout, _text(incident.day)), incident
            )
        rows = list(self._db.query("SELECT * FROM alerts WHERE ended_at IS NULL ORDER BY id"))
        known: dict[_Key, dict[str, Any]] = {
            (row["kind"], row["site"], row["layout"], row["day"]): row for row in rows
        }
        for key, incident in current.items():
            if key in known or not incident.over:
                self._keep(incident, known.get(key))
        for key, row in known.items():
            if key not in current or current[key].over:
                self._end(row["id"], at)
        for target in targets:
            self._address(target, at)
        self._give_up(at)

    def _keep(self, incident: Incident, row: dict[str, Any] | None) -> None:
        """A new alert, or the newest words of one that lasts."""
        urls = json.dumps(list(incident.urls), ensure_ascii=False)
        if row is None:
            self._db.conn.execute(
                "INSERT INTO alerts (kind, site, layout, day, why, since, urls) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    incident.kind,
                    incident.site,
                    incident.layout,
                    _text(incident.day),
                    incident.why,
                    exact(incident.since),
                    urls,
                ),
            )
        elif (row["why"], row["urls"]) != (incident.why, urls):
            self._db.conn.execute(
                "UPDATE alerts SET why = ?, urls = ? WHERE id = ?", (incident.why, urls, row["id"])
            )

    def _end(self, alert_id: int, at: str) -> None:
        """The end is told to whoever was told of the beginning, or was to be told by now; together
        with it where that is late.
        """
        self._db.conn.execute("UPDATE alerts SET ended_at = ? WHERE id = ?", (at, alert_id))
        self._db.conn.execute(
            """UPDATE alert_deliveries SET settled_at = :at, outcome = iif(tries = 0 AND next_try_at > :at, 'flapped', 'overtaken')
            WHERE alert_id = :alert AND settled_at IS NULL""",
            {"at": at, "alert": alert_id},
        )
        self._db.conn.execute(
            """INSERT INTO alert_deliveries (alert_id, target, state, noted_at, next_try_at)
            SELECT alert_id, target, 'ended', :at, :at FROM alert_deliveries
            WHERE alert_id = :alert AND state = 'began' AND outcome != 'flapped' ORDER BY id""",
            {"at": at, "alert": alert_id},
        )

    def _address(self, target: str, at: str) -> None:
        """A message to `target` for every alert that lasts and has none: also to a target that is
        new in the configuration.
        """
        missing = self._db.conn.execute(
            """SELECT a.id, (SELECT max(e.ended_at) FROM alerts e JOIN alert_deliveries d ON d.alert_id = e.id
                WHERE (e.kind, e.site, e.layout, e.day) IS (a.kind, a.site, a.layout, a.day) AND d.target = :target AND d.outcome = 'told')
            FROM alerts a WHERE a.ended_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM alert_deliveries d WHERE d.alert_id = a.id AND d.target = :target) ORDER BY a.id""",
            {"target": target},
        ).fetchall()
        self._db.conn.executemany(
            "INSERT INTO alert_deliveries (alert_id, target, state, noted_at, next_try_at) VALUES (?, ?, 'began', ?, ?)",
            [
                (alert_id, target, at, max(at, _later(ended_at, QUIET)) if ended_at else at)
                for alert_id, ended_at in missing
            ],
        )

    def _give_up(self, at: str) -> None:
        self._db.conn.execute(
            "UPDATE alert_deliveries SET settled_at = ?, outcome = 'given_up' WHERE settled_at IS NULL AND noted_at <= ?",
            (at, _later(at, -GIVE_UP)),
        )

    def due(self, target: str) -> list[Delivery]:
        """What is to be told to a target now, oldest first."""
        rows = self._db.query(
            """SELECT d.*, a.kind, a.site, a.layout, a.day, a.why, a.since, a.ended_at, a.urls, EXISTS (SELECT 1 FROM alert_deliveries b
                WHERE b.alert_id = d.alert_id AND b.target = d.target AND b.state = 'began' AND b.outcome = 'told') AS began_told
            FROM alert_deliveries d JOIN alerts a ON a.id = d.alert_id
            WHERE d.target = ? AND d.settled_at IS NULL AND d.next_try_at <= ? ORDER BY d.id""",
            [target, self._archive.clock.stamp()],
        )
        return [_delivery(row) for row in rows]

    def claim(self, delivery: Delivery) -> bool:
        """Write that the message is about to be sent; False where another program sends it, or has
        done so.
        """
        at = self._archive.clock.stamp()
        pause = min(FIRST_PAUSE * 2 ** min(delivery.tries, 10), LONGEST_PAUSE)
        claimed = self._db.conn.execute(
            """UPDATE alert_deliveries SET tries = tries + 1, tried_at = :at, next_try_at = :next
            WHERE id = :id AND settled_at IS NULL AND tries = :tries AND next_try_at <= :at""",
            {"at": at, "next": _later(at, pause), "id": delivery.id, "tries": delivery.tries},
        )
        return bool(claimed.rowcount)

    def told(self, delivery: Delivery) -> None:
        """The target took the message."""
        at = self._archive.clock.stamp()
        # What was overtaken while it was on its way was told all the same: the end is a message of
        # its own then.
        self._db.conn.execute(
            "UPDATE alert_deliveries SET settled_at = ?, outcome = 'told', error = NULL WHERE id = ? AND outcome IS NOT 'told'",
            (at, delivery.id),
        )
        column = "told_at" if delivery.state == "began" else "end_told_at"
        self._db.conn.execute(
            f"UPDATE alerts SET {column} = coalesce({column}, ?) WHERE id = ?",
            (at, delivery.alert_id),
        )  # noqa: S608 - constants

    def failed(self, delivery: Delivery, why: str, *, down: bool) -> None:
        """The target did not take it; where it is down, what else waits for it waits as long."""
        self._db.conn.execute(
            "UPDATE alert_deliveries SET error = ? WHERE id = ?", (why, delivery.id)
        )
        if down:
            self._db.conn.execute(
                """UPDATE alert_deliveries SET next_try_at =
                    max(next_try_at, (SELECT next_try_at FROM alert_deliveries WHERE id = :id))
                WHERE target = :target AND settled_at IS NULL""",
                {"id": delivery.id, "target": delivery.target},
            )

    def waiting(self) -> int:
        """Messages that are still to be told, those that are held back for QUIET included."""
        (count,) = self._db.conn.execute(
            "SELECT count(*) FROM alert_deliveries WHERE settled_at IS NULL"
        ).fetchone()
        return int(count)


def listed(db: Database) -> list[dict[str, Any]]:
    """A row an alert, those that last first, then the newest; with the messages that wait, and why
    the last one failed.
    """
    rows = db.query(
        """SELECT a.id, a.kind, a.site, a.layout, a.day, a.why, a.since, a.told_at, a.ended_at, a.end_told_at, a.urls,
            (SELECT count(*) FROM alert_deliveries d WHERE d.alert_id = a.id AND d.settled_at IS NULL) AS waiting,
            (SELECT d.error FROM alert_deliveries d WHERE d.alert_id = a.id AND d.error IS NOT NULL
                ORDER BY d.tried_at DESC LIMIT 1) AS error
        FROM alerts a ORDER BY a.ended_at IS NOT NULL, a.since DESC, a.id DESC"""
    )
    return [dict(row, urls=json.loads(row["urls"])) for row in rows]


def lasting(db: Database) -> list[Incident]:
    """The incidents that last, as they were last noted."""
    rows = db.query("SELECT * FROM alerts WHERE ended_at IS NULL ORDER BY id")
    return [_incident(row, json.loads(row["urls"])) for row in rows]


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(
        id=row["id"],
        alert_id=row["alert_id"],
        target=row["target"],
        state=row["state"],
        incident=_incident(row, json.loads(row["urls"])),
        ended_at=datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None,
        tries=row["tries"],
        tried_at=row["tried_at"],
        began_told=bool(row["began_told"]),
    )


def _incident(row: dict[str, Any], urls: list[str]) -> Incident:
    return Incident(
        kind=row["kind"],
        site=row["site"],
        layout=row["layout"],
        day=date.fromisoformat(row["day"]) if row["day"] else None,
        since=datetime.fromisoformat(row["since"]),
        why=row["why"],
        urls=tuple(urls),
    )


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _later(at: str, pause: timedelta) -> str:
    return exact(datetime.fromisoformat(at) + pause)
