"""Slow down for 429 and 503, pause as Retry-After requests, and stop asking a failing server."""

import logging

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from scraper.crawling.crawl import Component, Crawl
from scraper.politeness import rules

logger = logging.getLogger(__name__)


class RetryAfterMiddleware(Component):
    """Counts every response in the crawl's pace, for all requests to its site.

    It is nearer to the server than Scrapy's RetryMiddleware, whose retries wait like every request
    at the gate of `scraper.crawling.middlewares.download_handler`. The crawl of a site ends if the
    server requests a pause of more than RETRY_AFTER_MAX seconds (`pause_requested`), if PATIENCE
    addresses in a row are answered with 429 or 503 (`overloaded`), or if MANY_FAILURES addresses in
    a row fail or are refused (`site_failing`); the archive remembers the pause. Scrapy's
    AutoThrottle, if enabled, may only lengthen the delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX")

    def process_response(self, request: Request, response: Response) -> Response:
        """Count the response; slow down, pause or stop if the server is overloaded or fails."""
        crawl = self._crawl
        crawl.pacing.note(response.status, again=_is_retry(request))
        if response.status in rules.OVERLOADED:
            self._slow_down(request, response, crawl)
        elif rules.is_failure(response.status):
            self._limit_failures(request, crawl)
        if (slot := crawl.slot_of(request)) is not None:
            crawl.pacing.apply(slot)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Count a request without a response; our own refusals do not count."""
        if not isinstance(exception, IgnoreRequest):
            crawl = self._crawl
            crawl.pacing.note_failure(again=_is_retry(request))
            self._limit_failures(request, crawl)

    def _limit_failures(self, request: Request, crawl: Crawl) -> None:
        """Retry nothing after a few failures in a row, and end the crawl after many stories."""
        failing = crawl.pacing.pace.failing
        if failing > rules.FEW_FAILURES:
            request.meta["dont_retry"] = True
        is_story = "entry" in request.cb_kwargs
        if failing >= rules.MANY_FAILURES and is_story:
            crawl.give_up(failing, "failed or were refused")

    def _slow_down(self, request: Request, response: Response, crawl: Crawl) -> None:
        crawl.counts["overloaded"] += 1
        header = (response.headers.get("Retry-After") or b"").decode("latin-1")
        seconds = rules.retry_after_seconds(header, now=crawl.now()) or 0.0
        too_long = seconds > self._longest
        ends = too_long or crawl.pacing.pace.in_a_row >= rules.PATIENCE
        if ends:
            request.meta["dont_retry"] = True
        if crawl.pacing.over:
            return
        if ends:
            self._end(response, crawl, seconds, too_long=too_long)
        else:
            self._pause(response, crawl, seconds)
        crawl.keep_backoff()

    def _end(self, response: Response, crawl: Crawl, seconds: float, *, too_long: bool) -> None:
        pacing, why = crawl.pacing, _reason(response, seconds)
        if not too_long:
            seconds = max(seconds, rules.REST.total_seconds())
            why += f", as did {pacing.pace.in_a_row - 1} addresses before it"
        pacing.end(seconds, now=crawl.now())
        until = pacing.quiet_until.isoformat(timespec="seconds") if pacing.quiet_until else ""
        logger.warning(
            "%s %s: the crawl of this site ends; no request before %s", response.url, why, until
        )
        crawl.stop("pause_requested" if too_long else "overloaded")

    def _pause(self, response: Response, crawl: Crawl, seconds: float) -> None:
        if seconds:
            crawl.pacing.pause(seconds, now=crawl.now())
        delay, slower = crawl.pacing.pace.delay, ""
        if delay:
            slower = f": from here on {delay:.3g} s between requests"
        level = logging.WARNING if seconds or delay else logging.INFO
        logger.log(level, "%s %s%s", response.url, _reason(response, seconds), slower)


def _reason(response: Response, seconds: float) -> str:
    if seconds:
        return f"requests a pause of {seconds:.0f} s"
    return f"answers {response.status}"


def _is_retry(request: Request) -> bool:
    """Whether the address was requested before, and that response counted."""
    return bool(request.meta.get("retry_times"))
