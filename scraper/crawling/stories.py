"""class Stories: asking for the stories that the ledger wants, page by page, and judging the
answers.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.records import Entry, Page
from scraper.crawling.crawl import Crawl, Planned
from scraper.crawling.pages import headers_of, page_of, part_urls
from scraper.crawling.responses import refusal_of_content, refusal_of_error, refusal_of_status
from scraper.politeness import revisit
from scraper.sites.site import Identity, Site

logger = logging.getLogger(__name__)

BATCH = 100
"""Stories handed to Scrapy at a time; the rest waits in the ledger, where nothing gets lost."""
PART_PRIORITY = 1
"""The rest of a story that was begun goes before other stories."""
MAX_PARTS = 20

RequestOf = Callable[..., Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A request for a story that brought no page; goes through the pipelines to the ledger like a
    page.
    """

    entry: Entry
    outcome: str
    """`not_modified`, `gone`, `refused` or `failed`."""
    checked_at: datetime
    reason: str | None = None
    status: int | None = None
    headers: dict[str, str] | None = None


class Stories:
    """The stories of one crawl: fed from the ledger in its order, newest first, no more than the
    limit.
    """

    def __init__(self, site: Site, crawl: Crawl, request: RequestOf) -> None:
        self._site = site
        self._crawl = crawl
        self._request = request
        self._waiting: deque[Entry] = deque()
        self._asked: set[int] = set()
        self._with_validators = 0

    def next_requests(self) -> list[Request]:
        """The next stories to ask for; none where nothing is left, or the limit is reached."""
        if not self._waiting:
            self._waiting.extend(
                entry for entry in self._crawl.frontier() if entry.id not in self._asked
            )
        requests: list[Request] = []
        while self._waiting and len(requests) < BATCH and not self._at_limit():
            entry = self._waiting.popleft()
            self._asked.add(entry.id)
            requests.append(
                self._request(
                    entry.url,
                    self.parse,
                    errback=self.failed,
                    cb_kwargs={"entry": entry},
                    headers=self._validators(entry),
                )
            )
        self._crawl.counts["wanted"] = len(self._asked) + (
            0 if self._at_limit() else len(self._waiting)
        )
        return requests

    def _validators(self, entry: Entry) -> dict[str, str]:
        """None for a site that never answers 304, but for a probe now and then, the first of them
        in every crawl.
        """
        if not entry.validators:
            return {}
        sends = revisit.sends_validators(
            unanswered=self._crawl.unanswered, turn=self._with_validators
        )
        self._with_validators += 1
        return entry.validators if sends else {}

    def plan(self) -> list[Planned]:
        """What would be asked for, and why."""
        return [Planned.of(entry) for entry in self._crawl.frontier()[: self._crawl.options.limit]]

    def _at_limit(self) -> bool:
        limit = self._crawl.options.limit
        return limit is not None and len(self._asked) >= limit

    def parse(self, response: Response, entry: Entry) -> Iterator[Page | Miss | Request]:
        """A story's first page; its further pages are asked for before it goes on."""
        self._crawl.counts["asked"] += 1
        outcome, reason = self._judge(response, entry)
        if outcome is not None:
            yield self._miss(entry, outcome, reason, response)
            return
        page = page_of(
            response, site=entry.site, requested_url=entry.url, fetched_at=self._crawl.now()
        )
        parts = part_urls(page, self._site)
        if len(parts) >= MAX_PARTS:
            page = replace(page, missing_parts=len(parts) - MAX_PARTS + 1)
        yield from self._go_on(page, parts[: MAX_PARTS - 1], entry)

    def _judge(self, response: Response, entry: Entry) -> tuple[str | None, str | None]:
        """(outcome, reason) of an answer that is no page of this story; (None, None) for a page."""
        if response.status == 304 and entry.validators:
            return "not_modified", None
        if response.status in (404, 410):
            return "gone", f"http_{response.status}"
        refusal = refusal_of_status(response.status)
        if refusal:
            return "failed", refusal
        named = self._site.identify(response.url)
        if not isinstance(named, Identity) or named.key != entry.key:
            return "refused", "redirect_not_article"
        refusal = refusal_of_content(response)
        return (
            ("failed" if refusal == "empty_page" else "refused", refusal)
            if refusal
            else (None, None)
        )

    def _go_on(self, page: Page, parts: list[str], entry: Entry) -> Iterator[Page | Request]:
        if not parts:
            yield page
            return
        yield self._request(
            parts[0],
            self.parse_part,
            errback=self.part_failed,
            priority=PART_PRIORITY,
            cb_kwargs={"page": page, "parts": parts[1:], "entry": entry},
        )

    def parse_part(
        self, response: Response, page: Page, parts: list[str], entry: Entry
    ) -> Iterator[Page | Request]:
        """A further page of a story; one that is not to be had is missed, and the story goes on
        without it.
        """
        outcome, _reason = self._judge(response, entry)
        asked = response.request.url if response.request is not None else response.url
        if outcome is not None or self._site.part_number(response.url) != self._site.part_number(
            asked
        ):
            page = replace(page, missing_parts=page.missing_parts + 1)
        else:
            part = page_of(
                response, site=entry.site, requested_url=asked, fetched_at=self._crawl.now()
            )
            page = replace(page, parts=(*page.parts, part))
        yield from self._go_on(page, parts, entry)

    def part_failed(self, failure: Failure) -> Iterator[Page | Request]:
        """A further page that gave no answer is missed."""
        kwargs: dict[str, Any] = failure.request.cb_kwargs  # type: ignore[attr-defined]
        page = replace(kwargs["page"], missing_parts=kwargs["page"].missing_parts + 1)
        yield from self._go_on(page, kwargs["parts"], kwargs["entry"])

    def failed(self, failure: Failure) -> Iterator[Miss]:
        """A story that gave no answer."""
        reason = refusal_of_error(failure)
        if reason == "pause_requested":
            return  # it was not asked, and stays due
        unasked = reason in ("private_address", "foreign_site", "robots_forbidden")
        refused = unasked or reason == "redirect_offsite"
        self._crawl.counts["asked"] += not unasked
        entry: Entry = failure.request.cb_kwargs["entry"]  # type: ignore[attr-defined]
        yield Miss(
            entry=entry,
            outcome="refused" if refused else "failed",
            reason=reason,
            checked_at=self._crawl.now(),
        )

    def _miss(self, entry: Entry, outcome: str, reason: str | None, response: Response) -> Miss:
        headers = headers_of(response)
        return Miss(
            entry=entry,
            outcome=outcome,
            reason=reason,
            status=response.status,
            headers=headers,
            checked_at=self._crawl.now(),
        )
