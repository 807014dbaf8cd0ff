"""The history of a URL in sentences: what `archive.revisions.queries.life_of` returned."""

from collections.abc import Iterator
from typing import Any

from archive.ledger.wording import CUTS, human_bytes, plain_time, sentence, word, worded, worded_if

_EVENTS = {
    "announced": "Announced again",
    "woken": "Scheduled again",
    "reread": "Its kept page was read again",
    "imported": "Imported",
    "taken_down": "Taken down here",
    "left_out": "Not requested",
    "merged": "Merged with what another archive knows",
    "doubted": "Its kept page was doubted, as other stories have its text, too,",
}


def sentences(life: dict[str, Any]) -> Iterator[str]:
    """Yield the sentences, one per event; those on a revision begin with two spaces."""
    yield life["url"]
    yield worded(
        "Site {site}, state {state}{why}.",
        site=life["site"],
        state=word(life["state"]),
        why=_why(sentence(life["reason"])),
    )
    if life["taken_down_for"]:
        yield worded("The reason given: {reason}.", reason=life["taken_down_for"])
    yield worded(
        "First announced {time}{source}{dated}.",
        time=plain_time(life["first_seen_at"]),
        source=worded_if(life["announced_by"], " by {value}"),
        dated=worded_if(life["published_at"], ", dated {value}"),
    )
    yield from map(_event, life["history"])
    if all(check["bytes"] is None for check in life["history"]):
        yield worded("Never requested.")
    if life["state"] != "source":
        yield _due(life)
    if life["article_id"] is None:
        return
    number = life["article_id"]
    if life["revisions"]:
        yield worded("It is article {number}:", number=number)
    else:
        yield worded("It was article {number}; its texts are erased.", number=number)
    for made in life["revisions"]:
        yield _revision(made)
        for code in made["warnings"]:
            if code in CUTS:
                yield worded("    {warning}", warning=sentence(code))
    for block in life.get("furniture", ()):
        yield worded(
            '  Taken out as furniture of the site, learnt {time}: "{text}"',
            time=plain_time(block["since"]),
            text=block["text"],
        )


def _why(reason: str) -> str:
    return worded_if(reason, ": {value}")


def _event(check: dict[str, Any]) -> str:
    """Describe an answer, or an event without a request."""
    time, outcome = plain_time(check["checked_at"]), check["outcome"]
    if outcome in _EVENTS:
        return worded(
            "{event} {time}{captured}{due}{why}.",
            event=worded(_EVENTS[outcome]),
            time=time,
            captured=worded_if(outcome == "imported" and check["asked_at"], ", captured {value}"),
            due=worded_if(check["next_check_at"], ", due {value}"),
            why=_why("" if outcome == "taken_down" else sentence(check["due_reason"])),
        )
    if check["bytes"] is None:
        return worded(
            "Imported {time}, captured {captured}: {outcome}.",
            time=time,
            captured=check["asked_at"] or time,
            outcome=word(outcome.replace("_", " ")),
        )
    return worded(
        "Requested{validators} {time}: {answer}, {outcome}{why}, {size}.",
        validators=worded_if(check["conditional"], " with validators"),
        time=time,
        answer=worded_if(check["status"], "status {value}") or worded("no answer"),
        outcome=word(outcome.replace("_", " ")),
        why=worded_if(sentence(check["reason"]), " ({value})"),
        size=human_bytes(check["bytes"] or 0),
    )


def _due(life: dict[str, Any]) -> str:
    reason, at, quiet = life["due_reason"], life["next_check_at"], ""
    if reason == "quiet":
        quiet = worded(" ({count} in a row so far)", count=life["quiet_checks"])
    return worded(
        "Due again {time}{why}{quiet}." if at else "Not due again by itself{why}{quiet}.",
        time=at,
        why=_why("" if reason == life["reason"] else sentence(reason)),
        quiet=quiet,
    )


def _revision(made: dict[str, Any]) -> str:
    return worded(
        "  revision {number} ({kind}{changed}{back}) {time}{note}",
        number=made["number"],
        kind=word(made["kind"]),
        changed=worded_if(", ".join(made["changed"]), ", changed {value}"),
        back=worded_if(made["returns_to"], ", back to revision {value}"),
        time=plain_time(made["observed_at"]),
        note=worded_if(made["correction"], ': "{value}"'),
    )
