"""The plugin of Datasette: gives the pages to it where it serves an archive."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import datasette.app  # before handle_exception, which it imports
import datasette.handle_exception
from datasette import NotFound, Response, hookimpl

from scraper.sites.folders import adopt, of_environment
from scraper.web import routes
from scraper.web.database import archives
from scraper.web.guard import PUBLIC
from scraper.web.language import COOKIE, LANGUAGES, choose
from scraper.web.rendering import style
from scraper.web.view import Answer, Request

# With rich installed, Datasette prints a traceback with all local variables on every 404.
datasette.handle_exception.rich = None

MAX_PARAMETERS = 50
"""Parameters of a query that are read."""
A_YEAR = 365 * 24 * 3600
"""Seconds that the choice of a language is remembered."""
_MAX_QUERY = 20_000
"""Characters of a query that are parsed."""


@hookimpl
def startup(datasette: Any) -> None:
    """Make the archives read-only, and know the publishers of the folder beside the first."""
    for archive in islice(archives(datasette).values(), 1):
        adopt(of_environment(Path(archive.path)))


@hookimpl
def register_routes(datasette: Any) -> list[tuple[str, Callable[..., Any]]]:
    """Return the addresses of the view; none where no database is an archive."""
    found = archives(datasette)
    if not found:
        return []
    name, archive = next(iter(found.items()))
    pages = [(route.regex, _view(route, name, Path(archive.path))) for route in routes.ROUTES]
    return [*pages, (routes.STYLE, _style)]


def _view(route: routes.Route, name: str, archive: Path) -> Callable[..., Any]:
    """Return the page of a route as Datasette calls it."""

    async def view(datasette: Any, request: Any) -> Response:
        wanted = _request(datasette, request, name)
        answer = await asyncio.to_thread(routes.respond, route, archive, wanted)
        response = _response(answer)
        chosen = wanted.query.get("lang")
        if chosen in LANGUAGES:
            response.set_cookie(COOKIE, chosen, max_age=A_YEAR, path=wanted.base)
        return response

    return view


@hookimpl
def handle_exception(
    datasette: Any, request: Any, exception: Exception
) -> Callable[[], Any] | None:
    """Answer for an address that neither the view nor Datasette knows with a page of the view."""
    first, found = request.path.strip("/").partition("/")[0], archives(datasette)
    if not isinstance(exception, NotFound) or first in {*datasette.databases, "-"} or not found:
        return None
    name, archive = next(iter(found.items()))
    view = _view(routes.UNKNOWN, name, Path(archive.path))
    return lambda: view(datasette, request)


def _request(datasette: Any, request: Any, database: str) -> Request:
    scope, query = request.scope, request.query_string
    pairs = parse_qsl(query[:_MAX_QUERY], keep_blank_values=True)[:MAX_PARAMETERS]
    given = dict(reversed(pairs))  # of several values the first counts
    parts = {name: unquote(value) for name, value in request.url_vars.items() if value}
    if "url" in parts and query:
        parts["url"] += f"?{query}"
    chosen = given.get("lang") or request.cookies.get(COOKIE, "")
    return Request(
        path=unquote(scope.get("route_path", request.path)),
        now=datetime.now(UTC),
        parts=parts,
        query=given,
        language=choose(request.headers.get("accept-language", ""), chosen=chosen),
        base=str(datasette.urls.path("/")),
        origin=f"{request.scheme}://{request.host}",
        tables=str(datasette.urls.database(database)),
        public=bool(scope.get(PUBLIC)),
    )


def _response(answer: Answer) -> Response:
    return Response(
        answer.body,
        status=answer.status,
        headers=dict(answer.headers),
        content_type=answer.content_type,
    )


async def _style() -> Response:
    text, _name = style()
    headers = routes.HEADERS | {"cache-control": "public, max-age=31536000, immutable"}
    return Response(text, headers=headers, content_type="text/css; charset=utf-8")
