"""A server that answers 429 or 503 with Retry-After gets the quiet it asks for, for all requests to its site."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from scraper.crawl import Crawl
from scraper.refusals import Refused

logger = logging.getLogger(__name__)


class RetryAfterMiddleware:
    """Holds every request of a slot back until the time that Retry-After named has passed.

    Stands nearer to the engine than Scrapy's RetryMiddleware sends its repeats from, so that the repeat waits as well. A server
    that asks for more than RETRY_AFTER_MAX seconds is not asked again: the crawl of its site ends (`pause_requested`).
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX")
        self._ended = False
        self._resume: defaultdict[str, float] = defaultdict(float)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait in short steps, so that a crawl that is told to stop does."""
        if self._ended:
            raise Refused("pause_requested")
        slot = str(request.meta.get("download_slot"))
        while (left := self._resume[slot] - monotonic()) > 0 and getattr(self._crawler.engine, "running", False):
            await asyncio.sleep(min(left, 0.5))

    def process_response(self, request: Request, response: Response) -> Response:
        """Note how long the server wants to be left alone."""
        header = response.headers.get("Retry-After")
        if response.status not in (429, 503) or header is None:
            return response
        seconds = retry_after_seconds(header.decode("latin-1"), now=datetime.now(UTC))
        if seconds is None:
            return response
        if seconds > self._longest:
            request.meta["dont_retry"] = True
            if not self._ended:
                self._ended = True
                logger.warning("%s asks for a pause of %.0f s: the crawl of this site ends here", response.url, seconds)
                Crawl.of(self._crawler).stop("pause_requested")
        else:
            logger.warning("%s asks for a pause of %.0f s", response.url, seconds)
            slot = str(request.meta.get("download_slot"))
            self._resume[slot] = max(self._resume[slot], monotonic() + seconds)
        return response


def retry_after_seconds(value: str, *, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or as a date; None for nonsense.

    >>> retry_after_seconds("120", now=datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    """
    value = value.strip()
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment - now).total_seconds()) if moment.tzinfo is not None else None
