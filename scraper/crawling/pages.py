"""From a response to a Page, and to the URLs of the story's further pages."""

import re
from collections.abc import Mapping
from datetime import datetime

from scrapy.http import Response

from archive.identity import joined_url
from archive.records import Page
from scraper.crawling.responses import is_incomplete
from scraper.extraction.dom.tree import parse_html
from scraper.sites.site import Identity, Site

_PART = re.compile(rb"page=[2-9]|-part[2-9]")
VALIDATORS = ("If-None-Match", "If-Modified-Since")


def headers_of(response: Response) -> dict[str, str]:
    """Headers by name in lower case; repeated ones joined by a comma (RFC 9110, 5.3)."""
    return {
        name.decode("latin-1").lower(): ", ".join(value.decode("latin-1") for value in values)
        for name, values in response.headers.items()
    }


def conditional_headers(validators: Mapping[str, str]) -> dict[str, bytes]:
    """Headers of a conditional request: the very bytes that `headers_of` decoded."""
    return {
        name: value.encode("latin-1")
        for name, value in validators.items()
        if value.isascii() or max(value) <= "\xff"
    }


def page_of(response: Response, *, site: str, requested_url: str, fetched_at: datetime) -> Page:
    """Make a Page of a response; `fetched_at` is aware."""
    request = response.request
    return Page(
        site=site,
        requested_url=requested_url,
        url=response.url,
        status=response.status,
        headers=headers_of(response),
        body=response.body,
        fetched_at=fetched_at,
        conditional=request is not None and any(name in request.headers for name in VALIDATORS),
        incomplete=is_incomplete(response),
    )


def may_have_parts(page: Page, site: Site) -> bool:
    """Whether the page's bytes may link to further pages of its story."""
    paged = bool(site.pager and site.part_url)
    return paged and _PART.search(page.body) is not None


def part_urls(page: Page, site: Site) -> list[str]:
    """URLs of pages 2 to n of the same story, in order, from its pager."""
    if not may_have_parts(page, site):
        return []
    document = parse_html(page.body, page.headers.get("content-type"))
    own = site.identify(page.url)
    if document is None or not isinstance(own, Identity):
        return []
    found: dict[int, str] = {}
    for link in document.all(site.pager):
        url = joined_url(page.url, link.get("href") or "")
        if url is None:
            continue
        named = site.identify(url)
        number = site.part_number(url)
        if number > 1 and isinstance(named, Identity) and named.key == own.key:
            found.setdefault(number, url)
    if not found:
        return []
    # A long pager omits pages ("1 2 3 … 9"): the gaps follow the same pattern.
    number, url = next(iter(found.items()))
    for missing in range(2, max(found)):
        found.setdefault(missing, re.sub(rf"(page=|-part){number}\b", rf"\g<1>{missing}", url))
    return [found[number] for number in sorted(found)]
