"""From a record of a collection to the article that goes into the archive, or the reason why there
is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from archive.identity import canonical_url, normalised, text_digest
from archive.records import IMPORTED, Announcement, Article
from scraper.extraction.article import extractor_of
from scraper.extraction.bylines import read_byline
from scraper.extraction.plain_text import clean_text, site_of_text
from scraper.extraction.tree import clean
from scraper.ingest.collections.columns import given, text, texts
from scraper.ingest.collections.markup import without_markup
from scraper.ingest.collections.times import ParsedTime, parse_time
from scraper.sites.loader import site_of, sites
from scraper.sites.site import Identity, Site

MAX_NAME = 100
"""Characters of a site's name; more are no name."""
SCHEME = "import:"
"""What the address of a story without one begins with."""

_LANGUAGE = re.compile(r"[a-z]{2,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the user said of the collections."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    """Field -> column, in place of the usual names."""
    site: str | None = None
    """Of records that name none."""
    zone: tzinfo
    """Of times without an offset."""
    formats: tuple[str, ...] = ()
    """Of dates, for strptime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article out of a collection, and its place in the archive."""

    article: Article
    key: str
    link: Announcement | None
    """Its address for the ledger; None where it has none."""
    doubts: tuple[str, ...] = ()
    """Codes of archive.ledger.wording: what could not be read of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a story belongs."""

    site: str
    profile: Site | None
    key: str
    url: str
    story_id: str | None = None
    published_at: datetime | None = None
    section: str | None = None
    link: Announcement | None = None


def story_of(record: Mapping[str, Any], terms: ImportOptions, order: str | None) -> Story | str:
    """The story of a record, or a code of archive.ledger.wording; `order` is that of day and month
    in its file's dates.

    What the record says wins over what its text says.
    """
    values = given(record, terms.mapping)
    body = text(values["body"])
    if body is None:
        return "empty_text"
    place = _place(values, body, terms)
    if isinstance(place, str):
        return place
    headline = _line(values["headline"])
    said = clean_text(_without_headline(without_markup(body), headline), place.profile).article
    if not said.body:
        return "empty_text"
    article, problem = _article(values, said, headline, place, terms, order)
    unusable = (
        "address_unusable"
        if values["url"] is not None and _address(text(values["url"])) is None
        else None
    )
    return Story(
        article=article,
        key=place.key,
        link=place.link,
        doubts=tuple(code for code in (problem, unusable) if code),
    )


def _article(
    values: Mapping[str, Any],
    said: Article,
    headline: str | None,
    place: _Place,
    terms: ImportOptions,
    order: str | None,
) -> tuple[Article, str | None]:
    """The article, `said` being what its text says, and what is wrong with its date."""
    published = _moment(values["published_at"], terms, order)
    authors, editors = _people(values["authors"], place.profile)
    address = text(values["url"]) if place.link is not None else None
    article = replace(
        said,
        url=address or place.url,
        site=place.site,
        canonical_url=place.url,
        story_id=place.story_id,
        headline=headline or said.headline,
        authors=authors or said.authors,
        editors=editors or said.editors,
        published_at=published.at or said.published_at or place.published_at,
        modified_at=_moment(values["modified_at"], terms, order).at,
        section=_line(values["section"]) or place.section,
        tags=_tags(values["tags"]),
        language=_language(values["language"]) or said.language,
        layout=IMPORTED,
        extractor=extractor_of(place.profile).replace("warta-", "warta-import/", 1),
    )
    warnings = [
        f"missing_{name}" for name in ("headline", "published_at") if not getattr(article, name)
    ]
    warnings += ["day_only"] if published.day_only else []
    return replace(article, warnings=tuple(warnings)), published.problem


def _place(values: Mapping[str, Any], body: str, terms: ImportOptions) -> _Place | str:
    """The story's site and its identity there: the one that a crawl would meet, where the site is
    one of ours.
    """
    name, address = _site_name(values["site"]) or terms.site, text(values["url"])
    canonical = _address(address)
    profile = site_of(canonical) if canonical is not None else None
    if canonical is None or urlsplit(canonical)[2:4] == (
        "/",
        "",
    ):  # the address of a whole site is nobody's
        return _without_address(
            values, body, name or (profile.name if profile else _host(canonical))
        )
    if profile is None:
        site = (
            name if name and _named(name) is None else _host(canonical)
        )  # no foreign address under the name of one of ours
        assert site is not None
        return _Place(
            site=site,
            profile=None,
            key=canonical,
            url=canonical,
            link=Announcement(url=canonical, key=canonical),
        )
    found = profile.identify(canonical)
    if not isinstance(found, Identity):
        link = Announcement(url=canonical, key=canonical, refused=found.reason)
        return _Place(site=profile.name, profile=profile, key=canonical, url=canonical, link=link)
    told = found.published_at
    return _Place(
        site=profile.name,
        profile=profile,
        key=found.key,
        url=found.url,
        story_id=found.story_id,
        published_at=told if told is not None and told.time() != time.min else None,
        section=found.section,
        link=Announcement(url=found.url, key=found.key, published_at=found.published_at),
    )


def _without_address(values: Mapping[str, Any], body: str, name: str | None) -> _Place | str:
    """A story that only its own words tell from others; the marks of our sites' texts tell its site
    too.
    """
    profile = _named(name) if name else site_of_text(body, sites().values())
    site = profile.name if profile is not None else name
    if site is None:
        return "no_site"
    key = (
        SCHEME
        + text_digest([site, text(values["headline"]), text(values["published_at"]), body])[:32]
    )
    return _Place(site=site, profile=profile, key=key, url=key)


def _address(address: str | None) -> str | None:
    """The canonical form; None where there is no web address in it."""
    if address is None:
        return None
    if "://" not in address[:12]:
        address = "https://" + address.lstrip("/")
    try:
        found = canonical_url(address)
    except ValueError:
        return None
    return found if "." in (urlsplit(found).hostname or "") else None


def _host(url: str | None) -> str | None:
    return (urlsplit(url).hostname or "").removeprefix("www.") or None if url is not None else None


def _site_name(value: Any) -> str | None:
    """A site's name in lower case; of an address its host."""
    name = clean(text(value)).lower()
    if "://" in name:
        name = _host(_address(name)) or ""
    return name.removeprefix("www.")[:MAX_NAME] or None


@lru_cache(maxsize=4096)
def _named(name: str) -> Site | None:
    """The profile of a site by its name, title or host."""
    return next(
        (
            site
            for site in sites().values()
            if name in (site.name, site.title.lower()) or site.owns(name)
        ),
        None,
    )


def _line(value: Any) -> str | None:
    """A value of one line."""
    found = text(value)
    return clean(without_markup(found)) or None if found is not None else None


def _without_headline(body: str, headline: str | None) -> str:
    """A text whose first line is the headline again begins after it."""
    first, _break, rest = body.lstrip().partition("\n")
    same = headline is not None and normalised(first).casefold() == normalised(headline).casefold()
    return rest if same and rest.strip() else body


def _moment(value: Any, terms: ImportOptions, order: str | None) -> ParsedTime:
    if text(value) is None:
        return ParsedTime()
    return parse_time(value, terms.zone, formats=terms.formats, order=order)


def _people(value: Any, profile: Site | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    newsroom = profile.newsroom_names if profile is not None else ()
    read = [read_byline(without_markup(name), publisher=newsroom) for name in _names(value)]
    return (
        tuple(dict.fromkeys(name for byline in read for name in byline.authors)),
        tuple(dict.fromkeys(name for byline in read for name in byline.editors)),
    )


def _names(value: Any) -> list[str]:
    """The names of a list, also of one that a table holds as text: `['Sari Melati']`."""
    found = texts(value)
    if len(found) == 1 and found[0].startswith("[") and found[0].endswith("]"):
        return [
            part
            for part in re.split(r"""['"]\s*,\s*['"]""", found[0].strip("[]").strip("'\" "))
            if part
        ]
    return found


def _tags(value: Any) -> tuple[str, ...]:
    found = _names(value)
    parted = found[0].split(",") if len(found) == 1 else found
    return tuple(dict.fromkeys(tag for part in parted if (tag := clean(part))))


def _language(value: Any) -> str | None:
    found = text(value)
    return found.lower() if found is not None and _LANGUAGE.fullmatch(found) else None
