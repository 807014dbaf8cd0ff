"""Reading processes: what a reading costs that hangs, crashes or needs too much, and what outlives
it.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.extraction.workers import (
    MEGABYTE,
    Constant,
    Limits,
    ReadingBroke,
    ReadingFailed,
    Worker,
    Workers,
)
from tests.waiting import DEADLINE, alive, until

LIMITS = Limits(deadline=60, memory=200 * MEGABYTE)
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def same(value: object) -> object:
    return value


def hang(_value: object) -> None:
    re.match(r"(a|a|a)*$", "a" * 60 + "b")  # in C, deaf to exceptions


def crash(_value: object) -> NoReturn:
    os.abort()


def leave(_value: object) -> NoReturn:
    os._exit(7)


def grow(_value: object) -> None:
    eaten = []
    while True:
        eaten.append(bytearray(10 * MEGABYTE))


def eat(megabytes: int) -> int:
    return len(bytearray(os.urandom(1)) * megabytes * MEGABYTE)


def fail(_value: object) -> NoReturn:
    raise ZeroDivisionError("nol")


def number_of(_value: object) -> int:
    return os.getpid()


def open_files(_value: object) -> list[str]:
    links = list(Path("/proc/self/fd").iterdir())
    return [str(link.readlink()) for link in links if link.is_symlink()]


def poisoned(value: int) -> int:
    if value < 0:
        leave(value)
    return value * value


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker(LIMITS)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("work", "why"),
    [
        (crash, "its process ended (signal 6)"),
        (leave, "its process ended (exit status 7)"),
        (grow, "it needed too much memory"),
    ],
)
def test_a_reading_that_breaks_costs_itself_alone(worker, work, why):
    assert worker.call(same, "sebelum") == "sebelum"
    with pytest.raises(ReadingBroke) as broke:
        worker.call(work, None)
    assert str(broke.value) == why
    assert worker.call(same, "sesudah") == "sesudah"


def test_a_reading_that_hangs_ends_at_its_deadline():
    worker = Worker(Limits(deadline=0.2))
    try:
        with pytest.raises(ReadingBroke, match="it took longer than its deadline"):
            worker.call(hang, None)
    finally:
        worker.close()


def test_an_exception_is_reported_with_its_traceback_and_the_process_stays(worker):
    before = worker.call(number_of, None)
    with pytest.raises(ReadingFailed, match="ZeroDivisionError: nol"):
        worker.call(fail, None)
    assert worker.call(number_of, None) == before


def test_a_process_that_has_grown_is_replaced_after_its_answer(worker):
    before = worker.call(number_of, None)
    assert worker.call(eat, 1) == MEGABYTE
    assert worker.call(number_of, None) == before
    assert worker.call(eat, 150) == 150 * MEGABYTE
    assert worker.call(number_of, None) != before


@LINUX
@pytest.mark.parametrize("of", ["_process", "_guard"])
def test_a_process_that_is_killed_from_outside_costs_nothing(worker, of):
    pid = getattr(worker, of)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not (alive(pid) or alive(worker._process)))
    assert worker.call(same, 1) == 1


def test_signals_that_stop_a_crawl_do_not_stop_its_readings(worker):
    before = worker.call(number_of, None)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(before, number)
        os.kill(worker._guard, number)
    assert worker.call(number_of, None) == before


@LINUX
def test_a_worker_holds_no_file_of_the_process_that_it_works_for(tmp_path):
    with (tmp_path / "arsip").open("w"):
        worker = Worker(LIMITS)
        try:
            assert not [name for name in worker.call(open_files, None) if "arsip" in name]
        finally:
            worker.close()


def test_a_constant_is_the_value_itself_for_the_worker(worker):
    assert worker.call(same, Constant({"a": 1})) == {"a": 1}


@pytest.mark.parametrize("number", [1, 3])
def test_any_number_of_workers_gives_the_same_answers_in_order(number):
    @given(items=st.lists(st.integers(-3, 50), max_size=12), size=st.integers(1, 5))
    @settings(max_examples=15)
    def answered_in_order(items, size):
        batches = [items[start : start + size] for start in range(0, len(items), size)]
        answers = [answer for batch in workers.map(poisoned, batches) for answer in batch]
        found = [None if isinstance(answer, ReadingBroke) else answer for answer in answers]
        assert found == [None if item < 0 else item * item for item in items]

    with Workers(number, Limits(deadline=30)) as workers:
        answered_in_order()


def test_large_inputs_and_answers_pass_while_others_wait_their_turn():
    async def all_of_them(workers: Workers) -> list[object]:
        async def one(value: bytes) -> object:
            async with workers.lent() as worker:
                return await worker.call_async(same, value)

        return await asyncio.gather(*(one(bytes([n]) * 3 * MEGABYTE) for n in range(5)))

    with Workers(2, Limits(deadline=30)) as workers:
        assert asyncio.run(all_of_them(workers)) == [bytes([n]) * 3 * MEGABYTE for n in range(5)]


def test_in_a_loop_a_reading_breaks_at_its_deadline_or_when_it_is_killed():
    async def both(worker: Worker) -> list[str]:
        told = []
        for deadline in (0.2, 3600):
            if deadline > 1:
                asyncio.get_running_loop().call_later(0.1, worker.kill)
            try:
                await worker.call_async(hang, None, deadline=deadline)
            except ReadingBroke as broke:
                told.append(str(broke))
        return [*told, await worker.call_async(same, "lagi")]

    worker = Worker(LIMITS)
    try:
        assert asyncio.run(both(worker)) == [
            "it took longer than its deadline",
            "its process ended (signal 9)",
            "lagi",
        ]
    finally:
        worker.close()


def test_a_worker_may_be_started_beside_threads():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        worker = Worker(LIMITS)
        assert worker.call(same, 1) == 1
        worker.close()
    finally:
        stop.set()
        thread.join()


SLOW_TO_BEGIN = """
import os, time
fork, main = os.fork, os.getpid()
def fork_slowly():
    parent = os.getpid()
    child = fork()
    while child == 0 and parent != main and os.getppid() == parent:
        time.sleep(0.01)
    return child
os.fork = fork_slowly
"""
"""A worker does nothing before its guard has ended."""


@LINUX
@pytest.mark.parametrize(
    ("number", "begins"),
    [
        (signal.SIGKILL, ""),
        (signal.SIGTERM, ""),
        (signal.SIGINT, ""),
        (signal.SIGKILL, SLOW_TO_BEGIN),
    ],
    ids=["SIGKILL", "SIGTERM", "SIGINT", "SIGKILL before the worker began"],
)
def test_no_worker_outlives_the_process_that_it_works_for(number, begins):
    program = f"""{begins}
import sys
from scraper.extraction.workers import Limits, Worker
from {__name__} import hang
worker = Worker(Limits(deadline=3600))
print(worker._guard, worker._process, flush=True)
worker.call(hang, None)
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        readers = [int(pid) for pid in process.stdout.readline().split()]
        process.send_signal(number)
        process.wait(DEADLINE)
    until(lambda: not any(map(alive, readers)))
