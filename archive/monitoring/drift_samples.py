"""The pages and articles of an archive that drift is judged by."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

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
class DriftSample:
    """A page with what it yielded, or an article as it was last read."""

    url: str
    at: str
    """When the page was requested, or the article's newest text was written: ISO 8601, UTC."""
    layout: str
    """Empty for a page that yielded no story."""
    extractor: str
    """Empty for a page that yielded no story."""
    length: int | None
    """Characters of the text; None for a page that yielded no story."""
    signs: frozenset[str]
    """Of a page `lost` if it matched none of the site's layouts; of an article `no FIELD` for each
    field it lacks, and the codes of its warnings.
    """
    article_id: int = 0
    """0 for a page."""
    first_seen_at: str = ""
    """When an article was first seen: ISO 8601, UTC; empty for a page."""
    paragraphs: frozenset[int] = frozenset()
    """Hashes of an article's paragraphs, valid in this process only."""


_LOST = ", ".join(f"'{reason}'" for reason in LOST)
_READ = """coalesce(g.layout, r.layout) AS layout, coalesce(g.extractor, r.extractor) AS extractor,
    length(r.body) AS length"""
_NEWEST = """
    JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    LEFT JOIN readings g ON g.snapshot_id = r.snapshot_id AND g.refusal IS NULL"""

# A 304 is skipped: sites decide about it by the text and ignore the layout.
_PAGES = f"""
    SELECT u.url, u.last_checked_at AS at, {_READ}
    FROM urls u LEFT JOIN articles a ON a.id = u.article_id AND u.state != 'failed' LEFT {_NEWEST}
    WHERE u.site = :site AND u.last_checked_at IS NOT NULL
        AND ((u.state IN ('kept', 'unchanged') AND r.layout != '{IMPORTED}')
            OR (u.state = 'failed' AND u.reason IN ({_LOST})))
        AND (SELECT c.status FROM checks c WHERE c.url_id = u.id AND c.bytes IS NOT NULL
            ORDER BY c.id DESC LIMIT 1) IS NOT 304
    ORDER BY u.last_checked_at DESC, u.id DESC LIMIT :limit"""  # noqa: S608 - constants
_EARLIER = f"""
    WITH read AS (SELECT a.url, a.first_seen_at AS at, {_READ} FROM articles a {_NEWEST}
        WHERE a.site = :site AND a.first_seen_at < :before AND r.layout != '{IMPORTED}'
        ORDER BY a.id DESC LIMIT :limit)
    SELECT * FROM read UNION ALL SELECT * FROM (
        SELECT url, last_checked_at, NULL, NULL, NULL FROM urls
        WHERE site = :site AND state = 'failed' AND reason IN ({_LOST}) AND article_id IS NULL
            AND last_checked_at < :before
            AND last_checked_at >= (SELECT coalesce(min(at), :before) FROM read)
        ORDER BY last_checked_at DESC LIMIT :limit)"""  # noqa: S608 - constants
_ARTICLES = f"""
    SELECT a.id AS article_id, a.url, a.first_seen_at, r.observed_at AS at, {_READ},
        r.body, r.warnings, {", ".join(f"r.{name}" for name in FIELDS)}
    FROM articles a {_NEWEST}
    WHERE a.site = :site AND (:before IS NULL OR a.first_seen_at < :before)
        AND r.layout != '{IMPORTED}'
    ORDER BY a.id DESC LIMIT :limit"""  # noqa: S608 - constants


def pages(db: Database, site: str, *, limit: int) -> list[DriftSample]:
    """Return the last pages received from a site, oldest first."""
    return [_page(row) for row in db.query(_PAGES, {"site": site, "limit": limit})][::-1]


def earlier_pages(db: Database, site: str, *, limit: int, before: str) -> list[DriftSample]:
    """Return what pages were before a time, oldest first: articles as they were read, whatever
    became of their pages since, and pages that have never yielded a story.
    """
    rows = db.query(_EARLIER, {"site": site, "limit": limit, "before": before[:19]})
    return sorted(map(_page, rows), key=lambda page: page.at)


def articles(
    db: Database, site: str, *, limit: int, before: str | None = None
) -> list[DriftSample]:
    """Return a site's newest articles, without imported ones, oldest first."""
    rows = db.query(_ARTICLES, {"site": site, "limit": limit, "before": before})
    return [_article(row) for row in rows][::-1]


def repeated_paragraphs(samples: Sequence[DriftSample]) -> set[int]:
    """Return the paragraphs that are found in many of the articles."""
    counts = Counter(paragraph for each in samples for paragraph in each.paragraphs)
    return {paragraph for paragraph, count in counts.items() if count >= MIN_REPEATS}


def _page(row: dict[str, Any]) -> DriftSample:
    layout, extractor = row.pop("layout") or "", row.pop("extractor") or ""
    signs = frozenset({"lost"} if layout in ("", FALLBACK) else ())
    return DriftSample(**row, layout=layout, extractor=extractor, signs=signs)


def _article(row: dict[str, Any]) -> DriftSample:
    paragraphs = row.pop("body").split("\n\n")
    # `missing_FIELD` would repeat `no FIELD`
    warnings = {
        code
        for code in json.loads(row.pop("warnings"))
        if code.removeprefix("missing_") not in FIELDS
    }
    lacking = {f"no {name}" for name in FIELDS if row.pop(name) in (None, "", "[]")}
    return DriftSample(
        **row,
        signs=frozenset(lacking | warnings),
        paragraphs=frozenset(hash(text) for text in paragraphs if len(text) >= MIN_PARAGRAPH),
    )
