"""What an examination of a live site found, and what follows from it, in plain sentences. Nothing
is asked here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from archive.ledger.wording import plural, sentence
from archive.records import Article
from scraper.politeness.robots import RobotsTxt
from scraper.sites.site import Site

FIELDS = (
    "headline",
    "kicker",
    "deck",
    "body",
    "dateline",
    "authors",
    "editors",
    "agency",
    "published_at",
    "modified_at",
    "section",
    "tags",
    "image_url",
    "caption",
    "story_id",
    "canonical_url",
)
ESSENTIAL = ("headline", "body", "published_at")
"""Without these a story is of little use."""
USUAL = ("authors", "section", "image_url")
"""Nearly every newsroom gives these: missing in all stories, a selector is worth a look."""
STALE = timedelta(days=3)
"""A newsroom whose newest story is older than this publishes elsewhere."""

REFUSING = frozenset({"http_401", "http_402", "http_403", "http_451"})
FAILING = REFUSING | {
    "http_429",
    "http_5xx",
    "timeout",
    "connection_failed",
    "tls_failed",
    "dns_failed",
    "robots_unavailable",
}
"""Codes of archive.ledger.wording that tell of the server; where all sources give one, nothing can
be said of the profile.
"""

NOT_ASKED = "not_asked"
"""In place of a code of archive.ledger.wording: the handful of requests was used up."""

WELL, LOOK, UNREACHABLE = "well", "needs a look", "cannot be reached"
EXIT = {WELL: 0, LOOK: 3, UNREACHABLE: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFinding:
    """What one source of the profile gave."""

    url: str
    kind: str
    """Name of its class in scraper.sites.sources."""
    within: str | None = None
    """The index of sitemaps that led here."""
    status: int | None = None
    bytes: int | None = None
    links: int = 0
    article_links: int = 0
    """Stories among the links, each once."""
    newest: datetime | None = None
    reason: str | None = None
    """Why it gave nothing: a code of archive.ledger.wording, or NOT_ASKED."""
    others: tuple[str, ...] = ()
    """Links of the site's own that have not the shape of an article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFinding:
    """What was read from one story's first page."""

    url: str
    status: int | None = None
    bytes: int | None = None
    reason: str | None = None
    article: Article | None = field(default=None, repr=False)
    came_from: dict[str, str] = field(default_factory=dict)
    """Field -> the layer that gave it."""
    opted_out: str | None = None
    further_pages: int = 0
    body_at: str | None = None
    """Where the text seems to be, on a page that no layout fits."""
    words_there: int = 0

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that the page did not give."""
        return tuple(
            name for name in FIELDS if self.article is not None and not getattr(self.article, name)
        )


@dataclass(slots=True, kw_only=True)
class Examination:
    """All that was found."""

    site: Site
    robots: RobotsTxt | None = None
    sources: list[SourceFinding] = field(default_factory=list)
    stories: list[StoryFinding] = field(default_factory=list)
    asked: int = 0
    broken: bool = False

    @property
    def verdict(self) -> str:
        """WELL, LOOK or UNREACHABLE."""
        if self.robots is None or self.robots.status is None:
            return UNREACHABLE
        tried = [finding for finding in self.sources if finding.reason != NOT_ASKED]
        if tried and all(finding.status is None for finding in tried) and not self.stories:
            return UNREACHABLE
        return LOOK if any(True for _problem in self.problems()) else WELL

    @property
    def profile(self) -> str:
        """The file that holds the site's profile, as a person would name it."""
        return f"scraper/spiders/{self.site.name}.py"

    def problems(self) -> Iterator[str]:
        """What needs a look, with what to do about it."""
        robots, home = self.robots, self.site.home
        if self.broken:
            yield "the examination broke off: this is a bug of warta; -v shows where"
        if robots is None or robots.status is None:
            why = sentence(robots.reason) if robots and robots.reason else "no answer came"
            yield f"{home} could not be reached: {why}; see whether a browser reaches it, and whether a proxy is needed (https_proxy)"
        elif robots.unavailable:
            yield f"robots.txt could not be had (status {robots.status}): nothing is asked of the site until it can; try again later"
        elif not robots.allows(home):
            yield f"robots.txt forbids us the site{_by(robots, home)}: ask the newsroom for leave, or do not crawl it"
        elif "pause_requested" in (
            *(source.reason for source in self.sources),
            *(story.reason for story in self.stories),
        ):
            yield "the site has too much to do and asked to be left alone for a while: try again later"
        else:
            yield from self._problems_of_sources()
            yield from self._problems_of_stories()

    def _problems_of_sources(self) -> Iterator[str]:
        if any(finding.article_links for finding in self.sources):
            return
        reasons = [finding.reason for finding in self.sources if finding.reason != NOT_ASKED]
        if reasons and FAILING.issuperset(reasons):
            told = "; ".join(sorted({sentence(reason) for reason in reasons}))
            refused = (
                "the site refuses us: see whether a browser reads it from here, or ask the newsroom"
            )
            failed = "the site fails, which says nothing of the profile: try again later"
            advice = refused if REFUSING.issuperset(reasons) else failed
            yield f"none of {plural(len(reasons), 'source')} could be read ({told}): {advice}"
            return
        yield (
            f"no source gave a link to a story: find today's sitemap, feed or index of {self.site.home} and name it in `sources` "
            f"of {self.profile}"
        )
        others = list(dict.fromkeys(url for finding in self.sources for url in finding.others))[:3]
        if others:
            yield f"these links fit none of `article_urls` of {self.profile}; if they are stories, add their pattern: {', '.join(others)}"

    def _problems_of_stories(self) -> Iterator[str]:
        for story in self.stories:
            if story.reason is not None and story.reason != NOT_ASKED:
                yield f"{story.url} gave no story: {sentence(story.reason)}"
        read = [story for story in self.stories if story.article is not None]
        lost = [
            story
            for story in read
            if story.article is not None and story.article.layout == "fallback"
        ]
        if lost:
            places = Counter((story.body_at, story.words_there) for story in lost if story.body_at)
            (place, words), _count = places.most_common(1)[0] if places else ((None, 0), 0)
            hint = f"; the body seems to be in {place} ({plural(words, 'word')})" if place else ""
            of = f"{len(lost)} of {plural(len(read), 'story', 'stories')}"
            yield f"no layout matched in {of}: add a Layout in front of `layouts` in {self.profile}{hint}"
        for name in ESSENTIAL:
            without = [story for story in read if name in story.missing]
            if without:
                selector = {"published_at": "date"}.get(name, name)
                yield (
                    f"no {name} in {len(without)} of {plural(len(read), 'story', 'stories')}: see `{selector}` of the layout in "
                    f"{self.profile}, e.g. with {without[0].url}"
                )

    def notes(self, *, now: datetime) -> Iterator[str]:
        """What is good to know, though nothing is wrong."""
        robots, home = self.robots, self.site.home
        shut_out = tuple(robots.excluded(home)) if robots is not None else ()
        if shut_out and robots is not None and robots.allows(home):
            yield f"robots.txt shuts out crawlers that collect texts ({', '.join(shut_out)}): its stories are marked `opted_out`"
        gone = [
            finding.url
            for finding in self.sources
            if finding.reason in ("http_404", "http_410", "dns_failed")
        ]
        if gone and any(finding.article_links for finding in self.sources):
            yield f"not there, so if it stays so take it out of `sources` in {self.profile}: {', '.join(gone)}"
        left = sum(finding.reason == NOT_ASKED for finding in self.sources)
        if left:
            yield f"{plural(left, 'source')} not asked: an examination is a handful of requests"
        newest = max((finding.newest for finding in self.sources if finding.newest), default=None)
        if newest is not None and now - newest > STALE:
            yield f"the newest story that is announced is {plural((now - newest).days, 'day')} old"
        yield from self._notes_of_stories()

    def _notes_of_stories(self) -> Iterator[str]:
        read = [story.article for story in self.stories if story.article is not None]
        missing = [
            name for name in USUAL if read and not any(getattr(article, name) for article in read)
        ]
        if missing and not all(article.layout == "fallback" for article in read):
            yield f"in none of the stories: {', '.join(missing)}; if the pages show them, see the layout in {self.profile}"

    def as_dict(self, *, now: datetime) -> dict[str, Any]:
        """For `--json`."""
        return {
            "site": self.site.name,
            "home": self.site.home,
            "verdict": self.verdict,
            "requests": self.asked,
            "robots": self._robots_row(),
            "sources": [_source_row(finding) for finding in self.sources],
            "stories": [_story_row(finding) for finding in self.stories],
            "problems": list(self.problems()),
            "notes": list(self.notes(now=now)),
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
            "line": ruling.line if ruling else None,
            "rule": ruling.text if ruling else None,
            "crawl_delay": robots.crawl_delay,
            "sitemaps": list(robots.sitemaps),
            "shut_out": list(robots.excluded(home)),
        }


def _by(robots: RobotsTxt, url: str) -> str:
    ruling = robots.ruling(url)
    return f" (line {ruling.line}, for {ruling.group}: {ruling.text})" if ruling else ""


def _source_row(finding: SourceFinding) -> dict[str, Any]:
    return {
        "url": finding.url,
        "kind": finding.kind,
        "within": finding.within,
        "status": finding.status,
        "bytes": finding.bytes,
        "links": finding.links,
        "article_links": finding.article_links,
        "newest": finding.newest.isoformat() if finding.newest else None,
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
    """The reason in plain words."""
    return (
        "not asked: the handful of requests was used up"
        if reason == NOT_ASKED
        else sentence(reason)
    )
