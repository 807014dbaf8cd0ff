"""Telling the targets what began and what ended: each once, also where a target is down or the
program is killed.

The incidents of a moment are compared with what was noted (`note`), and each target is told by
itself what it does not know (`send_due`):

- A message is written down before it is sent, and again when the target took it. A program that is killed between the two sends
  this one message again: the other order could lose it. The second has the same `id` (a mail the
  same Message-ID). Two programs on one archive send it once: the first to write it down has it.
- A target that is down is tried again after a minute, then two, up to an hour, for fourteen days, while the others are told. It
  is one line in the log at each try. One that refuses a single message (4xx, a permanent SMTP
  error) is told the others.
- An incident that ended before a target could be told is told in one message, that of its end, which says so: what happened at
  night is worth knowing in the morning.
- An incident that comes back within an hour after its end is held back until that hour is over, and never told if it is gone by
  then. Whoever was told it had ended is never wrong for longer than that, and hears of a flapping
  one twice an hour at most.
- A target that is new in the configuration is told what lasts, and nothing of the past.

A delivery is bounded by the target's timeout as a whole, whatever the target does; targets are told
side by side, and none of them ever makes the telling fail.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.archive import Archive
from archive.monitoring.alert_log import Alerts, Delivery
from archive.monitoring.incidents import Incident
from scraper.monitoring.alerts.delivery import deliver
from scraper.monitoring.alerts.message import Message, mark
from scraper.monitoring.alerts.targets import Target

logger = logging.getLogger(__name__)

MESSAGES = 50
"""Messages to one target in one telling at most; the others follow in the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a telling did."""

    sent: int
    """Messages that targets took."""
    failed: tuple[str, ...] = ()
    """A line for each target that did not take one."""
    waiting: int = 0
    """Messages that are still to be told."""
    problem: str | None = None
    """Why the archive could not be written."""


def note(
    archive: Archive, incidents: Sequence[Incident], targets: Sequence[Target], *, now: datetime
) -> None:
    """The first half: write down what began and what ended. Who looked earlier has to note earlier.
    Raises ArchiveError.
    """
    with archive.transaction(now):
        Alerts(archive).note(incidents, [target.name for target in targets])


def send_due(archive: Archive, targets: Sequence[Target], *, now: datetime) -> Told:
    """The second half: tell what is due. May be called by many threads and programs at once. Raises
    ArchiveError.
    """
    alerts = Alerts(archive)
    with archive.transaction(now):
        waiting = {target: alerts.due(target.name)[:MESSAGES] for target in dict.fromkeys(targets)}
    sent, failed = 0, {}
    while any(waiting.values()):
        with archive.transaction(now):
            turn = {target: queue.pop(0) for target, queue in waiting.items() if queue}
            turn = {target: delivery for target, delivery in turn.items() if alerts.claim(delivery)}
        problems = deliver(
            {target: _message(archive, delivery, now) for target, delivery in turn.items()}
        )
        with archive.transaction(now):
            for target, delivery in turn.items():
                problem = problems.get(target)
                if problem is None:
                    alerts.delivered(delivery)
                    sent += 1
                    continue
                alerts.failed(delivery, str(problem), down=problem.down)
                failed[target] = f"{target.name}: {problem}"
                if problem.down:
                    waiting[target].clear()
    for line in failed.values():
        logger.warning("alerts: %s; it is told later", line)
    return Told(sent=sent, failed=tuple(failed.values()), waiting=alerts.pending())


def _message(archive: Archive, delivery: Delivery, now: datetime) -> Message:
    incident = delivery.incident
    ended = delivery.state == "ended"
    return Message(
        id=f"{mark(archive.path, delivery.alert_id, incident.since.isoformat())}-{delivery.state}",
        state=delivery.state,
        incident=incident,
        ended_at=delivery.ended_at if ended else None,
        began_told=delivery.began_delivered or not ended,
        archive=archive.path.name,
        sent_at=now,
    )
