"""The tables and views of an archive, as migrations: a migration that has shipped is never edited, only followed by another.

Times are ISO 8601 text: our own clock in UTC with seconds (`2026-11-20T03:04:05+00:00`), the publisher's with its offset.
Lists are JSON arrays.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x77617274  # "wart"; PRAGMA application_id tells an archive from another program's database

ARTICLE_COLUMNS = (
    "headline", "kicker", "deck", "body", "dateline", "authors", "editors", "agency", "published_at", "modified_at",
    "section", "tags", "image_url", "caption", "language", "page_count", "layout", "extractor", "warnings",
)  # fmt: skip
"""What a revision keeps of an article, in the order of the `latest` view."""

LISTS = ("authors", "editors", "tags", "warnings")
"""Columns of a revision that hold JSON arrays."""

migrations = Migrations("warta")


def _create(db: Database, *statements: str) -> None:
    for statement in statements:
        db.execute(statement)


@migrations()
def m001_crawls_and_urls(db: Database) -> None:
    """One row a crawl; one row a URL ever announced to a site's crawl; one row each time a URL was asked for."""
    _create(
        db,
        """CREATE TABLE crawls (
            id INTEGER PRIMARY KEY, site TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, version TEXT NOT NULL,
            arguments TEXT NOT NULL, counts TEXT, bytes INTEGER, end_reason TEXT) STRICT""",
        """CREATE TABLE urls (
            id INTEGER PRIMARY KEY, url TEXT NOT NULL, site TEXT NOT NULL, key TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN
                ('due', 'kept', 'unchanged', 'gone', 'refused', 'failed', 'skipped', 'alias', 'source')),
            reason TEXT, article_id INTEGER REFERENCES articles (id), announced_by TEXT, published_at TEXT,
            lastmod TEXT, first_seen_at TEXT NOT NULL, last_checked_at TEXT, next_check_at TEXT,
            checks INTEGER NOT NULL DEFAULT 0, quiet_checks INTEGER NOT NULL DEFAULT 0,
            failures INTEGER NOT NULL DEFAULT 0, etag TEXT, last_modified TEXT, UNIQUE (url, site)) STRICT""",
        "CREATE INDEX urls_frontier ON urls (site, next_check_at) WHERE next_check_at IS NOT NULL",
        "CREATE INDEX urls_key ON urls (site, key)",
        """CREATE TABLE checks (
            id INTEGER PRIMARY KEY, url_id INTEGER NOT NULL REFERENCES urls (id), crawl_id INTEGER REFERENCES crawls (id),
            checked_at TEXT NOT NULL, status INTEGER, outcome TEXT NOT NULL, reason TEXT, bytes INTEGER) STRICT""",
        "CREATE INDEX checks_url ON checks (url_id)",
        """CREATE TABLE robots (
            host TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER, body TEXT, fetched_at TEXT NOT NULL,
            last_seen_at TEXT NOT NULL, PRIMARY KEY (host, digest)) STRICT""",
    )


@migrations()
def m002_snapshots(db: Database) -> None:
    """What the servers sent, packed with dictionaries that stay in the archive."""
    _create(
        db,
        """CREATE TABLE dictionaries (
            id INTEGER PRIMARY KEY, site TEXT NOT NULL, created_at TEXT NOT NULL, digest TEXT NOT NULL,
            packed BLOB NOT NULL) STRICT""",
        """CREATE TABLE snapshots (
            id INTEGER PRIMARY KEY, url_id INTEGER NOT NULL REFERENCES urls (id), crawl_id INTEGER REFERENCES crawls (id),
            first_part_id INTEGER REFERENCES snapshots (id), part INTEGER NOT NULL DEFAULT 1,
            requested_url TEXT NOT NULL, url TEXT NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL,
            fetched_at TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL,
            dictionary_id INTEGER REFERENCES dictionaries (id), packed BLOB NOT NULL, opted_out TEXT,
            missing_parts INTEGER NOT NULL DEFAULT 0) STRICT""",
        "CREATE INDEX snapshots_url ON snapshots (url_id)",
        "CREATE INDEX snapshots_parts ON snapshots (first_part_id) WHERE first_part_id IS NOT NULL",
    )


@migrations()
def m003_articles_and_revisions(db: Database) -> None:
    """A story at a site, and what it said from some moment on."""
    _create(
        db,
        """CREATE TABLE articles (
            id INTEGER PRIMARY KEY, site TEXT NOT NULL, key TEXT NOT NULL, story_id TEXT, url TEXT NOT NULL,
            first_seen_at TEXT NOT NULL, removed_at TEXT, opted_out TEXT, revision INTEGER NOT NULL,
            UNIQUE (site, key)) STRICT""",
        "CREATE INDEX articles_url ON articles (url)",
        """CREATE TABLE revisions (
            id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL REFERENCES articles (id), number INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('first', 'publisher', 'technical', 'removed', 'restored')),
            changed TEXT NOT NULL, returns_to INTEGER, observed_at TEXT NOT NULL,
            snapshot_id INTEGER REFERENCES snapshots (id), digest TEXT NOT NULL,
            headline TEXT, kicker TEXT, deck TEXT, body TEXT NOT NULL, dateline TEXT, authors TEXT NOT NULL,
            editors TEXT NOT NULL, agency TEXT, published_at TEXT, modified_at TEXT, section TEXT, tags TEXT NOT NULL,
            image_url TEXT, caption TEXT, language TEXT NOT NULL, page_count INTEGER NOT NULL, layout TEXT NOT NULL,
            extractor TEXT NOT NULL, warnings TEXT NOT NULL, UNIQUE (article_id, number)) STRICT""",
        """CREATE TRIGGER revisions_never_change BEFORE UPDATE ON revisions
            BEGIN SELECT RAISE(ABORT, 'a revision is never changed'); END""",
        """CREATE TRIGGER revisions_are_never_deleted BEFORE DELETE ON revisions
            BEGIN SELECT RAISE(ABORT, 'a revision is never deleted'); END""",
        """CREATE TRIGGER revisions_are_never_replaced BEFORE INSERT ON revisions WHEN EXISTS (SELECT 1 FROM revisions r
            WHERE r.id = NEW.id OR (r.article_id = NEW.article_id AND r.number = NEW.number))
            BEGIN SELECT RAISE(ABORT, 'a revision is never replaced'); END""",
    )


@migrations()
def m004_views(db: Database) -> None:
    """The views that people and programs rely on."""
    columns = ", ".join(f"r.{name}" for name in ARTICLE_COLUMNS)
    _create(
        db,
        f"""CREATE VIEW latest AS SELECT
            a.id AS article_id, a.site, a.url, a.story_id, {columns}, r.number AS revision, a.first_seen_at,
            r.observed_at, a.removed_at, CAST(NULL AS INTEGER) AS cluster_id, a.opted_out
            FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision""",  # noqa: S608 - constants
        """CREATE VIEW history AS SELECT
            r.article_id, a.site, a.url, r.number, r.kind, r.changed, r.observed_at, r.headline, r.body, r.extractor,
            r.snapshot_id, r.returns_to FROM revisions r JOIN articles a ON a.id = r.article_id""",
        """CREATE VIEW ledger AS SELECT
            url, site, state, reason, article_id, announced_by, first_seen_at, last_checked_at, next_check_at, checks,
            etag, last_modified FROM urls""",
    )


@migrations()
def m005_search(db: Database) -> None:
    """Full text of the newest revisions; the text itself stays in `revisions`, the index only points at it."""
    _create(
        db,
        """CREATE VIEW searchable AS SELECT
            article_id, coalesce(headline, '') AS headline, coalesce(deck, '') AS deck, body FROM latest""",
        """CREATE VIRTUAL TABLE search USING fts5(
            headline, deck, body, content='searchable', content_rowid='article_id', tokenize='unicode61')""",
    )


@migrations()
def m006_clock_and_rights(db: Database) -> None:
    """What reading the archive as of a moment needs: a clock that never goes back, and since when a rule of rights holds."""
    _create(
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
    """Every change of a ledger row leaves a row in `checks`, so that the ledger can be read as of any moment.

    `outcome` is also `announced`, `woken` or `taken_down` for what happened without a request. `etag` and `last_modified` stand
    there where they changed, empty where there is none any more. `asked_at` and `first_due_at` are the computer's own clock, where
    it differs from the archive's.
    """
    _create(
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
        # Of what came before only today's state is known in full: it is what the last check of a URL left.
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
    _create(
        db,
        "ALTER TABLE dictionaries ADD COLUMN name TEXT",
        "ALTER TABLE dictionaries ADD COLUMN after_snapshots INTEGER NOT NULL DEFAULT 0",
        """UPDATE dictionaries SET name = site || '-' ||
            (SELECT count(*) FROM dictionaries d WHERE d.site = dictionaries.site AND d.id <= dictionaries.id)""",
        "CREATE UNIQUE INDEX dictionaries_name ON dictionaries (name)",
    )


@migrations()
def m009_take_downs(db: Database) -> None:
    """A story taken down by the archive's owner: its texts may be deleted, and its tombstone keeps it away."""
    _create(
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
    """Which extractor read a snapshot last, and why it gave no story: what a later extractor has yet to read."""
    _create(
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
    _create(
        db,
        "ALTER TABLE revisions ADD COLUMN correction TEXT",
    )


@migrations()
def m012_retired_dictionaries(db: Database) -> None:
    """Dictionaries that pack nothing any more, and how many pages of a site were ever kept: what its next trial goes by."""
    _create(
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
    """What people ask in any archive, without a walk through all of a large one (tests/benchmarks/scale.py)."""
    _create(
        db,
        "CREATE INDEX articles_story ON articles (story_id)",
        "CREATE INDEX articles_removed ON articles (removed_at) WHERE removed_at IS NOT NULL",
        "CREATE INDEX urls_state ON urls (state, reason)",
        # Tells what was newest as of a moment without reading a revision: its row is long, and the times stand at its end.
        "CREATE INDEX revisions_as_of ON revisions (published_at, observed_at, article_id, number)",
        "CREATE INDEX revisions_observed ON revisions (observed_at)",
    )


@migrations()
def m014_newest_stories(db: Database) -> None:
    """The publisher's time of the newest revision stands with its article too, so that an index leads to the newest of a site."""
    columns = ", ".join(f"{'a' if name == 'published_at' else 'r'}.{name}" for name in ARTICLE_COLUMNS)
    _create(
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
    """Before a snapshot is erased, SQLite looks for revisions that were read from it: in all of them, without this index."""
    _create(db, "CREATE INDEX revisions_snapshot ON revisions (snapshot_id) WHERE snapshot_id IS NOT NULL")
