"""What publishers edited, and what they removed, the newest first."""

from dataclasses import asdict
from datetime import datetime

from archive.archive import Archive
from archive.revisions.change_log import BY_PUBLISHERS, KINDS, ChangeFilter, ChangeKey, KeptChange
from archive.revisions.change_log import changes as kept_changes
from archive.revisions.changes import COMPARED
from archive.search.filters import Filter
from scraper.web.view import PageError, Request, View

PER_PAGE = 30
"""Changes on a page."""
BY_ALL = ChangeFilter()
"""What publishers did, at every site."""


def newest(archive: Archive, limit: int, chosen: ChangeFilter = BY_ALL) -> list[KeptChange]:
    """Return the newest changes."""
    return list(kept_changes(archive.db, chosen, limit=limit))


def wanted(request: Request, kinds: tuple[str, ...] = BY_PUBLISHERS) -> ChangeFilter:
    """Return the filter that a request names: site, kind, field, days, notes of correction."""
    site, kind, field = (request.text(name) for name in ("site", "kind", "field"))
    if (kind and kind not in KINDS) or (field and field not in COMPARED):
        raise PageError(400, "There is no kind or field of that name.")
    return ChangeFilter(
        where=Filter(sites=(site,) if site else ()),
        kinds=(kind,) if kind else kinds,
        fields=(field,) if field else (),
        since=request.time("from"),
        until=request.time("to", end=True),
        corrections=bool(request.text("corrections")),
    )


def changes(archive: Archive, request: Request) -> View:
    """List the newest edits, by site, kind, field and time; optionally with correction notes."""
    return _list(archive, request, wanted(request))


def removed(archive: Archive, request: Request) -> View:
    """List the stories that their sites removed, the newest first, and those that came back."""
    return _list(archive, request, wanted(request, ("removed", "restored")))


def _list(archive: Archive, request: Request, chosen: ChangeFilter) -> View:
    found = list(kept_changes(archive.db, chosen, limit=PER_PAGE + 1, after=_after(request)))
    shown = found[:PER_PAGE]
    return View(
        template="changes.html",
        values={
            "changes": [asdict(change) for change in shown],
            "next": _key(shown[-1]) if len(found) > PER_PAGE else None,
        },
        shown={"sites": archive.crawls.sites(), "kinds": KINDS, "fields": COMPARED},
    )


def _key(change: ChangeKey) -> str:
    """Return the place from which the next page goes on, for its address."""
    return f"{change.observed_at.isoformat()}_{change.article_id}_{change.number}"


def _after(request: Request) -> ChangeKey | None:
    text = request.text("after")
    if not text:
        return None
    try:
        at, article_id, number = text.split("_")
        return ChangeKey(
            observed_at=datetime.fromisoformat(at),
            article_id=int(article_id[:12]),
            number=int(number[:12]),
        )
    except ValueError:
        raise PageError(400, "The address of this page is incomplete.") from None
