"""class Sites: the five invented sites of the soak on loopback, for crawls by the real clock; each
request with the machine that sent it, when it arrived and when its answer left.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scraper.cli.demo.proxy import Answer, ReplayProxy, _Handler
from tests.scraper.schedule.newsrooms import Newsrooms
from tests.scraper.schedule.trouble import site_of

_CONTACT = re.compile(r"\+(?P<machine>[\w-]+)@example\.org")


def contact(machine: str) -> str:
    """The contact by which a machine's requests are recognised."""
    return f"{machine}@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request and its answer; times are seconds of the system clock, which is PostgreSQL's."""

    site: str
    machine: str
    url: str
    arrived: float
    """Not before it was sent."""
    answered: float
    """Before the first byte of the answer was sent."""
    status: int


class Sites(ReplayProxy):
    """Answers as the newsrooms stand at `now`; `watch` is called with the site and the machine
    before each answer, one at a time.
    """

    def __init__(self, rooms: Newsrooms, now: datetime) -> None:
        super().__init__(lambda url: rooms.answer(url, self.now))
        self.rooms, self.now = rooms, now
        self.log: list[Visit] = []
        self.watch: Callable[[str, str], None] | None = None
        self._of_thread = threading.local()
        self._noting = threading.Lock()
        self._server.RequestHandlerClass = type("Visited", (_Visited,), {"proxy": self})

    def arrive(self, user_agent: str) -> None:
        """Note that a request arrived, in the thread that answers it."""
        found = _CONTACT.search(user_agent)
        assert found is not None, f"{user_agent!r} names no machine"
        self._of_thread.machine, self._of_thread.at = found["machine"], time.time()

    def answer(self, url: str, if_none_match: str | None) -> Answer:
        answer = super().answer(url, if_none_match)
        site, machine = site_of(url) or "", self._of_thread.machine
        with self._noting:
            if self.watch is not None:
                self.watch(site, machine)
            visit = Visit(
                site=site,
                machine=machine,
                url=url,
                arrived=self._of_thread.at,
                answered=time.time(),
                status=answer.status,
            )
            self.log.append(visit)
        return answer

    def stories(self) -> set[str]:
        """The addresses of all stories that can be read now."""
        return {told.url for told in self.rooms.all() if told.stands(self.now)}


class _Visited(_Handler):
    proxy: Any

    def do_GET(self) -> None:
        self.proxy.arrive(self.headers.get("User-Agent", ""))
        super().do_GET()
