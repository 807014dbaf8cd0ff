"""A server that answers 429 or 503 is asked less often, and gets the quiet that its Retry-After
asks for; one that fails is let be.
"""

from __future__ import annotations

import logging
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from scraper.crawling.crawl import Crawl
from scraper.politeness.rules import (
    FEW_FAILURES,
    MANY_FAILURES,
    OVERLOADED,
    PATIENCE,
    REST,
    is_failure,
    retry_after_seconds,
)

logger = logging.getLogger(__name__)


class RetryAfterMiddleware:
    """Notes every answer in the crawl's pace, for all requests to its site.

    Stands nearer to the server than Scrapy's RetryMiddleware, which sends its repeats at once: they
    wait as every request does, at the gate of `scraper.crawling.middlewares.download_handler`. A
    server that asks for more than RETRY_AFTER_MAX seconds (`pause_requested`), or that answers so
    for PATIENCE addresses in a row (`overloaded`), is not asked again: the crawl of its site ends,
    and the archive remembers until when. So ends the crawl of one where MANY_FAILURES addresses in
    a row fail or are refused (`site_failing`). Scrapy's AutoThrottle, where it is on, may only make
    the delay longer.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Note how the server is, and how long it wants to be left alone."""
        crawl = Crawl.of(self._crawler)
        crawl.pacing.note(response.status, again=_again(request))
        if response.status in OVERLOADED:
            self._slow_down(request, response, crawl)
        elif is_failure(response.status):
            self._let_be(request, crawl)
        slots = self._crawler.engine.downloader.slots if self._crawler.engine else {}
        if (slot := slots.get(str(request.meta.get("download_slot")))) is not None:
            crawl.pacing.apply(slot)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Note that no answer came."""
        if not isinstance(exception, IgnoreRequest):  # our own refusals
            crawl = Crawl.of(self._crawler)
            crawl.pacing.note_failure(again=_again(request))
            self._let_be(request, crawl)

    def _let_be(self, request: Request, crawl: Crawl) -> None:
        failing = crawl.pacing.pace.failing
        if failing > FEW_FAILURES:
            request.meta["dont_retry"] = True
        if (
            failing >= MANY_FAILURES and "entry" in request.cb_kwargs and not crawl.stopping
        ):  # a story: sources that fail lead to none
            logger.warning(
                "%s: %d addresses in a row failed or were refused: the crawl of this site ends here",
                crawl.site,
                failing,
            )
            crawl.pacing.close()
            crawl.stop("site_failing")

    def _slow_down(self, request: Request, response: Response, crawl: Crawl) -> None:
        pacing, now = crawl.pacing, crawl.now()
        crawl.counts["overloaded"] += 1
        header = (response.headers.get("Retry-After") or b"").decode("latin-1")
        seconds = retry_after_seconds(header, now=now) or 0.0
        too_long, too_often = seconds > self._longest, pacing.pace.in_a_row >= PATIENCE
        if too_long or too_often:
            request.meta["dont_retry"] = True
        if pacing.over:
            return
        wish = f"asks for a pause of {seconds:.0f} s" if seconds else f"answers {response.status}"
        if too_long or too_often:
            pacing.end(max(seconds, 0.0 if too_long else REST.total_seconds()), now=now)
            wish += "" if too_long else f", as did {pacing.pace.in_a_row - 1} addresses before it"
            until = pacing.quiet_until.isoformat(timespec="seconds") if pacing.quiet_until else ""
            logger.warning(
                "%s %s: the crawl of this site ends here; it is left alone until %s",
                response.url,
                wish,
                until,
            )
            crawl.stop("pause_requested" if too_long else "overloaded")
        else:
            if seconds:
                pacing.pause(seconds, now=now)
            slower = (
                f": from here on {pacing.pace.delay:.3g} s between requests"
                if pacing.pace.delay
                else ""
            )
            logger.log(
                logging.WARNING if seconds or slower else logging.INFO,
                "%s %s%s",
                response.url,
                wish,
                slower,
            )
        crawl.note_manners()


def _again(request: Request) -> bool:
    """Whether the same was asked before, and its answer counted."""
    return bool(request.meta.get("retry_times"))
