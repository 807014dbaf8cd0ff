"""`warta alerts`: who was told of what, and a message to try the targets with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import click

from archive.database.connection import no_archive
from archive.ledger.wording import plain_time, plural
from archive.monitoring.alert_log import listed
from archive.monitoring.incidents import Incident
from scraper.cli.defaults import config_option, configured
from scraper.cli.options import archive_option, json_option, named, opened
from scraper.cli.terminal import print_json, print_table
from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.notify import deliver
from scraper.monitoring.alerts.targets import targets as named_targets
from scraper.monitoring.lookout import Lookout
from scraper.schedule.timetable import Timetable
from scraper.sites.loader import sites

_COLUMNS = {
    "kind": "kind",
    "site": "site",
    "layout": "layout",
    "since": "since",
    "ended_at": "ended",
    "told_at": "told",
    "end_told_at": "end told",
    "waiting": "waiting",
    "error": "last problem",
    "why": "why",
}
_TIMES = ("since", "told_at", "ended_at", "end_told_at")


@click.group(short_help="Who was told of what went wrong; try the targets.")
@archive_option
def alerts(path: Path) -> None:
    """Webhooks and mailboxes are told of what goes wrong: once when it begins, once when it is
    over.

    \b
    warta alerts test                             a test message to every target of the
    configuration warta alerts list                             what was told, and what waits for a
    target that is down warta alerts tell                             one look at health, as the
    schedule has every few minutes
    """


@alerts.command(name="list", short_help="What was told, and what is still to be told.")
@archive_option
@json_option
@click.pass_context
def list_alerts(context: click.Context, path: Path, as_json: bool) -> None:
    """Alerts that last, then those of the past, newest first."""
    with opened(named(context, path)) as archive:
        rows = listed(archive.db)
    if as_json:
        print_json(rows)
    elif rows:
        print_table(
            [row | {name: plain_time(row[name]) for name in _TIMES} for row in rows], _COLUMNS
        )
    else:
        click.echo("Nothing was noted.", err=True)


@alerts.command(short_help="A test message to every target.")
@config_option
@archive_option
@click.pass_context
def test(context: click.Context, path: Path) -> None:
    """Send a test message to every webhook and mailbox of the configuration; a line each, exit 1
    where one did not take it.
    """
    targets = named_targets(configured(context).configuration.alerts)
    if not targets:
        raise click.ClickException(
            "the configuration names no target: add a webhook or mail under [alerts]"
        )
    message = _test_message(named(context, path).name, now=datetime.now(UTC))
    problems = deliver(dict.fromkeys(targets, message))
    for target in targets:
        problem = problems.get(target)
        click.echo(f"{target.name}: {problem or 'told'}", err=problem is not None)
    if problems:
        raise SystemExit(1)


@alerts.command(name="tell", short_help="Look once, and tell what began and what ended.")
@config_option
@archive_option
@click.pass_context
def tell_alerts(context: click.Context, path: Path) -> None:
    """Look at health once as `warta schedule run` does, tell the targets what is new, and write the
    metrics' file.

    systemd's timers and cron run this beside the crawls. Ends with 3 where a message is still to be
    told.
    """
    known, archive, now = configured(context), named(context, path).absolute(), datetime.now(UTC)
    if (
        not archive.exists()
    ):  # nothing to tell anybody: the first crawl has not been, or the name is wrong
        raise no_archive(archive)
    # A site that was never crawled is to be crawled since the configuration says so.
    since = (
        datetime.fromtimestamp(known.file.stat().st_mtime, UTC) if known.file is not None else now
    )
    timetable = Timetable.of(known.configuration, list(sites()))
    told = Lookout(known.configuration, archive, timetable, lambda: now, since=since).look(now)
    click.echo(f"{plural(told.sent, 'message')} told, {told.waiting} waiting", err=True)
    if told.problem is not None:
        raise click.ClickException(told.problem)
    if told.failed:
        raise SystemExit(3)


def _test_message(archive: str, *, now: datetime) -> Message:
    why = "This is a test: alerts of warta reach you here."
    return Message(
        id=uuid4().hex,
        state="began",
        incident=Incident(kind="test", site=None, since=now, why=why),
        archive=archive,
        sent_at=now,
        test=True,
    )
