"""Telling the targets what began and what ended: each once, also where a target is down or the program is killed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Thread

from archive.alerts import Alerts, Delivery
from archive.errors import ArchiveError
from archive.incidents import Incident
from archive.store import Archive
from scraper.alerts.mail import send
from scraper.alerts.message import Message
from scraper.alerts.targets import Target, Undelivered, Webhook
from scraper.alerts.webhook import post

logger = logging.getLogger(__name__)

MESSAGES = 50
"""Messages to one target in one telling at most; the others follow in the next."""
GRACE = 1.0
"""Seconds beyond a target's own timeout, in which its sockets may give up by themselves."""


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


def tell(archive: Archive, incidents: Sequence[Incident], targets: Sequence[Target], *, now: datetime) -> Told:
    """Compare the incidents of this moment with what was noted, and tell each target what it does not know. Never raises for a target.

    An incident is told when it begins and when it ends, to each target by itself:

    - A message is written down before it is sent, and again when the target took it. A program that is killed between the two sends
      this one message again: the other order could lose it. The second has the same `id` (a mail the same Message-ID). Two programs on
      one archive send it once: the first to write it down has it.
    - A target that is down is tried again after a minute, then two, up to an hour, for fourteen days, while the others are told. It
      is one line in the log at each try. One that refuses a single message (4xx, a permanent SMTP error) is told the others.
    - An incident that ended before a target could be told is told in one message, that of its end, which says so: what happened at
      night is worth knowing in the morning.
    - An incident that comes back within an hour after its end is held back until that hour is over, and never told if it is gone by
      then. Whoever was told it had ended is never wrong for longer than that, and hears of a flapping one twice an hour at most.
    - A target that is new in the configuration is told what lasts, and nothing of the past.

    - An archive that takes no writes remembers nothing. Nothing is told then but that the disk is full, once a process; when the
      archive takes writes again and the disk is still filling, that is told in the ordinary way.

    A delivery is bounded by the target's timeout as a whole, whatever the target does; targets are told side by side.
    """
    try:
        told = _told(archive, incidents, targets, now)
    except ArchiveError as error:
        logger.error("alerts: the archive cannot remember what is told: %s", error)  # noqa: TRY400 - the sentence is enough
        full = next((incident for incident in incidents if incident.kind == "disk"), None)
        return Told(sent=tell_unremembered(archive.path, full, targets, now=now) if full else 0, problem=str(error))
    _unremembered.discard(archive.path)
    return told


_unremembered: set[Path] = set()
"""Archives of which this process told directly what they cannot remember."""


def tell_unremembered(archive: Path, incident: Incident, targets: Sequence[Target], *, now: datetime) -> int:
    """Tell what an archive that takes no writes cannot remember, once a process until it takes writes again; how many were told."""
    if archive in _unremembered:
        return 0
    _unremembered.add(archive)
    mark = sha256(f"{archive.resolve()}\n{now.isoformat()}".encode(errors="replace")).hexdigest()[:16]
    message = Message(id=f"{mark}-began", state="began", incident=incident, archive=archive.name, sent_at=now)
    problems = deliver(dict.fromkeys(targets, message))
    for target, problem in problems.items():
        logger.warning("alerts: %s: %s; it is not told: %s", target.name, problem, incident.why)
    return len(set(targets)) - len(problems)


def _told(archive: Archive, incidents: Sequence[Incident], targets: Sequence[Target], now: datetime) -> Told:
    alerts = Alerts(archive)
    with archive.transaction():
        alerts.note(incidents, [target.name for target in targets], now=now)
        waiting = {target: alerts.due(target.name, now=now)[:MESSAGES] for target in dict.fromkeys(targets)}
    sent, failed = 0, {}
    while any(waiting.values()):
        with archive.transaction():
            turn = {target: queue.pop(0) for target, queue in waiting.items() if queue}
            turn = {target: delivery for target, delivery in turn.items() if alerts.claim(delivery, now=now)}
        problems = deliver({target: _message(archive, delivery, now) for target, delivery in turn.items()})
        with archive.transaction():
            for target, delivery in turn.items():
                problem = problems.get(target)
                if problem is None:
                    alerts.told(delivery, now=now)
                    sent += 1
                    continue
                alerts.failed(delivery, str(problem), down=problem.down)
                failed[target] = f"{target.name}: {problem}"
                if problem.down:
                    waiting[target].clear()
    for line in failed.values():
        logger.warning("alerts: %s; it is told later", line)
    return Told(sent=sent, failed=tuple(failed.values()), waiting=alerts.waiting())


def _message(archive: Archive, delivery: Delivery, now: datetime) -> Message:
    incident = delivery.incident
    # The archive's name and the moment keep apart what two archives, or two of one name, send to one target.
    ended = delivery.state == "ended"
    mark = sha256(f"{archive.path.resolve()}\n{delivery.alert_id}\n{incident.since.isoformat()}".encode(errors="replace")).hexdigest()[:16]
    return Message(
        id=f"{mark}-{delivery.state}",
        state=delivery.state,
        incident=incident,
        ended_at=delivery.ended_at if ended else None,
        began_told=delivery.began_told or not ended,
        archive=archive.path.name,
        sent_at=now,
    )


def deliver(messages: dict[Target, Message]) -> dict[Target, Undelivered]:
    """Send each target its message, side by side; why not, for those that did not take it. Never raises.

    A name server or a target that sends a byte a minute outlasts any timeout of a socket: a thread that is late is left alone.
    What it may still bring about counts as undelivered.
    """
    outcomes: dict[Target, Future[None]] = {target: Future() for target in messages}
    threads = {
        target: Thread(target=_attempt, args=(target, message, outcomes[target]), daemon=True) for target, message in messages.items()
    }
    for thread in threads.values():
        thread.start()
    problems: dict[Target, Undelivered] = {}
    for target, outcome in outcomes.items():
        try:
            outcome.result(timeout=target.timeout + GRACE)
        except Undelivered as problem:
            problems[target] = problem
        except TimeoutError:
            problems[target] = Undelivered(f"no answer within {target.timeout:g} s")
    return problems


def _attempt(target: Target, message: Message, outcome: Future[None]) -> None:
    try:
        if isinstance(target, Webhook):
            post(target, message)
        else:
            send(target, message)
    except Undelivered as problem:
        outcome.set_exception(problem)
    except Exception as error:  # whatever a target provokes, the crawl goes on; its words may hold secrets
        outcome.set_exception(Undelivered(f"it cannot be told ({type(error).__name__})"))
    else:
        outcome.set_result(None)
