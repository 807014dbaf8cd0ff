"""Findings about a live site, and what to do about them, in plain sentences."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from archive.ledger.wording import UNANSWERED, plural, sentence
from archive.records import Article
from scraper.politeness.robots import RobotsTxt
from scraper.sites.loader import OWN
from scraper.sites.site import Site
from scraper.spiders import publishers

FIELDS = tuple(
    "headline kicker deck body dateline authors editors agency published_at modified_at section "
    "tags image_url caption story_id canonical_url".split()
)
ESSENTIAL = ("headline", "body", "published_at")
"""Fields without which a story is of little use."""
USUAL = ("authors", "section", "image_url")
"""Fields of nearly every publisher: if all stories lack one, its selector needs a look."""
STALE = timedelta(days=3)
"""A site whose newest story is older than this publishes elsewhere."""
MOST = 0.75
"""Share of the sources above which their failures need a look, though stories are announced."""

REFUSING = frozenset({"http_401", "http_402", "http_403", "http_451"})
FAILING = REFUSING | {"http_429", "http_5xx", "robots_unavailable", *UNANSWERED}
"""Reasons on the server's side: if all sources have one, nothing is known about the profile."""

NOT_REQUESTED = "not_asked"
"""Instead of a code of archive.ledger.wording: the requests were used up."""

WELL, LOOK, UNREACHABLE = "well", "needs a look", "cannot be reached"
EXIT = {WELL: 0, LOOK: 3, UNREACHABLE: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFinding:
    """The result of one source of the profile."""

    url: str
    kind: str
    """Name of its class in scraper.sites.sources."""
    within: str | None = None
    """URL of the sitemap index that led here; None for a source of the profile."""
    status: int | None = None
    bytes: int | None = None
    links: int = 0
    article_links: int = 0
    """Stories among the links, each once."""
    newest: datetime | None = None
    reason: str | None = None
    """Why it has no links: a code of archive.ledger.wording, or NOT_REQUESTED."""
    others: tuple[str, ...] = ()
    """The site's own links that match none of `article_urls`, the longest first."""
    gave: int = 0
    """Stories that it was lately the first to announce, as the archive knows: a source that gave
    some is essential."""

    @property
    def failed(self) -> bool:
        """Whether it was requested, and led nowhere."""
        return self.reason not in (None, NOT_REQUESTED) and not self.article_links


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFinding:
    """The result of one story's first page."""

    url: str
    status: int | None = None
    bytes: int | None = None
    reason: str | None = None
    article: Article | None = field(default=None, repr=False)
    came_from: dict[str, str] = field(default_factory=dict)
    """Field -> the layer that it was read from."""
    opted_out: str | None = None
    further_pages: int = 0
    body_at: str | None = None
    """Selector of the probable body, if no layout matched."""
    words_there: int = 0

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that the page does not have."""
        if self.article is None:
            return ()
        return tuple(name for name in FIELDS if not getattr(self.article, name))


@dataclass(slots=True, kw_only=True)
class Examination:
    """All findings about a site."""

    site: Site
    robots: RobotsTxt | None = None
    sources: list[SourceFinding] = field(default_factory=list)
    stories: list[StoryFinding] = field(default_factory=list)
    requests: int = 0
    """Sent so far, redirects included."""
    left_out: int = 0
    """Sources that the site's newest crawl skipped, as its budget for them was used up."""
    broken: bool = False
    """Whether the examination itself failed."""

    def verdict(self, *, now: datetime) -> str:
        """Return WELL, LOOK or UNREACHABLE."""
        if self.robots is None or self.robots.status is None:
            return UNREACHABLE
        tried = [finding for finding in self.sources if finding.reason != NOT_REQUESTED]
        if tried and all(finding.status is None for finding in tried) and not self.stories:
            return UNREACHABLE
        if any(self.problems(now=now)):
            return LOOK
        return WELL

    @property
    def profile(self) -> str:
        """Path of the file with the site's profile, or the entry point of a package."""
        origin = publishers().origins.get(self.site.name, OWN)
        if origin == OWN:
            return f"scraper/spiders/{self.site.name}.py"
        return origin

    def _reasons(self) -> set[str | None]:
        return {found.reason for found in self.sources} | {found.reason for found in self.stories}

    def problems(self, *, now: datetime) -> Iterator[str]:
        """Yield what needs a look, each with what to do about it."""
        robots, home = self.robots, self.site.home
        if self.broken:
            yield "the examination failed: this is a bug in warta; -v shows where"
        if robots is None or robots.status is None:
            cause = sentence(robots.reason) if robots and robots.reason else "no response"
            yield (
                f"{home} could not be reached: {cause}; check whether a browser reaches it, "
                "and whether a proxy is needed (https_proxy)"
            )
        elif robots.unavailable:
            yield (
                f"robots.txt is unavailable (status {robots.status}): "
                "the site is not crawled until it is available; try again later"
            )
        elif not robots.allows(home):
            yield (
                f"robots.txt disallows the site{_by(robots, home)}: "
                "ask the publisher for permission, or do not crawl it"
            )
        elif "pause_requested" in self._reasons():
            yield "the site is overloaded and requested a pause: try again later"
        elif "lease_lost" in self._reasons():
            yield "another machine of the fleet crawls the site now: try again later"
        else:
            yield from self._problems_of_sources()
            yield from self._problems_of_stories()
            yield from self._problems_of_age(now)

    def _problems_of_sources(self) -> Iterator[str]:
        if any(finding.article_links for finding in self.sources):
            yield from self._lost_sources()
            return
        reasons = [finding.reason for finding in self.sources if finding.reason != NOT_REQUESTED]
        if reasons and FAILING.issuperset(reasons):
            causes = "; ".join(sorted({sentence(reason) for reason in reasons}))
            advice = "the site fails, whatever its profile: try again later"
            if REFUSING.issuperset(reasons):
                advice = (
                    "the site refuses us: check whether a browser reads it from here, "
                    "or ask the publisher"
                )
            yield f"none of {plural(len(reasons), 'source')} could be read ({causes}): {advice}"
            return
        yield (
            "no source has a link to a story: find today's sitemap, feed or index of "
            f"{self.site.home} and add it to `sources` in {self.profile}"
        )
        others = list(dict.fromkeys(url for finding in self.sources for url in finding.others))[:3]
        if others:
            yield (
                f"these links match none of `article_urls` in {self.profile}; "
                f"if they are stories, add their pattern: {', '.join(others)}"
            )

    def _lost_sources(self) -> Iterator[str]:
        """Yield what is wrong with the sources of a site that still announces stories."""
        for finding in self.sources:
            if finding.failed and finding.gave:
                yield (
                    f"{finding.url} was lately the first to announce "
                    f"{plural(finding.gave, 'story', 'stories')}, and gives none now "
                    f"({sentence(finding.reason)}): find where it moved, and change `sources` in "
                    f"{self.profile}"
                )
        tried = [finding for finding in self.sources if finding.reason != NOT_REQUESTED]
        failed = Counter(finding.reason for finding in tried if finding.failed)
        if failed.total() > MOST * len(tried):
            causes = "; ".join(f"{count}: {sentence(why)}" for why, count in failed.most_common())
            yield (
                f"only {len(tried) - failed.total()} of {plural(len(tried), 'source')} could be "
                f"read ({causes}), so stories are easily missed: find today's sitemap, feed or "
                f"index of {self.site.home} and add it to `sources` in {self.profile}"
            )

    def _problems_of_age(self, now: datetime) -> Iterator[str]:
        """Yield that the site announces nothing new, by its stories or, without their dates, by
        its sources.
        """
        dates = [_date_of(story) for story in self.stories]
        dates = [date for date in dates if date] or [finding.newest for finding in self.sources]
        newest = max(filter(None, dates), default=None)
        if newest is not None and now - newest > STALE:
            yield (
                f"the newest story that is announced is {plural((now - newest).days, 'day')} old: "
                f"if {self.site.home} shows newer ones, find their sitemap, feed or index and add "
                f"it to `sources` in {self.profile}"
            )

    def _problems_of_stories(self) -> Iterator[str]:
        announced = any(finding.article_links for finding in self.sources)
        if announced and all(story.reason == NOT_REQUESTED for story in self.stories):
            yield "no story was examined: the requests of an examination were used up before"
        for story in self.stories:
            if story.reason is not None and story.reason != NOT_REQUESTED:
                yield f"{story.url} has no story: {sentence(story.reason)}"
        read = [story for story in self.stories if story.article is not None]
        number = plural(len(read), "story", "stories")
        lost = [story for story in read if story.article and story.article.layout == "fallback"]
        if lost:
            places = Counter((story.body_at, story.words_there) for story in lost if story.body_at)
            hint = ""
            for (place, words), _count in places.most_common(1):
                hint = f"; the body seems to be in {place} ({plural(words, 'word')})"
            yield (
                f"no layout matched in {len(lost)} of {number}: "
                f"add a Layout in front of `layouts` in {self.profile}{hint}"
            )
        for name in ESSENTIAL:
            without = [story for story in read if name in story.missing]
            if without:
                selector = {"published_at": "date"}.get(name, name)
                yield (
                    f"no {name} in {len(without)} of {number}: see `{selector}` of the layout in "
                    f"{self.profile}, e.g. with {without[0].url}"
                )

    def notes(self) -> Iterator[str]:
        """Yield what is worth knowing, though nothing is wrong."""
        robots, home = self.robots, self.site.home
        if robots is not None and robots.allows(home) and (agents := [*robots.excluded(home)]):
            yield (
                f"robots.txt excludes crawlers that collect training data ({', '.join(agents)}): "
                "its stories are marked `opted_out`"
            )
        absent = ("http_404", "http_410", "dns_failed")
        gone = [finding.url for finding in self.sources if finding.reason in absent]
        if gone and any(finding.article_links for finding in self.sources):
            yield (
                f"missing; if it stays so, remove it from `sources` in {self.profile}: "
                f"{', '.join(gone)}"
            )
        left = sum(finding.reason == NOT_REQUESTED for finding in self.sources)
        if left:
            yield f"{plural(left, 'source')} not requested: an examination is a dozen requests"
        if self.left_out:
            yield (
                f"the newest crawl skipped {plural(self.left_out, 'source')}: its budget for "
                "sources was used up (`source_requests`, `source_minutes` of [crawl])"
            )
        yield from self._notes_of_stories()

    def _notes_of_stories(self) -> Iterator[str]:
        read = [story.article for story in self.stories if story.article is not None]
        if all(article.layout == "fallback" for article in read):
            return
        missing = [name for name in USUAL if not any(getattr(article, name) for article in read)]
        if missing:
            yield (
                f"in none of the stories: {', '.join(missing)}; "
                f"if the pages show them, see the layout in {self.profile}"
            )

    def as_dict(self, *, now: datetime) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "site": self.site.name,
            "home": self.site.home,
            "verdict": self.verdict(now=now),
            "requests": self.requests,
            "robots": self._robots_row(),
            "sources": [_source_row(finding) for finding in self.sources],
            "stories": [_story_row(finding) for finding in self.stories],
            "problems": list(self.problems(now=now)),
            "notes": list(self.notes()),
            "profile": self.profile,
        }

    def _robots_row(self) -> dict[str, Any]:
        robots, home = self.robots, self.site.home
        if robots is None:
            return {"status": None, "welcome": False}
        ruling = robots.ruling(home)
        return {
            "status": robots.status,
            "reason": robots.reason,
            "welcome": robots.allows(home),
            "group": robots.group,
            "line": ruling and ruling.line,
            "rule": ruling and ruling.text,
            "crawl_delay": robots.crawl_delay,
            "sitemaps": list(robots.sitemaps),
            "shut_out": list(robots.excluded(home)),
        }


def _by(robots: RobotsTxt, url: str) -> str:
    ruling = robots.ruling(url)
    if not ruling:
        return ""
    return f" (line {ruling.line}, for {ruling.group}: {ruling.text})"


def _date_of(story: StoryFinding) -> datetime | None:
    if story.article is None:
        return None
    return story.article.published_at


def _source_row(finding: SourceFinding) -> dict[str, Any]:
    return {
        "url": finding.url,
        "kind": finding.kind,
        "within": finding.within,
        "status": finding.status,
        "bytes": finding.bytes,
        "links": finding.links,
        "article_links": finding.article_links,
        "newest": finding.newest and finding.newest.isoformat(),
        "gave": finding.gave,
        "essential": finding.gave > 0,
        "reason": finding.reason,
        "why": why(finding.reason),
    }


def _story_row(finding: StoryFinding) -> dict[str, Any]:
    read = finding.article.as_dict() if finding.article is not None else {}
    fields = {
        name: {"value": read[name], "from": finding.came_from.get(name)}
        for name in FIELDS
        if read.get(name)
    }
    return {
        "url": finding.url,
        "status": finding.status,
        "bytes": finding.bytes,
        "reason": finding.reason,
        "why": why(finding.reason),
        "layout": read.get("layout"),
        "words": len(read.get("body", "").split()),
        "fields": fields,
        "missing": list(finding.missing),
        "warnings": list(read.get("warnings", ())),
        "opted_out": finding.opted_out,
        "further_pages": finding.further_pages,
        "body_at": finding.body_at,
        "words_there": finding.words_there,
    }


def why(reason: str | None) -> str:
    """The sentence of a reason."""
    if reason == NOT_REQUESTED:
        return "not requested: the requests of an examination were used up"
    return sentence(reason)
