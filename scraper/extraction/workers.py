"""Processes that read hostile pages: a reading that hangs, grows or crashes costs only itself.

A page may keep the HTML parser or a regular expression busy for ever, in C code that no exception
interrupts, so it is read where it can be killed:

    this process ── guard ── worker

The worker reads one input after another, each under a deadline that the kernel enforces (SIGALRM)
and with limited memory. The guard, which does nothing else, waits for its death and forks the next
one: this process may have threads and open files by then, the guard has none. Both are killed with
the process that they work for, whatever happens to it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import time
import traceback
import warnings
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn, Self, TypeVar

MEGABYTE = 1_000_000

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_LENGTH = struct.Struct("!Q")
_NEWS = struct.Struct("!qi")
"""What the guard sends with each new worker: its process, and how the one before it ended."""
_PR_SET_PDEATHSIG = 1
_CPUCLOCK_SCHED = 2
"""Of the clock that clock_getcpuclockid(3) names for a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one reading may cost."""

    deadline: float = 10.0
    """Seconds; the wait for a free worker does not count."""
    memory: int = 1_000 * MEGABYTE
    """Bytes beyond what a worker begins with; one that has used half of them is replaced."""


class ReadingBroke(Exception):
    """A reading ended with its process: too slow, too large, or a crash; the message says which."""


class ReadingFailed(Exception):
    """A reading raised an exception; the message is its traceback."""


class Constant:
    """A value that is pickled once, and unpickled once by each worker."""

    def __init__(self, value: Any) -> None:
        self._packed = pickle.dumps(value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _constant, (self._packed,)


@lru_cache(maxsize=1024)
def _constant(packed: bytes) -> Any:
    return pickle.loads(packed)  # noqa: S301 - our own


class Worker:
    """One reading process at a time, replaced when it dies; runs functions of modules."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._start()

    def call(self, work: Callable[..., Answer], *given: Any) -> Answer:
        """Run a function and wait for its result; raises ReadingBroke, ReadingFailed."""
        self.send(work, *given)
        answer: Answer = self.answer()
        return answer

    def send(self, work: Callable[..., Any], *given: Any) -> None:
        """Hand a task over; `answer` waits for its result."""
        frame = self._framed(work, given)
        self._socket.setblocking(True)
        try:
            self._socket.sendall(frame)
        except OSError:  # it died while it had nothing to do
            self._replaced()
            self._socket.sendall(frame)

    def answer(self) -> Any:
        """Wait for the result of the task; raises ReadingBroke, ReadingFailed."""
        try:
            payload = _received(self._socket)
        except (EOFError, OSError):
            raise self._broken() from None
        return self._result(payload)

    async def call_async(
        self, work: Callable[..., Answer], *given: Any, deadline: float | None = None
    ) -> Answer:
        """Like `call`, in an asyncio loop, with another deadline if one is given."""
        frame, loop = self._framed(work, given, deadline), asyncio.get_running_loop()
        try:
            self._socket.setblocking(False)
            try:
                await loop.sock_sendall(self._socket, frame)
            except OSError:
                self._replaced()
                self._socket.setblocking(False)
                await loop.sock_sendall(self._socket, frame)
            payload = await _received_async(loop, self._socket)
        except (EOFError, OSError):
            raise self._broken() from None
        except asyncio.CancelledError:
            self.kill()
            self._replaced()
            raise
        answer: Answer = self._result(payload)
        return answer

    def cpu_seconds(self) -> float:
        """Return what the process has used of the CPU; 0 where the system does not say."""
        try:
            return time.clock_gettime((~self._process << 3) | _CPUCLOCK_SCHED)
        except OSError:
            return 0.0

    def kill(self) -> None:
        """End the reading in progress: its caller gets a ReadingBroke."""
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)

    def close(self) -> None:
        """End the processes."""
        self._socket.close()
        self._control.close()
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._guard, signal.SIGKILL)
            os.waitpid(self._guard, 0)

    def _framed(
        self, work: Callable[..., Any], given: Sequence[Any], deadline: float | None = None
    ) -> bytes:
        payload = pickle.dumps((work, given, deadline or self._limits.deadline), protocol=5)
        return _LENGTH.pack(len(payload)) + payload

    def _result(self, payload: bytes | bytearray) -> Any:
        value, failure, leaves = pickle.loads(payload)  # noqa: S301 - our own process wrote it
        if leaves:
            self._replaced()
        if isinstance(failure, str):
            raise ReadingFailed(failure)
        if failure is not None:
            raise ReadingBroke("it needed too much memory")
        return value

    def _broken(self) -> ReadingBroke:
        """Replace the process that just ended, and say why it did."""
        code = os.waitstatus_to_exitcode(self._replaced())
        if code == -signal.SIGALRM:
            return ReadingBroke("it took longer than its deadline")
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        return ReadingBroke(f"its process ended ({how})")

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        ours = os.getpid()  # before the fork: a parent that is gone by then has another number
        with theirs, _signals_blocked(), warnings.catch_warnings():
            # Python 3.12 warns where there are threads: the guard takes no lock that one may hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._guard = os.fork()
            if self._guard == 0:
                _guard(theirs, self._limits, ours)
        self._connect()

    def _replaced(self) -> int:
        """Take the next process; return how the one before ended, as `os.wait` says it."""
        self._socket.close()
        return self._connect()

    def _connect(self) -> int:
        news, files, _flags, _address = socket.recv_fds(self._control, _NEWS.size, 1)
        if not files:  # the guard was killed, and its worker with it
            self._control.close()
            with suppress(ChildProcessError):
                os.waitpid(self._guard, 0)
            self._start()
            return int(signal.SIGKILL)
        self._process, status = _NEWS.unpack(news)
        self._socket = socket.socket(fileno=files[0])
        return int(status)


class Workers:
    """The reading processes of this process; close them, or use `with`."""

    def __init__(self, number: int = 1, limits: Limits | None = None) -> None:
        given = limits or Limits()
        self._workers = [Worker(given) for _ in range(number)]
        self._free: asyncio.Queue[Worker] = asyncio.Queue()
        for worker in self._workers:
            self._free.put_nowait(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.close()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Worker]:
        """A worker of one's own, as soon as one is free; first come, first served."""
        worker = await self._free.get()
        try:
            yield worker
        finally:
            self._free.put_nowait(worker)

    def map(
        self, work: Callable[[Item], Answer], batches: Iterable[Sequence[Item]]
    ) -> Iterator[list[Answer | ReadingBroke]]:
        """Yield the results of each batch, in order; batches are consumed as needed.

        The deadline is that of one item. Those whose reading broke have a ReadingBroke as result.
        """
        idle = deque(self._workers)
        under_way: deque[tuple[Worker, Sequence[Item]]] = deque()
        for batch in batches:
            if not idle:
                idle.append(under_way[0][0])
                yield _finished(work, *under_way.popleft())
            worker = idle.popleft()
            worker.send(_each, work, batch)
            under_way.append((worker, batch))
        while under_way:
            yield _finished(work, *under_way.popleft())


def _finished(
    work: Callable[[Item], Answer], worker: Worker, batch: Sequence[Item]
) -> list[Answer | ReadingBroke]:
    """Wait for a batch; if it broke, read its items one by one to find which of them breaks."""
    try:
        return list(worker.answer())
    except ReadingBroke as broke:
        if len(batch) == 1:
            return [broke]
    found: list[Answer | ReadingBroke] = []
    for item in batch:
        try:
            found.append(worker.call(work, item))
        except ReadingBroke as broke:
            found.append(broke)
    return found


def _each(work: Callable[[Item], Answer], batch: Sequence[Item]) -> list[Answer]:
    """In the worker: read a batch, each item under the deadline."""
    answers = []
    for item in batch:
        signal.setitimer(signal.ITIMER_REAL, _deadline[0])
        answers.append(work(item))
    return answers


_deadline = [0.0]
"""Of the task that the worker runs, in seconds."""


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Let no signal reach a new process before it has dropped the handlers of this one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _guard(control: socket.socket, limits: Limits, parent: int) -> NoReturn:
    """In the guard: fork a worker whenever there is none, and say how the last one ended."""
    try:
        gc.freeze()  # nothing that this process inherited may close a file of its own
        _die_with(parent)
        _close_all_but(control.fileno())
        _reset_signals()
        status, guard = 0, os.getpid()
        while True:
            ours, theirs = socket.socketpair()
            worker = os.fork()
            if worker == 0:
                control.close()
                theirs.close()
                _serve(ours, limits, guard)
            ours.close()
            socket.send_fds(control, [_NEWS.pack(worker, status)], [theirs.fileno()])
            theirs.close()
            _worker, status = os.waitpid(worker, 0)
    finally:
        os._exit(0)


def _serve(connection: socket.socket, limits: Limits, parent: int) -> NoReturn:
    """In the worker: run tasks until the other end is closed."""
    try:
        _die_with(parent)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _limit_memory(limits.memory)
        logging.disable()  # what libraries say of a page is nothing to the user
        before, leaves = _peak(), False
        while not leaves:
            sent = _received(connection)
            work, given, _deadline[0] = pickle.loads(sent)  # noqa: S301 - its parent
            signal.setitimer(signal.ITIMER_REAL, _deadline[0])
            value, failure = _answer(work, given)
            leaves = failure is MemoryError or _peak() - before > limits.memory // 2
            payload = pickle.dumps((value, failure, leaves), protocol=5)
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.sendall(_LENGTH.pack(len(payload)) + payload)
            del given, value, payload
    except (EOFError, OSError):
        os._exit(0)
    finally:  # without a traceback: the other end says what happened
        os._exit(1 if sys.exc_info()[0] else 0)


def _answer(
    work: Callable[..., Any], given: Sequence[Any]
) -> tuple[Any, str | type[MemoryError] | None]:
    """Return the result, or None and the traceback or MemoryError."""
    try:
        return work(*given), None
    except MemoryError:
        return None, MemoryError
    except Exception:
        return None, traceback.format_exc()


def _received(connection: socket.socket) -> bytearray:
    """Receive one message; raises EOFError where the other process is gone."""
    (left,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return _exactly(connection, left)


def _exactly(connection: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, filled = memoryview(data), 0
    while filled < size:
        count = connection.recv_into(view[filled:])
        if not count:
            raise EOFError
        filled += count
    return data


async def _received_async(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> bytes:
    """Receive one message; raises EOFError where the other process is gone."""
    data = bytearray()
    while len(data) < _LENGTH.size or len(data) < _LENGTH.size + _LENGTH.unpack_from(data)[0]:
        piece = await loop.sock_recv(connection, 262_144)
        if not piece:
            raise EOFError
        data += piece
    return bytes(data[_LENGTH.size :])


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; elsewhere than on Linux, a worker
    ends when it next looks for a task.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _close_all_but(kept: int) -> None:
    """Close what was inherited: connections, locks, databases; standard input is empty."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number in [int(file.name) for file in Path("/dev/fd").iterdir()]:
        if number > 2 and number != kept:
            with suppress(OSError):  # the one that lists them is closed already
                os.close(number)


def _reset_signals() -> None:
    """Handle signals as a new process does; who stops a crawl also stops this, if it is needed."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _limit_memory(extra: int) -> None:
    """Let this process allocate so many bytes more than it has."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[5])
        limit = pages * resource.getpagesize() + extra
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024
