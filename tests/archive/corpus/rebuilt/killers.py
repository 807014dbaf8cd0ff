"""Death at a chosen moment: of a whole build, in a process of its own, or of a process that it
started.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from typing import Any

from archive.corpus import executors


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(function: Callable[..., Any], *, call: int, after: bool = False) -> Callable[..., Any]:
    """The function, whose so-manieth call (from 1) ends the process, before or after its work."""
    calls = 0

    def replacement(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            die()
        answer = function(*given, **named)
        if calls == call:
            die()
        return answer

    return replacement


def how_it_ended(work: Callable[[], Any]) -> int:
    """Do it in a fork, which costs no imports; its exit code, or the negative number of the signal
    that ended it.
    """
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def begin_and_die(*_given: Any) -> None:
    """Stands for `execution._begin` in a process that is killed before its first task."""
    die()


def begin_and_die_later(*given: Any) -> None:
    """Stands for it in a process that is killed in its third task."""
    executors._begin(*given)
    kind = executors.LocalPipelineExecutor
    kind._run_for_rank = dying(kind._run_for_rank, call=3)
