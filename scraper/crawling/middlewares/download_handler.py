"""The last gate before a request is sent: delays count from the end of a response."""

import asyncio
from collections.abc import Callable
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, TunnelError
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from scraper.crawling.crawl import Crawl
from scraper.crawling.middlewares.header_limits import limit_headers
from scraper.crawling.middlewares.wire import (
    TRANSCRIPT,
    Transcript,
    guard_writes,
    keep_exchange,
    note_connections,
)
from scraper.crawling.responses import PROXY_LOGIN, ProxyFailed, Refused
from scraper.politeness.resolver import is_internal_name

FINAL_STATUS, STATUSES_END = 200, 1000
"""A status has three digits, that of a final answer at least 200 (RFC 9110, 15)."""
_STEP = 0.5
"""Seconds between two looks at what a request waits for."""
MAX_CODINGS = 3
"""Of a response in Content-Encoding: each is unpacked to up to DOWNLOAD_MAXSIZE."""


class PoliteHandler(HTTP11DownloadHandler):
    """Scrapy's download handler, behind a gate and with limits of headers.

    Scrapy counts a delay from the start of a connection: a slow handshake or a slow response would
    shorten the rest that the site was promised, and a request that was queued when the site
    requested a pause would still be sent. A process that is suspended for longer than the delay,
    between two looks of Scrapy at the clock, would send two requests at once.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._gate = crawler
        # Twisted would silently repeat a request at once if a kept connection breaks.
        self._pool.retryAutomatically = False
        self._pool._factory = _with_limits(self._pool._factory, self._may_send)
        note_connections(self._pool)

    async def download_request(self, request: Request) -> Response:
        """Called by Scrapy; requests of a crawl are sent one after another."""
        crawl = Crawl.of(self._gate)
        await crawl.turns.room()
        async with crawl.line:
            await self._turn(crawl)
            transcript = Transcript()
            TRANSCRIPT.set(transcript)
            try:
                response = _within_limits(await self._response(request))
                keep_exchange(request, transcript.exchange(request, response, crawl.now()))
                return response
            finally:
                if (slot := crawl.slot_of(request)) is not None:
                    crawl.pacing.rest(slot)

    async def _response(self, request: Request) -> Response:
        """The response of the server; raises ProxyFailed where the proxy has none of it.

        Behind a proxy it is the proxy that is connected to, and whose name is resolved.
        """
        try:
            response = await super().download_request(request)
        except TunnelError as error:
            raise ProxyFailed(str(error)) from error
        except (CannotResolveHostError, DownloadConnectionRefusedError) as error:
            if request.meta.get("proxy"):
                raise ProxyFailed(str(error)) from error
            if is_internal_name(urlparse_cached(request).hostname or ""):
                raise Refused("private_address") from error
            raise
        if response.status == PROXY_LOGIN:
            raise ProxyFailed("the proxy requires a login (407)")
        return response

    async def _turn(self, crawl: Crawl) -> None:
        """Wait for the end of the delay and of a pause, and for a lease that ran out to be renewed,
        in steps short enough to notice that the crawl stops.

        Raises Refused if the crawl requests nothing more.
        """
        while not (crawl.pacing.over or crawl.lease.is_lost()):
            left = crawl.pacing.left()
            if left <= 0 and crawl.lease.is_held():
                return
            if crawl.stopping or not getattr(self._gate.engine, "running", False):
                raise Refused("pause_requested")
            await asyncio.sleep(min(left or _STEP, _STEP))
        raise Refused("lease_lost" if crawl.lease.is_lost() else "pause_requested")

    def _may_send(self) -> bool:
        return Crawl.of(self._gate).lease.is_held()


def _within_limits(response: Response) -> Response:
    """Return the response; raises Refused for one that nobody reads to its end."""
    if not FINAL_STATUS <= response.status < STATUSES_END:
        raise Refused("http_other")
    codings = b",".join(response.headers.getlist("Content-Encoding"))
    if codings.count(b",") >= MAX_CODINGS:
        raise Refused("encoded_too_often")
    return response


def _with_limits(factory: Any, may_send: Callable[[], bool]) -> Any:
    """A factory of Twisted's client protocols whose responses have limits of headers, and that send
    nothing when they may not.
    """

    class Limited(factory):  # type: ignore[misc]
        def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
            protocol = super().buildProtocol(addr)
            limit_headers(protocol)
            guard_writes(protocol, may_send)
            return protocol

    return Limited
