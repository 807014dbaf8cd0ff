"""Which story a page says that it is: a server's cache may answer with another story's page."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from archive.identity import joined_url, normalised
from scraper.extraction.dom.tree import Document
from scraper.extraction.fields.metadata import Head
from scraper.sites.site import Identity, Site

_DIGITS = re.compile(r"\d+")


def names_another_story(page: Document, head: Head, site: Site, own: Identity) -> bool:
    """Return whether a page names a story of its site, but not the one of its address.

    It does so by rel=canonical, og:url, its JSON-LD, or the site's own key in its text. One of them
    that names the story of the address is enough to believe the page. An address that is no story
    of this site (the home page, a section, a partner's site) names none. JSON-LD may describe
    other stories, so alone it counts only under a headline that the page shows.
    """
    links = [head.links.get("canonical"), head.metas.get("og:url")]
    linked = list(_stories(site, own.url, links))
    described = list(_stories(site, own.url, (url for _title, url in head.described)))
    if any(is_same_story(own, named) for named in (*linked, *described)):
        return False
    code = _story_code(page, site)
    if code is not None and own.story_id is not None and own.story_id.isdigit():
        return code != own.story_id
    if linked:
        return True
    shown = (head.title("h1"), head.title("title"), head.meta("og:title"))
    titles = " ".join(normalised(title or "") for title in shown).lower()
    return bool(described) and any(
        title and normalised(title).lower() in titles for title, _url in head.described
    )


def has_useless_canonical(head: Head, site: Site, own: Identity) -> bool:
    """Return whether the canonical address is one of this site, but no story's.

    A fault of its template: a search engine would find one page for all stories.
    """
    link = head.links.get("canonical")
    url = joined_url(own.url, link) if link else None
    named = site.identify(url) if url is not None else own
    return not isinstance(named, Identity) and named.reason not in ("foreign_site", "bad_address")


def is_same_story(one: Identity, other: Identity) -> bool:
    """Return whether two addresses are one story's: by its key, or by its name in the address.

    A network's hosts may run one story under keys of their own, and a story that moves to another
    section may get another key: then its name stays, and its host differs or its second is the
    same.
    """
    if one.key == other.key:
        return True
    slug = slug_of(one)
    if not slug or slug != slug_of(other):
        return False
    at = one.published_at
    to_the_second = at is not None and (at.hour, at.minute, at.second) != (0, 0, 0)
    return _host(one) != _host(other) or (to_the_second and at == other.published_at)


def slug_of(story: Identity) -> str:
    """Return the words of the headline in an address, empty where it has none.

    >>> slug_of(Identity(site="x", url="https://x.id/desa/K7-panen-raya", story_id="K7"))
    'panen-raya'
    """
    last = urlsplit(story.url).path.rpartition("/")[2]
    if story.story_id is None:
        return last
    if last == story.story_id:
        return ""
    return last.removeprefix(f"{story.story_id}-")


def _host(story: Identity) -> str:
    return (urlsplit(story.url).hostname or "").removeprefix("www.")


def _stories(site: Site, base: str, links: Iterable[str | None]) -> Iterator[Identity]:
    yield from filter(None, (site.story(link, on=base) for link in links))


def _story_code(page: Document, site: Site) -> str | None:
    """Return the site's own key of the story where the page shows it."""
    digits = _DIGITS.findall(page.text(*site.story_code) or "") if site.story_code else []
    return digits[0] if len(digits) == 1 else None
