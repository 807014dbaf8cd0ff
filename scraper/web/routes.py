"""The addresses of the view, and how each is answered."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.archive import Archive
from archive.errors import ArchiveBusy, ArchiveError, ArchiveMissing
from scraper.web.pages import (
    article,
    at_time,
    changes,
    clusters,
    coverage,
    explain,
    feeds,
    front,
    kept_page,
    search,
)
from scraper.web.rendering import as_html, as_json
from scraper.web.view import Answer, PageError, Request, View

DEADLINE = 10.0
"""Seconds that SQLite may compute for one page."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of all pages: there is no script, and nothing from elsewhere."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-dns-prefetch-control": "off",
}

Page = Callable[[Archive, Request], View | Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An address and its page."""

    pattern: str
    """Of the path, percent-encoded as it was sent; `.json` may follow it unless it is `bare`."""
    page: Page
    bare: bool = False

    @property
    def regex(self) -> str:
        """The pattern of the whole path."""
        if self.bare:
            return f"^{self.pattern}$"
        return rf"^{self.pattern}(?P<format>\.json)?$"


_N = "[^/.]{1,200}"

_STAMP = "[0-9]{4}(?:[0-9]{2}){0,5}"
"""Of web archives: a year, or down to a second. Two letters and `_` behind it ask for raw pages."""


def _unknown(_archive: Archive, _request: Request) -> View:
    raise PageError(404, "There is no such page.", next_step="The front page leads to all others.")


UNKNOWN = Route(pattern="/(?:article|cluster|feed|site|web)(?:/.*)?", page=_unknown, bare=True)
"""Below the addresses of the view, and of what Datasette does not know either."""
ROUTES = (
    Route(pattern="/", page=front.front),
    Route(pattern="/search", page=search.search),
    Route(pattern=f"/article/(?P<id>{_N})", page=article.article),
    Route(pattern=f"/article/(?P<id>{_N})/revision/(?P<revision>{_N})", page=article.revision),
    Route(
        pattern=rf"/article/(?P<id>{_N})/diff/(?P<first>{_N})\.\.(?P<second>{_N})",
        page=article.diff,
    ),
    Route(
        pattern=f"/article/(?P<id>{_N})/page/(?P<snapshot>{_N})",
        page=kept_page.kept_page,
        bare=True,
    ),
    Route(
        pattern=rf"/web/(?P<timestamp>{_STAMP})(?:[a-z]{{2}}_)?/(?P<url>.+)",
        page=at_time.at_time,
        bare=True,
    ),
    Route(pattern="/web/(?P<url>(?![0-9]+/).+)", page=at_time.at_time, bare=True),
    Route(pattern="/changes", page=changes.changes),
    Route(pattern="/removed", page=changes.removed),
    Route(pattern=r"/feed/changes\.atom", page=feeds.changes, bare=True),
    Route(pattern=rf"/feed/article/(?P<id>{_N})\.atom", page=feeds.article, bare=True),
    Route(pattern=r"/feed/search\.atom", page=feeds.search, bare=True),
    Route(pattern="/clusters", page=clusters.clusters),
    Route(pattern=f"/cluster/(?P<id>{_N})", page=clusters.cluster),
    Route(pattern="/syndication", page=clusters.syndication),
    Route(pattern="/coverage", page=coverage.coverage),
    Route(pattern=f"/site/(?P<name>{_N})", page=coverage.site),
    Route(pattern="/explain", page=explain.explain),
    UNKNOWN,
)
STYLE = r"^/-/warta/style\.[0-9a-f]{12}\.css$"
"""Address of the style sheet: its digest is part of it, so that it may be cached for ever."""


def respond(route: Route, archive: Path, request: Request) -> Answer:
    """Return the answer to a request; what is wrong with it, or with the archive, is a page."""
    try:
        with _opened(archive) as opened:
            answer = _rendered(route.page(opened, request), request)
    except PageError as error:
        answer = _error_page(error, request)
    except ArchiveError as error:
        answer = _error_page(_archive_error(error), request)
    except sqlite3.DatabaseError as error:
        answer = _error_page(_database_error(error), request)
    return Answer(
        body=answer.body,
        status=answer.status,
        content_type=answer.content_type,
        headers=HEADERS | _caching(request, answer) | dict(answer.headers),
    )


_TOO_LONG = PageError(
    503,
    "This took too long and was stopped.",
    next_step="Choose a site, a shorter time, or rarer words.",
)


@contextmanager
def _opened(path: Path) -> Iterator[Archive]:
    """Open the archive that is at its path now, for one page: it may have been replaced."""
    deadline = time.monotonic() + DEADLINE
    with Archive(path, read_only=True, untouched=True) as archive:
        archive.interrupt_when(lambda: time.monotonic() > deadline)
        yield archive


def _archive_error(error: ArchiveError) -> PageError:
    if isinstance(error, ArchiveMissing):
        gone = "The archive is not there any more."
        return PageError(503, gone, next_step="It was moved or deleted.")
    if isinstance(error, ArchiveBusy):
        return PageError(503, "The archive is being rewritten.", next_step="Try again in a minute.")
    if isinstance(error.__cause__, sqlite3.DatabaseError):
        return _database_error(error.__cause__, error)
    return PageError(503, "The archive cannot be read: {problem}.", problem=error)


def _database_error(error: sqlite3.DatabaseError, shown: Exception | None = None) -> PageError:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
        return _TOO_LONG
    return PageError(503, "The archive cannot be read: {problem}.", problem=shown or error)


def _rendered(result: View | Answer, request: Request) -> Answer:
    if isinstance(result, Answer):
        return result
    if request.parts.get("format"):
        return _json(result)
    return Answer(body=as_html(result, request), status=result.status)


def _json(view: View) -> Answer:
    return Answer(
        body=as_json(view.values),
        status=view.status,
        content_type="application/json; charset=utf-8",
    )


def _error_page(error: PageError, request: Request) -> Answer:
    next_step = error.next_step.format(**error.values)
    values = {"error": str(error), "next_step": next_step, "status": error.status}
    view = View(template="error.html", values=values, status=error.status, shown={"problem": error})
    return _rendered(view, request)


def _caching(request: Request, answer: Answer) -> dict[str, str]:
    """Return the headers by which a reverse proxy may keep a page of a public site."""
    if not request.public or answer.status != 200:
        return {"cache-control": "no-store"}
    return {"cache-control": "public, max-age=60", "vary": "accept-language, cookie"}
