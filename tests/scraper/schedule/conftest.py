"""Schedules as users start them, against sites on loopback."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scraper.cli.demo.proxy import Answer, ReplayProxy
from tests import preloaded
from tests.scraper.crawling.conftest import environment, news, serve, small_site, yesterday
from tests.waiting import DEADLINE, children

__all__ = ["news", "serve"]

JAKARTA = ZoneInfo("Asia/Jakarta")
SITES = ("islamtimes", "medcom", "republika", "rmol", "suara")


def far_run() -> datetime:
    """Half a year from now, at the beginning of a month in Jakarta: the next run of a site that a
    test is not to see crawled again.
    """
    here = datetime.now(JAKARTA)
    return datetime(here.year + here.month // 7, (here.month + 5) % 12 + 1, 1, tzinfo=JAKARTA)


def fresh_site(*numbers: int) -> dict[str, Answer]:
    """A small rmol.id whose stories a schedule has to find: it asks the clock, and a first crawl
    walks back for some days only.
    """
    return small_site(*numbers, day=yesterday())


class Held:
    """Answers of which those for `hosts` are given only when it is let go."""

    def __init__(self, answers: dict[str, Answer], *hosts: str) -> None:
        self.answers = answers
        self.hosts = hosts
        self.asked = Event()
        self.let_go = Event()

    def __call__(self, url: str) -> Answer | None:
        if any(host in url for host in self.hosts):
            self.asked.set()
            self.let_go.wait(DEADLINE)
        return self.answers.get(url)


@pytest.fixture
def held() -> Iterator[Callable[..., Held]]:
    """Makes answers that are held back; at the end nobody waits for them."""
    made: list[Held] = []

    def make(answers: dict[str, Answer], *hosts: str) -> Held:
        made.append(Held(answers, *hosts))
        return made[-1]

    yield make
    for one in made:
        one.let_go.set()


class Running:
    """A `warta schedule run` and what it says."""

    def __init__(self, process: BaseProcess, said: Path) -> None:
        assert process.pid is not None
        self.process = process
        self.pid = process.pid
        self._said = said

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        whole = self._said.read_text("utf-8").rpartition("\n")[0]
        found = [json.loads(line) for line in whole.splitlines()]
        return [line for line in found if event in (None, line["event"])]

    def stop(self, number: int = signal.SIGTERM) -> int:
        os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        self.process.join(DEADLINE)
        assert self.process.exitcode is not None, "waited in vain"
        return self.process.exitcode


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes a warta.toml that crawls these sites only, and never a second time within a test."""

    def write(
        *sites: str, more: str = "", tables: str = "", rhythm: str = "", grace: int = 1
    ) -> Path:
        off = "".join(f"[sites.{site}]\nenabled = false\n" for site in SITES if site not in sites)
        rhythm = rhythm or f"0 0 1 {far_run().month} *"
        text = (
            f'contact = "uji@example.org"\n[schedule]\nrhythm = "{rhythm}"\njitter = 0\ngrace ='
            f" {grace}\n{more}\n{off}{tables}"
        )
        file = tmp_path / "warta.toml"
        file.write_text(text, "utf-8")
        return file

    return write


@pytest.fixture
def scheduled(tmp_path: Path, news: Path) -> Iterator[Callable[[ReplayProxy, Path], Running]]:
    """Starts `warta schedule run`; whatever is left of it ends with the test."""
    started: list[Running] = []

    def start(proxy: ReplayProxy, config: Path) -> Running:
        folder = tmp_path / f"schedule-{len(started)}"
        folder.mkdir()
        words = ["schedule", "run", "--config", str(config), "--archive", str(news)]
        process = preloaded.start(
            *words, "-s", "DOWNLOAD_DELAY=0", environment=environment(proxy), folder=folder
        )
        started.append(Running(process, folder / "err"))
        return started[-1]

    yield start
    for one in started:
        left = [one.pid, *children(one.pid)] if one.process.exitcode is None else []
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        one.wait()
