"""What an archive says of the pages that a site sent and of the articles that were read from them:
what drift is judged by.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from archive.database.schema import LISTS
from archive.records import IMPORTED

FALLBACK = "fallback"
"""The layout of a page on which no layout of the site's profile was found."""

LOST = ("layout_missed", "no_body", "login_wall", "not_found_page", "extraction_failed")
"""Reasons of pages that came, and gave no story."""

FIELDS = (
    "headline",
    "kicker",
    "deck",
    "dateline",
    "authors",
    "editors",
    "published_at",
    "modified_at",
    "section",
    "tags",
    "image_url",
    "caption",
)
"""Fields that an article may lack; the body is not among them, as there is no article without one."""

MIN_PARAGRAPH = 20
"""Characters; shorter ones are cross-headings."""
MANY = 4
"""A paragraph that stands in so many of the articles looked at is furniture of the pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPage:
    """An address and what its last page gave."""

    url: str
    at: str
    """When it was asked for: UTC, to the second."""
    layout: str | None
    """None for a page that gave no story."""
    length: int | None
    """Characters of the text."""
    extractor: str | None
    """None for a page that gave no story."""

    @property
    def lost(self) -> bool:
        """Whether none of the site's layouts was found on it."""
        return self.layout is None or self.layout == FALLBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenArticle:
    """An article as it was last read."""

    article_id: int
    url: str
    at: str
    """When its newest text was written, by the archive's clock."""
    first_seen_at: str
    layout: str
    extractor: str
    length: int
    signs: frozenset[str]
    """`no FIELD` for what it lacks, and the codes of its warnings."""
    paragraphs: frozenset[int]
    """Digests of this process."""


_LOST = ", ".join(f"'{reason}'" for reason in LOST)
_READ = """JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    LEFT JOIN readings g ON g.snapshot_id = r.snapshot_id AND g.refusal IS NULL"""

_PAGES = f"""SELECT u.url, u.last_checked_at AS at, iif(u.state = 'failed', NULL, coalesce(g.layout, r.layout)) AS layout,
    iif(u.state = 'failed', NULL, length(r.body)) AS length,
    iif(u.state = 'failed', NULL, coalesce(g.extractor, r.extractor)) AS extractor
    FROM urls u LEFT JOIN articles a ON a.id = u.article_id LEFT {_READ}
    WHERE u.site = :site AND u.last_checked_at IS NOT NULL
        AND ((u.state IN ('kept', 'unchanged') AND r.layout != '{IMPORTED}') OR (u.state = 'failed' AND u.reason IN ({_LOST})))
        AND (SELECT c.status FROM checks c WHERE c.url_id = u.id AND c.bytes IS NOT NULL ORDER BY c.id DESC LIMIT 1) IS NOT 304
    ORDER BY u.last_checked_at DESC, u.id DESC LIMIT :limit"""  # noqa: S608 - constants
"""A 304 says nothing of the layout, as sites answer so by the text."""

_EARLIER = f"""SELECT a.url, a.first_seen_at AS at, coalesce(g.layout, r.layout) AS layout, length(r.body) AS length,
        coalesce(g.extractor, r.extractor) AS extractor
    FROM articles a {_READ} WHERE a.site = :site AND a.first_seen_at < :before AND r.layout != '{IMPORTED}'
    ORDER BY a.id DESC LIMIT :limit"""  # noqa: S608 - constants
_NEVER_READ = f"""SELECT url, last_checked_at AS at, NULL AS layout, NULL AS length, NULL AS extractor FROM urls
    WHERE site = :site AND state = 'failed' AND reason IN ({_LOST}) AND article_id IS NULL
        AND last_checked_at < :before AND last_checked_at >= :oldest ORDER BY at DESC LIMIT :limit"""  # noqa: S608 - constants

_ARTICLES = f"""SELECT a.id AS article_id, a.url, a.first_seen_at, r.observed_at AS at, coalesce(g.layout, r.layout) AS layout,
    coalesce(g.extractor, r.extractor) AS extractor, r.body, r.warnings, {", ".join(f"r.{name}" for name in FIELDS)}
    FROM articles a {_READ}
    WHERE a.site = :site AND (:before IS NULL OR a.first_seen_at < :before) AND r.layout != '{IMPORTED}'
    ORDER BY a.id DESC LIMIT :limit"""  # noqa: S608 - constants


def pages(db: Database, site: str, *, limit: int) -> list[SeenPage]:
    """The pages of a site that were had last, oldest first."""
    return [SeenPage(**row) for row in db.query(_PAGES, {"site": site, "limit": limit})][::-1]


def earlier_pages(db: Database, site: str, *, limit: int, before: str) -> list[SeenPage]:
    """What pages were before a moment, oldest first: articles as they were read, whatever became of
    their pages since, and pages that gave no story then.
    """
    given = {"site": site, "limit": limit, "before": before[:19]}
    read = [SeenPage(**row) for row in db.query(_EARLIER, given)]
    oldest = min((page.at for page in read), default=before)
    return sorted(
        [*read, *(SeenPage(**row) for row in db.query(_NEVER_READ, given | {"oldest": oldest}))],
        key=lambda page: page.at,
    )


def articles(
    db: Database, site: str, *, limit: int, before: str | None = None
) -> list[SeenArticle]:
    """The articles of a site that were first read last (and `before` a moment), oldest first;
    removed ones too, imported ones not.
    """
    return [
        _article(row)
        for row in db.query(_ARTICLES, {"site": site, "limit": limit, "before": before})
    ][::-1]


def repeated(groups: Iterable[Sequence[SeenArticle]]) -> frozenset[int]:
    """The articles that hold a paragraph which stands in many of all these."""
    every = [article for group in groups for article in group]
    counts = Counter(paragraph for article in every for paragraph in article.paragraphs)
    many = {paragraph for paragraph, count in counts.items() if count >= MANY}
    return frozenset(
        article.article_id for article in every if not many.isdisjoint(article.paragraphs)
    )


def _article(row: dict[str, Any]) -> SeenArticle:
    lacking = (
        f"no {name}"
        for name in FIELDS
        if not (json.loads(row[name]) if name in LISTS else row[name])
    )
    doubts = (
        code for code in json.loads(row["warnings"]) if code.removeprefix("missing_") not in FIELDS
    )  # else told twice
    return SeenArticle(
        article_id=row["article_id"],
        url=row["url"],
        at=row["at"],
        first_seen_at=row["first_seen_at"],
        layout=row["layout"],
        extractor=row["extractor"],
        length=len(row["body"]),
        signs=frozenset((*lacking, *doubts)),
        paragraphs=frozenset(
            hash(text) for text in row["body"].split("\n\n") if len(text) >= MIN_PARAGRAPH
        ),
    )
