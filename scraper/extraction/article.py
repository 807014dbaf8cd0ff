"""From a page's bytes to the article, with the source of every field."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from archive.identity import joined_url
from archive.records import Article, Page
from scraper.extraction.body import COMMON_PRUNE, Body, fallback_body, read_body
from scraper.extraction.declared import has_useless_canonical, names_another_story
from scraper.extraction.dom import sponsored
from scraper.extraction.dom.tree import Document, parse_html
from scraper.extraction.fields.bylines import lines_above
from scraper.extraction.fields.metadata import Head, Metadata, read_around, read_metadata
from scraper.extraction.locate import LayoutMatch, Located, find_article, match_layout
from scraper.extraction.text.blocks import Block
from scraper.extraction.text.boilerplate import COMMON_RULES, agency_in
from scraper.extraction.unprofiled import headlines_in, named, refusal_of_any
from scraper.sites.addresses import plain_url
from scraper.sites.site import UNKNOWN, Identity, Site, whole_number

EXTRACTION = 6
"""Version of the extraction's code; raise it by hand when a change of code changes results."""

MIN_REPEATED = 60
"""Characters. A paragraph at least as long that occurs on two pages of a story is boilerplate of
both; a shorter one may be prose.
"""
MAX_DISAGREEMENT = timedelta(hours=36)
"""Between the page's time of publication and the one in its address."""
MAX_TO_PUBLICATION = timedelta(days=14)
"""From a story's creation to its publication; of 2,353 stories of Republika eleven days."""
MIN_ARTICLE = 200
"""Characters; a page with less text that says "not found" or "log in" is no story."""

_AS_READ = "headline kicker deck published_at modified_at section caption".split()
"""Fields of an article that are those of its metadata."""
_RIGHTS = ("tdm-reservation", "robots")
_NOT_FOUND = re.compile(
    r"""
    \b (?:
        404 | not\ found | page\ not\ found | tidak\ tersedia
        | (?: halaman | berita | artikel | laman ) \b .{0,20} \b tidak\ (?:di)?temukan
    ) \b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LOGIN = re.compile(
    r"\b(?:log ?in|masuk|sign in|berlangganan|khusus pelanggan|subscribe)\b", re.IGNORECASE
)
MAX_CHALLENGE = 1_500
"""Characters; a longer text in no layout of its site is not refused for its words alone."""
_CHALLENGE = re.compile(
    r"""
    just\ a\ moment\b | attention\ required! | checking\ your\ browser | are\ you\ a\ robot
    | \b(?:verify|confirm|prove)\b .{0,30} \b(?:you\ are|you're|that\ you\ are) .{0,20} \bhuman
    | \bi(?:'|\ a)m\ not\ a\ robot | pardon\ our\ interruption | \bunusual\ traffic\b
    | \b(?:re|h)?captcha\b | request\ unsuccessful\.\ incapsula | \bddos\ protection\ by\b
    | \benable\ javascript\ and\ cookies\b | \b(?:verifikasi|memastikan|buktikan|pastikan|bahwa)\b
        .{0,40} \b(?:bukan\ robot|(?:anda|kamu)\ (?:adalah\ )?manusia)\b
    | \bmemeriksa\ (?:peramban|browser)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Marks of a page that tests whether a person reads. They save the first such page of a crawl from
being taken for a story; the rule for the others is in scraper.ingest.same_body.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An article and the evidence behind it."""

    article: Article
    """Always there; its body is empty where the page has no article."""
    sources: dict[str, str] = field(default_factory=dict)
    """Field -> the layer that it came from: `json-ld`, `meta`, `layout R5`, `text of R5`, ..."""
    taken: tuple[tuple[str, str], ...] = ()
    """(rule, text) of every line that a rule removed from the located body."""
    metas: dict[str, str] = field(default_factory=dict, repr=False)
    """Content of the first page's meta tags by name in lower case."""
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    """Every paragraph of the pages, before anything was removed."""
    types: frozenset[str] = field(default=frozenset(), repr=False)
    """Of the objects in JSON-LD, in lower case."""
    canonical: str | None = None
    """The address that the page declares as its own, as it stands there; None without one."""
    headlines: int = 0
    """Links in or beside the text that are headlines of other stories; counted of pages of
    publishers without a profile.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReading:
    """What a crawl keeps of reading a story's page."""

    article: Article
    refusal: str | None = None
    """Why it is no story: a code of archive.ledger.wording; None for a story."""
    rights: dict[str, str] = field(default_factory=dict)
    """Content of the meta tags by which a page may opt out of text and data mining."""


def read_story(page: Page, site: Site) -> StoryReading:
    """Read a story's page and judge whether it is one."""
    reading = read_page(page, site)
    article = reading.article
    refusal = refusal_of_article(article)
    if not site.profiled:
        article = named(article, site, reading.canonical, reading.metas)
        refusal = refusal or refusal_of_any(
            article, site, reading.metas, reading.types, reading.headlines
        )
    return StoryReading(
        article=article,
        refusal=refusal,
        rights={name: reading.metas[name] for name in _RIGHTS if name in reading.metas},
    )


def read_page(page: Page, site: Site | None) -> Reading:
    """Read the article of a page and join its further parts in order."""
    readings = [
        read(
            part.body,
            part.url,
            site,
            content_type=part.headers.get("content-type"),
            fetched_at=part.fetched_at,
        )
        for part in (page, *page.parts)
    ]
    own = [reading for reading in readings[1:] if not _is_of_another_story(reading)]
    joined = join([readings[0], *own])
    if not page.missing_parts and len(own) == len(page.parts):
        return joined
    warnings = (*joined.article.warnings, "missing_parts")
    return replace(joined, article=replace(joined.article, warnings=warnings))


def _is_of_another_story(reading: Reading) -> bool:
    return "names_another_story" in reading.article.warnings


def join(readings: Sequence[Reading]) -> Reading:
    """Join the pages of a story: the first page's fields, the paragraphs of every page once."""
    first = readings[0]
    if len(readings) == 1:
        return first
    paragraphs: list[str] = []
    for reading in readings:
        before = set(paragraphs)
        paragraphs += [
            text
            for text in filter(None, reading.article.body.split("\n\n"))
            if len(text) < MIN_REPEATED or text not in before
        ]
    last = readings[-1].article
    article = replace(
        first.article,
        body="\n\n".join(paragraphs),
        page_count=len(readings),
        agency=first.article.agency or last.agency,
        editors=first.article.editors or last.editors,
    )
    taken = tuple(line for reading in readings for line in reading.taken)
    blocks = tuple(block for reading in readings for block in reading.blocks)
    return replace(first, article=article, taken=taken, blocks=blocks)


def read(
    html: bytes | str,
    url: str,
    site: Site | None,
    *,
    content_type: str | None = None,
    fetched_at: datetime | None = None,
) -> Reading:
    """Read the article of one page with a site's profile, None for an unknown publisher.

    Dates over a day later than `fetched_at` are none. Never raises: where the page has no article,
    the body is empty; doubts are in `warnings`.
    """
    page = parse_html(html, content_type)
    if page is not None:
        return _reading(page, Head(page.tree, fetched_at), url, site)
    profile = _profile(site)
    empty = Metadata(warnings=["empty_page"])
    article = _article(url, profile, profile.story(url), empty, Body(), None)
    return Reading(article=article)


def _reading(page: Document, head: Head, url: str, site: Site | None) -> Reading:
    profile = _profile(site)
    own = profile.story(url)
    identity = _identity(profile, own, head)
    match = match_layout(page, profile)
    metadata = read_metadata(page, head, profile, match, identity, url)
    metadata.warnings += _doubts_of_identity(page, head, profile, own)
    located = match or find_article(page, metadata.fields.get("headline"))
    above = _complete(metadata, page, located, profile)
    if identity is not None and identity.by_creation:
        metadata.offer("published_at", identity.published_at, "url")
    if profile.shows_all_pages(url):
        metadata.offer("page_count", _pages_shown(page, profile), "pager")
    body = _body(page, profile, located, identity, metadata)
    if body.text and _is_sponsored(metadata, body, above):
        metadata.warn("advertorial")
    article = _article(url, profile, identity, metadata, body, match)
    headlines = 0
    if site is not None and not site.profiled:
        headlines = headlines_in(located.node if located else page.tree)
    return Reading(
        article=article,
        sources=metadata.sources | _sources_in_text(body, article.layout),
        taken=body.taken,
        metas=head.metas,
        blocks=body.blocks,
        types=frozenset(head.json_ld.types),
        canonical=head.links.get("canonical"),
        headlines=headlines,
    )


def _profile(site: Site | None) -> Site:
    """Return the profile by which pages are read; publishers without one share that for all."""
    return site if site is not None and site.profiled else UNKNOWN


def _complete(
    metadata: Metadata, page: Document, located: LayoutMatch | Located | None, site: Site
) -> list[str]:
    """Read from around the prose what metadata lacks; return the lines above it."""
    if located is None:
        return []
    above = lines_above(page.tree, located.node)
    read_around(metadata, page, located.node, above, site)
    return above


def _body(
    page: Document,
    profile: Site,
    located: LayoutMatch | Located | None,
    identity: Identity | None,
    metadata: Metadata,
) -> Body:
    """Read the body of a page from where its article is located."""
    shown = (metadata.fields.get("headline"), metadata.fields.get("caption"))
    authors = metadata.fields.get("authors", ())
    if isinstance(located, LayoutMatch):
        if located.text_outside:
            metadata.warn("text_outside")
        return read_body(page, profile, located, identity, shown, authors)
    if profile is not UNKNOWN and identity is None:
        # An index, a tag's page, the home page: its text is other stories'.
        metadata.warnings.append("not_an_article")
        return Body()
    return fallback_body(page, located, profile, identity, shown, authors)


def _pages_shown(page: Document, site: Site) -> int:
    """Return how many pages a story has by its pager or a script, 1 for a story of one page."""
    linked = [site.part_number(link.get("href") or "") for link in page.all(site.pager)]
    scripts = (script.text or "" for script in page.tree.iter("script"))
    counted = filter(None, (re.search(site.page_total, text) for text in scripts))
    totals = [whole_number(match["pages"]) for match in counted] if site.page_total else []
    return max((1, *linked, *totals))


def _doubts_of_identity(
    page: Document, head: Head, site: Site, own: Identity | None
) -> Iterator[str]:
    """Yield the doubts whether a page is the story of its address, if that is one's."""
    if own is None:
        return
    if names_another_story(page, head, site, own):
        yield "names_another_story"
    if has_useless_canonical(head, site, own):
        yield "canonical_no_story"


def _is_sponsored(metadata: Metadata, body: Body, above: Sequence[str]) -> bool:
    """Whether the page says, around its text or in it, that the text is sponsored."""
    given = metadata.fields
    fields = (given.get("section"), given.get("kicker"), *given.get("tags", ()))
    if sponsored.any_label(fields) or sponsored.in_headline(given.get("headline")):
        return True
    return body.sponsored or sponsored.any_label(above)


def _sources_in_text(body: Body, layout: str) -> dict[str, str]:
    """Return the fields that were read from the text itself, with their source."""
    found = {
        "body": body.text,
        "dateline": body.dateline,
        "agency": body.agency,
        "editors": body.editors,
    }
    return {name: f"text of {layout}" for name, value in found.items() if value}


def _identity(site: Site, own: Identity | None, head: Head) -> Identity | None:
    """Identify the story by its `own` address, that of the page.

    The canonical address that the page declares wins where it names the same story.
    """
    canonical = head.links.get("canonical")
    if not canonical and own is None:
        canonical = head.metas.get("og:url")
    declared = site.story(canonical)
    if declared is None or own is None:
        return declared or own
    if declared.key != own.key:
        return own
    return replace(declared, published_at=declared.published_at or own.published_at)


def _article(
    url: str,
    site: Site,
    identity: Identity | None,
    metadata: Metadata,
    body: Body,
    match: LayoutMatch | None,
) -> Article:
    given = metadata.fields
    as_read: dict[str, Any] = {name: given.get(name) for name in _AS_READ}
    image = given.get("image_url")
    address = plain_url(url) or url
    story_id = None
    if identity is not None:
        address, story_id = identity.url, identity.story_id
    name, known = site.name, site is not UNKNOWN
    if not known:
        name = _host(url)
    return Article(
        url=url,
        site=name,
        canonical_url=address,
        story_id=story_id,
        body=body.text,
        dateline=body.dateline,
        authors=given.get("authors") or body.authors,
        editors=tuple(dict.fromkeys((*given.get("editors", ()), *body.editors))),
        agency=body.agency or given.get("agency") or agency_in(body.text),
        tags=given.get("tags", ()),
        image_url=image and joined_url(url, image),
        language=given.get("language", site.language),
        page_count=given.get("page_count", 1),
        layout=match.layout.name if match is not None else "fallback",
        extractor=extractor_of(site),
        warnings=_warnings(metadata, body, identity, layout_missed=known and match is None),
        **as_read,
    )


def _warnings(
    metadata: Metadata, body: Body, identity: Identity | None, *, layout_missed: bool
) -> tuple[str, ...]:
    """Return the doubts about an article, in a fixed order."""
    published_at = metadata.fields.get("published_at")
    hinted = identity.published_at if identity is not None else None
    by_creation = identity is not None and identity.by_creation
    later = MAX_TO_PUBLICATION if by_creation else MAX_DISAGREEMENT
    for code in body.cut:
        metadata.warn(code)
    doubts = {
        "missing_headline": "headline" not in metadata.fields,
        "missing_published_at": published_at is None,
        "missing_body": not body.text,
        "time_disagrees": published_at is not None
        and hinted is not None
        and not -MAX_DISAGREEMENT <= published_at - hinted <= later,
        "layout_missed": layout_missed,
    }
    return (*metadata.warnings, *(name for name, doubtful in doubts.items() if doubtful))


def _host(url: str) -> str:
    if "://" in url:
        return (plain_url(url) or url).split("/")[2]
    return "unknown"


_NOT_READING = frozenset(("home", "crawled", "refused_urls", "sources", "furniture"))
"""Fields of a profile that are about finding pages, not about reading them; furniture has a digest
of its own.
"""


def extractor_of(site: Site | None) -> str:
    """Return name, version and digest of the rules that read a site's pages.

    It changes when the rules change, and only then; it depends on the reprs of profiles and rules.
    What was learnt of the site's furniture is named behind a dot.
    """
    return _extractor_of(site if site is not None and site.profiled else None)


@lru_cache(maxsize=1024)
def _extractor_of(site: Site | None) -> str:
    name, own, learnt = "fallback", [], ""
    if site is not None and site is not UNKNOWN:
        name = site.name
        learnt = f".{site.furniture.digest}" if site.furniture is not None else ""
        own = [(f.name, getattr(site, f.name)) for f in fields(site) if f.name not in _NOT_READING]
    rules = repr((EXTRACTION, own, COMMON_RULES, COMMON_PRUNE, version("trafilatura")))
    return f"warta-{name}/{EXTRACTION}+{sha256(rules.encode()).hexdigest()[:12]}{learnt}"


def refusal_of_article(article: Article) -> str | None:
    """Return why what was read from a page is no story, a code of archive.ledger.wording."""
    known = article.layout != "fallback"
    headline, length = article.headline or "", len(article.body)
    if "names_another_story" in article.warnings:
        return "names_another_story"
    if not known and length < MAX_CHALLENGE and _CHALLENGE.search(f"{headline}\n{article.body}"):
        return "challenge_page"
    if known and length >= MIN_ARTICLE:
        return None
    if _NOT_FOUND.search(headline) and length < 3 * MIN_ARTICLE:
        return "not_found_page"
    if length >= MIN_ARTICLE or (known and length):
        return None
    if not known and _LOGIN.search(f"{headline} {article.body}"):
        return "login_wall"
    return "no_body"
