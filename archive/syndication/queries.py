"""Queries on clusters for people: which there are, their members, and who runs whose stories."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from archive.syndication.comparison import CONTAINED

_CLUSTERS = """
    WITH found AS (SELECT cluster_id, count(*) AS members, json_group_array(DISTINCT site) AS sites,
            json_group_array(relation) AS relations, max(agency) AS agency,
            min(julianday(published_at)) AS began, max(julianday(published_at)) AS ended,
            max(published_at_utc) AS newest, max(iif(is_first, article_id, NULL)) AS first_id
        FROM syndication GROUP BY cluster_id
        HAVING count(*) >= :least
            AND (:sites IS NULL OR max(site IN (SELECT value FROM json_each(:sites))))
            AND (:since IS NULL OR max(julianday(published_at)) >= julianday(:since)))
    SELECT f.cluster_id, f.members, f.sites, f.relations, f.agency, l.site AS first_site,
        l.published_at AS first_published_at,
        CAST(round((f.ended - f.began) * 24 * 60) AS INTEGER) AS minutes, l.headline, l.url
    FROM found f CROSS JOIN latest l ON l.article_id = f.first_id
    ORDER BY f.newest DESC NULLS LAST, f.cluster_id"""

_MEMBERS = """
    SELECT m.article_id, a.site, a.url, r.headline, r.published_at, r.agency, a.removed_at,
        m.relation, m.similarity, m.containment, m.of_first, m.is_first,
        CAST(round((julianday(r.published_at) - (SELECT julianday(f.published_at)
            FROM members n JOIN articles f ON f.id = n.article_id
            WHERE n.cluster_id = m.cluster_id AND n.is_first)) * 24 * 60) AS INTEGER) AS minutes
    FROM members m JOIN articles a ON a.id = m.article_id
        JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    WHERE m.cluster_id = (SELECT cluster_id FROM members WHERE article_id = ?)
    ORDER BY m.is_first DESC, julianday(r.published_at) IS NULL, julianday(r.published_at),
        iif(r.published_at IS NULL, -length(r.body), 0), a.first_seen_at, a.url"""

_MATRIX = """
    SELECT s.site, coalesce(s.agency, f.agency, f.site) AS source,
        s.agency IS NOT NULL OR f.agency IS NOT NULL AS is_agency,
        count(*) AS stories, sum(s.is_first) AS first, sum(s.relation IS 'copy') AS copies,
        sum(s.relation IS 'edited') AS edited, sum(s.relation IS 'excerpt') AS excerpts
    FROM syndication s JOIN syndication f ON f.cluster_id = s.cluster_id AND f.is_first
    WHERE s.relation IS NOT 'repeat' AND (NOT s.is_first OR s.agency IS NOT NULL)
    GROUP BY 1, 2 ORDER BY stories DESC, 1, 2"""


def clusters(
    db: Database,
    *,
    least: int = 2,
    sites: Sequence[str] = (),
    since: datetime | None = None,
    limit: int = -1,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Return a row per cluster, the newest first: members, sites, relations to the first article,
    and minutes from it to the last.

    `least`: minimum number of members; `sites`: with a member of one of those; `since`: with a
    member published at that time or later; at most `limit` after the first `offset`, or all.
    """
    given = {
        "least": least,
        "sites": json.dumps(list(sites)) if sites else None,
        "since": since and since.isoformat(),
        "limit": limit,
        "offset": offset,
    }
    return [_cluster(row) for row in db.query(_CLUSTERS, given)]


def _cluster(row: dict[str, Any]) -> dict[str, Any]:
    relations = Counter(filter(None, json.loads(row["relations"])))
    return row | {
        "sites": sorted(json.loads(row["sites"])),
        "relations": dict(sorted(relations.items())),
    }


def first_member(db: Database, cluster_id: int) -> int | None:
    """Return the number of a cluster's first article; None where there is no such cluster."""
    row = db.conn.execute(
        "SELECT article_id FROM members WHERE cluster_id = ? ORDER BY is_first DESC LIMIT 1",
        (cluster_id,),
    ).fetchone()
    return None if row is None else int(row[0])


def members(db: Database, article_id: int) -> list[dict[str, Any]]:
    """Return the members of the article's cluster, the first one first, then by time."""
    return [
        dict(row, is_first=bool(row["is_first"]), direction=_direction(row))
        for row in db.query(_MEMBERS, [article_id])
    ]


def _direction(row: dict[str, Any]) -> str | None:
    """Return which text was cut from which, None if the relation is no excerpt."""
    if row["relation"] != "excerpt":
        return None
    if row["containment"] >= CONTAINED:
        return "cut from the first"
    return "the first was cut from it"


def matrix(db: Database) -> list[dict[str, Any]]:
    """Return how many stories each site ran of each source: the agency that a story credits, else
    the site that published it first.

    A site that ran an agency's story first counts too; repeats of a site's own stories do not.
    """
    return list(db.query(_MATRIX))
