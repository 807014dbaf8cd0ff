"""`warta alerts`: the log of alerts, and messages that test their targets."""

from __future__ import annotations

from contextlib import closing
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from archive.database.connection import no_archive
from archive.ledger.wording import plural
from archive.monitoring.alert_log import listed
from archive.monitoring.incidents import Incident
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.fleet.opening import fleet_store
from scraper.cli.groups import NaturalGroup
from scraper.cli.opening import opened
from scraper.cli.rendering.terminal import columns, needs_extra, note, print_rows, say
from scraper.monitoring.alerts.message import Message

if TYPE_CHECKING:
    from scraper.configuration import Configuration

_COLUMNS = columns(
    "kind site layout since ended_at told_at end_told_at waiting error why",
    ended_at="ended",
    told_at="notified",
    end_told_at="end notified",
    error="last problem",
)


@click.group(cls=NaturalGroup, natural="list")
@options.archive
def alerts(path: Path) -> None:
    """Notify webhooks, mailboxes and services of incidents: once when one begins, once when over.

    \b
    warta alerts test                  send a test message to every configured target
    warta alerts list                  what was sent, and what waits; also without a command
    warta alerts send                  check health once, as the schedule does every few minutes
    """


@alerts.command(name="list", short_help="List the alerts that were sent and that wait.")
@options.archive
@options.json
def list_alerts(path: Path, as_json: bool) -> None:
    """List the alerts: those of lasting incidents, then past ones, newest first."""
    with opened(path) as archive:
        rows = listed(archive.db)
    empty = "There were no alerts."
    print_rows(rows, _COLUMNS, as_json=as_json, flexible="why", empty=empty)


@alerts.command(short_help="Send a test message to every target.")
@options.archive
def test(path: Path) -> None:
    """Send a test message to every configured webhook, mailbox and service: one line each, exit
    status 1 if one did not accept it.
    """
    from scraper.monitoring.alerts.notify import deliver
    from scraper.monitoring.alerts.targets import targets as named_targets

    targets = named_targets(configured().configuration.alerts)
    if not targets:
        raise click.ClickException(
            "no target is configured: add webhook, apprise or mail to [alerts]"
        )
    message = _test_message(path.name, now=datetime.now(UTC))
    problems = deliver(dict.fromkeys(targets, message))
    for target in targets:
        problem = problems.get(target)
        say(f"{target.name}: {problem or 'sent'}", err=problem is not None)
    if problems:
        raise SystemExit(1)


@alerts.command(name="send", short_help="Check health once, and send new alerts.")
@options.archive
def send_alerts(path: Path) -> None:
    """Check health once as `warta schedule run` does, send new alerts, and write the metrics file;
    with a fleet, check that, too, as its workers do.

    systemd timers and cron run this beside the crawls. Exit status 3 if a message still waits.
    """
    from scraper.monitoring.lookout import Lookout
    from scraper.schedule.timetable import Timetable

    known, archive, now = configured(), path.absolute(), datetime.now(UTC)
    if known.configuration.fleet.is_configured:
        _check_fleet(known.configuration)
        if not archive.exists():  # each site has its own, and its crawls send its alerts
            return
    if not archive.exists():  # there was no crawl yet, or the name is wrong: no alert
        raise no_archive(archive)
    # A site that was never crawled is overdue since the configuration was written.
    since = now if known.file is None else datetime.fromtimestamp(known.file.stat().st_mtime, UTC)
    timetable = Timetable.of(known.configuration)
    report = Lookout(known.configuration, archive, timetable, lambda: now, since=since).look(now)
    if report.problem is None or report.sent:
        note(f"{plural(report.sent, 'message')} sent, {report.waiting} waiting")
    if report.problem is not None:
        raise click.ClickException(report.problem)
    if report.failed:
        raise SystemExit(3)


def _check_fleet(configuration: Configuration) -> None:
    """Check the fleet from here, and notify the targets of what no worker has."""
    from scraper.schedule.timetable import Timetable

    notes = fleet_store(configuration).objects if configuration.fleet.store else None
    with needs_extra("fleet"):
        from scraper.fleet.monitoring.lookout import FleetLookout
    lookout = FleetLookout(
        configuration,
        Timetable.of(configuration),
        worker=configuration.fleet.name or gethostname().partition(".")[0],
        notes=notes,
        clock=lambda: datetime.now(UTC),
    )
    with closing(lookout):
        note(f"fleet: {plural(lookout.look(), 'message')} sent")


# Its earlier name, which stands in crontabs and units.
_tell = copy(send_alerts)
_tell.hidden = True
alerts.add_command(_tell, "tell")


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
