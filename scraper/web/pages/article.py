"""One story: its text, its revisions and the evidence for them."""

from datetime import datetime
from itertools import groupby
from typing import Any

from archive.archive import Archive, Reader
from archive.errors import ArticleUnknown
from archive.monitoring.drift import drifted_since
from archive.revisions import queries
from archive.revisions.changes import edits_as_json, edits_between
from archive.revisions.evidence import pages_of
from archive.syndication import queries as syndication
from scraper.web.parts import PART, parts, shown
from scraper.web.view import PageError, Request, View, site_zone

REVISIONS = 20
"""Revisions of a timeline at each of its ends; those between are one step from page to page."""
COPIES = 20
"""Copies that an article names; its cluster has all."""
CONTEXT = 1_500
"""Characters of unchanged text that a diff shows before and after a change: some paragraphs."""


def article(archive: Archive, request: Request) -> View:
    """Show a story as it is now, or as it was at `as_of`."""
    at = request.time("as_of", end=True)
    if at is None:
        return _article(archive, request, at)
    with archive.as_of(at) as past:
        return _article(past, request, at)


def _article(archive: Reader, request: Request, at: datetime | None) -> View:
    number = request.number("id")
    found = _latest(archive, number, at)
    history = queries.revisions(archive.db, number)
    members = syndication.members(archive.db, number)
    values = {
        "article": found,
        "as_of": at,
        "revisions": [{k: v for k, v in row.items() if k != "body"} for row in history],
        "cluster": members,
        "evidence": pages_of(archive.db, number, found["revision"]),
        "drifted_since": drifted_since(archive, number),
        "citation": _citation(found, queries.revision(archive.db, number, found["revision"])),
    }
    return View(
        template="article.html",
        values=values,
        shown={
            "zone": site_zone(found["site"]),
            "newest": history[-REVISIONS:],
            "oldest": history[:-REVISIONS][:REVISIONS],
            "copies": [row for row in members if row["article_id"] != number][:COPIES],
            **_text(found, request),
        },
    )


def _text(found: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return the paragraphs of a text, or of the part of it that a request names."""
    return shown(request, parts(("", line) for line in found["body"].split("\n\n") if line.strip()))


def _latest(archive: Reader, number: int, at: datetime | None = None) -> dict[str, Any]:
    try:
        return queries.latest(archive.db, number)
    except ArticleUnknown as error:
        reason = queries.taken_down(archive.db, number)
        why = (
            _UNKNOWN[at is None] if reason is None else "Article {number} was taken down: {reason}"
        )
        next_step = "Search for its words, or look its address up under “Explain a URL”."
        raise PageError(404, why, next_step=next_step, number=number, reason=reason) from error


_UNKNOWN = {
    True: "There is no article {number}.",
    False: "Article {number} was not yet in the archive at that time.",
}


def _citation(found: dict[str, Any], revision: dict[str, Any]) -> str:
    """Return headline, publisher, time, revision, digest and address, to be copied."""
    published = (found["published_at"] or "")[:10]
    parts = [
        f"“{found['headline'] or found['url']}”",
        found["site"],
        published,
        f"revision {revision['number']} observed {revision['observed_at'][:19]}Z",
        f"sha256:{revision['digest'][:16]}",
        found["url"],
    ]
    return ", ".join(filter(None, parts))


def revision(archive: Archive, request: Request) -> View:
    """Show one revision of a story as it was read."""
    number, of = request.number("id"), request.number("revision")
    newest = _latest(archive, number)
    found = _revision(archive, number, of)
    return View(
        template="revision.html",
        values={
            **_of_article(newest),
            "revision": found,
            "evidence": pages_of(archive.db, number, of),
            "citation": _citation(newest | found, found),
        },
        shown={"zone": site_zone(newest["site"]), **_text(found, request)},
    )


def _of_article(newest: dict[str, Any]) -> dict[str, Any]:
    """Return what the pages of single revisions say of their article."""
    named = {name: newest[name] for name in ("article_id", "site", "url")}
    return named | {"newest": newest["revision"]}


def _revision(archive: Archive, article_id: int, number: int) -> dict[str, Any]:
    try:
        return queries.revision(archive.db, article_id, number)
    except ArticleUnknown as error:
        raise PageError(
            404, "Article {article} has no revision {number}.", article=article_id, number=number
        ) from error


def diff(archive: Archive, request: Request) -> View:
    """Show two revisions of a story beside each other and inline, word by word."""
    number, first, second = (request.number(name) for name in ("id", "first", "second"))
    newest = _latest(archive, number)
    before, after = _revision(archive, number, first), _revision(archive, number, second)
    fields = list(edits_as_json(edits_between(before, after)))
    return View(
        template="diff.html",
        values={
            **_of_article(newest),
            "before": _of_revision(before),
            "after": _of_revision(after),
            "fields": fields,
        },
        shown={
            "zone": site_zone(newest["site"]),
            "beside": request.text("view") != "inline",
            **changes(fields, request),
        },
    )


def changes(fields: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    """Return the runs of words of each field, or of the part of them that a request names."""
    runs = (
        ((field["field"], run["kind"]), _folded(run)) for field in fields for run in field["edits"]
    )
    found = shown(request, parts(runs, PART // 2))  # words that did not change may stand twice
    by_field = groupby(found["part"], key=lambda run: run[0][0])
    return found | {"part": [(name, list(runs)) for name, runs in by_field]}


def _folded(run: dict[str, str]) -> str:
    """Return a run of words; a long one that did not change shows its beginning and its end."""
    text = run["text"]
    if run["kind"] != "same" or len(text) <= 2 * CONTEXT:
        return text
    return f"{text[:CONTEXT]}\n\n[…]\n\n{text[-CONTEXT:]}"


def _of_revision(row: dict[str, Any]) -> dict[str, Any]:
    names = "number kind changed observed_at headline correction extractor digest"
    return {name: row[name] for name in names.split()}
