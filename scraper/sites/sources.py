"""Where links come from: sitemaps, feeds, dated and paged indexes, sections; as data.

A source says where to begin (`first`) and, after each response, where to go on (`following`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MAX_INDEX_PAGES = 5_000
"""Pages of one index that a crawl reads at most: some sites' paging never ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address that a source announced."""

    url: str
    """As the source has it."""
    published_at: datetime | None = None
    """Aware; None where the source does not say."""
    lastmod: datetime | None = None
    """When the page was changed last; aware; None where the source does not say."""


def age(at: datetime | None) -> float:
    """Sort key: the newest first, those without a time last."""
    return -at.timestamp() if at else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days of publication that a crawl wants, in the site's time zone."""

    today: date
    """The day of the crawl."""
    since: date | None = None
    """First day; None for no bound."""
    until: date | None = None
    """Last day; None for no bound."""

    @property
    def last(self) -> date:
        """The newest day wanted."""
        return min(self.until or self.today, self.today)

    def skips(self, at: datetime | None) -> str | None:
        """Return why a story of that time is outside; None for inside or unknown."""
        if at is None:
            return None
        if self.since and at.date() < self.since:
            return "before_since"
        if self.until and at.date() > self.until:
            return "after_until"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One address of a source to request."""

    source: "Source"
    """The source that it belongs to."""
    url: str
    """The address to request."""
    day: date | None = None
    """Of a dated index; None for other sources."""
    page: int = 0
    """Of an index, from 0."""
    depth: int = 0
    """Sources that led to it, one from the other; 0 for one of robots.txt or the profile."""
    lastmod: datetime | None = None
    """When the sitemap was modified, as its index says; None for other sources."""


@dataclass(frozen=True, slots=True)
class Source:
    """A place that announces articles."""

    url: str
    """Its address; of an index a template."""

    def first(self, window: Window) -> Iterator[Step]:
        """Yield where to begin."""
        yield Step(source=self, url=self.url)

    def following(
        self, step: Step, links: Sequence[Link], window: Window, *, fresh: bool
    ) -> Iterator[Step]:
        """Yield where to go on after a step that announced these links.

        `fresh`: some of them were not announced in this crawl before.
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
    """A list of articles, newest first, over pages: `{page}` is `start`, `start + step`, ...

    Without --since only the first page is requested; with it, pages until one holds nothing new
    or only older stories.
    """

    start: int = 1
    """`{page}` of the first page."""
    step: int = 1
    """Difference of `{page}` between pages."""

    def first(self, window: Window) -> Iterator[Step]:
        """Yield the first page."""
        yield self._page(0)

    def following(
        self, step: Step, links: Sequence[Link], window: Window, *, fresh: bool
    ) -> Iterator[Step]:
        """Yield the next page while stories of the window may still come."""
        known = [link.published_at for link in links if link.published_at is not None]
        older = bool(known) and all(window.skips(at) == "before_since" for at in known)
        if window.since is not None and fresh and not older and step.page + 1 < MAX_INDEX_PAGES:
            yield self._page(step.page + 1)

    def _page(self, number: int) -> Step:
        url = self.url.format(page=self.start + number * self.step)
        return Step(source=self, url=url, page=number)


@dataclass(frozen=True, slots=True)
class DatedIndex(Section):
    """A list of a day's articles: `{day:%Y/%m/%d}` is the day, `{offset}` the rows already seen.

    Without --since the newest day is requested; with it, every day back to it.
    """

    rows: int = 0
    """Rows on a full page; 0 where a day has one page."""

    def first(self, window: Window) -> Iterator[Step]:
        """Yield the first page of each day, newest day first."""
        days = (window.last - (window.since or window.last)).days
        for back in range(days + 1):
            yield self._page(window.last - timedelta(days=back), 0)

    def following(
        self, step: Step, links: Sequence[Link], window: Window, *, fresh: bool
    ) -> Iterator[Step]:
        """Yield the next page of the same day, until one holds nothing new."""
        if self.rows and fresh and step.day is not None and step.page + 1 < MAX_INDEX_PAGES:
            yield self._page(step.day, step.page + 1)

    def _page(self, day: date, number: int) -> Step:
        url = self.url.format(day=day, offset=number * self.rows)
        return Step(source=self, url=url, day=day, page=number)
