"""From a record of a collection to the article for the archive, or the reason why there is none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, tzinfo
from typing import Any
from urllib.parse import urlsplit

from archive.identity import normalised, text_digest
from archive.records import IMPORTED, Announcement, Article
from scraper.extraction.article import extractor_of
from scraper.extraction.dom.tree import clean
from scraper.extraction.fields.bylines import Byline, joined, read_byline
from scraper.extraction.plain_text import clean_text, site_of_text
from scraper.ingest.collections.columns import given, text, texts
from scraper.ingest.collections.markup import without_markup
from scraper.ingest.collections.times import ParsedTime, parse_time
from scraper.sites.addresses import plain_url
from scraper.sites.site import UNKNOWN, Identity, Site
from scraper.spiders import publishers, site_of, sites

MAX_NAME = 100
"""Characters of a site's name; the rest is cut."""
SCHEME = "import:"
"""Of the address of a story that has none."""

_LANGUAGE = re.compile(r"[a-z]{2,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the user says of the collections."""

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
    """An article from a collection, and its identity in the archive."""

    article: Article
    """In layout `imported`."""
    key: str
    """The story's identity at its site."""
    link: Announcement | None
    """Its address for the ledger; None where it has none."""
    doubts: tuple[str, ...] = ()
    """Codes of archive.ledger.wording: what could not be read of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Identity:
    """Which story a record is: the one that a crawl would find, where the site has a profile."""

    site: str
    profile: Site | None
    key: str
    url: str
    story_id: str | None = None
    published_at: datetime | None = None
    section: str | None = None
    link: Announcement | None = None


def story_of(record: Mapping[str, Any], options: ImportOptions, order: str | None) -> Story | str:
    """Read the story of a record, else return a code of archive.ledger.wording.

    `order` is that of day and month in its file's dates. What the record's fields say wins over
    what its text says.
    """
    values = given(record, options.mapping)
    body = text(values["body"])
    if body is None:
        return "empty_text"
    identity = _identity(values, body, options)
    if identity is None:
        return "no_site"
    headline = _line(values["headline"])
    prose = _without_headline(without_markup(body), headline)
    in_text = clean_text(prose, identity.profile).article
    if not in_text.body:
        return "empty_text"
    published = _time(values["published_at"], options, order)
    modified = _time(values["modified_at"], options, order)
    doubts = {
        published.problem: True,
        "address_unusable": values["url"] is not None and _address(values["url"]) is None,
    }
    article = _article(values, in_text, headline, identity, published)
    return Story(
        article=replace(article, modified_at=modified.at),
        key=identity.key,
        link=identity.link,
        doubts=tuple(code for code, doubtful in doubts.items() if code and doubtful),
    )


def _article(
    values: Mapping[str, Any],
    in_text: Article,
    headline: str | None,
    identity: _Identity,
    published: ParsedTime,
) -> Article:
    """Merge the record's fields with what its text and its address say."""
    people = _people(values["authors"], identity.profile)
    article = replace(
        in_text,
        url=(identity.link and text(values["url"])) or identity.url,
        site=identity.site,
        canonical_url=identity.url,
        story_id=identity.story_id,
        headline=headline or in_text.headline,
        authors=people.authors or in_text.authors,
        editors=people.editors or in_text.editors,
        published_at=published.at or in_text.published_at or identity.published_at,
        section=_line(values["section"]) or identity.section,
        tags=_tags(values["tags"]),
        language=_language(values["language"]) or in_text.language,
        layout=IMPORTED,
        extractor=extractor_of(identity.profile).replace("warta-", "warta-import/", 1),
    )
    warnings = {
        "missing_headline": not article.headline,
        "missing_published_at": not article.published_at,
        "day_only": published.day_only,
    }
    return replace(article, warnings=tuple(name for name, doubtful in warnings.items() if doubtful))


def _identity(values: Mapping[str, Any], body: str, options: ImportOptions) -> _Identity | None:
    """Identify the story by its address; None where nothing says which site it is of."""
    name = _site_name(values["site"]) or options.site
    url = _address(values["url"])
    if url is None:
        return _without_address(values, body, name)
    profile = site_of(url)
    if urlsplit(url)[2:4] == ("/", ""):  # the address of a whole site is no story's
        if profile is not None:
            name = name or profile.name
        return _without_address(values, body, name or _host(url))
    if profile is None:
        # No foreign address under the name of a site that has a profile.
        if not name or _named(name) is not None:
            name = _host(url)
        assert name is not None
        link = Announcement(url=url, key=url)
        return _Identity(site=name, profile=None, key=url, url=url, link=link)
    return _of_profile(profile, url)


def _of_profile(profile: Site, url: str) -> _Identity:
    """Identify the story as a crawl of its site would."""
    found = profile.identify(url)
    if not isinstance(found, Identity):
        link = Announcement(url=url, key=url, refused=found.reason)
        return _Identity(site=profile.name, profile=profile, key=url, url=url, link=link)
    published_at = found.published_at
    if published_at is not None and published_at.time() == time.min:
        published_at = None  # the address has only the day
    return _Identity(
        site=profile.name,
        profile=profile,
        key=found.key,
        url=found.url,
        story_id=found.story_id,
        published_at=published_at,
        section=found.section,
        link=Announcement(
            url=found.url, key=found.key, own_key=found.own_key, published_at=found.published_at
        ),
    )


def _without_address(values: Mapping[str, Any], body: str, name: str | None) -> _Identity | None:
    """Identify a story by a digest of its words; marks in the text may say which site it is of."""
    profile = _named(name) if name else site_of_text(body, sites().values())
    if profile is not None:
        name = profile.name
    if name is None:
        return None
    words = [name, text(values["headline"]), text(values["published_at"]), body]
    key = SCHEME + text_digest(words)[:32]
    return _Identity(site=name, profile=profile, key=key, url=key)


def _address(value: Any) -> str | None:
    """Return the canonical form of an address; None where it is no web address."""
    address = text(value)
    if address is None:
        return None
    if "://" not in address[:12]:
        address = "https://" + address.lstrip("/")
    found = plain_url(address)
    if "." not in (urlsplit(found or "").hostname or ""):
        return None
    return found


def _host(url: str | None) -> str | None:
    return (urlsplit(url or "").hostname or "").removeprefix("www.") or None


def _site_name(value: Any) -> str | None:
    """Return a site's name in lower case; of an address its host."""
    name = clean(text(value)).lower()
    if "://" in name:
        name = _host(_address(name)) or ""
    return name.removeprefix("www.")[:MAX_NAME] or None


def _named(name: str) -> Site | None:
    """Return the profile of a site by its name, title or host."""
    known = publishers()
    return known.by_label.get(name) or known.of_host(name)


def _line(value: Any) -> str | None:
    """Return a value of one line."""
    return clean(without_markup(text(value) or "")) or None


def _without_headline(body: str, headline: str | None) -> str:
    """Remove the first line of a text where it is the headline again."""
    first, _break, rest = body.lstrip().partition("\n")
    if headline is None or not rest.strip():
        return body
    if normalised(first).casefold() != normalised(headline).casefold():
        return body
    return rest


def _time(value: Any, options: ImportOptions, order: str | None) -> ParsedTime:
    if text(value) is None:
        return ParsedTime()
    return parse_time(value, options.zone, formats=options.formats, order=order)


def _people(value: Any, profile: Site | None) -> Byline:
    publisher = (profile or UNKNOWN).newsroom_names
    return joined(read_byline(without_markup(name), publisher=publisher) for name in texts(value))


def _tags(value: Any) -> tuple[str, ...]:
    found = texts(value)
    if len(found) == 1:
        found = found[0].split(",")
    return tuple(dict.fromkeys(filter(None, map(clean, found))))


def _language(value: Any) -> str | None:
    match = _LANGUAGE.fullmatch(text(value) or "")
    return match and match[0].lower()
