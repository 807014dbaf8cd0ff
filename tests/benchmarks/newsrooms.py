"""Generated news of a year on twenty sites: stories of their own, stories that run on several
sites, and what only looks so.

Of all articles about 15 in a hundred belong to stories that run more than once: wire copy with
another headline and dateline, a paragraph less, every fifth to tenth sentence rewritten, cut down
to its head, or under an own lead; press releases on two to eight sites; repeats on one site. One in
a hundred is the same notice. Traps: series of one template with other numbers, and new stories over
the background of an older one. Stories share idioms, by which three of 10,000 pairs of unlike ones
meet by a key; of 447 real articles of many sites it was one. The same number of articles is always
the same news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from random import Random

from archive import Article
from tests.benchmarks import prose

WIB = timezone(timedelta(hours=7))
BEGAN = datetime(2025, 1, 1, tzinfo=WIB)
YEAR = 365 * 24 * 60
"""Minutes."""
SITES = tuple(
    f"{name}{place}"
    for name in ("kabar", "warta-desa", "suluh", "lentera", "gema")
    for place in ("", "utara", "timur", "pesisir")
)
SYNDICATED, NOTICES, TEMPLATES, FOLLOWED = 0.15, 0.01, 0.05, 0.04
"""Shares of all articles; of templates the first series has a fifth."""
SERIES = 40

Paragraphs = list[list[str]]
"""Paragraphs of sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One article to be written: small, so that 100,000 of them may be held."""

    kind: str
    story: int
    """Seed of the text; tellings of one story are one cluster, but for templates and follow-ups."""
    edit: int
    """Seed of what the newsroom does to it."""
    site: str
    at: datetime

    @property
    def cluster(self) -> tuple[str, int] | None:
        """What it must be together with; None for a story that stands alone."""
        return None if self.kind in ALONE else ("story", self.story)


def newsrooms(articles: int) -> list[Telling]:
    """So many articles, in the order of their publishing."""
    random = Random(articles)
    tellings = [
        *_syndicated(random, round(SYNDICATED * articles)),
        *_notices(random, round(NOTICES * articles)),
        *_templates(random, round(TEMPLATES * articles)),
        *_followed(random, round(FOLLOWED * articles / 2)),
    ]
    while len(tellings) < articles:
        tellings.append(_telling(random, "own"))
    return sorted(
        tellings[:articles], key=lambda telling: (telling.at, telling.story, telling.edit)
    )


def article(number: int, telling: Telling) -> Article:
    """The article itself; its key is its URL."""
    url, random = f"https://www.{telling.site}.example/berita/{number}", Random(telling.edit)
    paragraphs = _TELL[telling.kind](random, telling.story)
    body = "\n\n".join(" ".join(sentences) for sentences in paragraphs)
    return Article(
        url=url,
        canonical_url=url,
        site=telling.site,
        story_id=str(number),
        headline=prose.headline(random),
        body=f"{random.choice(prose.RARE).upper()}, {telling.site.upper()} - {body}"
        if telling.kind in DATELINED
        else body,
        published_at=telling.at,
        layout="generated",
        extractor="warta-generated/1",
    )


def _telling(
    random: Random,
    kind: str,
    *,
    story: int | None = None,
    site: str | None = None,
    at: datetime | None = None,
) -> Telling:
    return Telling(
        kind=kind,
        story=random.getrandbits(60) if story is None else story,
        edit=random.getrandbits(60),
        site=site or random.choice(SITES),
        at=at or BEGAN + timedelta(minutes=random.randrange(YEAR)),
    )


def _syndicated(random: Random, articles: int) -> Iterator[Telling]:
    """Stories that run on two to eight sites or on one site again."""
    while articles > 0:
        first = _telling(random, "wire")
        form = random.choices(("wire", "release", "repeat"), (6, 2, 2))[0]
        others = (
            1
            if form == "repeat"
            else min(1 + int(random.expovariate(0.7)), 7)
            if form == "wire"
            else random.randint(1, 7)
        )
        sites = random.sample([site for site in SITES if site != first.site], others)
        yield first
        for site in sites:
            at = first.at + timedelta(minutes=random.randint(0, 36 * 60))
            kind = (
                "repeat"
                if form == "repeat"
                else random.choices(EDITS, (4, 3, 3, 2, 2) if form == "wire" else (3, 4, 4, 1, 2))[
                    0
                ]
            )
            yield _telling(
                random,
                kind,
                story=first.story,
                site=first.site if form == "repeat" else site,
                at=at,
            )
        articles -= 1 + others


def _notices(random: Random, articles: int) -> Iterator[Telling]:
    """The same notice again and again, all the year."""
    return (_telling(random, "notice", story=1) for _turn in range(articles))


def _templates(random: Random, articles: int) -> Iterator[Telling]:
    """Daily rates, prayer times: each series on one site, told in the same words with other
    numbers.
    """
    for turn in range(articles):
        series = 0 if turn % 5 == 0 else random.randrange(1, SERIES)
        yield _telling(random, "template", story=series, site=SITES[series % len(SITES)])


def _followed(random: Random, pairs: int) -> Iterator[Telling]:
    """A story, and another one days later over its background: on the same site, or elsewhere."""
    for _turn in range(pairs):
        first = _telling(random, "own")
        yield first
        site = first.site if random.random() < 0.7 else random.choice(SITES)
        yield _telling(
            random,
            "follow-up",
            story=first.story,
            site=site,
            at=first.at + timedelta(days=random.randint(1, 20)),
        )


@lru_cache(maxsize=1)
def _idioms() -> list[str]:
    """What everybody writes, and a few lines that only one site has: five to twelve words each."""
    random = Random(6)
    return [
        " ".join(prose.sentence(random).lower().rstrip(".").split()[: random.randint(5, 12)])
        for _turn in range(300)
    ]


def _sentence(random: Random) -> str:
    said = prose.sentence(random)
    chance = random.random()
    if chance < 0.2:
        idioms = _idioms()
        return f"{said[:-1]} {idioms[int(len(idioms) * random.random() ** 3)]}."
    if chance < 0.45:
        number, noun = random.randint(2, 9_000), random.choice(prose.MIDDLING)
        return f"{said[:-1]} {number} {noun} pada {random.randint(1, 28)}/{random.randint(1, 12)}."
    return said


def _new(random: Random, least: int = 6, most: int = 12) -> Paragraphs:
    return [
        [_sentence(random) for _turn in range(random.randint(1, 3))]
        for _paragraph in range(random.randint(least, most))
    ]


@lru_cache(maxsize=2_000)
def _story(seed: int) -> Paragraphs:
    return _new(Random(seed))


def _cut(random: Random, story: int) -> Paragraphs:
    """A paragraph less, not the first."""
    found = list(_story(story))
    del found[random.randrange(1, len(found))]
    return found


def _rewritten(random: Random, story: int) -> Paragraphs:
    """Every fifth to tenth sentence in other words."""
    share = random.uniform(0.1, 0.2)
    return [
        [_sentence(random) if random.random() < share else sentence for sentence in found]
        for found in _story(story)
    ]


def _excerpt(random: Random, story: int) -> Paragraphs:
    """The first third or half."""
    found = _story(story)
    return found[: max(2, round(len(found) * random.uniform(0.3, 0.55)))]


def _led(random: Random, story: int) -> Paragraphs:
    """An own lead over the whole text."""
    return [[_sentence(random), _sentence(random)], *_story(story)]


def _repeat(random: Random, story: int) -> Paragraphs:
    """The site's own story again, under another headline, sometimes without its end."""
    found = _story(story)
    return found if random.random() < 0.6 else found[:-1]


def _follow_up(random: Random, story: int) -> Paragraphs:
    """Three or four new paragraphs, and two or three of the older story's end."""
    return [*_new(random, 3, 4), *_story(story)[-random.randint(2, 3) :]]


def _template(random: Random, series: int) -> Paragraphs:
    """The words of the series, today's numbers."""
    words = Random(series)
    lines = [
        (prose.sentence(words).rstrip(".”"), words.choice(prose.MIDDLING))
        for _turn in range(words.randint(8, 14))
    ]
    return [
        [f"{line} {word} {random.randint(1_000, 99_999)} {word} hari itu."] for line, word in lines
    ]


_TELL: dict[str, Callable[[Random, int], Paragraphs]] = {
    "own": lambda _random, story: _story(story),
    "wire": lambda _random, story: _story(story),
    "copy": lambda _random, story: _story(story),
    "notice": lambda _random, story: _story(story),
    "cut": _cut,
    "rewritten": _rewritten,
    "excerpt": _excerpt,
    "led": _led,
    "repeat": _repeat,
    "follow-up": _follow_up,
    "template": _template,
}
EDITS = ("copy", "cut", "rewritten", "excerpt", "led")
"""What other sites do to a text."""
DATELINED = frozenset(("copy", "cut", "rewritten", "excerpt"))
ALONE = frozenset(("own", "follow-up", "template"))
