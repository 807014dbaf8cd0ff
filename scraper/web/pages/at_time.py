"""The address form of web archives: an address, and the time at which it is wanted."""

import re
from datetime import UTC, datetime
from urllib.parse import quote

from archive.archive import Archive
from archive.errors import ArticleUnknown
from archive.revisions import queries
from scraper.spiders import story_of
from scraper.web.view import Answer, PageError, Request, redirect

_ONE_SLASH = re.compile("(?<=^http:)/(?!/)|(?<=^https:)/(?!/)")
"""Some proxies make one slash of two."""
_REST = "00000101000000"
"""What stands for the digits that a timestamp leaves out."""


def at_time(archive: Archive, request: Request) -> Answer:
    """Redirect to the article of an address as it stood at a timestamp of 4 to 14 digits, UTC; to
    its first revision where it was not kept yet.
    """
    url = _ONE_SLASH.sub("//", request.parts["url"])
    try:
        number = queries.find_article(archive.db, url, story_of)
    except ArticleUnknown as error:
        raise PageError(
            404,
            "No article in this archive has this address.",
            next_step="“Explain a URL” says what is known of it.",
        ) from error
    article = f"{request.base}article/{number}"
    stamp = request.parts.get("timestamp")
    if not stamp:
        return redirect(article)
    first = datetime.fromisoformat(queries.revision(archive.db, number, 1)["observed_at"])
    at = max(_time(stamp), first)
    return redirect(f"{article}?as_of={quote(at.isoformat())}")


def _time(stamp: str) -> datetime:
    """Return the first second that a timestamp may mean: `2026` is the first of January."""
    try:
        return datetime.strptime(stamp + _REST[len(stamp) :], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise PageError(
            400, "{stamp}: expected a time like 20260131080000, in UTC.", stamp=stamp
        ) from None
