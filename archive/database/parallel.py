"""Processes that read an archive beside the one that writes it: few answers ahead, in the order of
the tasks, and none left behind.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

AHEAD = 4
"""Answers a process that may wait for their turn."""

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class Readers:
    """Processes of one `with`; what they are asked has to be a function of a module. Raises
    BrokenProcessPool where one was killed.
    """

    def __init__(self, executor: ProcessPoolExecutor, jobs: int) -> None:
        self._executor = executor
        self._ahead = AHEAD * jobs

    def map(self, work: Callable[[Task], Answer], tasks: Iterable[Task]) -> Iterator[Answer]:
        """The answers, in the order of the tasks, which are taken as they are needed."""
        under_way: deque[Future[Answer]] = deque()
        for task in tasks:
            with _started_deaf():
                under_way.append(self._executor.submit(work, task))
            if len(under_way) >= self._ahead:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


@contextmanager
def readers(jobs: int, start: Callable[..., None], *given: Any) -> Iterator[Readers]:
    """So many processes, each of which begins with `start(*given)`; they end with the block, and
    with this process if it is killed.
    """
    executor = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_start, initargs=(start, given)
    )
    try:
        yield Readers(executor, jobs)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _started_deaf() -> Iterator[None]:
    """Ctrl-C is the business of this process alone: those that are started inside never hear it,
    nor does it get lost here.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(start: Callable[..., None], given: tuple[Any, ...]) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    start(*given)


def _end_with_parent() -> None:
    """Killed, it cannot tell the processes that it started."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)
