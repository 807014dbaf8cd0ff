"""`warta explain`: a URL's whole life in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from archive.ledger.ledger import MOVES
from archive.ledger.wording import human_bytes, plain_time, sentence
from archive.revisions import queries
from scraper.cli.options import archive_option, identify, json_option, opened
from scraper.cli.terminal import print_json

_MOVED = {
    "announced": "Announced again",
    "woken": "Looked at again",
    "reread": "Its kept page was read again",
    "imported": "Imported",
    "taken_down": "Taken down here",
}


@click.command(short_help="A URL's whole life.")
@click.argument("url")
@archive_option
@json_option
def explain(url: str, path: Path, as_json: bool) -> None:
    """A URL's whole life: who announced it, each check with its answer, why it is due or not, and
    what it made.

    \b
    warta explain https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan
    """
    with opened(path) as archive:
        life = queries.life_of(archive.db, url, identify())
    if as_json:
        print_json([life])
        return
    for line in _life(life):
        click.echo(line)


def _life(life: dict[str, Any]) -> Iterator[str]:
    yield life["url"]
    yield (
        f"Site {life['site']}, state {life['state']}"
        + (f": {sentence(life['reason'])}" if life["reason"] else "")
        + "."
    )
    if life["taken_down_for"]:
        yield f"The reason given: {life['taken_down_for']}."
    announced = f" by {life['announced_by']}" if life["announced_by"] else ""
    dated = f", dated {life['published_at']}" if life["published_at"] else ""
    yield f"First announced {plain_time(life['first_seen_at'])}{announced}{dated}."
    yield from map(_happened, life["history"])
    if not any(check["outcome"] not in MOVES for check in life["history"]):
        yield "Never asked for."
    if life["state"] != "source":
        yield _due(life)
    if life["article_id"] is not None:
        yield (
            f"It is article {life['article_id']}:"
            if life["revisions"]
            else f"It was article {life['article_id']}; its texts are erased."
        )
    for made in life["revisions"]:
        changed = f", changed {', '.join(made['changed'])}" if made["changed"] else ""
        note = f': "{made["correction"]}"' if made["correction"] else ""
        back = f", back to revision {made['returns_to']}" if made["returns_to"] else ""
        yield f"  revision {made['number']} ({made['kind']}{changed}{back}) {plain_time(made['observed_at'])}{note}"


def _happened(check: dict[str, Any]) -> str:
    """A line for an answer, or for what happened without one."""
    if check["outcome"] in _MOVED:
        due = f", due {check['next_check_at']}" if check["next_check_at"] else ""
        why = "" if check["outcome"] == "taken_down" else f": {sentence(check['due_reason'])}"
        return f"{_MOVED[check['outcome']]} {plain_time(check['checked_at'])}{due}{why}."
    answer = f"status {check['status']}" if check["status"] else "no answer"
    reason = f" ({sentence(check['reason'])})" if check["reason"] else ""
    asked = "Asked with validators" if check["conditional"] else "Asked"
    outcome = check["outcome"].replace("_", " ")
    return f"{asked} {plain_time(check['checked_at'])}: {answer}, {outcome}{reason}, {human_bytes(check['bytes'] or 0)}."


def _due(life: dict[str, Any]) -> str:
    why = (
        f": {sentence(life['due_reason'])}"
        if life["due_reason"] and life["due_reason"] != life["reason"]
        else ""
    )
    quiet = f" ({life['quiet_checks']} in a row so far)" if life["due_reason"] == "quiet" else ""
    if life["next_check_at"]:
        return f"Due again {life['next_check_at']}{why}{quiet}."
    return f"Not due again by itself{why}{quiet}."
