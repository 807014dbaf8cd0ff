"""class SourceQueue: which source is requested next, and how many requests a crawl has for them."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from operator import itemgetter
from time import monotonic

from scrapy.settings import BaseSettings

from scraper.sites.addresses import plain_url
from scraper.sites.sources import Step, Window

REQUESTS_PER_DAY = 100
"""Further requests for each day that a crawl walks back: a large index has a dozen pages a day."""
MAX_ANNOUNCED = 1_000_000
"""Links that the sources of one crawl announce; beyond them no source is requested."""
MAX_WAITING = 10_000
"""Sources that wait for their request."""
MAX_CUT = 10_000
"""Addresses that are remembered of sources for which there was no room; the rest is counted."""
MAX_LEFT_OUT = 1_000
"""Sources skipped for the budget that get a row in the ledger; the rest is counted."""
PROMISING = timedelta(days=30)
"""A source is requested in the order of the stories that it was the first to announce since."""
OTHERS_EVERY = 4
"""Every fourth request is for a source that gave nothing yet, so that all have their turn."""
GROUP = 50
"""Of the sources that one place names, the first fifty are requested before another place's next
fifty; a place is robots.txt, a source of the profile, or a source that names others.
"""
TURN = 100
"""Requests for sources after which the stories have their turn."""
TURN_SECONDS = 600.0
"""The same as a time: sources may be slow."""

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one crawl spends on sources."""

    requests: int
    """Redirects and retries included."""
    seconds: float
    """With the delays before the requests."""

    @classmethod
    def of(cls, settings: BaseSettings, window: Window) -> Budget:
        """The settings, and more in proportion for each day that a crawl walks back.

        Raises ValueError for a setting.
        """
        requests = _positive("SOURCE_REQUESTS", settings)
        minutes = _positive("SOURCE_MINUTES", settings)
        days = max(0, (window.last - window.since).days) if window.since else 0
        allowed = requests + days * REQUESTS_PER_DAY
        return cls(requests=int(allowed), seconds=60 * minutes * allowed / requests)


def _positive(name: str, settings: BaseSettings) -> float:
    try:
        found = settings.getfloat(name)
    except ValueError:
        found = 0.0
    if not 0 < found < math.inf:
        raise ValueError(f"{name}={settings[name]}: expected a number above 0")
    return found


@dataclass(slots=True, kw_only=True)
class SourceQueue:
    """Steps of sources that wait, those first that gave the most stories in earlier crawls.

    The others are requested in between: those that one place names in groups, so that thousands of
    them delay no other place, and each step further from the profile a group later, so that a chain
    without an end does not, either. Within a group those first that were never requested, then
    those whose last request is the longest ago.
    """

    budget: Budget
    gave: Mapping[str, int]
    """Canonical address -> stories that it was the first to announce."""
    last_checked: Callable[[str], datetime | None]
    rests: Callable[[str, datetime], bool]
    """Whether a source is not requested, by its address and the time of its last check."""
    clock: Callable[[], float] = monotonic
    cut: list[str] = field(default_factory=list)
    """Addresses for which there was no room."""
    more_cut: int = 0
    """Those beyond MAX_CUT of them."""
    requests: int = 0
    """Spent so far; so are `seconds` and `announced`."""
    seconds: float = 0.0
    announced: int = 0
    _promising: list[tuple[int, int, Step]] = field(default_factory=list)
    _others: list[tuple[int, int, Step]] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _numbers: count[int] = field(default_factory=count)
    _taken: int = 0
    _since: float = 0.0
    _left_of_turn: int = 0
    _turn_ends: float = 0.0

    @property
    def taken(self) -> int:
        """Sources that were handed out to be requested."""
        return self._taken

    def __len__(self) -> int:
        return len(self._promising) + len(self._others)

    @property
    def is_spent(self) -> bool:
        """Whether the crawl requests no further source."""
        spent = self.requests >= self.budget.requests or self.seconds >= self.budget.seconds
        return spent or self.announced >= MAX_ANNOUNCED

    @property
    def left_out(self) -> int:
        """Sources that the crawl did not request because of its budget."""
        return len(self.cut) + self.more_cut + (len(self) if self.is_spent else 0)

    def add(self, steps: Iterable[Step]) -> None:
        """Add what one place names, in its order; not again what was added before."""
        others: list[tuple[datetime, Step]] = []
        for step in steps:
            address = plain_url(step.url)
            if address is None or address in self._known:
                continue
            if len(self) + len(others) >= MAX_WAITING:
                self._cut(address)
                continue
            self._known.add(address)
            checked = self.last_checked(address)
            if checked is not None and self.rests(address, checked):
                continue
            if (gave := self.gave.get(address, 0)) > 0:
                heapq.heappush(self._promising, (-gave, next(self._numbers), step))
            else:
                others.append((checked or _NEVER, step))
        others.sort(key=itemgetter(0))
        for place, (_checked, step) in enumerate(others):
            heapq.heappush(self._others, (step.depth + place // GROUP, next(self._numbers), step))

    def _cut(self, address: str) -> None:
        if len(self.cut) < MAX_CUT:
            self.cut.append(address)
        else:
            self.more_cut += 1

    def begin_turn(self) -> None:
        """Begin a turn of sources, after which the stories have theirs."""
        self._since = self.clock()
        self._left_of_turn, self._turn_ends = TURN, self._since + TURN_SECONDS

    def take(self) -> Step | None:
        """Take the next source; None at the end of a turn, of the budget or of the queue."""
        turn_is_over = not self._left_of_turn or self.clock() >= self._turn_ends
        if turn_is_over or self.is_spent or not self:
            return None
        self._left_of_turn -= 1
        self._taken += 1
        for_others = not self._promising or not self._taken % OTHERS_EVERY
        heap = self._others if for_others and self._others else self._promising
        return heapq.heappop(heap)[-1]

    def spend(self, *, requests: int, announced: int = 0) -> None:
        """Count the answer to a source."""
        now = self.clock()
        self.requests += requests
        self.announced += announced
        self.seconds += now - self._since
        self._since = now

    def names_left_out(self) -> Iterator[str]:
        """Yield the addresses of sources that the crawl did not request, at most those kept."""
        yield from self.cut
        if self.is_spent:
            yield from (entry[-1].url for heap in (self._promising, self._others) for entry in heap)
