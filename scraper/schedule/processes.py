"""One crawl in its own process, and what came of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from threading import Condition, Thread
from typing import IO, Any

LOCKED_OUT = 75
"""Exit code of a crawl whose site another process holds: EX_TEMPFAIL of sysexits.h."""

_TAIL = 8_192
"""Bytes that are kept of what a crawl says, its newest: enough for its result and for a traceback."""

LATE = 180.0
"""Seconds that a crawl which ends by itself may take for it: the longest delay, and an answer."""

_KILLED = 5.0
"""Seconds in which a process that was killed is gone, unless the machine is in trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A crawl that is to be run."""

    site: str
    archive: Path
    since: date | None = None
    """The day to walk back to."""
    config: Path | None = None
    settings: tuple[str, ...] = ()
    """Scrapy's, as NAME=VALUE."""

    def command(self) -> list[str]:
        """What is run."""
        config = ["--config", str(self.config)] if self.config else []
        since = ["--since", self.since.isoformat()] if self.since else []
        settings = [part for setting in self.settings for part in ("-s", setting)]
        crawl = ["crawl", self.site, "--archive", str(self.archive), "--json", *since, *settings]
        return [sys.executable, "-m", "scraper.cli.child", *config, *crawl]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a crawl ended."""

    site: str
    started_at: datetime
    ended_at: datetime
    exit_code: int
    """0, 3: it finished; below 0: killed by that signal; everything else as `warta crawl` has it."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    """As `warta crawl --json` gives them; empty where it told none."""
    ended: str = "broken"
    """Why it ended: finished, shutdown, robots_forbidden …; broken where it did not say."""
    stopped: bool = False
    """Whether it was under way when everything was stopped."""
    said: str = ""
    """The end of what it said on stderr."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_at - self.started_at).total_seconds()

    @property
    def locked_out(self) -> bool:
        """Whether somebody else had the site."""
        return self.exit_code == LOCKED_OUT

    @property
    def well(self) -> bool:
        """Whether it finished by itself; with 3 it did, and saw a layout drift, which health tells."""
        return self.exit_code in (0, 3)


class Runs:
    """The crawls that are under way, each in its own process and session; safe to use from several
    threads.
    """

    def __init__(
        self, clock: Callable[[], datetime], environment: Mapping[str, str] | None = None
    ) -> None:
        self._clock = clock
        self._environment = dict(environment if environment is not None else os.environ)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._changed = Condition()
        self._stopping = False

    def run(self, order: Order, *, longest: float, grace: float) -> Result | None:
        """Crawl, and wait for the end; None where everything is being stopped.

        A crawl that takes more than `longest` seconds ends by itself (`out_of_time`); one that does
        not is told to, and killed `grace` seconds later.
        """
        started = self._clock()
        process = self._start(replace(order, settings=(f"LONGEST={longest:.0f}", *order.settings)))
        if process is None:
            return None
        tails = [_Tail(process.stdout), _Tail(process.stderr)]
        try:
            _wait(process, longest + LATE, grace)
        finally:
            _end(process)
            with self._changed:
                del self._processes[order.site]
                self._changed.notify_all()
        told, said = (tail.text() for tail in tails)
        counts = _counts(told)
        stopped = self._stopping and process.returncode != 0
        return Result(
            site=order.site,
            started_at=started,
            ended_at=self._clock(),
            exit_code=process.returncode,
            counts=counts,
            ended="shutdown" if stopped else str(counts.get("ended", "broken")),
            stopped=stopped,
            said=said,
        )

    def stop(self, grace: float) -> None:
        """Tell all crawls to end, start no more, and kill those that are still there after `grace`
        seconds.
        """
        with self._changed:
            self._stopping = True
            for process in self._processes.values():
                process.send_signal(signal.SIGTERM)
            if not self._changed.wait_for(lambda: not self._processes, grace):
                for process in self._processes.values():
                    process.send_signal(signal.SIGKILL)
                self._changed.wait_for(lambda: not self._processes, _KILLED)

    def _start(self, order: Order) -> subprocess.Popen[bytes] | None:
        with self._changed:
            if self._stopping:
                return None
            # A session of its own: Ctrl-C is the business of the schedule alone.
            process = subprocess.Popen(  # noqa: S603 - our own words
                order.command(),
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._processes[order.site] = process
            return process


class _Tail:
    """Reads a pipe to its end, so that nobody waits for it, and keeps the newest bytes."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        self._pipe = pipe
        self._kept = b""
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe:
            while piece := os.read(self._pipe.fileno(), 65_536):
                self._kept = (self._kept + piece)[-_TAIL:]

    def text(self) -> str:
        """What was kept."""
        self._thread.join()
        return self._kept.decode(errors="replace").strip()


def _wait(process: subprocess.Popen[bytes], longest: float, grace: float) -> None:
    for signal_sent, seconds in ((signal.SIGTERM, longest), (signal.SIGKILL, grace)):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal_sent)
        else:
            return
    process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Whatever happened, nothing is left of it."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _counts(told: str) -> Mapping[str, Any]:
    """The row of `warta crawl --json`, its last line."""
    lines: Sequence[str] = told.splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
