"""Where links come from: sitemaps, feeds, dated and paged indexes, sections. Pure data and pure
rules: nothing is fetched here.

A source says where to begin (`first`) and, after each answer, where to go on (`following`); a Step
is one address to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MAX_INDEX_PAGES = 5_000
"""Pages of one index that a crawl walks at most: a site whose paging never ends must not hold it
for ever.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address as a source announced it, with what the source said about its age."""

    url: str
    published_at: datetime | None = None
    """Aware."""
    lastmod: datetime | None = None
    """Aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days that a crawl wants: None for no bound. `today` is the day of the crawl in the site's
    time zone.
    """

    today: date
    since: date | None = None
    until: date | None = None

    @property
    def last(self) -> date:
        """The newest day wanted."""
        return min(self.until, self.today) if self.until else self.today

    def skips(self, moment: datetime | None) -> str | None:
        """Reason why a story of that moment is outside; None for inside or unknown."""
        if moment is None:
            return None
        if self.since and moment.date() < self.since:
            return "before_since"
        if self.until and moment.date() > self.until:
            return "after_until"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One address of a source to ask."""

    source: Source
    url: str
    day: date | None = None
    page: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A place that announces articles."""

    url: str

    def first(self, window: Window) -> Iterator[Step]:
        """Where to begin."""
        yield Step(source=self, url=self.url)

    def following(
        self, step: Step, links: Sequence[Link], window: Window, *, fresh: bool
    ) -> Iterator[Step]:
        """Where to go on, knowing what this step announced; `fresh`: some of its stories were not
        announced in this crawl before.
        """
        return iter(())


@dataclass(frozen=True, slots=True)
class Sitemap(Source):
    """A sitemap or an index of sitemaps, plain or gzipped, of the sitemaps protocol."""


@dataclass(frozen=True, slots=True)
class NewsSitemap(Sitemap):
    """A sitemap with the news extension: what was published in the last two days or so."""


@dataclass(frozen=True, slots=True)
class Feed(Source):
    """RSS or Atom."""


@dataclass(frozen=True, slots=True)
class Section(Source):
    """A page with links to articles: the home page, a section's page."""


@dataclass(frozen=True, slots=True)
class PagedIndex(Section):
    """A list of articles, newest first, over numbered pages; `{page}` in the address counts
    `start`, `start + step` and so on.

    Without --since only the first page is asked; with it, pages are walked until one holds nothing
    new or only older stories.
    """

    start: int = 1
    step: int = 1

    def first(self, window: Window) -> Iterator[Step]:
        """The first page."""
        yield self._page(0)

    def following(
        self, step: Step, links: Sequence[Link], window: Window, *, fresh: bool
    ) -> Iterator[Step]:
        """The next page, while stories of the window may still come."""
        known = [link.published_at for link in links if link.published_at is not None]
        older = bool(known) and all(window.skips(moment) == "before_since" for moment in known)
        if window.since is not None and fresh and not older and step.page + 1 < MAX_INDEX_PAGES:
            yield self._page(step.page + 1)

    def _page(self, number: int) -> Step:
        return Step(
            source=self, url=self.url.format(page=self.start + number * self.step), page=number
        )


@dataclass(frozen=True, slots=True)
class DatedIndex(Section):
    """A list of a day's articles; `{day:%Y/%m/%d}` in the address is the day, `{offset}` counts the
    rows already seen.

    Without --since the newest day is asked; with it, every day back to it.
    """

    rows: int = 0
    """Rows on a full page; 0 where a day has one page."""

    def first(self, window: Window) -> Iterator[Step]:
        """The first page of each day, newest day first."""
        day = window.last
        first_day = window.since or day
        while day >= first_day:
            yield self._page(day, 0)
            day -= timedelta(days=1)

    def following(
        self, step: Step, links: Sequence[Link], window: Window, *, fresh: bool
    ) -> Iterator[Step]:
        """The next page of the same day, until one holds nothing new."""
        if self.rows and fresh and step.day is not None and step.page + 1 < MAX_INDEX_PAGES:
            yield self._page(step.day, step.page + 1)

    def _page(self, day: date, number: int) -> Step:
        return Step(
            source=self,
            url=self.url.format(day=day, offset=number * self.rows),
            day=day,
            page=number,
        )
