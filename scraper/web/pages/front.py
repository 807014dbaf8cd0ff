"""The front page: newest stories, newest edits, and a line of health per site."""

from dataclasses import asdict

from archive.archive import Archive
from scraper.web.health import health
from scraper.web.pages.changes import newest
from scraper.web.view import Request, View

SHOWN = 12
"""Stories and edits of each list."""

_NEWEST = """SELECT article_id, site, url, headline, published_at, first_seen_at, removed_at
    FROM latest WHERE article_id IN (SELECT id FROM articles ORDER BY id DESC LIMIT ?)
    ORDER BY article_id DESC"""


def front(archive: Archive, request: Request) -> View:
    """Show what is new: by the archive's clock, as publishers' clocks may be wrong."""
    return View(
        template="front.html",
        values={
            "stories": list(archive.db.query(_NEWEST, [SHOWN])),
            "edits": [asdict(change) for change in newest(archive, SHOWN)],
            "health": health(archive, request),
        },
    )
