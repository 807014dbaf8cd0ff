"""The front page: newest stories, newest edits, and a line of health per site."""

from dataclasses import asdict
from itertools import chain

from archive.archive import Archive
from archive.search.filters import Filter
from archive.search.listing import chosen, rows
from scraper.web.health import health
from scraper.web.pages.changes import newest
from scraper.web.view import Request, View

SHOWN = 12
"""Stories and edits of each list."""

_SHOWN = ("article_id", "site", "url", "headline", "published_at", "first_seen_at", "removed_at")


def front(archive: Archive, request: Request) -> View:
    """Show the newest stories, in the order of `warta list`, the newest edits, and health."""
    numbers = chosen(archive.db, Filter(), limit=SHOWN)
    found = chain.from_iterable(rows(archive.db, numbers, _SHOWN))
    return View(
        template="front.html",
        values={
            "stories": [dict(zip(_SHOWN, row, strict=True)) for row in found],
            "edits": [asdict(change) for change in newest(archive, SHOWN)],
            "health": health(archive, request),
        },
    )
