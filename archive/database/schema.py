"""The tables and views of an archive, as migrations: a migration that has shipped is never edited,
only followed by another.

Times are ISO 8601 text: our own clock in UTC with seconds (`2026-11-20T03:04:05+00:00`), the
publisher's with its offset. Lists are JSON arrays.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

APPLICATION_ID = (
    0x77617274  # "wart"; PRAGMA application_id tells an archive from another program's database
)

ARTICLE_COLUMNS = (
    "headline",
    "kicker",
    "deck",
    "body",
    "dateline",
    "authors",
    "editors",
    "agency",
    "published_at",
    "modified_at",
    "section",
    "tags",
    "image_url",
    "caption",
    "language",
    "page_count",
    "layout",
    "extractor",
    "warnings",
)
"""What a revision keeps of an article, in the order of the `latest` view."""

LISTS = ("authors", "editors", "tags", "warnings")
"""Columns of a revision that hold JSON arrays."""

migrations = Migrations("warta")


def create(db: Database, *statements: str) -> None:
    """Run the statements of a migration."""
    for statement in statements:
        db.execute(statement)


@migrations()
def m001_crawls_and_urls(db: Database) -> None:
    """One row a crawl; one row a URL ever announced to a site's crawl; one row each time a URL was
    asked for.
    """
    create(
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
    create(
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
    create(
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
    create(
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
    """Full text of the newest revisions; the text itself stays in `revisions`, the index only
    points at it.
    """
    create(
        db,
        """CREATE VIEW searchable AS SELECT
            article_id, coalesce(headline, '') AS headline, coalesce(deck, '') AS deck, body FROM latest""",
        """CREATE VIRTUAL TABLE search USING fts5(
            headline, deck, body, content='searchable', content_rowid='article_id', tokenize='unicode61')""",
    )
