"""What a profile reads from saved pages, and what it misses, in plain sentences."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archive.ledger.wording import WARNINGS, plural, sentence
from archive.records import FALLBACK, Article, Page
from scraper.extraction.article import read, read_page, refusal_of_article
from scraper.extraction.text.overlap import f1
from scraper.sites.site import Identity, Site
from scraper.sites.sources import Feed, Sitemap

ESSENTIAL = ("headline", "body", "published_at")
"""Fields without which a story is of little use."""
USUAL = ("authors", "section")
"""Fields of nearly every publisher; a story may lack one, not all of them."""
MIN_AGREEMENT = 0.9
"""F1 of words of the body, as the profile and as the fallback read it, below which it needs a look.
"""
FEWEST_PAGES = 3
_ADVICE = {
    "names_another_story": "see `article_urls`",
    "canonical_no_story": "see `article_urls`",
    "text_outside": "see `body` of the layout",
    "time_disagrees": "see `date` of the layout, and `timezone`",
    "impossible_date": "see `date` of the layout",
}
"""Warning that a profile can do something about -> the field to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReport:
    """One page as the profile reads it."""

    url: str
    reason: str | None
    """Why its address is no story's by the profile, or its page has none; None for a story."""
    story_id: str | None = None
    article: Article | None = field(default=None, repr=False)
    """None where reading the page did not end."""
    agreement: float = 0.0
    """F1 of the words of its body and of what the fallback reads."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that the page does not give."""
        names = (*ESSENTIAL, *USUAL)
        return tuple(name for name in names if not getattr(self.article, name, None))

    def as_dict(self) -> dict[str, Any]:
        """The object that `--json` prints for a page."""
        article = self.article
        return {
            "url": self.url,
            "reason": self.reason,
            "story_id": self.story_id,
            "layout": article and article.layout,
            "headline": article and article.headline,
            "words": len(article.body.split()) if article else 0,
            "published_at": article and article.published_at,
            "authors": list(article.authors) if article else [],
            "section": article and article.section,
            "agreement": round(self.agreement, 3),
            "missing": list(self.missing),
            "warnings": list(article.warnings) if article else [],
        }


def report_on(page: Page, site: Site) -> PageReport:
    """Read a page with a profile, and with none to compare."""
    named = site.identify(page.url)
    article = read_page(page, site).article
    plain = read(
        page.body,
        page.url,
        None,
        content_type=page.headers.get("content-type"),
        fetched_at=page.fetched_at,
    ).article
    report = PageReport(
        url=page.url,
        reason=refusal_of_article(article),
        article=article,
        agreement=f1(article.body, plain.body),
    )
    if isinstance(named, Identity):
        return replace(report, story_id=named.story_id)
    return replace(report, reason=named.reason)


def problems(site: Site, pages: Sequence[PageReport]) -> Iterator[str]:
    """Yield what is missing, each with what to do about it."""
    if len(pages) < FEWEST_PAGES:
        yield (
            f"{plural(len(pages), 'page')} of {FEWEST_PAGES} at least: "
            f"`warta doctor {site.name} --keep` requests the newest stories and keeps them"
        )
    yield from _of_sources(site)
    yield from _of_addresses(pages)
    yield from _of_layouts(site, pages)
    yield from _of_fields(pages)


def _of_sources(site: Site) -> Iterator[str]:
    if not any(isinstance(source, (Sitemap, Feed)) for source in site.sources):
        yield (
            "no sitemap and no feed is among `sources`: stories are found on pages alone, and are "
            "easily missed"
        )
    if not site.layouts:
        yield "`layouts` is empty: every page is read by the fallback"


def _of_addresses(pages: Sequence[PageReport]) -> Iterator[str]:
    for page in pages:
        if page.article is None:
            yield f"{page.url}: reading it did not end"
        elif page.reason is not None:
            why = sentence(page.reason)
            yield f"{page.url} is no story by the profile: {why}; see `article_urls`"
    keys = Counter(page.story_id for page in pages if page.story_id)
    for key, count in keys.items():
        if count > 1:
            yield f"{count} pages have the key {key}: see `story_id` of `article_urls`"


def _of_layouts(site: Site, pages: Sequence[PageReport]) -> Iterator[str]:
    for page in pages:
        article = page.article
        if article is None:
            continue
        if article.layout == FALLBACK and site.layouts:
            yield f"{page.url}: no layout matches; see `body` of `layouts`"
        elif article.body and page.agreement < MIN_AGREEMENT:
            yield (
                f"{page.url}: its body shares {page.agreement:.0%} of its words with what the "
                "fallback reads; compare both with `warta extract`, see `body` and `prune`"
            )
        for warning in filter(_ADVICE.__contains__, article.warnings):
            yield f"{page.url}: {WARNINGS.get(warning, warning)}; {_ADVICE[warning]}"


def _of_fields(pages: Sequence[PageReport]) -> Iterator[str]:
    read_pages = [page for page in pages if page.article is not None]
    for name in ESSENTIAL:
        without = [page.url for page in read_pages if name in page.missing]
        if without:
            selector = {"published_at": "date"}.get(name, name)
            yield (
                f"no {name} on {plural(len(without), 'page')}: see `{selector}` of the layout, "
                f"e.g. with {without[0]}"
            )
    for name in USUAL:
        if read_pages and all(name in page.missing for page in read_pages):
            yield f"no page gives {name}: if the pages show it, see `{name}` of the layout"
