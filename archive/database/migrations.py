"""What later versions changed of an archive's tables and views: migrations after those of `schema`,
in their order.

A migration that has shipped is never edited, only followed by another.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive.database.schema import ARTICLE_COLUMNS, create, migrations

__all__ = ["migrations"]


@migrations()
def m006_clock_and_rights(db: Database) -> None:
    """What reading the archive as of a moment needs: a clock that never goes back, and since when a
    rule of rights holds.
    """
    create(
        db,
        "CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), latest TEXT NOT NULL) STRICT",
        """INSERT INTO clock SELECT 1, max(coalesce((SELECT max(observed_at) FROM revisions), ''),
            coalesce((SELECT max(checked_at) FROM checks), ''), coalesce((SELECT max(first_seen_at) FROM urls), ''))""",
        """CREATE TABLE rights (
            id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL REFERENCES articles (id), since TEXT NOT NULL, rule TEXT) STRICT""",
        "INSERT INTO rights (article_id, since, rule) SELECT id, first_seen_at, opted_out FROM articles WHERE opted_out IS NOT NULL",
        "CREATE INDEX rights_article ON rights (article_id)",
        "ALTER TABLE snapshots ADD COLUMN kept_at TEXT",
    )


@migrations()
def m007_life_of_a_url(db: Database) -> None:
    """Every change of a ledger row leaves a row in `checks`, so that the ledger can be read as of
    any moment.

    `outcome` is also `announced`, `woken` or `taken_down` for what happened without a request.
    `etag` and `last_modified` stand there where they changed, empty where there is none any more.
    `asked_at` and `first_due_at` are the computer's own clock, where it differs from the archive's.
    """
    create(
        db,
        "ALTER TABLE urls ADD COLUMN due_reason TEXT",
        "ALTER TABLE urls ADD COLUMN first_state TEXT",
        "ALTER TABLE urls ADD COLUMN first_reason TEXT",
        "ALTER TABLE urls ADD COLUMN first_due_at TEXT",
        "ALTER TABLE checks ADD COLUMN state TEXT",
        "ALTER TABLE checks ADD COLUMN next_check_at TEXT",
        "ALTER TABLE checks ADD COLUMN due_reason TEXT",
        "ALTER TABLE checks ADD COLUMN etag TEXT",
        "ALTER TABLE checks ADD COLUMN last_modified TEXT",
        "ALTER TABLE checks ADD COLUMN conditional INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE checks ADD COLUMN asked_at TEXT",
        # 0.1.0 kept them of sources that lead to others, which a 304 would have hidden.
        "UPDATE urls SET etag = NULL, last_modified = NULL WHERE state = 'source'",
        # Of what came before only today's state is known in full: it is what the last check of a
        # URL left.
        """UPDATE urls SET first_state = iif(state = 'source' OR (checks = 0 AND state != 'due'), state, 'due'),
            first_reason = iif(checks = 0 AND state NOT IN ('due', 'source'), reason, NULL),
            first_due_at = iif(checks = 0, next_check_at, NULL),
            due_reason = iif(checks = 0 AND state != 'source', iif(state = 'due', 'new', reason), NULL),
            article_id = coalesce(article_id, (SELECT a.id FROM articles a WHERE a.site = urls.site AND a.key = urls.key))""",
        """UPDATE checks SET (state, next_check_at, etag, last_modified) =
            (SELECT u.state, u.next_check_at, u.etag, u.last_modified FROM urls u WHERE u.id = checks.url_id)
            WHERE id IN (SELECT max(id) FROM checks GROUP BY url_id)""",
        """CREATE TABLE validators (
            site TEXT PRIMARY KEY, asked INTEGER NOT NULL DEFAULT 0, answered INTEGER NOT NULL DEFAULT 0,
            unanswered INTEGER NOT NULL DEFAULT 0, bytes_saved INTEGER NOT NULL DEFAULT 0) STRICT""",
    )


@migrations()
def m008_named_dictionaries(db: Database) -> None:
    """Dictionaries have names, and say how many snapshots of their site came before them."""
    create(
        db,
        "ALTER TABLE dictionaries ADD COLUMN name TEXT",
        "ALTER TABLE dictionaries ADD COLUMN after_snapshots INTEGER NOT NULL DEFAULT 0",
        """UPDATE dictionaries SET name = site || '-' ||
            (SELECT count(*) FROM dictionaries d WHERE d.site = dictionaries.site AND d.id <= dictionaries.id)""",
        "CREATE UNIQUE INDEX dictionaries_name ON dictionaries (name)",
    )


@migrations()
def m009_take_downs(db: Database) -> None:
    """A story taken down by the archive's owner: its texts may be deleted, and its tombstone keeps
    it away.
    """
    create(
        db,
        """CREATE TABLE tombstones (
            site TEXT NOT NULL, key TEXT NOT NULL, article_id INTEGER, url TEXT NOT NULL, reason TEXT NOT NULL,
            taken_down_at TEXT NOT NULL, PRIMARY KEY (site, key)) STRICT""",
        "CREATE UNIQUE INDEX tombstones_article ON tombstones (article_id)",
        "DROP TRIGGER revisions_are_never_deleted",
        """CREATE TRIGGER revisions_are_never_deleted BEFORE DELETE ON revisions
            WHEN NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.article_id = OLD.article_id)
            BEGIN SELECT RAISE(ABORT, 'a revision is never deleted'); END""",
    )


@migrations()
def m010_readings(db: Database) -> None:
    """Which extractor read a snapshot last, and why it gave no story: what a later extractor has
    yet to read.
    """
    create(
        db,
        """CREATE TABLE readings (
            snapshot_id INTEGER PRIMARY KEY REFERENCES snapshots (id), extractor TEXT NOT NULL, refusal TEXT) STRICT""",
        """INSERT INTO readings (snapshot_id, extractor)
            SELECT r.snapshot_id, r.extractor FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
            WHERE r.snapshot_id IS NOT NULL""",
    )


@migrations()
def m011_corrections(db: Database) -> None:
    """The newsroom's own note that a story was corrected, named with the revision that brought it."""
    create(db, "ALTER TABLE revisions ADD COLUMN correction TEXT")


@migrations()
def m012_retired_dictionaries(db: Database) -> None:
    """Dictionaries that pack nothing any more, and how many pages of a site were ever kept: what
    its next trial goes by.
    """
    create(
        db,
        "ALTER TABLE dictionaries ADD COLUMN retired_at TEXT",
        "CREATE INDEX dictionaries_in_force ON dictionaries (site, id) WHERE retired_at IS NULL",
        "CREATE INDEX snapshots_dictionary ON snapshots (dictionary_id)",
        "CREATE TABLE packing (site TEXT PRIMARY KEY, pages INTEGER NOT NULL) STRICT",
        """INSERT INTO packing SELECT u.site, count(*) FROM snapshots s JOIN urls u ON u.id = s.url_id
            WHERE s.part = 1 GROUP BY u.site""",
    )


@migrations()
def m013_indexes(db: Database) -> None:
    """What people ask in any archive, without a walk through all of a large one
    (tests/benchmarks/scale.py).
    """
    create(
        db,
        "CREATE INDEX articles_story ON articles (story_id)",
        "CREATE INDEX articles_removed ON articles (removed_at) WHERE removed_at IS NOT NULL",
        "CREATE INDEX urls_state ON urls (state, reason)",
        # Tells what was newest as of a moment without reading a revision: its row is long, and the
        # times stand at its end.
        "CREATE INDEX revisions_as_of ON revisions (published_at, observed_at, article_id, number)",
        "CREATE INDEX revisions_observed ON revisions (observed_at)",
    )


@migrations()
def m014_newest_stories(db: Database) -> None:
    """The publisher's time of the newest revision stands with its article too, so that an index
    leads to the newest of a site.
    """
    columns = ", ".join(
        f"{'a' if name == 'published_at' else 'r'}.{name}" for name in ARTICLE_COLUMNS
    )
    create(
        db,
        "ALTER TABLE articles ADD COLUMN published_at TEXT",
        """UPDATE articles SET published_at =
            (SELECT published_at FROM revisions r WHERE r.article_id = articles.id AND r.number = articles.revision)""",
        "CREATE INDEX articles_newest ON articles (site, published_at, revision)",
        "CREATE INDEX articles_published ON articles (published_at)",
        "DROP VIEW latest",
        f"""CREATE VIEW latest AS SELECT
            a.id AS article_id, a.site, a.url, a.story_id, {columns}, r.number AS revision, a.first_seen_at,
            r.observed_at, a.removed_at, CAST(NULL AS INTEGER) AS cluster_id, a.opted_out
            FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision""",  # noqa: S608 - constants
    )


@migrations()
def m015_revisions_of_a_snapshot(db: Database) -> None:
    """Before a snapshot is erased, SQLite looks for revisions that were read from it: in all of
    them, without this index.
    """
    create(
        db,
        "CREATE INDEX revisions_snapshot ON revisions (snapshot_id) WHERE snapshot_id IS NOT NULL",
    )


@migrations()
def m016_syndication(db: Database) -> None:
    """Who ran whose text: every distinct text once with its signature and its keys, the clusters,
    and since when they are so.
    """
    columns = ", ".join(
        f"{'a' if name == 'published_at' else 'r'}.{name}" for name in ARTICLE_COLUMNS
    )
    create(
        db,
        # The number of a text that is gone names no other one: programs remember the texts that
        # they compared.
        """CREATE TABLE texts (
            id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, algorithm TEXT NOT NULL, signature BLOB NOT NULL) STRICT""",
        "CREATE TABLE bands (key INTEGER NOT NULL, text_id INTEGER NOT NULL, PRIMARY KEY (key, text_id)) STRICT, WITHOUT ROWID",
        """CREATE TABLE article_texts (
            article_id INTEGER PRIMARY KEY REFERENCES articles (id), text_id INTEGER NOT NULL REFERENCES texts (id)) STRICT""",
        "CREATE INDEX article_texts_text ON article_texts (text_id)",
        """CREATE TABLE members (
            article_id INTEGER PRIMARY KEY REFERENCES articles (id), cluster_id INTEGER NOT NULL, relation TEXT, similarity REAL NOT NULL,
            containment REAL NOT NULL, of_first REAL NOT NULL, is_first INTEGER NOT NULL) STRICT""",
        "CREATE INDEX members_cluster ON members (cluster_id)",
        """CREATE TABLE memberships (
            id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL REFERENCES articles (id), since TEXT NOT NULL, cluster_id INTEGER,
            relation TEXT, similarity REAL, containment REAL, of_first REAL, is_first INTEGER) STRICT""",
        "CREATE INDEX memberships_article ON memberships (article_id)",
        """CREATE VIEW syndication AS SELECT
            m.cluster_id, m.article_id, a.site, a.url, a.published_at, m.relation, m.similarity, m.containment, m.is_first, r.agency
            FROM members m JOIN articles a ON a.id = m.article_id
            JOIN revisions r ON r.article_id = a.id AND r.number = a.revision""",
        "DROP VIEW latest",
        f"""CREATE VIEW latest AS SELECT
            a.id AS article_id, a.site, a.url, a.story_id, {columns}, r.number AS revision, a.first_seen_at,
            r.observed_at, a.removed_at, (SELECT m.cluster_id FROM members m WHERE m.article_id = a.id) AS cluster_id, a.opted_out
            FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision""",  # noqa: S608 - constants
    )


@migrations()
def m017_unattended(db: Database) -> None:
    """What a schedule needs to know of earlier crawls: layouts that drifted, what was told, and
    sites that asked to be left alone.
    """
    create(
        db,
        # `extractor` is the one that read the pages then: what a later one has read is no longer
        # marked.
        """CREATE TABLE drifts (
            id INTEGER PRIMARY KEY, site TEXT NOT NULL, layout TEXT NOT NULL, extractor TEXT NOT NULL, since TEXT NOT NULL,
            ended_at TEXT, reasons TEXT NOT NULL, urls TEXT NOT NULL) STRICT""",
        "CREATE INDEX drifts_site ON drifts (site, layout)",
        """CREATE TABLE alerts (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, site TEXT, layout TEXT, why TEXT NOT NULL, since TEXT NOT NULL,
            told_at TEXT, ended_at TEXT, end_told_at TEXT) STRICT""",
        "CREATE INDEX alerts_open ON alerts (kind, site) WHERE end_told_at IS NULL",
        """CREATE TABLE manners (
            site TEXT PRIMARY KEY, delay REAL NOT NULL, quiet_until TEXT, reason TEXT NOT NULL, noted_at TEXT NOT NULL) STRICT""",
    )


@migrations()
def m018_alert_deliveries(db: Database) -> None:
    """A row for each message of an alert to each target: a target that is down is told later, and
    no other one twice.

    `state` is `began` or `ended`. `tries` and `tried_at` are written before a message is sent.
    `outcome` says how it was settled: `told`, `overtaken` (the incident ended first: one message
    tells both), `flapped` (it began again within the hour, and ended before it was told) or
    `given_up`.
    """
    create(
        db,
        "ALTER TABLE alerts ADD COLUMN urls TEXT NOT NULL DEFAULT '[]'",
        """CREATE TABLE alert_deliveries (
            id INTEGER PRIMARY KEY, alert_id INTEGER NOT NULL REFERENCES alerts (id), target TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('began', 'ended')), noted_at TEXT NOT NULL, next_try_at TEXT NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0, tried_at TEXT, error TEXT, settled_at TEXT, outcome TEXT,
            UNIQUE (alert_id, target, state)) STRICT""",
        "CREATE INDEX alert_deliveries_waiting ON alert_deliveries (target) WHERE settled_at IS NULL",
    )


@migrations()
def m019_answers_of_robots(db: Database) -> None:
    """Every answer to a request for robots.txt stands with its own first and last time, errors and
    silence too.
    """
    create(
        db,
        "ALTER TABLE robots RENAME TO robots_before",
        """CREATE TABLE robots (
            id INTEGER PRIMARY KEY, host TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER, reason TEXT, body TEXT,
            fetched_at TEXT NOT NULL, last_seen_at TEXT NOT NULL) STRICT""",
        """INSERT INTO robots (host, digest, status, body, fetched_at, last_seen_at)
            SELECT host, digest, status, body, fetched_at, last_seen_at FROM robots_before ORDER BY fetched_at, host""",
        "DROP TABLE robots_before",
        "CREATE UNIQUE INDEX robots_answer ON robots (host, coalesce(status, 0), coalesce(reason, ''), digest)",
    )


@migrations()
def m020_drifted_articles(db: Database) -> None:
    """Which articles a drifted layout gave: by the layout that their page was last read with, and
    when; both may be told as of a moment.
    """
    create(
        db,
        # None where an earlier version read the page: then it is the revision's own, and as old as
        # that.
        "ALTER TABLE readings ADD COLUMN layout TEXT",
        "ALTER TABLE readings ADD COLUMN read_at TEXT",
        # When it was seen that a layout had drifted, which it had done since `since`.
        "ALTER TABLE drifts ADD COLUMN noted_at TEXT",
        "CREATE INDEX articles_site ON articles (site)",
        "CREATE INDEX urls_checked ON urls (site, last_checked_at)",
        # CROSS JOIN keeps the order: from the drifts by time to a few revisions, not through all
        # articles of a site.
        """CREATE VIEW drifted AS SELECT DISTINCT r.article_id, d.site, d.layout, d.since
            FROM drifts d CROSS JOIN revisions r ON r.observed_at >= d.since AND (d.ended_at IS NULL OR r.observed_at < d.ended_at)
            CROSS JOIN articles a ON a.id = r.article_id AND a.revision = r.number AND a.site = d.site
            LEFT JOIN readings g ON g.snapshot_id = r.snapshot_id AND g.refusal IS NULL
            WHERE coalesce(g.layout, r.layout) = d.layout AND coalesce(g.extractor, r.extractor) = d.extractor""",
    )


@migrations()
def m021_days(db: Database) -> None:
    """Each day of a coverage loss is an alert of its own; and what health asks every few minutes
    reads the last days only.
    """
    create(
        db,
        "ALTER TABLE alerts ADD COLUMN day TEXT",
        "CREATE INDEX crawls_site ON crawls (site)",
        "CREATE INDEX urls_first_seen ON urls (site, first_seen_at)",
        "CREATE INDEX urls_published ON urls (site, published_at) WHERE published_at IS NOT NULL",
    )
