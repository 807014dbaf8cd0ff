"""Stories and listings of the demo world, as the files in `stories/` have them."""

import tomllib
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What the publisher changes in a story between the first round and the second."""

    headline: str
    paragraph: int
    """Index of the paragraph that is rewritten."""
    text: str
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One invented story, with all that the template of its layout shows."""

    layout: str
    url: str
    headline: str
    published: datetime
    section: str
    paragraphs: tuple[str, ...]
    """Prose; `*word*` is italic, `[word](url)` a link, and a paragraph that begins with `## ` a
    cross-heading.
    """
    modified: datetime | None = None
    announced: str = ""
    """Another form of the URL, which home pages and indexes link to instead."""
    kicker: str = ""
    deck: str = ""
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    agency: str = ""
    dateline: str = ""
    caption: str = ""
    credit: str = ""
    tags: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    """Number of paragraphs on each page of a story in pages."""
    edit: Edit | None = None
    vanishes: bool = False
    counters_move: bool = False
    """Whether a share count and an advertisement slot differ in the second round."""

    @property
    def link(self) -> str:
        """The URL that home pages and indexes link to."""
        return self.announced or self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page that is not a story: home page, index, sitemap, feed or robots.txt."""

    urls: tuple[str, ...]
    template: str
    path: str = ""
    """Only stories with this in their URL are listed."""
    day: date | None = None
    """Only stories of this day are listed."""
    empty: bool = False
    """Whether this is the page after the last one."""

    def shows(self, story: Story) -> bool:
        """Whether the story is listed here."""
        return (
            not self.empty and self.path in story.url and self.day in (None, story.published.date())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site of the demo world."""

    name: str
    stories: tuple[Story, ...]
    listings: tuple[Listing, ...]
    page_suffix: str = ""
    """Suffix of the URL of a later page; `{}` is its number."""
    whole_suffix: str = ""
    """Suffix of the URL that shows all pages in one."""


@cache
def read_site(name: str) -> Site:
    """Read one site from its file; stories newest first."""
    table = tomllib.loads(bundled_text(f"stories/{name}.toml"))
    site = TypeAdapter(Site).validate_python(table | {"name": name})
    stories = sorted(site.stories, key=lambda story: story.published)
    return replace(site, stories=tuple(reversed(stories)))


def bundled_text(path: str) -> str:
    """Return the text of a file beside this module."""
    return files("scraper.cli.demo").joinpath(path).read_text(encoding="utf-8")
