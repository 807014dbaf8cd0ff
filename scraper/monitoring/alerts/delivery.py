"""Delivering messages to targets side by side, within their time."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread

from scraper.monitoring.alerts.mail import send
from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.targets import Target, Undelivered, Webhook
from scraper.monitoring.alerts.webhook import post

GRACE = 1.0
"""Seconds beyond a target's own timeout, in which its sockets may give up by themselves."""


def deliver(messages: dict[Target, Message]) -> dict[Target, Undelivered]:
    """Send each target its message, side by side; why not, for those that did not take it. Never
    raises.

    A name server or a target that sends a byte a minute outlasts any timeout of a socket: a thread
    that is late is left alone. What it may still bring about counts as undelivered.
    """
    outcomes: dict[Target, Future[None]] = {target: Future() for target in messages}
    threads = {
        target: Thread(target=_attempt, args=(target, message, outcomes[target]), daemon=True)
        for target, message in messages.items()
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
    except (
        Exception
    ) as error:  # whatever a target provokes, the crawl goes on; its words may hold secrets
        outcome.set_exception(Undelivered(f"it cannot be told ({type(error).__name__})"))
    else:
        outcome.set_result(None)
