"""class WorkerTurns: readings of one crawl, in workers that all crawls of the process share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import ClassVar, TypeVar

from scraper.extraction.workers import Limits, ReadingBroke, Worker, Workers

SLOW = 0.1
"""Seconds of CPU after which a reading is noted, in case it never ends. A page takes a few
milliseconds; a busy machine makes none of them slow.
"""
SLOW_ANYHOW = 1.0
"""Seconds after which a reading is noted that does not use the CPU."""
KILLED_AFTER = 0.5
"""Seconds that a reading of a crawl which is being stopped has had, at least."""
PATIENCE = 2.0
"""Seconds that a crawl which is being stopped still begins readings of what it has fetched."""
SHRINKS = 3
"""Readings in a row that broke after each of which the next one of the crawl has half as long. A
sound page is read in milliseconds, and gives the whole deadline back.
"""
MAX_WAITING = 2
"""Pages of a site that wait for a worker or are read; then nothing more is requested there."""

Answer = TypeVar("Answer")
logger = logging.getLogger(__name__)


class Abandoned(Exception):
    """The crawl is being stopped: what was fetched is not read, and stays due."""


class WorkerTurns:
    """Runs functions in the shared workers, first come, first served; `close` it once."""

    _shared: ClassVar[Workers | None] = None
    _users: ClassVar[int] = 0

    def __init__(self, number: int, limits: Limits, *, is_ending: Callable[[], bool]) -> None:
        cls = type(self)
        if cls._shared is None:
            cls._shared = Workers(number, limits)
        cls._users += 1
        self._workers = cls._shared
        self.deadline = limits.deadline
        self._is_ending = is_ending
        self._ends_at: float | None = None
        self.broken = 0
        """Readings in a row that broke."""
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self._open = True

    def close(self) -> None:
        """Let go of the workers; the last crawl ends them."""
        cls = type(self)
        if not self._open:
            return
        self._open = False
        cls._users -= 1
        if cls._users == 0 and cls._shared is not None:
            cls._shared.close()
            cls._shared = None

    async def room(self) -> None:
        """Wait until fewer than MAX_WAITING pages wait: what is fetched is read before long."""
        await self._room.wait()

    async def run(
        self,
        work: Callable[..., Answer],
        *given: object,
        deadline: float | None = None,
        when_slow: Callable[[], None] | None = None,
    ) -> Answer:
        """Run a function in a worker; raises ReadingBroke, ReadingFailed, Abandoned.

        `when_slow` is called if it takes longer than usual. The deadline shrinks while readings of
        this crawl break: other sites wait for the same workers.
        """
        with self.held():
            answer = await self._run(work, given, deadline=deadline, when_slow=when_slow)
        await asyncio.sleep(0)  # the next page is handed over before this one is written
        return answer

    async def _run(
        self,
        work: Callable[..., Answer],
        given: Sequence[object],
        *,
        deadline: float | None,
        when_slow: Callable[[], None] | None,
    ) -> Answer:
        async with self._workers.lent() as worker:
            if self._is_ending() and self._out_of_patience():
                raise Abandoned
            watch = _Watch(worker, self._is_ending, when_slow)
            limit = (deadline or self.deadline) / 2 ** min(self.broken, SHRINKS)
            try:
                answer = await worker.call_async(work, *given, deadline=limit)
            except ReadingBroke as broke:
                if watch.has_killed and not watch.has_noted:
                    raise Abandoned from broke
                self.broken += 1
                raise
            finally:
                watch.stop()
            self.broken = 0
            return answer

    @contextmanager
    def held(self) -> Iterator[None]:
        """Count a page as one that waits."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self._waiting += change
        if self._waiting < MAX_WAITING:
            self._room.set()
        else:
            self._room.clear()

    def _out_of_patience(self) -> bool:
        if self._ends_at is None:
            self._ends_at = monotonic() + PATIENCE
        return monotonic() > self._ends_at


class _Watch:
    """Looks after a reading, ten times a second."""

    def __init__(
        self, worker: Worker, is_ending: Callable[[], bool], when_slow: Callable[[], None] | None
    ) -> None:
        self._worker = worker
        self._is_ending = is_ending
        self._when_slow = when_slow
        self.has_noted = False
        self.has_killed = False
        self._cpu = worker.cpu_seconds()
        self._began = monotonic()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(SLOW, self._look)

    def stop(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        self._timer = self._loop.call_later(SLOW, self._look)
        took, used = monotonic() - self._began, self._worker.cpu_seconds() - self._cpu
        if self._when_slow is not None and (used > SLOW or took > SLOW_ANYHOW):
            when_slow, self._when_slow = self._when_slow, None
            self.has_noted = True
            when_slow()
        if took > KILLED_AFTER and self._is_ending():
            self.has_killed = True
            self._worker.kill()
