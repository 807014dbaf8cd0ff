"""The tables of a fleet in PostgreSQL, beside those of procrastinate; public like an archive's."""

from pathlib import Path
from uuid import UUID

from procrastinate.schema import SchemaManager

from scraper.fleet.database import Connection, Database
from scraper.fleet.records import FleetError

VERSION = 1
"""Of the tables below; a change comes with a migration and a higher number."""

NEEDS = 1
"""The oldest version of warta's own number that may use tables of this VERSION."""

TABLES = """\
CREATE FUNCTION warta_now() RETURNS timestamptz
    LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

CREATE TABLE warta_fleet (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    version integer NOT NULL,
    needs integer NOT NULL,
    jobs_version text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT warta_now(),
    looked_at timestamptz NOT NULL DEFAULT 'epoch'
);

CREATE TABLE warta_workers (
    name text PRIMARY KEY,
    run uuid NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    born text NOT NULL,
    version text NOT NULL,
    schema integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT warta_now(),
    seen_at timestamptz NOT NULL DEFAULT warta_now(),
    ended_at timestamptz,
    draining text CHECK (draining IN ('finish', 'stop')),
    clock_off interval NOT NULL DEFAULT '0',
    store_problem text,
    store_problem_since timestamptz
);

CREATE TABLE warta_leases (
    site text PRIMARY KEY,
    token bigint NOT NULL DEFAULT 0,
    holder text,
    taken_at timestamptz,
    renewed_at timestamptz,
    ends_at timestamptz NOT NULL DEFAULT 'epoch',
    delay interval NOT NULL DEFAULT '0',
    free_at timestamptz NOT NULL DEFAULT 'epoch'
);

CREATE FUNCTION warta_free_from(lease warta_leases) RETURNS timestamptz LANGUAGE sql STABLE AS
    'SELECT CASE WHEN lease.holder IS NULL THEN lease.free_at
        ELSE greatest(lease.free_at, lease.ends_at + lease.delay) END';

CREATE TABLE warta_sites (
    site text PRIMARY KEY,
    began_at timestamptz,
    finished_at timestamptz,
    ended_at timestamptz,
    ended text,
    exit_code integer,
    why text,
    worker text,
    crawl bigint,
    lost_at timestamptz,
    failures integer NOT NULL DEFAULT 0,
    schema integer NOT NULL DEFAULT 0,
    replica_token bigint,
    replica_at timestamptz,
    unpushed_by text
);

CREATE TABLE warta_incidents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    worker text,
    since timestamptz NOT NULL,
    why text NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT warta_now(),
    ended_at timestamptz
);
CREATE UNIQUE INDEX warta_incidents_open ON warta_incidents (kind, coalesce(worker, ''))
    WHERE ended_at IS NULL;

CREATE TABLE warta_messages (
    incident bigint NOT NULL REFERENCES warta_incidents ON DELETE CASCADE,
    target text NOT NULL,
    state text NOT NULL CHECK (state IN ('began', 'ended')),
    noted_at timestamptz NOT NULL DEFAULT warta_now(),
    next_try_at timestamptz NOT NULL DEFAULT warta_now(),
    tries integer NOT NULL DEFAULT 0,
    settled_at timestamptz,
    outcome text CHECK (outcome IN ('sent', 'overtaken', 'given_up')),
    error text,
    PRIMARY KEY (incident, target, state)
);
CREATE INDEX warta_messages_waiting ON warta_messages (next_try_at) WHERE settled_at IS NULL;
"""
"""`warta_now()` is the clock of the fleet; a simulation replaces it.

`warta_fleet.single`: there is one row. `looked_at`: when a worker last computed what is due.
`warta_workers.run`: another one each time that a worker starts; `born`: when its process began.
`warta_workers.store_problem`: why it cannot use the store, and since when; null if it can.
`warta_leases.delay`: seconds between two requests to the site, as its holder said last; a lease
that was not released is free after `ends_at` and that: `warta_free_from` says from when on.
`warta_sites.finished_at`: when its last crawl that finished began. `crawl`: the token of the lease
of the last one. `lost_at`: when one lost its lease, until another one has finished. `unpushed_by`:
the worker whose copy has crawls that the store could not take; as long as it is alive, the others
leave the site to it.
`warta_incidents`, `warta_messages`: what needed attention, and what targets were sent about it.
"""


_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('warta fleet init'))"
_EXISTS = "SELECT to_regclass(%(table)s) IS NOT NULL AS there"


def set_up(database: Database) -> str:
    """Make the tables, or migrate those of an earlier warta; return the id of the fleet.

    Two at the same time are one after another. Raises FleetError.
    """
    with database.transaction() as connection:
        connection.execute(_ONE_AT_A_TIME)
        if not _has(connection, "warta_fleet"):
            _create(connection)
        else:
            _migrate_jobs(connection)
    return check(database)


def _has(connection: Connection, table: str) -> bool:
    row = connection.execute(_EXISTS, {"table": table}).fetchone()
    return row is not None and bool(row["there"])


def _create(connection: Connection) -> None:
    if _has(connection, "procrastinate_jobs"):
        raise FleetError(
            "the fleet's database holds jobs of another program (procrastinate): "
            "a fleet needs a database, or a schema in its search_path, of its own"
        )
    connection.execute(SchemaManager.get_schema())
    connection.execute(TABLES)
    connection.execute(
        "INSERT INTO warta_fleet (version, needs, jobs_version) VALUES (%s, %s, %s)",
        (VERSION, NEEDS, _job_migrations()[-1].name),
    )


def _migrate_jobs(connection: Connection) -> None:
    """Apply what a later procrastinate changed in its tables."""
    row = connection.execute("SELECT jobs_version FROM warta_fleet FOR UPDATE").fetchone()
    assert row is not None
    for file in _job_migrations():
        if file.name > row["jobs_version"]:
            connection.execute(file.read_text("utf-8").encode())  # of the package
            connection.execute("UPDATE warta_fleet SET jobs_version = %s", (file.name,))


def _job_migrations() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def check(database: Database) -> str:
    """Return the id of the fleet; raises FleetError where it is of another version of warta."""
    row = database.row("SELECT id, version, needs FROM warta_fleet")
    if row is None:
        raise FleetError("the fleet's database: it holds no fleet: run `warta fleet init`")
    if row["version"] < VERSION:
        raise FleetError(
            f"the fleet's database is of an earlier warta (version {row['version']}, this one needs"
            f" {VERSION}): run `warta fleet init`"
        )
    if row["needs"] > VERSION:
        raise FleetError(
            f"the fleet's database is of a later warta (it needs version {row['needs']}, this one"
            f" has {VERSION}): upgrade warta on this machine"
        )
    return str(row["id"])


def adopt(database: Database, fleet: str) -> str:
    """Make a new database that of a fleet whose own was lost; return its id. Raises FleetError."""
    try:
        known = str(UUID(fleet))
    except ValueError:
        raise FleetError("the store names a fleet in a way that warta does not know") from None
    row = database.row(
        "UPDATE warta_fleet SET id = %(id)s WHERE NOT EXISTS (SELECT FROM warta_sites)"
        " OR id = %(id)s RETURNING id",
        id=known,
    )
    if row is None:
        raise FleetError("the database has crawled for another fleet; --adopt needs a new one")
    return known


def check_store(database: Database, store: str | None, fleet: str) -> None:
    """Raise FleetError unless a store that names this fleet, or None, may be this database's."""
    if store not in (None, fleet):
        raise FleetError(
            "the store belongs to another fleet than the database: two fleets cannot share either;"
            " `--adopt` is for a store whose database was lost"
        )
    pushed = database.row("SELECT site FROM warta_sites WHERE replica_token IS NOT NULL LIMIT 1")
    if store is None and pushed is not None:
        raise FleetError(
            "the database is that of a fleet with another store: is this one mounted? Another fleet"
            " needs a database of its own"
        )
