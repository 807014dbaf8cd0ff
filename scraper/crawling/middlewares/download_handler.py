"""The last gate before a request leaves: the delay counts from the end of one answer to the next
request, and pauses are kept.
"""

from __future__ import annotations

import asyncio
from time import monotonic

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response

from scraper.crawling.crawl import Crawl
from scraper.crawling.responses import Refused


class PoliteHandler(HTTP11DownloadHandler):
    """Scrapy's own download handler, behind a gate.

    Scrapy counts a delay from the moment when it began to connect, so a slow handshake brings a
    request nearer to the next one than the site was promised, and a slow answer takes the rest away
    that the site needs. A request that stood in line when its site asked for a pause would still
    have been sent.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._gate = crawler
        self._pool.retryAutomatically = (
            False  # Twisted would ask again at once, unseen, where a kept connection breaks off
        )

    async def download_request(self, request: Request) -> Response:
        """Called by Scrapy, which has at most one request of a site under way."""
        crawl = Crawl.of(self._gate)
        await self._turn(crawl)
        try:
            return await super().download_request(request)
        finally:
            slot = (
                self._gate.engine.downloader.slots.get(str(request.meta.get("download_slot")))
                if self._gate.engine
                else None
            )
            if slot is not None:
                slot.lastseen = monotonic()
                crawl.pacing.apply(slot)

    async def _turn(self, crawl: Crawl) -> None:
        """Wait in short steps, so that a crawl that is told to stop does; raises Refused where
        nothing more is to be asked.
        """
        while not crawl.pacing.over and (left := crawl.pacing.left()) > 0:
            if crawl.stopping or not getattr(self._gate.engine, "running", False):
                raise Refused("pause_requested")
            await asyncio.sleep(min(left, 0.5))
        if crawl.pacing.over:
            raise Refused("pause_requested")
