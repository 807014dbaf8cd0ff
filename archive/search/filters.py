"""Which articles a question is about: one filter for lists, searches and exports."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from archive.database.clock import instant

Sort = Literal["relevance", "time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which articles a question is about; what is empty or None does not narrow it."""

    sites: tuple[str, ...] = ()
    """Any of these."""
    sections: tuple[str, ...] = ()
    """Any of these, whole and in any case; a story without a section has none."""
    authors: tuple[str, ...] = ()
    """Any of these, in any case; a part of a name is enough."""
    since: datetime | None = None
    """Listed at or after this time: when it was published, or first seen where that is unknown or
    not believable. Aware."""
    until: datetime | None = None
    """Listed at or before this time."""
    removed: bool | None = None
    """Whether its site took it down."""

    def __post_init__(self) -> None:
        for at in (self.since, self.until):
            if at is not None and at.tzinfo is None:
                raise ValueError(f"{at.isoformat()}: a time needs its offset")

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != Filter()

    @property
    def reads_texts(self) -> bool:
        """Whether it looks at revisions, not at articles alone."""
        return bool(self.sections or self.authors)

    def joined_texts(self, join: str = "JOIN") -> str:
        """Return the join of the newest revisions `r`, where it looks at them."""
        if not self.reads_texts:
            return ""
        return f"{join} revisions r ON r.article_id = a.id AND r.number = a.revision"

    def sql(self) -> str:
        """Return the condition on articles `a` and their revisions `r`; its values: `values`."""
        return " AND ".join(self._conditions()) or "1"

    def values(self) -> dict[str, Any]:
        """Return the named parameters of `sql`."""
        return {
            "sites": json.dumps(self.sites),
            "sections": json.dumps(self.sections),
            "authors": json.dumps(self.authors),
            "since": instant(self.since),
            "until": instant(self.until),
        }

    def _conditions(self) -> Iterator[str]:
        if self.sites:
            yield "a.site IN (SELECT value FROM json_each(:sites))"
        if self.since is not None:
            yield "a.listed_at >= :since"
        if self.until is not None:
            yield "a.listed_at <= :until"
        if self.removed is not None:
            yield f"(a.removed_at IS NOT NULL) = {int(self.removed)}"
        if self.sections:
            yield "lower(r.section) IN (SELECT lower(value) FROM json_each(:sections))"
        if self.authors:
            yield (
                "EXISTS (SELECT 1 FROM json_each(r.authors) x JOIN json_each(:authors) y"
                " ON instr(lower(x.value), lower(y.value)))"
            )
