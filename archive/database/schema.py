"""The schema of an archive: every table, index, trigger and view.

Times are ISO 8601 text: ours in UTC (`2026-11-20T03:04:05+00:00`), the publisher's with its own
offset. Lists are JSON arrays. What changes here changes in existing archives by a migration in
`archive.database.migrations`.
"""

APPLICATION_ID = 0x77617274
"""PRAGMA application_id, "wart": distinguishes an archive from another program's database."""

ARTICLE_COLUMNS = tuple(
    "headline kicker deck body dateline authors editors agency published_at modified_at section"
    " tags image_url caption language page_count layout extractor warnings".split()
)
"""What a revision keeps of an article, in the order of the view `latest`."""

LISTS = ("authors", "editors", "tags", "warnings")
"""Columns of a revision that hold JSON arrays."""

_UTC = "strftime('%Y-%m-%dT%H:%M:%S+00:00', {})"
_PUBLISHED = _UTC.format("{0}published_at")
_DAY_AFTER = _UTC.format("{0}observed_at, '+1 day'")
_BELIEVED = f"CASE WHEN {_PUBLISHED} BETWEEN '1990' AND {_DAY_AFTER} THEN {_PUBLISHED} END"
PUBLISHED_AT_UTC = _BELIEVED.format("r.")
"""Of a revision `r`: the publisher's time in UTC, so that text order is time order. NULL where the
page says none, or one that extraction would not believe today: before 1990, or later than the
revision was observed by over a day.
"""

REVISIONS_BY_PUBLISHED = f"""CREATE INDEX revisions_published ON revisions
        ({_BELIEVED.format("")}, observed_at, article_id, number)"""
REVISIONS_BY_CHANGE = (
    # Questions by time, kind and changed field read these alone: the rows themselves are long.
    """CREATE INDEX revisions_observed ON revisions
        (observed_at, article_id, number, kind, changed)""",
    """CREATE INDEX revisions_corrections ON revisions (observed_at, article_id, number)
        WHERE correction IS NOT NULL""",
)

LISTED_AT = f"coalesce({PUBLISHED_AT_UTC}, substr(a.first_seen_at, 1, 19) || '+00:00')"
"""Of an article `a` and its revision `r`: when it was published, else first seen; UTC."""

LISTED = (
    # That time of the newest revision: it comes from two tables, which no index spans.
    "ALTER TABLE articles ADD COLUMN listed_at TEXT",
    "CREATE INDEX articles_listed ON articles (listed_at)",
)
FILL_LISTED = f"""UPDATE articles AS a SET listed_at = (SELECT {LISTED_AT} FROM revisions r
    WHERE r.article_id = a.id AND r.number = a.revision)"""

URLS_FAILED = """CREATE INDEX urls_failed ON urls (site, reason, last_checked_at)
        WHERE state = 'failed'"""

WIRE = (
    # A row per form of the headers of requests and responses: what most of a site have in common.
    """CREATE TABLE header_forms (
        digest TEXT NOT NULL PRIMARY KEY,
        lines TEXT NOT NULL        -- JSON array of arrays: name, and the value that all have
    ) STRICT""",
    # JSON object: how the page came over the wire (archive.records.Wire); NULL where unknown.
    # `headers` and `request_headers` are the digest of their form and the values that it lacks, in
    # order; null for one that is in the column `headers`.
    "ALTER TABLE snapshots ADD COLUMN wire TEXT",
    # The same of an answer, when it was given first; its own address, after redirects.
    "ALTER TABLE robots ADD COLUMN url TEXT",
    "ALTER TABLE robots ADD COLUMN wire TEXT",
)

CLOCK = (
    # One row: the newest time that was written, by which the archive's clock never goes back.
    "CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), latest TEXT NOT NULL) STRICT",
    "INSERT INTO clock VALUES (1, '')",
)

LEDGER = (
    # A row per crawl: one run of one site's spider.
    """CREATE TABLE crawls (
        id INTEGER PRIMARY KEY,
        site TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,             -- NULL while it runs, or after it was killed
        version TEXT NOT NULL,     -- of warta
        arguments TEXT NOT NULL,   -- JSON object
        counts TEXT,               -- JSON object; NULL for a crawl that was killed
        bytes INTEGER,             -- received, headers included
        end_reason TEXT            -- a code of archive.ledger.wording
    ) STRICT""",
    "CREATE INDEX crawls_site ON crawls (site)",
    # A row per URL that was announced for a site or requested by its crawls: its state today.
    """CREATE TABLE urls (
        id INTEGER PRIMARY KEY,
        url TEXT NOT NULL,         -- canonical
        site TEXT NOT NULL,
        key TEXT NOT NULL,         -- the story's identity at its site
        state TEXT NOT NULL CHECK (state IN ('due', 'kept', 'unchanged', 'gone', 'refused',
            'failed', 'skipped', 'alias', 'source')),
        reason TEXT,               -- a code of archive.ledger.wording
        article_id INTEGER REFERENCES articles (id),
        announced_by TEXT,         -- the source
        published_at TEXT,         -- as the source or the URL says; UTC
        lastmod TEXT,              -- the last one of a source that made it due; UTC
        first_seen_at TEXT NOT NULL,
        last_checked_at TEXT,      -- by the system clock
        next_check_at TEXT,        -- by the system clock; NULL for never
        due_reason TEXT,           -- why it is due when it is, or why it never is again
        checks INTEGER NOT NULL DEFAULT 0,
        quiet_checks INTEGER NOT NULL DEFAULT 0,  -- in a row, without a change
        failures INTEGER NOT NULL DEFAULT 0,      -- in a row
        etag TEXT,
        last_modified TEXT,
        first_state TEXT,          -- state, reason and due date when the row was made
        first_reason TEXT,
        first_due_at TEXT,         -- by the system clock, where it differs from first_seen_at
        UNIQUE (url, site)
    ) STRICT""",
    "CREATE INDEX urls_frontier ON urls (site, next_check_at) WHERE next_check_at IS NOT NULL",
    "CREATE INDEX urls_key ON urls (site, key)",
    "CREATE INDEX urls_state ON urls (state, reason)",
    "CREATE INDEX urls_checked ON urls (site, last_checked_at)",
    "CREATE INDEX urls_first_seen ON urls (site, first_seen_at)",
    "CREATE INDEX urls_published ON urls (site, published_at) WHERE published_at IS NOT NULL",
    URLS_FAILED,
    # A row per change of a row of `urls`, by a request or without one, so that the ledger can be
    # read as of any time.
    """CREATE TABLE checks (
        id INTEGER PRIMARY KEY,
        url_id INTEGER NOT NULL REFERENCES urls (id),
        crawl_id INTEGER REFERENCES crawls (id),
        checked_at TEXT NOT NULL,
        asked_at TEXT,             -- by the system clock, where it differs from checked_at
        status INTEGER,
        outcome TEXT NOT NULL,     -- or announced, woken, reread, imported, taken_down, merged
        reason TEXT,
        bytes INTEGER,             -- of the decompressed body; NULL where nothing was requested
        conditional INTEGER NOT NULL DEFAULT 0,
        state TEXT,                -- from here on: of the URL's row afterwards
        next_check_at TEXT,
        due_reason TEXT,
        etag TEXT,                 -- where it changed; empty where there is none any more
        last_modified TEXT
    ) STRICT""",
    "CREATE INDEX checks_url ON checks (url_id)",
    # A row per site that was sent validators: what conditional requests are worth there.
    """CREATE TABLE validators (
        site TEXT PRIMARY KEY,
        asked INTEGER NOT NULL DEFAULT 0,
        answered INTEGER NOT NULL DEFAULT 0,    -- with 304
        unanswered INTEGER NOT NULL DEFAULT 0,  -- whole pages in a row in place of a 304
        bytes_saved INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    # A row per distinct answer to a request for a host's robots.txt, errors and silence included.
    """CREATE TABLE robots (
        id INTEGER PRIMARY KEY,
        host TEXT NOT NULL,
        digest TEXT NOT NULL,      -- SHA-256 of the body
        status INTEGER,            -- NULL where no answer came
        reason TEXT,               -- why none came
        body TEXT,                 -- as UTF-8, without a byte order mark; empty unless 2xx
        fetched_at TEXT NOT NULL,  -- the first time
        last_seen_at TEXT NOT NULL
    ) STRICT""",
    """CREATE UNIQUE INDEX robots_answer
        ON robots (host, coalesce(status, 0), coalesce(reason, ''), digest)""",
    # A row per site that requested a slower crawl: what the next crawl begins with.
    """CREATE TABLE manners (
        site TEXT PRIMARY KEY,
        delay REAL NOT NULL,       -- seconds between requests; 0 for the usual delay
        quiet_until TEXT,          -- no request before; by the system clock
        reason TEXT NOT NULL,
        noted_at TEXT NOT NULL
    ) STRICT""",
)

MERGES = (
    # A row per archive that was merged into this one, as it was then.
    """CREATE TABLE merged_archives (
        id INTEGER PRIMARY KEY,
        identity TEXT NOT NULL,    -- digest of its first rows: copies of one archive share it
        name TEXT NOT NULL,        -- of its file
        content TEXT NOT NULL,     -- digest of what it held
        latest TEXT NOT NULL       -- its clock; empty: nothing was ever written
    ) STRICT""",
    # The archive that a crawl was merged from; NULL for a crawl of this one.
    "ALTER TABLE crawls ADD COLUMN merged_id INTEGER REFERENCES merged_archives (id)",
)

SNAPSHOTS = (
    # A row per dictionary that pages of a site are compressed with; never deleted.
    """CREATE TABLE dictionaries (
        id INTEGER PRIMARY KEY,
        site TEXT NOT NULL,
        name TEXT,                 -- suara-1, suara-2 ...
        created_at TEXT NOT NULL,
        retired_at TEXT,           -- it compresses nothing new since
        digest TEXT NOT NULL,      -- SHA-256 of its content
        packed BLOB NOT NULL,      -- zstd frame; empty once it was erased
        after_snapshots INTEGER NOT NULL DEFAULT 0  -- pages of its site kept before it was made
    ) STRICT""",
    "CREATE UNIQUE INDEX dictionaries_name ON dictionaries (name)",
    """CREATE INDEX dictionaries_in_force ON dictionaries (site, id) WHERE retired_at IS NULL""",
    # A row per site: how many pages were ever kept, by which dictionary trials are due.
    "CREATE TABLE packing (site TEXT PRIMARY KEY, pages INTEGER NOT NULL) STRICT",
    # A row per page as its server sent it; pages 2 to n of a story point to its first.
    """CREATE TABLE snapshots (
        id INTEGER PRIMARY KEY,
        url_id INTEGER NOT NULL REFERENCES urls (id),
        crawl_id INTEGER REFERENCES crawls (id),
        first_part_id INTEGER REFERENCES snapshots (id),
        part INTEGER NOT NULL DEFAULT 1,
        missing_parts INTEGER NOT NULL DEFAULT 0,
        requested_url TEXT NOT NULL,
        url TEXT NOT NULL,         -- after redirects
        status INTEGER NOT NULL,
        headers TEXT NOT NULL,     -- JSON object, names in lower case
        fetched_at TEXT NOT NULL,  -- by the system clock
        kept_at TEXT,
        digest TEXT NOT NULL,      -- SHA-256 of the body
        size INTEGER NOT NULL,     -- bytes of the body
        dictionary_id INTEGER REFERENCES dictionaries (id),
        packed BLOB NOT NULL,      -- zstd frame of the body
        opted_out TEXT             -- the rule by which it opts out of text and data mining
    ) STRICT""",
    "CREATE INDEX snapshots_url ON snapshots (url_id)",
    "CREATE INDEX snapshots_parts ON snapshots (first_part_id) WHERE first_part_id IS NOT NULL",
    "CREATE INDEX snapshots_dictionary ON snapshots (dictionary_id)",
    # A row per snapshot that was read: by which extractor last, and why it yielded no story.
    """CREATE TABLE readings (
        snapshot_id INTEGER PRIMARY KEY REFERENCES snapshots (id),
        extractor TEXT NOT NULL,
        layout TEXT,
        refusal TEXT,
        read_at TEXT
    ) STRICT""",
)

ARTICLES = (
    # A row per story at a site; the text is in its newest revision.
    """CREATE TABLE articles (
        id INTEGER PRIMARY KEY,
        site TEXT NOT NULL,
        key TEXT NOT NULL,         -- the story's identity at its site
        story_id TEXT,
        url TEXT NOT NULL,         -- canonical
        first_seen_at TEXT NOT NULL,
        removed_at TEXT,           -- its site took it down
        opted_out TEXT,            -- the rule by which it opts out of text and data mining
        revision INTEGER NOT NULL, -- number of the newest one; 0 once it was taken down here
        published_at TEXT,         -- of the newest revision
        UNIQUE (site, key)
    ) STRICT""",
    *LISTED,
    "CREATE INDEX articles_url ON articles (url)",
    "CREATE INDEX articles_site ON articles (site)",
    "CREATE INDEX articles_story ON articles (story_id)",
    "CREATE INDEX articles_removed ON articles (removed_at) WHERE removed_at IS NOT NULL",
    "CREATE INDEX articles_newest ON articles (site, published_at, revision)",
    "CREATE INDEX articles_published ON articles (published_at)",
    # A row per state of a story, from `observed_at` on until its next revision.
    """CREATE TABLE revisions (
        id INTEGER PRIMARY KEY,
        article_id INTEGER NOT NULL REFERENCES articles (id),
        number INTEGER NOT NULL,   -- from 1
        kind TEXT NOT NULL
            CHECK (kind IN ('first', 'publisher', 'technical', 'removed', 'restored')),
        changed TEXT NOT NULL,     -- JSON array: fields that differ from the revision before
        returns_to INTEGER,        -- number of the earlier revision with the same text
        observed_at TEXT NOT NULL,
        snapshot_id INTEGER REFERENCES snapshots (id),
        digest TEXT NOT NULL,      -- of the fields that are compared
        headline TEXT,
        kicker TEXT,
        deck TEXT,
        body TEXT NOT NULL,
        dateline TEXT,
        authors TEXT NOT NULL,
        editors TEXT NOT NULL,
        agency TEXT,
        published_at TEXT,
        modified_at TEXT,
        section TEXT,
        tags TEXT NOT NULL,
        image_url TEXT,
        caption TEXT,
        language TEXT NOT NULL,
        page_count INTEGER NOT NULL,
        layout TEXT NOT NULL,
        extractor TEXT NOT NULL,
        warnings TEXT NOT NULL,
        correction TEXT,           -- the publisher's note of a correction that came with it
        UNIQUE (article_id, number)
    ) STRICT""",
    # As-of queries find the newest revision by this index alone: the rows themselves are long.
    "CREATE INDEX revisions_as_of ON revisions (published_at, observed_at, article_id, number)",
    REVISIONS_BY_PUBLISHED,
    *REVISIONS_BY_CHANGE,
    # Without it SQLite searches all revisions for each snapshot that is erased.
    "CREATE INDEX revisions_snapshot ON revisions (snapshot_id) WHERE snapshot_id IS NOT NULL",
    # A row per story that the archive's owner took down: no later crawl brings it back.
    """CREATE TABLE tombstones (
        site TEXT NOT NULL,
        key TEXT NOT NULL,
        article_id INTEGER,        -- NULL for a story that was never kept
        url TEXT NOT NULL,
        reason TEXT NOT NULL,      -- the owner's words
        taken_down_at TEXT NOT NULL,
        PRIMARY KEY (site, key)
    ) STRICT""",
    "CREATE UNIQUE INDEX tombstones_article ON tombstones (article_id)",
    """CREATE TRIGGER revisions_never_change BEFORE UPDATE ON revisions
        BEGIN SELECT RAISE(ABORT, 'a revision is never changed'); END""",
    """CREATE TRIGGER revisions_are_never_deleted BEFORE DELETE ON revisions
        WHEN NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.article_id = OLD.article_id)
        BEGIN SELECT RAISE(ABORT, 'a revision is never deleted'); END""",
    """CREATE TRIGGER revisions_are_never_replaced BEFORE INSERT ON revisions
        WHEN EXISTS (SELECT 1 FROM revisions r
            WHERE r.id = NEW.id OR (r.article_id = NEW.article_id AND r.number = NEW.number))
        BEGIN SELECT RAISE(ABORT, 'a revision is never replaced'); END""",
    # A row per change of a story's opt-out: which rule applies from `since` on, NULL for none.
    """CREATE TABLE rights (
        id INTEGER PRIMARY KEY,
        article_id INTEGER NOT NULL REFERENCES articles (id),
        since TEXT NOT NULL,
        rule TEXT
    ) STRICT""",
    "CREATE INDEX rights_article ON rights (article_id)",
)

FURNITURE = (
    # A row per comparison of a site's kept pages: from then on its furniture is what is below.
    """CREATE TABLE furniture_sets (
        id INTEGER PRIMARY KEY,
        site TEXT NOT NULL,
        learnt_at TEXT NOT NULL,
        pages INTEGER NOT NULL,    -- of the site, that were ever kept by then
        digest TEXT NOT NULL       -- of the set, as in the extractor's name; empty for none
    ) STRICT""",
    "CREATE INDEX furniture_sets_site ON furniture_sets (site, id)",
    # A row per block that stands on many of a site's pages and is no one story's text.
    """CREATE TABLE furniture (
        id INTEGER PRIMARY KEY,
        site TEXT NOT NULL,
        text TEXT NOT NULL,        -- normalised; apart from prose each number is 0
        in_prose INTEGER NOT NULL, -- 1: it is one where it stands among the story's paragraphs, too
        first_set INTEGER NOT NULL REFERENCES furniture_sets (id),
        ended_set INTEGER REFERENCES furniture_sets (id)  -- the first one without it
    ) STRICT""",
    "CREATE INDEX furniture_site ON furniture (site, first_set)",
    "CREATE INDEX furniture_ended ON furniture (ended_set) WHERE ended_set IS NOT NULL",
)

SYNDICATION = (
    # A row per distinct text of the newest revisions. AUTOINCREMENT: programs remember the texts
    # that they compared, so a number is never given twice.
    """CREATE TABLE texts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        digest TEXT NOT NULL UNIQUE,
        algorithm TEXT NOT NULL,   -- of the signature and the keys
        signature BLOB NOT NULL    -- MinHash; empty for a text too short to compare
    ) STRICT""",
    # A row per key (band of the signature) of a text: texts that share one are candidates.
    """CREATE TABLE bands (
        key INTEGER NOT NULL, text_id INTEGER NOT NULL, PRIMARY KEY (key, text_id)
    ) STRICT, WITHOUT ROWID""",
    # A row per article: which text it runs.
    """CREATE TABLE article_texts (
        article_id INTEGER PRIMARY KEY REFERENCES articles (id),
        text_id INTEGER NOT NULL REFERENCES texts (id)
    ) STRICT""",
    "CREATE INDEX article_texts_text ON article_texts (text_id)",
    # A row per article that is in a cluster today; the shares are from 0 to 1.
    """CREATE TABLE members (
        article_id INTEGER PRIMARY KEY REFERENCES articles (id),
        cluster_id INTEGER NOT NULL,
        relation TEXT,             -- to the cluster's first article; NULL for that one
        similarity REAL NOT NULL,
        containment REAL NOT NULL,
        of_first REAL NOT NULL,
        is_first INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX members_cluster ON members (cluster_id)",
    # A row per change of a row of `members`; a NULL cluster_id: in none from `since` on.
    """CREATE TABLE memberships (
        id INTEGER PRIMARY KEY,
        article_id INTEGER NOT NULL REFERENCES articles (id),
        since TEXT NOT NULL,
        cluster_id INTEGER,
        relation TEXT,
        similarity REAL,
        containment REAL,
        of_first REAL,
        is_first INTEGER
    ) STRICT""",
    "CREATE INDEX memberships_article ON memberships (article_id)",
)

MONITORING = (
    # A row per drift of a layout: since when its pages read unlike the site's past.
    """CREATE TABLE drifts (
        id INTEGER PRIMARY KEY,
        site TEXT NOT NULL,
        layout TEXT NOT NULL,
        extractor TEXT NOT NULL,   -- that read the pages; a later one has to drift anew
        since TEXT NOT NULL,
        noted_at TEXT,
        ended_at TEXT,             -- NULL while it lasts
        reasons TEXT NOT NULL,     -- JSON array of {"sign", "why"}
        urls TEXT NOT NULL         -- JSON array of examples
    ) STRICT""",
    "CREATE INDEX drifts_site ON drifts (site, layout)",
    # A row per incident.
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        site TEXT,                 -- NULL for the whole archive
        layout TEXT,
        day TEXT,                  -- of a loss of coverage
        why TEXT NOT NULL,         -- a sentence
        since TEXT NOT NULL,
        told_at TEXT,              -- delivered first
        ended_at TEXT,             -- NULL while it lasts
        end_told_at TEXT,
        urls TEXT NOT NULL DEFAULT '[]'  -- JSON array of examples
    ) STRICT""",
    "CREATE INDEX alerts_open ON alerts (kind, site) WHERE end_told_at IS NULL",
    # A row per message of an alert to a target, so that no target gets it twice and one that is
    # down gets it later.
    """CREATE TABLE alert_deliveries (
        id INTEGER PRIMARY KEY,
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        target TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('began', 'ended')),
        noted_at TEXT NOT NULL,
        next_try_at TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,  -- counted before the message is sent
        tried_at TEXT,
        error TEXT,                -- of the last try
        settled_at TEXT,
        outcome TEXT,              -- told, overtaken (ended first: one message says both),
                                   -- flapped (began again within the hour) or given_up
        UNIQUE (alert_id, target, state)
    ) STRICT""",
    """CREATE INDEX alert_deliveries_waiting ON alert_deliveries (target)
        WHERE settled_at IS NULL""",
)

WEB_ARCHIVES = (
    # A row per file of captures by other crawlers that was imported.
    """CREATE TABLE imported_files (
        id INTEGER PRIMARY KEY,
        digest TEXT NOT NULL,      -- SHA-256 of its bytes
        terms TEXT NOT NULL,       -- digest of the publishers and options by which it was read
        name TEXT NOT NULL,        -- without its folder
        size INTEGER NOT NULL,
        identity TEXT NOT NULL,    -- of the file on its disk: it is recognised without reading it
        began_at TEXT NOT NULL,
        ended_at TEXT,             -- NULL while it is read, or after that was interrupted
        counts TEXT,               -- JSON object: what became of its records
        UNIQUE (digest, terms)
    ) STRICT""",
    # A row per capture of a story in such a file, so that none is imported twice.
    """CREATE TABLE captures (
        id INTEGER PRIMARY KEY,
        file_id INTEGER NOT NULL REFERENCES imported_files (id),
        offset INTEGER NOT NULL,   -- of its record in the file
        record_id TEXT,            -- WARC-Record-ID; NULL for a saved page
        url_id INTEGER NOT NULL REFERENCES urls (id),
        captured_at TEXT NOT NULL, -- as the file says; UTC
        digest TEXT NOT NULL,      -- SHA-256 of the page; empty where it was not sent (304)
        outcome TEXT NOT NULL,     -- new, revised, unchanged, not_modified, older, part or failed
        reason TEXT                -- a code of archive.ledger.wording
    ) STRICT""",
    "CREATE INDEX captures_page ON captures (url_id, captured_at)",
    "CREATE INDEX captures_record ON captures (record_id) WHERE record_id IS NOT NULL",
    "CREATE INDEX captures_file ON captures (file_id)",
)

LATEST = f"""CREATE VIEW latest AS SELECT
        a.id AS article_id, a.site, a.url, a.story_id, r.headline, r.kicker, r.deck, r.body,
        r.dateline, r.authors, r.editors, r.agency, a.published_at, r.modified_at, r.section,
        r.tags, r.image_url, r.caption, r.language, r.page_count, r.layout, r.extractor,
        r.warnings, r.number AS revision, a.first_seen_at, r.observed_at, a.removed_at,
        (SELECT m.cluster_id FROM members m WHERE m.article_id = a.id) AS cluster_id, a.opted_out,
        {PUBLISHED_AT_UTC} AS published_at_utc
        FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision"""
HISTORY = f"""CREATE VIEW history AS SELECT
        r.article_id, a.site, a.url, r.number, r.kind, r.changed, r.observed_at, r.headline,
        r.body, r.extractor, r.snapshot_id, r.returns_to, r.published_at,
        {PUBLISHED_AT_UTC} AS published_at_utc
        FROM revisions r JOIN articles a ON a.id = r.article_id"""
SYNDICATED = f"""CREATE VIEW syndication AS SELECT
        m.cluster_id, m.article_id, a.site, a.url, a.published_at, m.relation, m.similarity,
        m.containment, m.is_first, r.agency, {PUBLISHED_AT_UTC} AS published_at_utc
        FROM members m JOIN articles a ON a.id = m.article_id
        JOIN revisions r ON r.article_id = a.id AND r.number = a.revision"""

VIEWS = (
    LATEST,  # a row per article with its newest revision
    HISTORY,  # a row per revision
    SYNDICATED,  # a row per article that is in a cluster
    # A row per URL.
    """CREATE VIEW ledger AS SELECT
        url, site, state, reason, article_id, announced_by, first_seen_at, last_checked_at,
        next_check_at, checks, etag, last_modified FROM urls""",
    # A row per article that was read with a layout while it drifted. CROSS JOIN keeps the order:
    # from the drifts by time to a few revisions, not through all articles of a site.
    """CREATE VIEW drifted AS SELECT DISTINCT r.article_id, d.site, d.layout, d.since
        FROM drifts d CROSS JOIN revisions r
            ON r.observed_at >= d.since AND (d.ended_at IS NULL OR r.observed_at < d.ended_at)
        CROSS JOIN articles a
            ON a.id = r.article_id AND a.revision = r.number AND a.site = d.site
        LEFT JOIN readings g ON g.snapshot_id = r.snapshot_id AND g.refusal IS NULL
        WHERE coalesce(g.layout, r.layout) = d.layout
            AND coalesce(g.extractor, r.extractor) = d.extractor""",
)

SEARCH = (
    # The full text of the newest revisions: the texts stay in `revisions`, the index points there.
    """CREATE VIEW searchable AS SELECT
        article_id, coalesce(headline, '') AS headline, coalesce(deck, '') AS deck, body
        FROM latest""",
    """CREATE VIRTUAL TABLE search USING fts5(
        headline, deck, body,
        content='searchable', content_rowid='article_id', tokenize='unicode61')""",
)

SEARCH_EARLIER = (
    # The full text of what publishers replaced. An earlier reading of the same page is none of it:
    # else each new extractor would double the index.
    """CREATE VIEW searchable_earlier AS SELECT
        r.id AS revision_id, coalesce(r.headline, '') AS headline, coalesce(r.deck, '') AS deck,
        r.body
        FROM revisions r JOIN revisions n
            ON n.article_id = r.article_id AND n.number = r.number + 1
        WHERE n.kind != 'technical'
            AND (r.headline, r.deck, r.body) IS NOT (n.headline, n.deck, n.body)""",
    """CREATE VIRTUAL TABLE search_earlier USING fts5(
        headline, deck, body,
        content='searchable_earlier', content_rowid='revision_id', tokenize='unicode61')""",
)
FILL_EARLIER = "INSERT INTO search_earlier (search_earlier) VALUES ('rebuild')"

SCHEMA = (
    *(*CLOCK, *LEDGER, *MERGES, *SNAPSHOTS, *WIRE, *ARTICLES, *FURNITURE, *WEB_ARCHIVES),
    *(*SYNDICATION, *MONITORING, *VIEWS, *SEARCH, *SEARCH_EARLIER),
)
"""The statements that make an empty archive, in their order."""
