"""`python -m tests.benchmarks.soak`: a simulated month of the five sites with outages, overload, a
redesign, a power cut and kills.

Prints what happened and whether every claim of tests/schedule/test_soak.py holds. Two and a half
minutes on two cores.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import click

from archive import Archive
from archive.maintenance.verify import verify
from scraper.cli.rendering.terminal import print_table
from tests.scraper.monitoring.alerts.receivers import Postbox, Receiver
from tests.scraper.schedule import claims
from tests.scraper.schedule.month import Month
from tests.scraper.schedule.newsrooms import HOSTS, Newsrooms
from tests.scraper.schedule.trouble import month as whole_month
from tests.scraper.schedule.world import World

BACKFILL = 6


@click.command()
@click.option("--a-day", default=8, show_default=True, help="Stories a site and day.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep the archive here.")
def main(a_day: int, folder: Path | None) -> None:
    """Live through the month, and tell."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        os.environ.pop(name, None)
    logging.disable(logging.ERROR)  # of crawls that fail as they should
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        place.mkdir(exist_ok=True)
        _run(a_day, place)


def _run(a_day: int, folder: Path) -> None:
    plan, begun = whole_month(), time.monotonic()
    rooms = Newsrooms(
        plan.begins.date() - timedelta(days=BACKFILL),
        (plan.ends - plan.begins).days + BACKFILL + 2,
        a_day=a_day,
    )
    with World(rooms, plan) as world, Receiver() as hook, Postbox() as post:
        month = Month(folder, world, hook, post)
        while month.now < plan.ends:
            month.live(min(month.now + timedelta(days=1), plan.ends))
            click.echo(
                f"{month.now:%d %b}: {len(month.results)} crawls, {time.monotonic() - begun:.0f} s",
                err=True,
            )
        _show(month, hook, post, time.monotonic() - begun)


def _show(month: Month, hook: Receiver, post: Postbox, seconds: float) -> None:
    world, archive, rooms, plan = month.world, month.archive, month.world.rooms, month.plan
    crawls = claims.read(
        archive,
        "SELECT site, replace(coalesce(end_reason, 'broke_off'), 'broke_off', 'killed') AS ended"
        " FROM crawls",
    )
    kept = Counter(row["site"] for row in claims.read(archive, "SELECT site FROM latest"))
    announced = Counter(told.site for told in claims.announced(archive, rooms))
    told = Counter((body["state"], body["site"]) for body in hook.bodies)
    rows = [
        {
            "site": site,
            "crawls": sum(row["site"] == site for row in crawls),
            "failed": sum(
                row["site"] == site and row["ended"] not in ("finished", "killed") for row in crawls
            ),
            "killed": sum(row["site"] == site and row["ended"] == "killed" for row in crawls),
            "announced": announced[site],
            "kept": kept[site],
            "requests": sum(request.site == site for request in world.log),
            "began": told["began", site],
            "ended": told["ended", site],
        }
        for site in HOSTS
    ]
    totals = {name: sum(row[name] for row in rows) for name in rows[0] if name != "site"}
    began, ended = (
        sum(number for (state, _site), number in told.items() if state == name)
        for name in ("began", "ended")
    )
    rows.append({"site": "all", **totals, "began": began, "ended": ended})
    columns = {name: name for name in rows[0]} | {"began": "incidents told", "ended": "cleared"}
    print_table(rows, columns)
    days = (plan.ends - plan.begins).days
    click.echo(
        f"{days} days in {seconds:.0f} s; SIGKILL: {dict(month.kills)}; mails: {len(post.letters)}"
    )
    for claim, against in _claims(month, hook).items():
        click.echo(f"{'BROKEN' if against else 'holds '} {claim}")
        for each in against[:10]:
            click.echo(f"       {each}")


def _claims(month: Month, hook: Receiver) -> dict[str, list[str]]:
    world, archive, rooms, plan = month.world, month.archive, month.world.rooms, month.plan
    with Archive(archive, read_only=True) as opened:
        unsound = [str(finding) for finding in verify(opened) if not finding.ok]
    return {
        "no story that stood while its site was up is missing": claims.lost(archive, rooms),
        "every text is the one that stood when it was last asked for": claims.misread(
            archive, rooms
        ),
        "no revision that no newsroom made": claims.invented_revisions(archive, rooms),
        "every incident was told once and cleared once": claims.told_wrongly(
            hook.bodies, claims.expected(archive, plan)
        ),
        "no two crawls of a site overlapped": claims.overlapping(world.log),
        "no crawl asked again for what had answered": claims.asked_again(world.log),
        "no story was asked for again before it was due": claims.too_soon(
            world.log, rooms, plan, month.killed
        ),
        "pauses that sites asked for were kept": claims.impatient(world.log, plan),
        "no crawl asked for more stories than its limit": claims.over_limit(
            world.log, rooms, "islamtimes", 40
        ),
        "the archive is sound": unsound,
    }


if __name__ == "__main__":
    main()
