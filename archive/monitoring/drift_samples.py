"""The pages and articles of an archive that drift is judged by."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from archive.database.schema import LISTS
from archive.records import IMPORTED

FALLBACK = "fallback"
"""Layout of a page that matched none of the layouts in the site's profile."""

LOST = ("layout_missed", "no_body", "login_wall", "not_found_page", "extraction_failed")
"""Reasons for which a page that was received yielded no story."""

FIELDS = (
    "headline kicker deck dateline authors editors published_at modified_at section tags image_url"
    " caption"
).split()
"""Fields that an article may lack; without a body there is no article."""

MIN_PARAGRAPH = 20
"""Characters; shorter paragraphs are cross-headings."""
MIN_REPEATS = 4
"""A paragraph found in this many of the sampled articles is boilerplate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSample:
    """A URL and what its last page yielded."""

    url: str
    at: str
    """When it was requested: ISO 8601, UTC, to the second."""
    layout: str | None
    """None if the page yielded no story."""
    length: int | None
    """Characters of the text; None if the page yielded no story."""
    extractor: str | None
    """None if the page yielded no story."""

    @property
    def lost(self) -> bool:
        """Whether the page matched none of the site's layouts."""
        return self.layout in (None, FALLBACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleSample:
    """An article as it was last read."""

    article_id: int
    url: str
    at: str
    """When its newest text was written: ISO 8601, UTC, the archive's clock."""
    first_seen_at: str
    """ISO 8601, UTC, the archive's clock."""
    layout: str
    extractor: str
    length: int
    """Characters of the text."""
    signs: frozenset[str]
    """`no FIELD` for each field it lacks, and the codes of its warnings."""
    paragraphs: frozenset[int]
    """Hashes of its paragraphs, valid in this process only."""


_LOST = ", ".join(f"'{reason}'" for reason in LOST)
_NEWEST = """
    JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    LEFT JOIN readings g ON g.snapshot_id = r.snapshot_id AND g.refusal IS NULL"""

# A 304 is left out: sites decide about it by the text and ignore the layout.
_PAGES = f"""
    SELECT u.url, u.last_checked_at AS at,
        iif(u.state = 'failed', NULL, coalesce(g.layout, r.layout)) AS layout,
        iif(u.state = 'failed', NULL, length(r.body)) AS length,
        iif(u.state = 'failed', NULL, coalesce(g.extractor, r.extractor)) AS extractor
    FROM urls u LEFT JOIN articles a ON a.id = u.article_id LEFT {_NEWEST}
    WHERE u.site = :site AND u.last_checked_at IS NOT NULL
        AND ((u.state IN ('kept', 'unchanged') AND r.layout != '{IMPORTED}')
            OR (u.state = 'failed' AND u.reason IN ({_LOST})))
        AND (SELECT c.status FROM checks c WHERE c.url_id = u.id AND c.bytes IS NOT NULL
            ORDER BY c.id DESC LIMIT 1) IS NOT 304
    ORDER BY u.last_checked_at DESC, u.id DESC LIMIT :limit"""  # noqa: S608 - constants
_EARLIER = f"""
    SELECT a.url, a.first_seen_at AS at, coalesce(g.layout, r.layout) AS layout,
        length(r.body) AS length, coalesce(g.extractor, r.extractor) AS extractor
    FROM articles a {_NEWEST}
    WHERE a.site = :site AND a.first_seen_at < :before AND r.layout != '{IMPORTED}'
    ORDER BY a.id DESC LIMIT :limit"""  # noqa: S608 - constants
_NEVER_READ = f"""
    SELECT url, last_checked_at AS at, NULL AS layout, NULL AS length, NULL AS extractor FROM urls
    WHERE site = :site AND state = 'failed' AND reason IN ({_LOST}) AND article_id IS NULL
        AND last_checked_at < :before AND last_checked_at >= :oldest
    ORDER BY at DESC LIMIT :limit"""  # noqa: S608 - constants
_ARTICLES = f"""
    SELECT a.id AS article_id, a.url, a.first_seen_at, r.observed_at AS at,
        coalesce(g.layout, r.layout) AS layout, coalesce(g.extractor, r.extractor) AS extractor,
        r.body, r.warnings, {", ".join(f"r.{name}" for name in FIELDS)}
    FROM articles a {_NEWEST}
    WHERE a.site = :site AND (:before IS NULL OR a.first_seen_at < :before)
        AND r.layout != '{IMPORTED}'
    ORDER BY a.id DESC LIMIT :limit"""  # noqa: S608 - constants


def pages(db: Database, site: str, *, limit: int) -> list[PageSample]:
    """Return the last pages received from a site, oldest first."""
    return [PageSample(**row) for row in db.query(_PAGES, {"site": site, "limit": limit})][::-1]


def earlier_pages(db: Database, site: str, *, limit: int, before: str) -> list[PageSample]:
    """Return what pages were before a time, oldest first: articles as they were read, whatever
    became of their pages since, and pages that have never yielded a story.
    """
    given = {"site": site, "limit": limit, "before": before[:19]}
    read = [PageSample(**row) for row in db.query(_EARLIER, given)]
    oldest = min((page.at for page in read), default=before)
    unread = [PageSample(**row) for row in db.query(_NEVER_READ, given | {"oldest": oldest})]
    return sorted([*read, *unread], key=lambda page: page.at)


def articles(
    db: Database, site: str, *, limit: int, before: str | None = None
) -> list[ArticleSample]:
    """Return the newest articles of a site, or those first seen `before` a time, oldest first;
    removed ones included, imported ones excluded.
    """
    rows = db.query(_ARTICLES, {"site": site, "limit": limit, "before": before})
    return [_article(row) for row in rows][::-1]


def repeated_paragraphs(samples: Sequence[ArticleSample]) -> set[int]:
    """Return the paragraphs that are found in many of the articles."""
    counts = Counter(paragraph for each in samples for paragraph in each.paragraphs)
    return {paragraph for paragraph, count in counts.items() if count >= MIN_REPEATS}


def _article(row: dict[str, Any]) -> ArticleSample:
    body, warnings = row.pop("body"), json.loads(row.pop("warnings"))
    values = {name: row.pop(name) for name in FIELDS}
    lists = {name: json.loads(values[name]) for name in LISTS if name in values}
    lacking = {f"no {name}" for name, value in (values | lists).items() if not value}
    # `missing_FIELD` would repeat `no FIELD`
    warned = {code for code in warnings if code.removeprefix("missing_") not in FIELDS}
    return ArticleSample(
        **row,
        length=len(body),
        signs=frozenset(lacking | warned),
        paragraphs=frozenset(
            hash(text) for text in body.split("\n\n") if len(text) >= MIN_PARAGRAPH
        ),
    )
