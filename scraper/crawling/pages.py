"""From a response to a Page."""

from collections.abc import Mapping
from datetime import datetime

from scrapy.http import Response

from archive.records import Page
from scraper.crawling.middlewares.wire import wire_of
from scraper.crawling.responses import is_incomplete

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
        wire=wire_of(request),
        conditional=request is not None and any(name in request.headers for name in VALIDATORS),
        incomplete=is_incomplete(response),
    )
