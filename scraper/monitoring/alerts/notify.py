"""Notify the targets of what began and what ended: once each, across outages and kills.

The current incidents are compared with those noted (`note`), and each target is sent what it has
not received (`send_due`), in parallel and within its own time limit:

- A message is recorded before it is sent, and again when the target accepted it. A program killed
  in between sends it again with the same `id`; of two programs, the first to record it sends it.
- A target that is down is retried after one minute, then two, up to an hour, for fourteen days. One
  that refuses a message (4xx, a permanent SMTP error) is still sent the others.
- An incident that ended before a target could be notified is one message, which says so.
- An incident that returns within an hour of its end is held back until that hour is over, and
  dropped if it has ended by then: one that flaps makes two messages an hour at most.
- A target that is new in the configuration is notified of what lasts, not of the past.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from threading import Thread

from archive.archive import Archive
from archive.monitoring.alert_log import Alerts, Delivery
from archive.monitoring.incidents import Incident
from scraper.monitoring.alerts.mail import send
from scraper.monitoring.alerts.message import Message, mark
from scraper.monitoring.alerts.service import notify_service
from scraper.monitoring.alerts.targets import Mail, Service, Target, Undelivered, Webhook
from scraper.monitoring.alerts.webhook import post

logger = logging.getLogger(__name__)

GRACE = 1.0
"""Seconds beyond a target's own timeout, for its sockets to time out by themselves."""

MESSAGES = 50
"""Messages per target and call at most; the others follow with the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """How notifying the targets went."""

    sent: int
    """Messages that targets accepted."""
    failed: tuple[str, ...] = ()
    """A line for each target that did not accept one."""
    waiting: int = 0
    """Messages that are still to be sent."""
    problem: str | None = None
    """Why the archive could not be written; None if it could."""


def note(
    archive: Archive, incidents: Sequence[Incident], targets: Sequence[Target], *, now: datetime
) -> None:
    """Record what began and what ended, in the order of the checks. Raises ArchiveError."""
    with archive.transaction(now):
        Alerts(archive).note(incidents, [target.name for target in targets])


def send_due(archive: Archive, targets: Sequence[Target], *, now: datetime) -> DeliveryReport:
    """Send what is due. Safe for many threads and programs at once. Raises ArchiveError."""
    alerts = Alerts(archive)
    with archive.transaction(now):
        waiting = {target: alerts.due(target.name)[:MESSAGES] for target in dict.fromkeys(targets)}
    sent, failed = 0, {}
    while any(waiting.values()):
        with archive.transaction(now):
            first = [(target, queue.pop(0)) for target, queue in waiting.items() if queue]
            turn = {target: delivery for target, delivery in first if alerts.claim(delivery)}
        problems = deliver({target: _message(archive, turn[target], now) for target in turn})
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
        logger.warning("alerts: %s; it will be retried", line)
    return DeliveryReport(sent=sent, failed=tuple(failed.values()), waiting=alerts.pending())


def _message(archive: Archive, delivery: Delivery, now: datetime) -> Message:
    incident = delivery.incident
    ended = delivery.state == "ended"
    number = mark(archive.path, delivery.alert_id, incident.since.isoformat())
    return Message(
        id=f"{number}-{delivery.state}",
        state=delivery.state,
        incident=incident,
        ended_at=delivery.ended_at if ended else None,
        began_told=delivery.began_delivered or not ended,
        archive=archive.path.name,
        sent_at=now,
    )


def deliver(messages: dict[Target, Message]) -> dict[Target, Undelivered]:
    """Send each target its message; return why, for those that did not accept it. Never raises.

    DNS, or a target that sends a byte a minute, outlasts any timeout of a socket: a thread that is
    late is abandoned, and its message counts as undelivered.
    """
    outcomes: dict[Target, Future[None]] = {target: Future() for target in messages}
    for target, message in messages.items():
        given = (target, message, outcomes[target])
        Thread(target=_attempt, args=given, daemon=True).start()
    problems: dict[Target, Undelivered] = {}
    for target, outcome in outcomes.items():
        try:
            outcome.result(timeout=target.timeout + GRACE)
        except Undelivered as problem:
            problems[target] = problem
        except TimeoutError:
            problems[target] = Undelivered(f"no response within {target.timeout:g} s")
    return problems


def _attempt(target: Target, message: Message, outcome: Future[None]) -> None:
    try:
        match target:
            case Webhook():
                post(target, message)
            case Service():
                notify_service(target, message)
            case Mail():
                send(target, message)
    except Undelivered as problem:
        outcome.set_exception(problem)
    except Exception as error:  # no target may stop a crawl; the error's text may hold secrets
        outcome.set_exception(Undelivered(f"delivery failed ({type(error).__name__})"))
    else:
        outcome.set_result(None)
