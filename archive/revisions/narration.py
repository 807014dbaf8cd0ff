"""The history of a URL in sentences: what `archive.revisions.queries.life_of` returned."""

from collections.abc import Iterator
from typing import Any

from archive.ledger.wording import CUTS, human_bytes, plain_time, sentence

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
    yield f"Site {life['site']}, state {life['state']}{_if(': {}', sentence(life['reason']))}."
    if life["taken_down_for"]:
        yield f"The reason given: {life['taken_down_for']}."
    source = _if(" by {}", life["announced_by"]) + _if(", dated {}", life["published_at"])
    yield f"First announced {plain_time(life['first_seen_at'])}{source}."
    yield from map(_event, life["history"])
    if all(check["bytes"] is None for check in life["history"]):
        yield "Never requested."
    if life["state"] != "source":
        yield _due(life)
    if life["article_id"] is None:
        return
    if life["revisions"]:
        yield f"It is article {life['article_id']}:"
    else:
        yield f"It was article {life['article_id']}; its texts are erased."
    for made in life["revisions"]:
        yield _revision(made)
        yield from (f"    {sentence(code)}" for code in made["warnings"] if code in CUTS)
    for block in life.get("furniture", ()):
        since = plain_time(block["since"])
        yield f'  Taken out as furniture of the site, learnt {since}: "{block["text"]}"'


def _if(pattern: str, value: object) -> str:
    return pattern.format(value) if value else ""


def _event(check: dict[str, Any]) -> str:
    """Describe an answer, or an event without a request."""
    time, outcome = plain_time(check["checked_at"]), check["outcome"]
    if outcome in _EVENTS:
        due = _if(", due {}", check["next_check_at"])
        why = "" if outcome == "taken_down" else f": {sentence(check['due_reason'])}"
        at = _if(", captured {}", outcome == "imported" and check["asked_at"])
        return f"{_EVENTS[outcome]} {time}{at}{due}{why}."
    if check["bytes"] is None:
        captured = check["asked_at"] or time
        return f"Imported {time}, captured {captured}: {outcome.replace('_', ' ')}."
    validators = _if(" with validators", check["conditional"])
    answer = f"status {check['status']}" if check["status"] else "no answer"
    result = outcome.replace("_", " ") + _if(" ({})", sentence(check["reason"]))
    size = human_bytes(check["bytes"] or 0)
    return f"Requested{validators} {time}: {answer}, {result}, {size}."


def _due(life: dict[str, Any]) -> str:
    reason = life["due_reason"]
    why = _if(": {}", reason != life["reason"] and sentence(reason))
    if reason == "quiet":
        why += f" ({life['quiet_checks']} in a row so far)"
    if life["next_check_at"]:
        return f"Due again {life['next_check_at']}{why}."
    return f"Not due again by itself{why}."


def _revision(made: dict[str, Any]) -> str:
    changed = _if(", changed {}", ", ".join(made["changed"]))
    back = _if(", back to revision {}", made["returns_to"])
    note = _if(': "{}"', made["correction"])
    time = plain_time(made["observed_at"])
    return f"  revision {made['number']} ({made['kind']}{changed}{back}) {time}{note}"
