"""Full text: stories with these words, by site and time."""

from dataclasses import asdict
from typing import Any

from archive.archive import Archive
from archive.errors import PackageMissing, QueryError
from archive.search.filters import Filter, Sort
from archive.search.search import MAX_TOTAL, Found
from archive.search.search import search as find
from scraper.web.view import PageError, Request, View

PER_PAGE = 20
"""Finds on a page."""
MAX_PAGE = 50
"""Pages that can be reached: to show one, all finds before it are ranked."""
SORTS: tuple[Sort, ...] = ("relevance", "time")


def search(archive: Archive, request: Request) -> View:
    """Show the stories with these words; without words, the fields to fill in."""
    words, page = request.text("q"), request.page_number(MAX_PAGE)
    found = Found(hits=(), total=0)
    if words:
        found = _found(archive, request, sort=_sort(request), offset=(page - 1) * PER_PAGE)
    return View(
        template="search.html",
        values={
            "q": words,
            "note": found.note,
            "total": found.total,
            "hits": [_row(hit) for hit in found.hits],
            "page": page,
        },
        shown={
            "sites": archive.crawls.sites(),
            "uncounted": found.total > MAX_TOTAL,
            "more": page < MAX_PAGE and page * PER_PAGE < found.total,
            "sort": _sort(request),
        },
    )


def newest(archive: Archive, request: Request, limit: int) -> list[dict[str, Any]]:
    """Return the newest stories with the words of a request, for its feed."""
    return [_row(hit) for hit in _found(archive, request, sort="time", limit=limit).hits]


def _sort(request: Request) -> Sort:
    wanted = request.text("sort") or SORTS[0]
    if wanted not in SORTS:
        raise PageError(400, "Finds are sorted by relevance or by time.")
    return SORTS[SORTS.index(wanted)]


def _found(
    archive: Archive, request: Request, *, sort: Sort, limit: int = PER_PAGE, offset: int = 0
) -> Found:
    site = request.text("site")
    where = Filter(
        sites=(site,) if site else (),
        since=request.time("from"),
        until=request.time("to", end=True),
    )
    try:
        return find(
            archive.db,
            request.text("q"),
            where=where,
            sort=sort,
            limit=limit,
            offset=offset,
            stem=bool(request.text("stem")),
            earlier=bool(request.text("revisions")),
        )
    except QueryError as error:
        raise PageError(400, "{problem}", problem=error) from error
    except PackageMissing as error:
        raise PageError(503, "{problem}", problem=error) from error


def _row(hit: Any) -> dict[str, Any]:
    row = asdict(hit)
    return row | {"snippet": hit.snippet}
