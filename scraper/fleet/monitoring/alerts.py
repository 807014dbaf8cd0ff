"""Which incidents of a fleet began and ended, and which messages about them were sent: once for the
whole fleet, whichever worker notices and sends.

As in an archive (`archive.monitoring.alert_log`): a message is recorded before it is sent, and
again when the target accepted it; a target that is down is retried, later each time; an incident
that returns within an hour of its end is held back until the hour is over.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from archive.monitoring.alert_log import FIRST_PAUSE, GIVE_UP, LONGEST_PAUSE, QUIET
from archive.monitoring.incidents import Incident
from scraper.fleet.database import Database
from scraper.fleet.monitoring.incidents import FleetIncident
from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.notify import deliver
from scraper.monitoring.alerts.targets import Target

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
    next_try_at = warta_now()
        + least(%(first)s * power(2, least(m.tries, 10)), %(longest)s::interval)
FROM warta_incidents i WHERE i.id = m.incident AND (m.incident, m.target, m.state) IN (
    SELECT incident, target, state FROM warta_messages
    WHERE settled_at IS NULL AND next_try_at <= warta_now() AND target = ANY(%(targets)s)
    ORDER BY incident, state LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING i.id, i.kind, i.since, i.why, i.ended_at, m.target, m.state, warta_now() AS now,
    EXISTS (SELECT 1 FROM warta_messages b WHERE b.incident = i.id AND b.target = m.target
        AND b.state = 'began' AND b.outcome = 'sent') AS began,
    (SELECT id FROM warta_fleet) AS fleet
"""
_SETTLE = """
UPDATE warta_messages SET error = %(why)s,
    outcome = CASE WHEN %(why)s::text IS NULL THEN 'sent' END,
    settled_at = CASE WHEN %(why)s::text IS NULL THEN warta_now() END
WHERE incident = %(incident)s AND target = %(target)s AND state = %(state)s
"""

_LASTING = """
SELECT kind, worker, since, why FROM warta_incidents WHERE ended_at IS NULL ORDER BY id
"""


def note(database: Database, incidents: Sequence[FleetIncident], targets: Sequence[Target]) -> None:
    """Record which incidents began and ended, and queue the messages about it.

    Raises FleetUnavailable, FleetError, as all here.
    """
    known = [f"{each.kind} {each.worker or ''}" for each in incidents]
    names = [target.name for target in targets]
    with database.transaction() as connection:
        for each in incidents:
            connection.execute(_BEGAN, (each.kind, each.worker, each.since, str(each.why)))
        ended = [row["id"] for row in connection.execute(_ENDED, (known,)).fetchall()]
        for statement in (_FLAPPED, _OVERTAKEN, _QUEUE_ENDS) if ended else ():
            connection.execute(statement, (ended,))
        connection.execute(_QUEUE, (QUIET, names))
        connection.execute(_GIVE_UP, (GIVE_UP,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    incident: int
    target: Target
    message: Message


def send_due(database: Database, targets: Sequence[Target]) -> int:
    """Send what is due; return how many messages were accepted. Safe for many workers at once."""
    up, sent = {target.name: target for target in targets}, 0
    while (due := _claimed(database, up)) is not None:
        name, state = due.target.name, due.message.state
        problem = deliver({due.target: due.message}).get(due.target)
        why = problem and str(problem)
        database.rows(_SETTLE, why=why, incident=due.incident, target=name, state=state)
        if problem is None:
            sent += 1
            continue
        logger.warning("alerts: %s: %s; it will be retried", name, problem)
        if problem.down:
            del up[name]
    return sent


def _claimed(database: Database, targets: dict[str, Target]) -> _Due | None:
    """Record that a message is about to be sent, and return it; None if none is due."""
    names = list(targets)
    row = database.row(_CLAIM, first=FIRST_PAUSE, longest=LONGEST_PAUSE, targets=names)
    if row is None:
        return None
    ended = row["state"] == "ended"
    message = Message(
        id=f"{row['fleet'].hex[:12]}{row['id']:04x}-{row['state']}",
        state=row["state"],
        incident=Incident(kind=row["kind"], site=None, since=row["since"], why=row["why"]),
        ended_at=row["ended_at"] if ended else None,
        began_told=row["began"] or not ended,
        archive=NAME,
        sent_at=row["now"],
    )
    return _Due(incident=row["id"], target=targets[row["target"]], message=message)


def lasting(database: Database) -> list[FleetIncident]:
    """Return the incidents that last, as they were last noted; the oldest first."""
    return [FleetIncident(**row) for row in database.rows(_LASTING)]
