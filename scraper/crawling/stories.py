"""class Stories: request the stories that are due, page by page, and judge the responses."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.ledger.ledger import Frontier
from archive.records import Entry, Page
from scraper.crawling.crawl import Crawl, Planned
from scraper.crawling.pages import conditional_headers, headers_of, page_of
from scraper.crawling.responses import NOT_SENT, is_incomplete, refusal_of_content, refusal_of_error
from scraper.crawling.story_reader import StoryReader
from scraper.crawling.worker_turns import Abandoned
from scraper.extraction.workers import ReadingFailed
from scraper.ingest.answers import refusal_of_status
from scraper.ingest.parts import MAX_PARTS
from scraper.politeness import revisit
from scraper.sites.site import Identity, Site

logger = logging.getLogger(__name__)

BATCH = 100
"""Stories handed to Scrapy at a time; the rest waits in the ledger, safe from a crash."""
PART_PRIORITY = 1
"""Further pages of a story are requested before other stories."""

KEEP_INCOMPLETE = {"download_fail_on_dataloss": False}
"""A response that ends early is no error of the request: its bytes are kept."""

RequestOf = Callable[..., Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailure:
    """A request for a story without a page; passes through the pipelines to the ledger."""

    entry: Entry
    outcome: str
    """`not_modified`, `gone`, `refused` or `failed`."""
    checked_at: datetime
    """Aware, UTC."""
    reason: str | None = None
    """A code of archive.ledger.wording; None for `not_modified`."""
    status: int | None = None
    """HTTP status; None if there was no response."""
    headers: dict[str, str] | None = None
    """Of the response, names in lower case; None if there was none."""


class Stories:
    """The stories of one crawl, in the order of the ledger (newest first), up to its limit."""

    def __init__(self, site: Site, crawl: Crawl, request: RequestOf, reader: StoryReader) -> None:
        self._site = site
        self._reader = reader
        self._crawl = crawl
        self._request = request
        self._waiting: Frontier | None = None
        self._requested: set[int] = set()
        self._with_validators = 0

    def next_requests(self) -> list[Request]:
        """Requests for the next stories; none if nothing is left or the limit is reached."""
        if not self._waiting:
            self._waiting = self._crawl.frontier(skipping=self._requested)
        requests: list[Request] = []
        for entry in islice(self._waiting, min(BATCH, self._left())):
            self._requested.add(entry.id)
            request = self._request(
                entry.url,
                self.parse,
                errback=self.failed,
                cb_kwargs={"entry": entry},
                headers=self._validators(entry),
                meta=KEEP_INCOMPLETE,
            )
            requests.append(request)
        still_due = len(self._waiting) if self._left() else 0
        self._crawl.counts["wanted"] = len(self._requested) + still_due
        return requests

    def _validators(self, entry: Entry) -> dict[str, bytes]:
        """A site that never answers 304 gets only probes, the first one in every crawl."""
        if not entry.validators:
            return {}
        sends = revisit.sends_validators(
            unanswered=self._crawl.unanswered, turn=self._with_validators
        )
        self._with_validators += 1
        return conditional_headers(entry.validators) if sends else {}

    def plan(self) -> list[Planned]:
        """What would be requested, and why."""
        return [Planned.of(entry) for entry in self._crawl.foreseen()[: self._crawl.options.limit]]

    def _left(self) -> int:
        """Stories that the limit still allows."""
        limit = self._crawl.options.limit
        if limit is None:
            return BATCH
        return max(0, limit - len(self._requested))

    async def parse(
        self, response: Response, entry: Entry
    ) -> AsyncIterator[Page | FetchFailure | Request]:
        """Parse a story's first page; its further pages are requested before it is processed."""
        self._crawl.counts["asked"] += 1
        outcome, reason = self._judge(response, entry)
        if outcome is not None:
            yield self._failure(entry, outcome, reason, response)
            return
        page = page_of(
            response, site=entry.site, requested_url=entry.url, fetched_at=self._crawl.now()
        )
        if page.incomplete:
            yield page
            return
        try:
            parts = await self._reader.parts(page)
        except Abandoned:
            return
        except ReadingFailed:
            parts = []  # reading the article fails, too, and is reported
        if len(parts) >= MAX_PARTS:
            page = replace(page, missing_parts=len(parts) - MAX_PARTS + 1)
        for item in self._continue(page, parts[: MAX_PARTS - 1], entry):
            yield item

    def _judge(self, response: Response, entry: Entry) -> tuple[str | None, str | None]:
        """(outcome, reason) of a response without a page of this story; else (None, None)."""
        if response.status == 304 and entry.validators:
            return "not_modified", None
        if response.status in (404, 410):
            return "gone", f"http_{response.status}"
        refusal = refusal_of_status(response.status)
        if refusal:
            return "failed", refusal
        named, own = self._site.identify(response.url), self._site.identify(entry.url)
        if not isinstance(named, Identity) or not isinstance(own, Identity) or named.key != own.key:
            return "refused", "redirect_not_article"
        if entry.key == own.own_key != named.own_key:
            return "refused", "same_story"
        refusal = refusal_of_content(response)
        if refusal is None or is_incomplete(response):
            return None, None
        return "failed" if refusal == "empty_page" else "refused", refusal

    def _continue(self, page: Page, parts: list[str], entry: Entry) -> Iterator[Page | Request]:
        if not parts:
            yield page
            return
        yield self._request(
            parts[0],
            self.parse_part,
            errback=self.part_failed,
            priority=PART_PRIORITY,
            meta=KEEP_INCOMPLETE,
            cb_kwargs={"page": page, "parts": parts[1:], "entry": entry},
        )

    async def parse_part(
        self, response: Response, page: Page, parts: list[str], entry: Entry
    ) -> AsyncIterator[Page | Request]:
        """Add a further page to a story; if it is unavailable, the story continues without it.

        Without a layout each page may name the next one, and one that is not there ends the story.
        """
        outcome, _reason = self._judge(response, entry)
        url = response.request.url if response.request is not None else response.url
        same_part = self._site.part_number(response.url) == self._site.part_number(url)
        now = self._crawl.now()
        part = page_of(response, site=entry.site, requested_url=url, fetched_at=now)
        if outcome is None and same_part and not part.incomplete:
            page = replace(page, parts=(*page.parts, part))
            try:
                parts = parts or await self._reader.parts_after(part)
            except Abandoned:
                return
            parts = parts[: MAX_PARTS - 1 - len(page.parts)]
        elif self._site.layouts or outcome == "failed" or part.incomplete:
            page = replace(page, missing_parts=page.missing_parts + 1)
        else:
            parts = []
        for item in self._continue(page, parts, entry):
            yield item

    def part_failed(self, failure: Failure) -> Iterator[Page | Request]:
        """Count a further page without a response as missing."""
        kwargs: dict[str, Any] = failure.request.cb_kwargs  # type: ignore[attr-defined]
        page = replace(kwargs["page"], missing_parts=kwargs["page"].missing_parts + 1)
        yield from self._continue(page, kwargs["parts"], kwargs["entry"])

    def failed(self, failure: Failure) -> Iterator[FetchFailure]:
        """Report a story without a response."""
        reason = refusal_of_error(failure)
        if reason in NOT_SENT:
            return  # it was not requested, and stays due
        unsent = reason in ("private_address", "foreign_site", "robots_forbidden")
        refused = unsent or reason in ("redirect_offsite", "other_port")
        self._crawl.counts["asked"] += not unsent
        entry: Entry = failure.request.cb_kwargs["entry"]  # type: ignore[attr-defined]
        yield FetchFailure(
            entry=entry,
            outcome="refused" if refused else "failed",
            reason=reason,
            checked_at=self._crawl.now(),
        )

    def _failure(
        self, entry: Entry, outcome: str, reason: str | None, response: Response
    ) -> FetchFailure:
        return FetchFailure(
            entry=entry,
            outcome=outcome,
            reason=reason,
            status=response.status,
            headers=headers_of(response),
            checked_at=self._crawl.now(),
        )
