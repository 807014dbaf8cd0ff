"""`warta fleet init`: the tables in PostgreSQL, and the mark in the store."""

import click

from archive.printable import in_line
from scraper.cli.fleet.opening import fleet_configuration, fleet_database, fleet_store
from scraper.cli.rendering.terminal import note, say


@click.command()
@click.option(
    "--adopt",
    is_flag=True,
    help="Go on with what the store has, where the database or copies in the store were lost.",
)
def init(adopt: bool) -> None:
    """Set up the database and the store of a fleet; of one that exists, only what a later version
    of warta needs is changed. It may be run again, also while workers run.

    The database is one that the user of `dsn` may create tables in, and that nothing else uses. A
    store belongs to one database: `--adopt` gives the store of a lost database to a new one. It
    also accepts that newer copies of archives are lost, as in a store that was restored from a
    backup, or where damaged ones were deleted: their sites go on from the newest that are there.
    """
    configuration = fleet_configuration()
    store = fleet_store(configuration)
    with fleet_database(configuration, "init") as database:
        from scraper.fleet.schema import adopt as adopt_id
        from scraper.fleet.schema import check_store, set_up
        from scraper.fleet.sites import accept

        fleet = set_up(database)
        known = store.identity()
        if adopt and known is not None:
            fleet = adopt_id(database, known)
        check_store(database, known, fleet)
        if known is None:
            store.claim(fleet)
        for site in accept(database, store.newest) if adopt else ():
            note(in_line(f"{site}: goes on from the newest copy that the store has."))
    say(f"The fleet is ready ({fleet}); `warta fleet worker` starts a worker of it.")
