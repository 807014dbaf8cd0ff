"""The five sites of a simulated month on loopback. A request tells its moment and its crawl in its
user agent.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from scraper.cli.demo.proxy import Answer, ReplayProxy, _Handler
from tests.scraper.crawling.pages.redesign import redesigned
from tests.scraper.schedule.newsrooms import Newsrooms
from tests.scraper.schedule.trouble import Plan, Silence, site_of

CACHED = 3
"""The story that a cache has for all addresses, counted from the newest."""
_OWN_NAME = re.compile(
    rb'<(?:link rel="canonical"|meta property="og:url")[^<>]*>'
    rb'|<script type="application/ld.json">.*?</script>',
    re.DOTALL,
)
"""Where a page says which story it is."""
_AGENT = re.compile(r"run=(?P<run>\S+) now=(?P<now>\S+)")


def agent(run: str, now: datetime) -> str:
    return f"warta-soak (+uji@example.org) run={run} now={now.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked, in the order of the answers."""

    site: str
    url: str
    run: str
    """One crawl."""
    now: datetime
    """Simulated."""
    status: int
    """0: the connection was broken off."""


class World(ReplayProxy):
    """Answers for the newsrooms as the plan has them; `watch` is told of each request before it is
    answered.
    """

    def __init__(self, rooms: Newsrooms, plan: Plan) -> None:
        super().__init__(lambda url: self._found(url, self.asking.now))
        self.rooms, self.plan = rooms, plan
        self.log: list[Request] = []
        self.watch: Callable[[Request], None] | None = None
        self.asking = threading.local()
        self._log_lock = threading.Lock()
        self._server.RequestHandlerClass = type("Asking", (_Asking,), {"proxy": self})

    def answer(self, url: str, if_none_match: str | None) -> Answer:
        told = _AGENT.search(self.asking.agent)
        assert told is not None, f"{url} was asked by {self.asking.agent!r}"
        now = datetime.fromisoformat(told["now"])
        answer: Answer | None = None
        try:
            self.asking.now = now
            answer = super().answer(url, if_none_match)
        finally:
            request = Request(
                site=site_of(url) or "",
                url=url,
                run=told["run"],
                now=now,
                status=answer.status if answer else 0,
            )
            with self._log_lock:
                self.log.append(request)
            if self.watch is not None:
                self.watch(request)
        return answer

    def _found(self, url: str, now: datetime) -> Answer | None:
        site, told = site_of(url), self.rooms.by_url.get(url)
        troubles = self.plan.lasting(site, now)
        for trouble in troubles:
            if said := trouble.answer(url, now, story=told.number if told else 0):
                return said
        found = self.rooms.answer(url, now)
        for trouble in troubles if found is not None and told else ():
            if trouble.kind == "cache":
                cached = self.rooms.standing(trouble.site, trouble.begins)[CACHED]
                found = self.rooms.answer(cached.url, now)
                if found is not None and told is not None and told.number % 2:
                    found = replace(found, body=_OWN_NAME.sub(b"", found.body))
            elif found is not None:
                found = trouble.spoil(found, story=told.number if told else 0)
        if (
            found is not None
            and told
            and site == "rmol"
            and self.plan.redesigned is not None
            and now >= self.plan.redesigned
        ):
            return redesigned(found)
        return found


class _Asking(_Handler):
    proxy: Any

    def do_GET(self) -> None:
        self.proxy.asking.agent = self.headers.get("User-Agent", "")
        try:
            super().do_GET()
        except Silence:
            self.rfile.read(1)  # until the client has enough
            raise
