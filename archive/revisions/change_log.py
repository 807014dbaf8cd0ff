"""What was changed across the archive, newest first: by publishers, and by the extractor."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from archive.database.clock import exact
from archive.database.rows import record
from archive.revisions.changes import FieldEdits, edits_between
from archive.revisions.queries import revision
from archive.search.filters import Filter

BY_PUBLISHERS = ("publisher", "removed", "restored")
"""Kinds of revisions that say what publishers did."""
KINDS = ("first", *BY_PUBLISHERS, "technical")
"""All kinds of revisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeKey:
    """The place of a change in the log, from which a next page of it goes on."""

    observed_at: datetime
    """When the archive wrote the revision: aware, UTC."""
    article_id: int
    """The article's number in the archive."""
    number: int
    """Of the revision, counted per article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFilter:
    """Which changes; what is empty or None restricts nothing."""

    kinds: tuple[str, ...] = BY_PUBLISHERS
    """Of KINDS."""
    fields: tuple[str, ...] = ()
    """At least one of these was changed; names of archive.revisions.changes.COMPARED."""
    where: Filter = field(default_factory=Filter)
    """Of which articles; its section and authors are those of the change's revision, its times when
    the articles were published.
    """
    since: datetime | None = None
    """Observed at this time or later; aware."""
    until: datetime | None = None
    """Observed at this time or earlier; aware."""
    corrections: bool = False
    """Only with a note of a correction by the publisher."""

    def __post_init__(self) -> None:
        for at in (self.since, self.until):
            if at is not None and at.tzinfo is None:
                raise ValueError(f"{at.isoformat()}: a time needs its offset")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptChange(ChangeKey):
    """A revision as a change of its article; its own fields are those of the view `history`."""

    site: str
    """Name of the site's profile."""
    url: str
    """The article's canonical URL."""
    kind: str
    """Of KINDS."""
    changed: tuple[str, ...]
    """Names of the fields that differ from the revision before; empty for `removed`."""
    headline: str | None
    """As this revision says."""
    correction: str | None
    """The publisher's note of a correction that came with it; None without one."""
    returns_to: int | None
    """Number of the earlier revision whose text came back; None for a new text."""


_CHANGES = """
    SELECT r.observed_at, a.site, r.article_id, r.number, r.kind, r.changed, r.headline,
        r.correction, r.returns_to, a.url
    FROM revisions r CROSS JOIN articles a ON a.id = r.article_id
    WHERE r.observed_at >= :observed_since
        AND (r.observed_at, r.article_id, r.number) < (:at, :article_id, :number)
        AND r.kind IN (SELECT value FROM json_each(:kinds))
        AND (:fields = '[]' OR EXISTS (SELECT 1 FROM json_each(r.changed) c
            WHERE c.value IN (SELECT value FROM json_each(:fields))))
        AND {where}
    ORDER BY r.observed_at DESC, r.article_id DESC, r.number DESC LIMIT :limit"""
_CORRECTIONS = _CHANGES.replace("WHERE", "WHERE r.correction IS NOT NULL AND", 1)
"""With an index of its own: few revisions have one."""
_NO_TIME, _ALL_TIMES = "", "~"
_LAST = 2**62


def changes(
    db: Database, wanted: ChangeFilter, *, limit: int | None = None, after: ChangeKey | None = None
) -> Iterator[KeptChange]:
    """Yield the changes, newest first, at most `limit`; with `after`, those that follow it.

    Rows are read one by one, and only those that are yielded: the others are judged by an index.
    """
    until = _ALL_TIMES if wanted.until is None else exact(wanted.until)
    before = (until, _LAST, _LAST)
    if after is not None:
        before = min(before, (exact(after.observed_at), after.article_id, after.number))
    given = {
        "observed_since": _NO_TIME if wanted.since is None else exact(wanted.since),
        **dict(zip(("at", "article_id", "number"), before, strict=True)),
        **{name: json.dumps(getattr(wanted, name)) for name in ("kinds", "fields")},
        "limit": -1 if limit is None else limit,
    }
    statement = _CORRECTIONS if wanted.corrections else _CHANGES
    where = wanted.where
    for row in db.query(statement.format(where=where.sql()), where.values() | given):
        yield record(KeptChange, row)


def edits_of(db: Database, change: ChangeKey) -> list[FieldEdits]:
    """Return what a change did to each field, word by word; nothing for an article's first one."""
    if change.number == 1:
        return []
    before, after = (
        revision(db, change.article_id, number) for number in (change.number - 1, change.number)
    )
    return list(edits_between(before, after))
