"""Pages that wait for others of their crawl: their headline is not the one in their address.

A captcha or a wrong cache answers with one page for many addresses. Its copies have to meet before
the first of them is written (scraper.ingest.same_body). A crawl that is killed requests the pages
again that waited; they are few.
"""

from collections import deque

from archive.archive import Archive
from scraper.ingest.reread import Reread
from scraper.ingest.same_body import Candidate, must_wait
from scraper.ingest.writing import Fetched, Policy
from scraper.sites.site import Identity, Site

MAX_WAIT = 32
"""Pages of a crawl that arrive before a waiting one is written."""
MAX_BYTES = 16_000_000
"""Bytes of the pages that wait; the oldest is written when there are more."""
LEARNED = 4
"""Doubted pages of earlier crawls whose texts a crawl learns."""


class WaitingPages:
    """The pages of one crawl between their reading and their writing."""

    def __init__(self, archive: Archive, site: Site, policy: Policy) -> None:
        self._archive = archive
        self._site = site
        self._sightings = policy.sightings
        self._waiting: deque[tuple[int, Fetched]] = deque()
        self._arrived = self._bytes = 0

    def arrive(self, fetched: Fetched) -> list[Fetched]:
        """Return the pages to write now that this one has arrived, in their order."""
        self._arrived += 1
        ready = [fetched]
        candidate = self._candidate(fetched)
        if candidate is not None:
            self._sightings.remember(candidate)
            self._waiting.append((self._arrived, fetched))
            self._bytes += _size(fetched)
            ready = []
        while self._waiting and self._is_full():
            ready.append(self._next())
        return ready

    def learn(self, again: Reread) -> None:
        """Remember the text of a page that an earlier crawl doubted."""
        if again.article is not None:
            url, key = again.evidence.url, again.evidence.key
            candidate = Candidate.of(self._archive, self._site, url, key, again.article)
            self._sightings.remember(candidate, learned=True)

    def rest(self) -> list[Fetched]:
        """Return the pages that still wait, at the end of the crawl."""
        return [self._next() for _ in range(len(self._waiting))]

    def _is_full(self) -> bool:
        oldest, _fetched = self._waiting[0]
        return self._arrived - oldest >= MAX_WAIT or self._bytes > MAX_BYTES

    def _next(self) -> Fetched:
        _arrived, fetched = self._waiting.popleft()
        self._bytes -= _size(fetched)
        return fetched

    def _candidate(self, fetched: Fetched) -> Candidate | None:
        """Return what is remembered of a page that waits; None for one that does not."""
        article, page = fetched.article, fetched.snapshot.page
        named = self._site.identify(page.requested_url)
        if article is None or fetched.refusal is not None or not isinstance(named, Identity):
            return None
        if not must_wait(self._archive, self._site, page.requested_url, named.key, article):
            return None
        return Candidate.of(self._archive, self._site, page.requested_url, named.key, article)


def _size(fetched: Fetched) -> int:
    page = fetched.snapshot.page
    return sum(len(part.body) for part in (page, *page.parts))
