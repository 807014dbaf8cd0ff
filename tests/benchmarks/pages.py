"""Hundreds of hand-made pages a site: the demo's own templates around stories whose words are drawn
by lot.

The same seed gives the same pages. Words follow one another as they do in the demo's stories and in
the cases of tests/sites, often enough to read like Indonesian, and seldom enough that no sentence
comes twice: such text packs a little worse than written text does.
"""

from __future__ import annotations

import json
import re
import string
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

from scraper.cli.demo.records import Site, Story, read_site
from scraper.cli.demo.world import SITES, story_answers

CASES = Path(__file__).parents[1] / "scraper" / "sites" / "cases"
STANDING = 12
"""Stories that stand on a site at a time: the ones that a page names as related are among them."""
FOLLOWS = 0.6
"""How often a word is one that followed the word before it somewhere."""

Successors = dict[str, list[str]]


def invented_pages(site_name: str, count: int, *, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """`count` pages of one site as (url, page), oldest first."""
    lot = Random(f"{site_name}-{seed}")
    site = read_site(site_name)
    for start in range(0, count, STANDING):
        size = min(STANDING, count - start)
        stories = tuple(
            _invented(lot.choice(site.stories), start + number - count, lot)
            for number in range(size)
        )
        window = Site(name=site_name, stories=stories, listings=())
        yield from ((url, answer.body) for url, answer in story_answers(window, 1))


def _invented(pattern: Story, number: int, lot: Random) -> Story:
    """A story in the shape of `pattern`: as many words in each paragraph, and in its layout.

    Its number, which is that of no other one of its site, is negative: before its pattern.
    """
    headline = _prose(len(pattern.headline.split()), lot).rstrip(".").title()
    published = pattern.published + timedelta(minutes=41 * number)
    slug = re.sub(r"[^a-z0-9]+", "-", headline.lower()).strip("-")
    return replace(
        pattern,
        url=_address(pattern.url, number, published, slug),
        headline=headline,
        published=published,
        modified=None,
        deck=_prose(len(pattern.deck.split()), lot),
        authors=tuple(_name(lot) for _ in pattern.authors),
        editors=tuple(_name(lot) for _ in pattern.editors),
        caption=_prose(len(pattern.caption.split()), lot),
        tags=tuple(lot.choice(_words()).lower() for _ in pattern.tags),
        bullets=tuple(_prose(len(bullet.split()), lot) for bullet in pattern.bullets),
        paragraphs=tuple(_prose(len(paragraph.split()), lot) for paragraph in pattern.paragraphs),
        pages=(),
        edit=None,
        vanishes=False,
    )


def _address(pattern: str, number: int, published: datetime, slug: str) -> str:
    """An address like the pattern, with a key of its own in the form of its site."""
    forms = (
        (r"(?<=suara\.com/)(\w+)/\d{4}/\d\d/\d\d/\d{6}/[^/]+$", rf"\1/{published:%Y/%m/%d/%H%M%S}"),
        (r"(?<=/)[a-z0-9]{6}\d{3}/[^/]+$", f"{_base36(int(published.timestamp()))}001"),
        (r"(?<=/)\d{6,7}/[^/]+$", f"{9_000_000 + number}"),
    )
    for form, key in forms:
        if re.search(form, pattern):
            return re.sub(form, f"{key}/{slug}", pattern)
    return re.sub(r"[A-Za-z0-9]{8}-[^/]+$", f"{90_000_000 + number}-{slug}", pattern)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = (string.digits + string.ascii_lowercase)[digit] + digits
    return digits


def _name(lot: Random) -> str:
    first, last = (
        lot.choice(("Sari", "Joko", "Ratna", "Bayu", "Wulan", "Tegar")),
        lot.choice(("Melati", "Lesmana", "Aditama", "Pranowo")),
    )
    return f"{first} {last}"


def _prose(length: int, lot: Random) -> str:
    """`length` words."""
    words = [lot.choice(_words()) for _ in range(min(1, length))]
    while len(words) < length:
        followers = _successors().get(words[-1])
        words.append(lot.choice(followers if followers and lot.random() < FOLLOWS else _words()))
    text = " ".join(words)
    return text[:1].upper() + text[1:]


@cache
def _words() -> list[str]:
    """Every word of the project's invented stories, as often as it stands there."""
    told = [
        paragraph
        for name in SITES
        for story in read_site(name).stories
        for paragraph in story.paragraphs
    ]
    cases = [json.loads(path.read_text("utf-8"))["body"] for path in sorted(CASES.glob("*/*.json"))]
    return [
        word
        for text in told + cases
        for word in re.sub(r"\]\([^)]+\)|[*\[]|^## ", "", text).split()
    ]


@cache
def _successors() -> Successors:
    followers: Successors = defaultdict(list)
    words = _words()
    for word, follower in pairwise(words):
        followers[word].append(follower)
    return dict(followers)
