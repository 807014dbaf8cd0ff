"""Killing a crawl with SIGKILL at moments that a seed chooses, as its proxy counts them, and
starting it again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event, Lock

from scraper.cli.demo.proxy import Answer, ReplayProxy
from tests.preloaded import MAX_SECONDS
from tests.scraper.crawling.conftest import environment

ENDLESS = 1_000_000
SLACK = 6
"""Answers that a crawl still gets after its moment has come; then it is held, however slow the
machine is to kill it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When to kill: so many milliseconds after so many answers; after none means as soon as it has
    made its first file, or asked.
    """

    answers: int
    milliseconds: int


def moments(seed: int, kills: int, *, most_answers: int) -> list[Moment]:
    """The first while the file is made; every fourth early, when sources are asked; the others
    anywhere.
    """
    chance = Random(seed)
    found = [Moment(answers=0, milliseconds=chance.randint(0, 30))]
    for kill in range(1, kills):
        answers = chance.randint(1, 8 if kill % 4 == 1 else most_answers)
        found.append(Moment(answers=answers, milliseconds=chance.randint(0, 30)))
    return found


class Gate:
    """Answers for a proxy that count themselves, tell when a moment has come, and end soon after
    it.
    """

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.come = Event()
        self._gone = Event()
        self._left = 0
        self._lock = Lock()
        self.open()

    def __call__(self, url: str) -> Answer | None:
        with self._lock:
            self._left -= 1
            left, gone = self._left, self._gone
        if left <= 0:
            self.come.set()
        if left < -SLACK:
            gone.wait(MAX_SECONDS)
        return self.answers.get(url)

    def close_after(self, answers: int) -> None:
        """From now on so many answers are given, and a few more."""
        with self._lock:
            self._left = answers
            self.come.clear()
            self._gone = Event()

    def open(self) -> None:
        """Whoever is held gets an answer, and all after it."""
        with self._lock:
            self._left = ENDLESS
            self._gone.set()


@dataclass(slots=True, kw_only=True)
class Killed:
    """What came of a command that was killed again and again."""

    kills: int = 0
    errors: str = ""
    """What all of its runs printed on stderr."""


def kill_again_and_again(
    command: Sequence[str],
    proxy: ReplayProxy,
    gate: Gate,
    chosen: Sequence[Moment],
    *,
    first_file: Path,
    cwd: Path | None = None,
) -> Killed:
    """Start the command once for each moment and kill it then; a run that ends before its moment
    has to end well.
    """
    told = Killed()
    for moment in chosen:
        gate.close_after(moment.answers)
        process = subprocess.Popen(
            command,
            env=environment(proxy),
            cwd=cwd,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        if _wait(process, gate, moment, first_file):
            os.kill(process.pid, signal.SIGKILL)
        gate.open()
        _out, errors = process.communicate(timeout=MAX_SECONDS)
        told.errors += errors
        told.kills += process.returncode == -signal.SIGKILL
        assert process.returncode in (0, -signal.SIGKILL), errors
    return told


def _wait(process: subprocess.Popen[str], gate: Gate, moment: Moment, first_file: Path) -> bool:
    """Whether the moment came before the end."""
    deadline = time.monotonic() + MAX_SECONDS
    while not (gate.come.is_set() or (moment.answers == 0 and first_file.exists())):
        if process.poll() is not None or time.monotonic() > deadline:
            return False
        gate.come.wait(0.02 if moment.answers else 0.001)
    time.sleep(moment.milliseconds / 1000)
    return True
