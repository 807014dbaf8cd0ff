"""Ctrl-C while crawls run: the first one lets them end in good order, a second one is at once."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

from scraper.display import end_at_once

logger = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds after which it is said what is waited for."""


class CtrlC:
    """Listens for Ctrl-C in place of Scrapy, which it tells to stop."""

    def __init__(self) -> None:
        self.received = False
        self._stop: Any = None

    @contextmanager
    def handled(self) -> Iterator[Self]:
        """Handle Ctrl-C while the reactor runs inside, and afterwards as before."""
        before = signal.getsignal(signal.SIGINT)
        _reactor().callLater(0, self._listen)  # Scrapy's own handlers are there by then
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, end_at_once if self.received else before)

    def _listen(self) -> None:
        self._stop = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, self._first)

    def _first(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        self._stop(number, frame)
        signal.signal(signal.SIGINT, end_at_once)
        reactor = _reactor()  # nothing may be written in a handler of a signal
        reactor.callFromThread(reactor.callLater, PATIENCE, _explain)


def _explain() -> None:
    logger.warning("stopping after the pages in progress; Ctrl-C again stops at once")


def _reactor() -> Any:
    from twisted.internet import reactor

    return reactor
