"""A newsroom's ordinary life, drawn by lot: kinds of stories in runs, weekends with another mix,
days on which an author writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from archive.monitoring.drift_test import Observation

KINDS = {
    # share of the stories, characters, what they lack
    "news": (
        0.80,
        (1200, 4000),
        {
            "authors": 0.03,
            "dateline": 0.10,
            "tags": 0.05,
            "section": 0.01,
            "caption": 0.10,
            "image_url": 0.02,
        },
    ),
    "wire": (
        0.10,
        (900, 3000),
        {
            "authors": 0.60,
            "dateline": 0.02,
            "tags": 0.30,
            "section": 0.01,
            "caption": 0.40,
            "image_url": 0.10,
        },
    ),
    "photo": (
        0.06,
        (250, 700),
        {
            "authors": 0.85,
            "dateline": 0.95,
            "tags": 0.20,
            "section": 0.01,
            "caption": 0.02,
            "image_url": 0.00,
        },
    ),
    "opinion": (
        0.04,
        (5000, 9000),
        {
            "authors": 0.01,
            "dateline": 1.00,
            "tags": 0.50,
            "section": 0.01,
            "caption": 0.90,
            "image_url": 0.30,
        },
    ),
}
WEEKEND = {"news": 0.45, "wire": 0.25, "photo": 0.15, "opinion": 0.15}
FIELDS = tuple(KINDS["news"][2])


@dataclass(frozen=True, slots=True)
class Story:
    """A story as drift looks at it."""

    kind: str
    length: int
    lacks: frozenset[str]


def stories(count: int, lot: Random, *, a_day: int = 60) -> list[Story]:
    """So many in a row. Kinds come in runs: after a photo story another one is likely."""
    found: list[Story] = []
    kind = "news"
    for number in range(count):
        weekend = number // a_day % 7 >= 5
        weights = [WEEKEND[name] if weekend else KINDS[name][0] for name in KINDS]
        if lot.random() > 0.5 or kind == "news":
            kind = lot.choices(list(KINDS), weights)[0]
        found.append(_story(kind, lot))
    return found


def run_of(kind: str, count: int, lot: Random) -> list[Story]:
    return [_story(kind, lot) for _ in range(count)]


def _story(kind: str, lot: Random) -> Story:
    _share, (shortest, longest), chances = KINDS[kind]
    return Story(
        kind,
        lot.randint(shortest, longest),
        frozenset(name for name, chance in chances.items() if lot.random() < chance),
    )


def cases(found: list[Story], field: str) -> list[Observation]:
    return [Observation(field in story.lacks, story.length) for story in found]
