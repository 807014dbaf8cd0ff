"""Who ran whose stories: clusters, one cluster, and the matrix of sites and sources."""

from typing import Any

from archive.archive import Archive
from archive.revisions import queries as articles
from archive.revisions.changes import edits_as_json, edits_between
from archive.syndication import queries
from scraper.sites.site import whole_number
from scraper.web.pages.article import changes
from scraper.web.view import PageError, Request, View

PER_PAGE = 25
"""Clusters, or members of one, on a page."""
CELLS = 1_000
"""Cells of the matrix: with more sites, fewer sources, those that are run most."""


def clusters(archive: Archive, request: Request) -> View:
    """List the stories that were published more than once, the newest first."""
    site, page = request.text("site"), request.page_number()
    since = request.time("from")
    found = queries.clusters(
        archive.db,
        sites=[site] if site else (),
        since=since,
        limit=PER_PAGE + 1,
        offset=(page - 1) * PER_PAGE,
    )
    return View(
        template="clusters.html",
        values={"clusters": found[:PER_PAGE], "page": page, "more": len(found) > PER_PAGE},
        shown={"sites": archive.crawls.sites()},
    )


def cluster(archive: Archive, request: Request) -> View:
    """Show who published a story, when, and how much of the first text each copy has."""
    number = request.number("id")
    first = queries.first_member(archive.db, number)
    if first is None:
        raise PageError(
            404,
            "There is no cluster {number}.",
            number=number,
            next_step="Clusters get new numbers when all texts are compared again.",
        )
    members = queries.members(archive.db, first)
    wanted = whole_number(request.text("compare"))
    compared, page = _comparison(archive, members, wanted), request.page_number()
    until = page * PER_PAGE
    return View(
        template="cluster.html",
        values={"cluster_id": number, "members": members, "compared": compared},
        shown={
            "rows": members[until - PER_PAGE : until],
            "page": page,
            "more": len(members) > until,
            **changes(compared["fields"] if compared else [], request),
        },
    )


def _comparison(
    archive: Archive, members: list[dict[str, Any]], article_id: int
) -> dict[str, Any] | None:
    """Return how a copy differs from the first; None where none of the members is compared."""
    if article_id not in {member["article_id"] for member in members[1:]}:
        return None
    first = articles.latest(archive.db, members[0]["article_id"])
    copy = articles.latest(archive.db, article_id)
    edits = (edit for edit in edits_between(first, copy) if edit[0] in ("headline", "deck", "body"))
    return {"article_id": article_id, "site": copy["site"], "fields": list(edits_as_json(edits))}


def syndication(archive: Archive, request: Request) -> View:
    """Show which site runs whose stories."""
    rows = [row | {"is_agency": bool(row["is_agency"])} for row in queries.matrix(archive.db)]
    sites = sorted({row["site"] for row in rows})
    totals: dict[str, int] = {}
    for row in rows:
        totals[row["source"]] = totals.get(row["source"], 0) + row["stories"]
    cells = {(row["source"], row["site"]): row["stories"] for row in rows}
    return View(
        template="syndication.html",
        values={"rows": rows},
        shown={
            "sites": sites,
            "sources": sorted(totals, key=lambda source: (-totals[source], source))[
                : CELLS // max(len(sites), 1)
            ],
            "cells": cells,
            "most": max(cells.values(), default=1),
            "agencies": {row["source"] for row in rows if row["is_agency"]},
        },
    )
