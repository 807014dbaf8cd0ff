"""extract(): from a page's bytes to the article, with the evidence of where every field came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version

from archive.identity import canonical_url, joined_url
from archive.records import Article, Page
from scraper.extraction.body import COMMON_PRUNE, Body, fallback_body, read_body
from scraper.extraction.boilerplate import COMMON_RULES
from scraper.extraction.locate import find_article, narrow
from scraper.extraction.metadata import Head, Metadata, read_metadata, read_surroundings
from scraper.extraction.tree import parse_html
from scraper.sites.site import Identity, Site

EXTRACTION = 1
"""Raised by hand when code (not data) of the extraction changes what it gives."""


MIN_REPEATED = 60
"""Characters; a paragraph as long as this that stands on two pages of a story is furniture of both,
a shorter one may be prose.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An article and the evidence behind it."""

    article: Article
    sources: dict[str, str] = field(default_factory=dict)
    """Field -> the layer that it came from."""
    taken: tuple[tuple[str, str], ...] = ()
    """(rule, text) of every line that was taken out of the body."""
    metas: dict[str, str] = field(default_factory=dict, repr=False)
    """Meta tags of the first page by name in lower case."""


def read_page(page: Page, site: Site | None) -> Reading:
    """The article of a page with its further parts joined in order."""
    pages = (page, *page.parts)
    readings = [
        read(p.body, p.url, site, content_type=p.headers.get("content-type")) for p in pages
    ]
    joined = join(readings)
    if page.missing_parts:
        joined = replace(
            joined,
            article=replace(joined.article, warnings=(*joined.article.warnings, "missing_parts")),
        )
    return joined


def join(readings: Sequence[Reading]) -> Reading:
    """One article from the pages of a story: the first page's fields, every page's paragraphs once."""
    first = readings[0]
    if len(readings) == 1:
        return first
    paragraphs: list[str] = []
    for reading in readings:
        further = filter(None, reading.article.body.split("\n\n"))
        paragraphs += [
            text for text in further if len(text) < MIN_REPEATED or text not in paragraphs
        ]
    last = readings[-1].article
    article = replace(
        first.article,
        body="\n\n".join(paragraphs),
        page_count=len(readings),
        agency=first.article.agency or last.agency,
        editors=first.article.editors or last.editors,
    )
    return Reading(
        article=article,
        sources=first.sources,
        taken=tuple(line for r in readings for line in r.taken),
        metas=first.metas,
    )


def read(
    html: bytes | str, url: str, site: Site | None, *, content_type: str | None = None
) -> Reading:
    """The article of one page with its evidence; `site` is the profile to read it with, None for an
    unknown publisher.

    Never raises: a page without an article gives one with an empty body; what is doubtful stands in
    `warnings`.
    """
    page = parse_html(html, content_type)
    if page is None:
        return Reading(
            article=_article(
                url, site, _named(site, url), Metadata(warnings=["empty_page"]), Body(), "fallback"
            )
        )
    head = Head(page.tree)
    identity = _identity(site, url, head)
    narrowed = narrow(page, site) if site is not None else None
    metadata = read_metadata(page, head, site, narrowed, identity)
    node = narrowed.node if narrowed else find_article(page, metadata.fields.get("headline"))
    if site is not None and node is not None:
        read_surroundings(metadata, page, node, site)
    if site is not None and narrowed is not None:
        body = read_body(page, site, narrowed, identity)
    elif site is not None and identity is None:
        metadata.warnings.append(
            "not_an_article"
        )  # an index, a tag, the home page: its text is other stories'
        body = Body()
    else:
        body = fallback_body(page, node, site, identity, metadata.fields.get("headline"))
    layout = narrowed.layout.name if narrowed else "fallback"
    article = _article(url, site, identity, metadata, body, layout)
    return Reading(
        article=article,
        sources=metadata.sources | _told_by(body, layout),
        taken=body.taken,
        metas=head.metas,
    )


def _told_by(body: Body, layout: str) -> dict[str, str]:
    """The fields that the text itself gave."""
    told = {
        "body": layout if body.text else "",
        "dateline": body.dateline,
        "agency": body.agency,
        "editors": body.editors,
    }
    return {name: f"text of {layout}" for name, value in told.items() if value}


def _named(site: Site | None, url: str) -> Identity | None:
    named = site.identify(url) if site is not None else None
    return named if isinstance(named, Identity) else None


def _identity(site: Site | None, url: str, head: Head) -> Identity | None:
    """What the page's address says; the canonical address that the page declares wins where it
    names the same story.
    """
    if site is None:
        return None
    own = _named(site, url)
    declared = head.links.get("canonical") or ("" if own else head.metas.get("og:url"))
    named = site.identify(declared) if declared else None
    if isinstance(named, Identity) and (own is None or named.key == own.key):
        return replace(
            named, published_at=named.published_at or (own.published_at if own else None)
        )
    return own


def _article(
    url: str,
    site: Site | None,
    identity: Identity | None,
    metadata: Metadata,
    body: Body,
    layout: str,
) -> Article:
    given = metadata.fields
    warnings = list(metadata.warnings)
    warnings += [f"missing_{name}" for name in ("headline", "published_at") if not given.get(name)]
    warnings += ["missing_body"] if not body.text else []
    warnings += ["time_disagrees"] if _disagree(given.get("published_at"), identity) else []
    warnings += ["layout_missed"] if layout == "fallback" and site is not None else []
    image = joined_url(url, given["image_url"]) if given.get("image_url") else None
    editors = tuple(dict.fromkeys((*given.get("editors", ()), *body.editors)))
    return Article(
        url=url,
        site=site.name if site else _host(url),
        canonical_url=identity.url if identity else _canonical(url),
        story_id=identity.story_id if identity else None,
        headline=given.get("headline"),
        kicker=given.get("kicker"),
        deck=given.get("deck"),
        body=body.text,
        dateline=body.dateline,
        authors=given.get("authors") or body.authors,
        editors=editors,
        agency=body.agency or given.get("agency"),
        published_at=given.get("published_at"),
        modified_at=given.get("modified_at"),
        section=given.get("section"),
        tags=given.get("tags", ()),
        image_url=image,
        caption=given.get("caption"),
        language=site.language if site else "id",
        layout=layout,
        extractor=extractor_of(site),
        warnings=tuple(warnings),
    )


def _disagree(published_at: datetime | None, identity: Identity | None) -> bool:
    """Whether the page's time and the one in its address (Suara's path, Republika's code) are more
    than a day apart.
    """
    told = identity.published_at if identity is not None else None
    return (
        published_at is not None
        and told is not None
        and abs(published_at - told) > timedelta(days=1, hours=12)
    )


def _canonical(url: str) -> str:
    try:
        return canonical_url(url)
    except ValueError:
        return url


def _host(url: str) -> str:
    return _canonical(url).split("/")[2] if "://" in url else "unknown"


_NOT_READING = frozenset(("home", "crawled", "refused_urls", "sources", "pager", "part_url"))
"""Fields of a profile that are about finding pages, not about reading them."""


@lru_cache(maxsize=64)
def extractor_of(site: Site | None) -> str:
    """Name, version and digest of the rules that read a site's pages; it changes when they do, and
    only then.
    """
    own = (
        [(f.name, getattr(site, f.name)) for f in fields(site) if f.name not in _NOT_READING]
        if site
        else []
    )
    rules = repr((EXTRACTION, own, COMMON_RULES, COMMON_PRUNE, version("trafilatura")))
    return f"warta-{site.name if site else 'fallback'}/{EXTRACTION}+{sha256(rules.encode()).hexdigest()[:12]}"
