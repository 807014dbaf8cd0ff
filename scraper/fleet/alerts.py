"""Which incidents of a fleet began and ended, and which messages about them were sent: once for the
whole fleet, whichever worker notices and sends.

As in an archive (`archive.monitoring.alert_log`): a message is recorded before it is sent, and
again when the target accepted it; a target that is down is retried, later each time; an incident
that returns within an hour of its end is held back until the hour is over.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archive.monitoring.alert_log import FIRST_PAUSE, GIVE_UP, LONGEST_PAUSE, QUIET
from archive.monitoring.incidents import Incident
from scraper.fleet.incidents import FleetIncident
from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.notify import deliver
from scraper.monitoring.alerts.targets import Target

if TYPE_CHECKING:
    from psycopg import Connection

logger = logging.getLogger("warta.fleet")

NAME = "fleet"
"""What messages name in place of an archive."""

_BEGAN = """
INSERT INTO warta_incidents (kind, worker, since, why) VALUES (%s, %s, %s, %s)
ON CONFLICT (kind, coalesce(worker, '')) WHERE ended_at IS NULL DO UPDATE SET why = excluded.why
"""
_ENDED = """
UPDATE warta_incidents SET ended_at = warta_now()
WHERE ended_at IS NULL AND NOT (kind || ' ' || coalesce(worker, '') = ANY(%s)) RETURNING id
"""
_FLAPPED = """
DELETE FROM warta_messages WHERE incident = ANY(%s) AND state = 'began' AND settled_at IS NULL
    AND tries = 0 AND next_try_at > warta_now()
"""
_OVERTAKEN = """
UPDATE warta_messages SET settled_at = warta_now(), outcome = 'overtaken'
WHERE incident = ANY(%s) AND settled_at IS NULL
"""
_QUEUE_ENDS = """
INSERT INTO warta_messages (incident, target, state)
SELECT incident, target, 'ended' FROM warta_messages WHERE incident = ANY(%s) AND state = 'began'
"""
_QUEUE = """
INSERT INTO warta_messages (incident, target, state, next_try_at)
SELECT i.id, t.target, 'began', greatest(warta_now(), (SELECT max(e.ended_at) + %s
    FROM warta_incidents e JOIN warta_messages m ON m.incident = e.id
    WHERE e.kind = i.kind AND e.worker IS NOT DISTINCT FROM i.worker
        AND m.target = t.target AND m.outcome = 'sent'))
FROM warta_incidents i CROSS JOIN unnest(%s::text[]) AS t (target) WHERE i.ended_at IS NULL
ON CONFLICT DO NOTHING
"""
_GIVE_UP = """
UPDATE warta_messages SET settled_at = warta_now(), outcome = 'given_up'
WHERE settled_at IS NULL AND noted_at <= warta_now() - %s::interval
"""
_CLAIM = """
UPDATE warta_messages m SET tries = m.tries + 1,
    next_try_at = warta_now() + least(%s * power(2, least(m.tries, 10)), %s::interval)
FROM warta_incidents i WHERE i.id = m.incident AND (m.incident, m.target, m.state) IN (
    SELECT incident, target, state FROM warta_messages
    WHERE settled_at IS NULL AND next_try_at <= warta_now() AND target = ANY(%s)
    ORDER BY incident, state LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING i.id, i.kind, i.since, i.why, i.ended_at, m.target, m.state, warta_now(),
    EXISTS (SELECT 1 FROM warta_messages b WHERE b.incident = i.id AND b.target = m.target
        AND b.state = 'began' AND b.outcome = 'sent'), (SELECT id FROM warta_fleet)
"""
_SETTLE = """
UPDATE warta_messages SET error = %s, outcome = %s,
    settled_at = CASE WHEN %s::text IS NULL THEN warta_now() END
WHERE incident = %s AND target = %s AND state = %s
"""


def note(
    connection: "Connection[Any]", incidents: Sequence[FleetIncident], targets: Sequence[Target]
) -> None:
    """Record which incidents began and ended, and queue the messages about it."""
    with connection.transaction():
        for each in incidents:
            connection.execute(_BEGAN, (each.kind, each.worker, each.since, str(each.why)))
        known = [f"{each.kind} {each.worker or ''}" for each in incidents]
        ended = [row[0] for row in connection.execute(_ENDED, (known,)).fetchall()]
        for statement in (_FLAPPED, _OVERTAKEN, _QUEUE_ENDS) if ended else ():
            connection.execute(statement, (ended,))
        names = [target.name for target in targets]
        connection.execute(_QUEUE, (QUIET, names))
        connection.execute(_GIVE_UP, (GIVE_UP,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    incident: int
    target: Target
    message: Message


def send_due(connection: "Connection[Any]", targets: Sequence[Target]) -> int:
    """Send what is due; return how many messages were accepted. Safe for many workers at once."""
    up, sent = {target.name: target for target in targets}, 0
    while (due := _claimed(connection, up)) is not None:
        problem = deliver({due.target: due.message}).get(due.target)
        why = problem and str(problem)
        given = (why, None if why else "sent", why, due.incident, due.target.name)
        connection.execute(_SETTLE, (*given, due.message.state))
        if problem is None:
            sent += 1
            continue
        logger.warning("alerts: %s: %s; it will be retried", due.target.name, problem)
        if problem.down:
            del up[due.target.name]
    return sent


def _claimed(connection: "Connection[Any]", targets: dict[str, Target]) -> _Due | None:
    """Record that a message is about to be sent, and return it; None if none is due."""
    given = (FIRST_PAUSE, LONGEST_PAUSE, list(targets))
    row = connection.execute(_CLAIM, given).fetchone()
    if row is None:
        return None
    number, kind, since, why, ended_at, target, state, now, began, fleet = row
    message = Message(
        id=f"{fleet.hex[:12]}{number:04x}-{state}",
        state=state,
        incident=Incident(kind=kind, site=None, since=since, why=why),
        ended_at=ended_at if state == "ended" else None,
        began_told=began or state == "began",
        archive=NAME,
        sent_at=now,
    )
    return _Due(incident=number, target=targets[target], message=message)


def lasting(connection: "Connection[Any]") -> list[FleetIncident]:
    """Return the incidents that last, as they were last noted; the oldest first."""
    rows: list[tuple[str, str | None, datetime, str]] = connection.execute(
        "SELECT kind, worker, since, why FROM warta_incidents WHERE ended_at IS NULL ORDER BY id"
    ).fetchall()
    return [
        FleetIncident(kind=kind, worker=worker, since=since, why=why)
        for kind, worker, since, why in rows
    ]
