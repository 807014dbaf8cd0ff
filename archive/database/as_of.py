"""Reading the archive as of a time: temporary views of the past that shadow today's tables.

Every statement that names `latest`, `history`, `syndication`, `ledger`, `articles`, `revisions`,
`urls`, `checks`, `snapshots`, `rights`, `members`, `crawls`, `drifts`, `drifted`, `furniture` or
`furniture_sets` without a schema then reads the past; other tables (`search`, `search_earlier`,
`robots`, `validators`, `dictionaries`, `texts`, `readings`, `captures`, `header_forms`) know only
today. Nothing is copied, and nothing is written into the file.
"""

from datetime import datetime

from sqlite_utils import Database

from archive.database.clock import exact
from archive.database.schema import ARTICLE_COLUMNS, LISTED_AT, PUBLISHED_AT_UTC

_NEWEST = """(SELECT max(m.number) FROM main.revisions m
    WHERE m.article_id = a.id AND m.observed_at <= :at)"""
_REMOVED = """(SELECT iif(n.kind = 'removed', n.observed_at, NULL) FROM main.revisions n
    WHERE n.article_id = a.id AND n.observed_at <= :at AND n.kind != 'technical'
    ORDER BY n.number DESC LIMIT 1)"""
_OPTED_OUT = """(SELECT g.rule FROM main.rights g
    WHERE g.article_id = a.id AND g.since <= :at ORDER BY g.id DESC LIMIT 1)"""
_CLUSTER = """(SELECT k.cluster_id FROM main.memberships k
    WHERE k.article_id = a.id AND k.since <= :at ORDER BY k.id DESC LIMIT 1)"""
_CHECKS = "FROM main.checks k WHERE k.url_id = u.id AND k.checked_at <= :at"
_LAST = "ORDER BY k.id DESC LIMIT 1"
_ARTICLE = ", ".join(f"r.{name}" for name in ARTICLE_COLUMNS)

_VIEWS = {
    "rights": "SELECT * FROM main.rights WHERE since <= :at",
    "checks": "SELECT * FROM main.checks WHERE checked_at <= :at",
    "revisions": "SELECT * FROM main.revisions WHERE observed_at <= :at",
    "snapshots": "SELECT * FROM main.snapshots WHERE kept_at <= :at",
    "crawls": """SELECT id, site, started_at, iif(ended_at <= :at, ended_at, NULL) AS ended_at,
        version, arguments, iif(ended_at <= :at, counts, NULL) AS counts,
        iif(ended_at <= :at, bytes, NULL) AS bytes,
        iif(ended_at <= :at, end_reason, NULL) AS end_reason, merged_id
        FROM main.crawls WHERE started_at <= :at""",
    "articles": f"""SELECT a.id, a.site, a.key, a.story_id, a.url, a.first_seen_at,
        {_REMOVED} AS removed_at, {_OPTED_OUT} AS opted_out, r.number AS revision, r.published_at,
        {LISTED_AT} AS listed_at
        FROM main.articles a
        JOIN main.revisions r ON r.article_id = a.id AND r.number = {_NEWEST}""",
    "urls": f"""SELECT u.id, u.url, u.site, u.key, coalesce(c.state, u.first_state) AS state,
        iif(c.id IS NULL, u.first_reason, c.reason) AS reason,
        (SELECT a.id FROM main.articles a WHERE a.id = u.article_id AND a.first_seen_at <= :at)
            AS article_id,
        u.announced_by, u.published_at, u.first_seen_at,
        (SELECT coalesce(k.asked_at, substr(k.checked_at, 1, 19) || '+00:00')
            {_CHECKS} AND k.bytes IS NOT NULL {_LAST}) AS last_checked_at,
        iif(c.id IS NOT NULL, c.next_check_at, iif(u.first_state = 'due',
            coalesce(u.first_due_at, substr(u.first_seen_at, 1, 19) || '+00:00'), NULL))
            AS next_check_at,
        iif(c.id IS NOT NULL, c.due_reason,
            coalesce(u.first_reason, iif(u.first_state = 'due', 'new', NULL))) AS due_reason,
        (SELECT count(*) {_CHECKS} AND k.bytes IS NOT NULL) AS checks,
        (SELECT nullif(k.etag, '') {_CHECKS} AND k.etag IS NOT NULL {_LAST}) AS etag,
        (SELECT nullif(k.last_modified, '') {_CHECKS} AND k.last_modified IS NOT NULL {_LAST})
            AS last_modified
        FROM main.urls u LEFT JOIN main.checks c ON c.id = (SELECT max(k.id) {_CHECKS})
        WHERE u.first_seen_at <= :at""",
    "ledger": """SELECT url, site, state, reason, article_id, announced_by, first_seen_at,
        last_checked_at, next_check_at, checks, etag, last_modified FROM temp.urls""",
    # From the revisions, in the order of an index where there is one: sorting all takes too long.
    "latest": f"""SELECT r.article_id, a.site, a.url, a.story_id, {_ARTICLE},
        r.number AS revision, a.first_seen_at, r.observed_at, {_REMOVED} AS removed_at,
        {_CLUSTER} AS cluster_id, {_OPTED_OUT} AS opted_out,
        {PUBLISHED_AT_UTC} AS published_at_utc
        FROM main.revisions r
        CROSS JOIN main.articles a ON a.id = r.article_id AND r.number = {_NEWEST}
        WHERE r.observed_at <= :at""",
    "members": """SELECT k.article_id, k.cluster_id, k.relation, k.similarity, k.containment,
        k.of_first, k.is_first
        FROM main.memberships k WHERE k.cluster_id IS NOT NULL AND k.id =
            (SELECT max(j.id) FROM main.memberships j
            WHERE j.article_id = k.article_id AND j.since <= :at)""",
    "syndication": f"""SELECT m.cluster_id, m.article_id, a.site, a.url, r.published_at, m.relation,
        m.similarity, m.containment, m.is_first, r.agency, {PUBLISHED_AT_UTC} AS published_at_utc
        FROM temp.members m JOIN main.articles a ON a.id = m.article_id
        JOIN main.revisions r ON r.article_id = a.id AND r.number = {_NEWEST}""",
    "drifts": """SELECT id, site, layout, extractor, since,
        iif(ended_at <= :at, ended_at, NULL) AS ended_at, reasons, urls, noted_at
        FROM main.drifts WHERE noted_at <= :at""",
    # Of the readings of a page that changed nothing only the last is known: between two of them it
    # counts as not yet read again.
    "drifted": f"""SELECT DISTINCT r.article_id, d.site, d.layout, d.since
        FROM temp.drifts d CROSS JOIN temp.revisions r
            ON r.observed_at >= d.since AND (d.ended_at IS NULL OR r.observed_at < d.ended_at)
        CROSS JOIN main.articles a
            ON a.id = r.article_id AND a.site = d.site AND r.number = {_NEWEST}
        LEFT JOIN main.readings g
            ON g.snapshot_id = r.snapshot_id AND g.refusal IS NULL AND g.read_at <= :at
        WHERE coalesce(g.layout, r.layout) = d.layout
            AND coalesce(g.extractor, r.extractor) = d.extractor""",
    "furniture_sets": "SELECT * FROM main.furniture_sets WHERE learnt_at <= :at",
    "furniture": """SELECT f.id, f.site, f.text, f.in_prose, f.first_set,
        (SELECT s.id FROM temp.furniture_sets s WHERE s.id = f.ended_set) AS ended_set
        FROM main.furniture f JOIN temp.furniture_sets s ON s.id = f.first_set""",
    "history": f"""SELECT r.article_id, a.site, a.url, r.number, r.kind, r.changed, r.observed_at,
        r.headline, r.body, r.extractor, r.snapshot_id, r.returns_to, r.published_at,
        {PUBLISHED_AT_UTC} AS published_at_utc
        FROM temp.revisions r JOIN main.articles a ON a.id = r.article_id""",
}


def read_as_of(db: Database, at: datetime) -> None:
    """Shadow the tables of this connection; raises ValueError for a time without an offset."""
    if at.tzinfo is None:
        raise ValueError(
            f"{at.isoformat()}: a time needs its offset, like 2026-01-31T08:00:00+07:00"
        )
    db.conn.execute("PRAGMA temp_store = MEMORY")
    for name, statement in _VIEWS.items():
        # A view takes no parameters; the time is formatted here, never taken as text.
        db.conn.execute(f"CREATE TEMP VIEW {name} AS {statement.replace(':at', repr(exact(at)))}")
