"""Time that grows with the size of what is read, measured in seconds of CPU."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import TypeVar

import pytest

LARGE, QUICK = 200_000, 60_000
"""Characters: with four times as many, what is quadratic takes sixteen times as long."""
MAX_GROWTH = 8
FLOOR = 0.06
"""Seconds of CPU below which a measurement says nothing."""

Input = TypeVar("Input")


def seconds(work: Callable[[], object]) -> float:
    before = process_time()
    work()
    return process_time() - before


def assert_linear(
    work: Callable[[Input], object], grown: Callable[[int], Input], *, size: int = LARGE
) -> None:
    """Best of three, because other processes share the caches."""
    large = grown(size)
    measured = []
    for _turn in range(3):
        taken = seconds(lambda: work(large))
        if taken <= MAX_GROWTH * FLOOR:
            return
        few = seconds(lambda: work(grown(size // 4)))
        measured.append(taken / max(FLOOR, few))
        if measured[-1] <= MAX_GROWTH:
            return
    pytest.fail(f"four times the size took {min(measured):.0f} times as long")
