"""Reading kept snapshots again with today's extractor, and telling our own changes from the
newsroom's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from archive.archive import Archive
from archive.errors import ArchiveDamaged
from archive.records import Article, Revision
from archive.revisions.changes import changed_fields, reading_digest
from archive.revisions.reread_queue import Evidence
from scraper.extraction import read_page
from scraper.extraction.article import extractor_of, refusal_of_article
from scraper.sites.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What today's extractor makes of a snapshot: an article, or why not."""

    evidence: Evidence
    article: Article | None = None
    refusal: str | None = None
    """A code of archive.ledger.wording; `snapshot_damaged` where the bytes cannot be had any more."""
    damage: str | None = None
    """The sentence of the damage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A story that reads otherwise today."""

    site: str
    key: str
    """The story's identity at its site."""
    url: str
    kind: str
    """`technical`, `first`, `publisher` or `restored`; `lost` where today's extractor gives no
    story, which is never written.
    """
    changed: tuple[str, ...]
    """Fields; none of a story that is new or lost."""
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Of what it reads today."""
        return reading_digest(self.after)


def lost_layout(last: Mapping[str, Any] | None, article: Article) -> bool:
    """Whether the page of a known story no longer has its site's layout: its text would pass for an
    edit.
    """
    return last is not None and last["layout"] != "fallback" and article.layout == "fallback"


def judged(again: Reread, last: Mapping[str, Any] | None) -> Reread:
    """The same with a refusal where the page is not to be believed, `last` being what we have of
    its story.

    Only of a page that gave no story at its time: what was good enough for the newest revision is
    good enough to read it again.
    """
    article = again.article
    if article is None or again.refusal is not None or last is None:
        return again
    partial = "missing_parts" in article.warnings and not again.evidence.newest
    return replace(
        again,
        refusal="missing_parts"
        if partial
        else "layout_missed"
        if lost_layout(last, article)
        else None,
    )


def read_again(archive: Archive, site: Site, evidence: Evidence) -> Reread:
    """The snapshot as today's extractor reads it; whatever is wrong with it stands in the answer."""
    try:
        page = archive.snapshots.page(evidence.snapshot_id)
    except ArchiveDamaged as error:
        return Reread(evidence=evidence, refusal="snapshot_damaged", damage=str(error))
    try:
        article = read_page(page, site).article
    except (
        Exception
    ):  # a page that breaks the extractor is a bug, and must not end the replay of all the others
        return Reread(evidence=evidence, refusal="extraction_failed")
    return Reread(evidence=evidence, article=article, refusal=refusal_of_article(article))


def reread_newest(archive: Archive, site: Site, key: str) -> Revision | None:
    """Where the extractor changed since it last read the newest revision's snapshot, the technical
    revision that follows, if any.

    Raises ArchiveDamaged where the snapshot cannot be had any more. Inside a transaction.
    """
    last = archive.history.newest(site.name, key)
    if (
        last is None
        or last["snapshot_id"] is None
        or archive.history.read_by(last["snapshot_id"]) == extractor_of(site)
    ):
        return None
    evidence = Evidence(snapshot_id=last["snapshot_id"], key=key, url="", newest=True)
    again = read_again(archive, site, evidence)
    if again.damage is not None:
        raise ArchiveDamaged(again.damage)
    return write(archive, site, again)


def write(archive: Archive, site: Site, again: Reread) -> Revision | None:
    """Write what a snapshot gives today, and that it was read; None where that changes nothing.
    Inside a transaction.
    """
    evidence = again.evidence
    if again.damage is not None or not archive.reread_queue.is_current(evidence):
        return None
    last = archive.history.newest(site.name, evidence.key)
    again = judged(again, last)
    layout = again.article.layout if again.article is not None else None
    archive.history.note_reading(
        evidence.snapshot_id, extractor_of(site), again.refusal, layout=layout
    )
    if again.article is None or again.refusal is not None:
        return None
    revision = archive.history.revise(
        again.article, key=evidence.key, snapshot_id=evidence.snapshot_id, technical=evidence.newest
    )
    if not evidence.newest:
        article_id = archive.history.article_id(site.name, evidence.key)
        archive.ledger.adopt(
            evidence.url, site=site.name, article_id=article_id, revised=revision is not None
        )
        if revision is not None:
            archive.history.note_rights(article_id, evidence.opted_out)
    return revision


def change(site: Site, again: Reread, last: Mapping[str, Any] | None) -> Change | None:
    """What writing it would change, `last` being the newest revision; None for nothing."""
    again = judged(again, last)
    article = again.article
    reading = article.as_dict() if article is not None else {}
    if again.refusal is not None:
        lost = again.evidence.newest and again.damage is None
        return (
            _change(site, "lost", again, last or {}, {**reading, "warnings": [again.refusal]})
            if lost
            else None
        )
    if last is None:
        return _change(site, "first", again, {}, reading)
    if reading_digest(reading) == last["digest"] and (
        again.evidence.newest or last["removed_at"] is None
    ):
        return None
    kind = (
        "technical" if again.evidence.newest else "restored" if last["removed_at"] else "publisher"
    )
    return _change(site, kind, again, last, reading)


def _change(
    site: Site, kind: str, again: Reread, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Change:
    changed = () if kind in ("first", "lost") else changed_fields(before, after)
    return Change(
        site=site.name,
        key=again.evidence.key,
        url=again.evidence.url,
        kind=kind,
        changed=changed,
        before=before,
        after=after,
    )
