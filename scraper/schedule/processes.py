"""Each crawl in its own process, and how it ended."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from threading import Condition, Thread
from typing import IO, Any, Self

from scraper.configuration import Loaded
from scraper.schedule.program import CHILD, script

LOCKED_OUT = 75
"""Exit code of a crawl whose site another process holds: EX_TEMPFAIL of sysexits.h."""

LATE = 180.0
"""Seconds that a crawl may need to stop at its time limit: the longest delay, and a response."""

BROKEN = "broken"
"""How a crawl ended that did not say it itself, in `warta crawl --json` and the schedule's log; the
ledger's word is BROKE_OFF.
"""

_TAIL = 8_192
"""Bytes of output that are kept, the newest: enough for the result and for a traceback."""

_KILLED = 5.0
"""Seconds in which a killed process is gone, unless the machine is in trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A crawl to run; how it crawls is in the configuration, which its process loads."""

    site: str = ""
    archive: Path
    since: date | None = None
    """The day to walk back to; None: no day before today."""
    config: Path | None = None
    """The configuration's file; None: the variables alone, if any."""
    settings: tuple[str, ...] = ()
    """Scrapy's, as NAME=VALUE."""

    @classmethod
    def of(cls, known: Loaded, archive: Path, *, settings: tuple[str, ...] = ()) -> Self:
        """Return an order for an archive and the configuration loaded here, but for no site yet."""
        config = known.file and known.file.absolute()
        return cls(archive=archive.absolute(), config=config, settings=settings)

    def command(self) -> list[str]:
        """Return the command line."""
        command = script(CHILD)
        if self.config:
            command += ["--config", str(self.config)]
        command += ["crawl", self.site, "--archive", str(self.archive), "--json"]
        if self.since:
            command += ["--since", self.since.isoformat()]
        return command + [part for setting in self.settings for part in ("-s", setting)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a crawl ended."""

    site: str
    started_at: datetime
    ended_at: datetime
    exit_code: int
    """That of `warta crawl`, LOCKED_OUT, or below 0: killed by that signal."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    """The row of `warta crawl --json`; empty if there was none."""
    ended: str = BROKEN
    """Why it ended: finished, shutdown, robots_forbidden …"""
    stopped: bool = False
    """Whether it was running when the schedule was stopped."""
    stderr: str = ""
    """The end of its output on stderr."""

    @property
    def locked_out(self) -> bool:
        """Whether another process held the site's lock."""
        return self.exit_code == LOCKED_OUT

    @property
    def succeeded(self) -> bool:
        """Whether it finished; 3 means that it also saw a layout drift, which health reports."""
        return self.exit_code in (0, 3)


class CrawlProcesses:
    """The running crawls, each in its own process and session; thread-safe."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        environment: Mapping[str, str] | None = None,
        *,
        longest: float = 86_400.0,
        grace: float = 10.0,
    ) -> None:
        """Take the seconds that a crawl may take, and those it has to end when it is stopped."""
        self._clock = clock
        self._environment = dict(environment or os.environ)
        self._longest = longest
        self._grace = grace
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._changed = Condition()
        self._stopping = False
        self._interrupted: set[str] = set()

    def run(self, order: Order) -> Result | None:
        """Crawl, and wait for the end; None if everything is being stopped.

        A crawl stops itself at the time limit (`out_of_time`); one that does not is stopped.
        """
        started = self._clock()
        limit = f"LONGEST={self._longest:.0f}"
        process = self._start(replace(order, settings=(limit, *order.settings)))
        if process is None:
            return None
        stdout, stderr = _Tail(process.stdout), _Tail(process.stderr)
        try:
            _wait(process, self._longest + LATE, self._grace)
        finally:
            _kill(process)
            with self._changed:
                del self._processes[order.site]
                self._changed.notify_all()
        counts = _last_row(stdout.text())
        stopped = self._stopping and process.returncode != 0
        return Result(
            site=order.site,
            started_at=started,
            ended_at=self._clock(),
            exit_code=process.returncode,
            counts=counts,
            ended="shutdown" if stopped else str(counts.get("ended", BROKEN)),
            stopped=stopped,
            stderr=stderr.text(),
        )

    def stop(self) -> None:
        """Stop all crawls, start no more, and kill those that outlast the grace period."""
        with self._changed:
            self._stopping = True
            for sent, seconds in ((signal.SIGTERM, self._grace), (signal.SIGKILL, _KILLED)):
                for process in self._processes.values():
                    process.send_signal(sent)
                if self._changed.wait_for(lambda: not self._processes, seconds):
                    return

    def interrupt(self) -> None:
        """Let all crawls stop after the pages in progress, however long that takes."""
        with self._changed:
            self._stopping = True
            for site, process in self._processes.items():
                if site not in self._interrupted:  # a second signal ends it at once
                    self._interrupted.add(site)
                    process.send_signal(signal.SIGTERM)

    def _start(self, order: Order) -> subprocess.Popen[bytes] | None:
        with self._changed:
            if self._stopping:
                return None
            process = subprocess.Popen(  # noqa: S603 - our own words
                order.command(),
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C reaches the schedule alone
            )
            self._processes[order.site] = process
            return process


class _Tail:
    """Reads a pipe to its end, so that its writer never blocks, and keeps the newest bytes."""

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
        self._thread.join()
        return self._kept.decode(errors="replace").strip()


def _wait(process: subprocess.Popen[bytes], longest: float, grace: float) -> None:
    for sent, seconds in ((signal.SIGTERM, longest), (signal.SIGKILL, grace)):
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
        process.send_signal(sent)
    process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of a process behind, whatever happened."""
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _last_row(stdout: str) -> Mapping[str, Any]:
    """Return the row of `warta crawl --json`, its last line."""
    try:
        found = json.loads(stdout.rpartition("\n")[2])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
