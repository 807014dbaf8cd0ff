"""From the pages and links of a survey to a profile."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from archive.records import Article, Page
from scraper.crawling.survey.addresses import Pattern, Seen, is_candidate, learn_patterns, own_links
from scraper.crawling.survey.layouts import learn_layout
from scraper.crawling.survey.publisher import dateline_of, language_of, names_of_publisher, zone_of
from scraper.crawling.survey.stories import Story, compared, story_of_page
from scraper.extraction.article import read
from scraper.extraction.text.overlap import f1
from scraper.ingest.parts import part_urls
from scraper.sites.amp import AMP
from scraper.sites.common_refusals import COMMON_REFUSALS
from scraper.sites.site import UNKNOWN, ArticleURL, Identity, Site
from scraper.sites.sources import Section, Source

FEW_SOURCES = 2
"""Sources with stories below which the sections of the home page are sources, too."""
MAX_SECTIONS = 8
_PAGE_QUERY = re.compile(r"[?&](?P<name>page|halaman|hal|p)=\d+")
_PART_IN_PATH = r"(?:/(?:page/|halaman/)?(?:[2-9]|1\d))?"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSource:
    """A source that was requested, or that a page names."""

    source: Source
    links: tuple[Seen, ...] = field(default=(), repr=False)
    times: tuple[datetime, ...] = field(default=(), repr=False)
    """Of publication, as the source has them."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A story as the new profile reads it."""

    article: Article
    agreement: float
    """F1 of the words of its body and of what the readers of unknown pages read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """A profile, and what is known of each of its fields."""

    site: Site
    notes: dict[str, str]
    """Field of the profile or of its layout -> how it was found, and what is to be checked."""
    patterns: tuple[Pattern, ...]
    sources: tuple[SeenSource, ...]
    """Those of the profile, the surest first."""
    readings: tuple[Reading, ...]


def conclude(
    pages: Sequence[Page], sources: Sequence[SeenSource], home: Sequence[str], site: Site
) -> Conclusion | None:
    """Return a profile of a site; None where none of the pages is a story.

    `home`: links of the home page; `site`: name, address and domain. For a worker process.
    """
    read_pages = filter(None, (story_of_page(page) for page in pages))
    stories = compared(list(read_pages))
    if not stories:
        return None
    site, notes = _publisher(stories, sources, site)
    patterns = _patterns(stories, sources, home, site)
    site = replace(
        site,
        article_urls=tuple(pattern.generation for pattern in patterns),
        refused_urls=_refused(stories, site),
    )
    site = _with_parts(pages, site)
    layout, of_layout = learn_layout(stories, site)
    has_amp = any("amphtml" in story.head.links for story in stories)
    layouts = (layout, AMP) if has_amp else (layout,)
    kept = _sources(sources, home, site)
    site = replace(site, layouts=layouts, sources=tuple(each.source for each in kept))
    return Conclusion(
        site=site,
        notes=notes | of_layout,
        patterns=tuple(
            replace(pattern, generation=generation)
            for pattern, generation in zip(patterns, site.article_urls, strict=True)
        ),
        sources=kept,
        readings=tuple(_read(story, site) for story in stories),
    )


def links_of(sources: Iterable[SeenSource], home: Iterable[str]) -> list[Seen]:
    """Return the links of all sources and of the home page; those of the surest first."""
    found = [link for each in sources for link in each.links]
    found.sort(key=lambda link: not link.sure)
    known = {link.url for link in found}
    return [*found, *(Seen(url=url) for url in own_links(home) if url not in known)]


def _publisher(
    stories: Sequence[Story], sources: Sequence[SeenSource], site: Site
) -> tuple[Site, dict[str, str]]:
    """Return the site with what its pages say of the publisher, and notes on it."""
    domain = site.domains[0]
    title, names = names_of_publisher(stories, domain)
    language, of_language = language_of(stories, domain)
    times = [at for each in sources for at in each.times]
    zone, of_zone = zone_of(stories, times, domain, language)
    dateline, bold = dateline_of(stories, names)
    last = [story.reading.blocks[-1].text for story in stories if story.reading.blocks]
    credited = any(re.search(UNKNOWN.end_credit, text) for text in last)
    found = replace(
        site,
        title=title,
        newsroom_names=names,
        language=language,
        timezone=zone,
        dateline=dateline,
        dateline_bold=bold,
        end_credit=UNKNOWN.end_credit if credited else "",
    )
    return found, {"language": of_language, "timezone": of_zone}


def _patterns(
    stories: Sequence[Story], sources: Sequence[SeenSource], home: Sequence[str], site: Site
) -> list[Pattern]:
    own = [*own_links(story.page.url for story in stories)]
    links = links_of(sources, home)
    sure = any(link.sure for link in links)
    links = [*links, *(Seen(url=url, sure=sure) for url in own)]
    known = () if sure else own
    patterns = learn_patterns(links, site.domains[0], site.home, known=known)
    if all(urlsplit(story.page.url).path.endswith("/") for story in stories):
        return [replace(each, generation=_with_slash(each.generation)) for each in patterns]
    return patterns


def _with_slash(generation: ArticleURL) -> ArticleURL:
    """Return the form whose stories are requested with a slash, without which the server redirects
    them.
    """
    path, mark, query = generation.canonical.partition("?")
    return replace(generation, canonical=f"{path.removesuffix('/')}/{mark}{query}")


def _refused(stories: Sequence[Story], site: Site) -> tuple[tuple[str, str], ...]:
    """Return the usual patterns of other pages, but for those that match a story of the site."""
    places = [urlsplit(url) for url in own_links(story.page.url for story in stories)]
    addresses = [f"{place.hostname}{place.path}" for place in places]
    return tuple(
        (pattern, reason)
        for pattern, reason in COMMON_REFUSALS
        if not any(re.search(pattern, address) for address in addresses)
    )


def _with_parts(pages: Sequence[Page], site: Site) -> Site:
    """Return the site with what leads to the further pages of a story, where one has any."""
    parts = [url for page in pages for url in part_urls(page, site)]
    if not parts:
        return site
    query = _PAGE_QUERY.search(parts[0])
    if query is not None:
        name = query["name"]
        number = rf"[?&]{name}=(?P<part>[2-9]|1\d)(?!\d)"
        return replace(site, pager=f"a[href*='{name}=']", part_url=number)
    generations = tuple(
        replace(each, pattern=each.pattern + _PART_IN_PATH) for each in site.article_urls
    )
    number = r"/(?P<part>[2-9]|1\d)/?$"
    return replace(site, article_urls=generations, pager="a[href]", part_url=number)


def _sources(
    sources: Sequence[SeenSource], home: Sequence[str], site: Site
) -> tuple[SeenSource, ...]:
    """Return the sources that announce stories; where they are few, the sections beside them."""
    announcing: list[SeenSource] = []
    for each in sources:
        count = sum(isinstance(site.identify(link.url), Identity) for link in each.links)
        if count:
            announcing.append(replace(each, note=f"{count} stories of {len(each.links)} links"))
    if len(announcing) >= FEW_SOURCES:
        return tuple(announcing)
    return (*announcing, *_sections(home, site))


def _sections(home: Sequence[str], site: Site) -> list[SeenSource]:
    """Return the home page's links to sections: short paths to which stories belong."""
    stories = [urlsplit(url).path for url in own_links(home) if _is_story(site, url)]
    channels = {name for path in stories if not (name := path.split("/")[1]).isdigit()}
    found: dict[str, SeenSource] = {}
    for url in own_links(home):
        path = urlsplit(url).path.strip("/")
        if path in channels and is_candidate(url, site.domains[0]) and not _is_story(site, url):
            found.setdefault(url, SeenSource(source=Section(url), note="not requested"))
    return list(found.values())[:MAX_SECTIONS]


def _is_story(site: Site, url: str) -> bool:
    return isinstance(site.identify(url), Identity)


def _read(story: Story, site: Site) -> Reading:
    page = story.page
    content_type = page.headers.get("content-type")
    found = read(page.body, page.url, site, content_type=content_type, fetched_at=page.fetched_at)
    return Reading(article=found.article, agreement=f1(found.article.body, story.body))
