"""Deliver messages to targets in parallel, within their time limits."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread

from scraper.monitoring.alerts.mail import send
from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.targets import Target, Undelivered, Webhook
from scraper.monitoring.alerts.webhook import post

GRACE = 1.0
"""Seconds beyond a target's own timeout, for its sockets to time out by themselves."""


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
        if isinstance(target, Webhook):
            post(target, message)
        else:
            send(target, message)
    except Undelivered as problem:
        outcome.set_exception(problem)
    except Exception as error:  # no target may stop a crawl; the error's text may hold secrets
        outcome.set_exception(Undelivered(f"delivery failed ({type(error).__name__})"))
    else:
        outcome.set_result(None)
