"""Processes that read an archive beside the one that writes it, and end with it."""

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
"""Results per process that may wait for their turn."""

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class Readers:
    """Processes of one `with`; they run functions of modules.

    Raises BrokenProcessPool where one was killed.
    """

    def __init__(self, executor: ProcessPoolExecutor, jobs: int) -> None:
        self._executor = executor
        self._ahead = AHEAD * jobs

    def map(self, work: Callable[[Task], Answer], tasks: Iterable[Task]) -> Iterator[Answer]:
        """Yield the results in the order of the tasks, which are consumed as needed."""
        under_way: deque[Future[Answer]] = deque()
        for task in tasks:
            with _sigint_blocked():
                under_way.append(self._executor.submit(work, task))
            if len(under_way) >= self._ahead:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


@contextmanager
def readers(jobs: int, start: Callable[..., None], *given: Any) -> Iterator[Readers]:
    """Start processes, each with `start(*given)`; they end with the block or with this process."""
    executor = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_start, initargs=(start, given)
    )
    try:
        yield Readers(executor, jobs)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Keep Ctrl-C to this process: those that are started inside ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(start: Callable[..., None], given: tuple[Any, ...]) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    start(*given)


def _end_with_parent() -> None:
    """End when the parent was killed, which cannot end its processes then."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)
