"""What a site's pages say of its publisher: names, language, time zone, how its texts begin."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.core import get_global

from scraper.crawling.survey.stories import Story, most_common
from scraper.extraction.dom.json_ld import text_of_value
from scraper.extraction.dom.tree import text_of
from scraper.extraction.fields.dates import parse_visible

_REGION = re.compile(r"[a-z]{2,3}[-_](?P<region>[A-Z]{2})\b")
_STOP_WORDS = {
    "id": frozenset("yang dan di dengan untuk pada dari itu tidak akan dalam ke".split()),
    "en": frozenset("the and of to in that is was for with on as".split()),
}
_ROLES = ("Redaksi", "Admin")
_BAR = re.compile(r"\s*[|–—·•»:]\s*|\s+-\s+")
_ACCOUNT = re.compile(r"\b(?:media|cyber|redaksi|newsroom|news|tim|team|desk)\b", re.IGNORECASE)
_QUARTER = timedelta(minutes=15)
MAX_OFFSET = timedelta(hours=14)
MAX_LINE = 120
MAX_NAME = 40
_PLACE = r"[A-Z][\w.'’]{1,30}(?:[ /]\(?[A-Z][\w.'’]{0,30}\)?){0,3}"
_DASH = r"(?:\s+[-–—]{1,2}\s*|\s*(?:[–—]|--)\s*)"
MIN_OPENINGS = 2
"""Stories that must begin alike before their opening is taken for a dateline."""


def names_of_publisher(stories: Sequence[Story], domain: str) -> tuple[str, tuple[str, ...]]:
    """Return what the publisher calls itself, and all of its names, which are no author's."""
    named = [name for story in stories for name in _names(story)]
    named += _at_edges([story.head.title("title") or "" for story in stories])
    named = [name for name in named if len(name) <= MAX_NAME]
    label = domain.partition(".")[0]
    title = most_common(named) or label.title()
    names = dict.fromkeys((title, *named, domain, label, *_ROLES, *_accounts(stories, title)))
    return title, tuple(name for name in names if len(name) <= MAX_NAME)


def _names(story: Story) -> list[str]:
    publishers = (data.get("publisher") for data in story.head.json_ld.articles)
    return [*story.head.all("og:site_name"), *filter(None, map(text_of_value, publishers))]


def _accounts(stories: Sequence[Story], title: str) -> list[str]:
    """Return the author that the heads of all stories name, if it is no person's name: it shares a
    word with the publisher's, or has one of those of a newsroom.
    """
    authors = [story.article.authors for story in stories]
    if len(authors) < MIN_OPENINGS or len(set(authors)) > 1:
        return []
    words = set(re.findall(r"[a-z]{4,}", title.lower()))
    return [
        name
        for name in authors[0]
        if words.intersection(re.findall(r"[a-z]{4,}", name.lower())) or _ACCOUNT.search(name)
    ]


def _at_edges(titles: Sequence[str]) -> list[str]:
    """Return what all titles begin or end with, behind a bar: the name of the site.

    >>> _at_edges(["Air Naik | Kabar Desa", "Padi: Panen Raya | Kabar Desa"])
    ['Kabar Desa']
    """
    parts = [[part for part in _BAR.split(title) if part] for title in titles]
    if len(parts) < MIN_OPENINGS or not all(len(each) > 1 for each in parts):
        return []
    edges = ({each[place] for each in parts} for place in (0, -1))
    return [edge.pop() for edge in edges if len(edge) == 1]


def language_of(stories: Sequence[Story], domain: str) -> tuple[str, str]:
    """Return the language of the stories by their words and by what pages say, and a note."""
    said = most_common(story.article.language for story in stories)
    text = " ".join(story.body for story in stories).lower().split()
    counts = {code: sum(word in some for word in text) for code, some in _STOP_WORDS.items()}
    likely = max(counts, key=lambda code: counts[code])
    certain = counts[likely] > 3 * min(counts.values()) and counts[likely] > len(text) / 20
    if certain and said in (None, "en", "id"):
        differs = said is not None and said != likely
        return likely, f"the pages say {said}, their words are not" if differs else ""
    if said is not None:
        return said, ""
    if domain.endswith(".id"):
        return "id", "by its domain; the pages say none"
    return likely, "CHECK: the pages say none"


def zone_of(
    stories: Sequence[Story], announced: Iterable[datetime], domain: str, language: str
) -> tuple[str, str]:
    """Return the IANA name of the publisher's time zone, and a note on how sure it is."""
    times = [story.article.published_at for story in stories]
    known = [at for at in (*times, *announced) if at is not None]
    offsets = Counter(offset for at in known if (offset := at.utcoffset()))
    where = "from the UTC offset of its dates"
    if not offsets:
        offsets = Counter(filter(None, map(_by_difference, stories)))
        where = "from the difference between its dates in UTC and those that readers see"
    zones = [zone for region in _regions(stories, domain, language) for zone in _zones(region)]
    if not offsets:
        return (zones or ["UTC"])[0], "CHECK: no date names its UTC offset; check it"
    offset, _count = offsets.most_common(1)[0]
    at = next((at for at in known if at.utcoffset() == offset), known[0])
    others = {zone for some in get_global("territory_zones").values() for zone in some}
    for zone in (*zones, *_plain_zones(offset), *sorted(others)):
        if at.astimezone(ZoneInfo(zone)).utcoffset() == offset:
            return zone, where
    return "UTC", "CHECK: no zone has the UTC offset of its dates"


def _plain_zones(offset: timedelta) -> list[str]:
    """Return the zone that is nothing but an offset of whole hours; its sign is turned round."""
    hours = offset / timedelta(hours=1)
    if hours.is_integer() and -12 <= hours <= 14:
        return [f"Etc/GMT{-hours:+.0f}"]
    return []


def _by_difference(story: Story) -> timedelta | None:
    """Return how far the time on a page is ahead of the one in its head, which is in UTC."""
    at = story.article.published_at
    if at is None:
        return None
    zone = ZoneInfo("UTC")
    for node in story.document.tree.iter("time", "span", "div", "p", "li", "small", "td", "font"):
        line = text_of(node)
        if len(line) <= MAX_LINE and (shown := parse_visible(line, zone)) is not None:
            ahead = round((shown - at) / _QUARTER) * _QUARTER
            same = abs(shown - at - ahead) < timedelta(seconds=61)
            if same and ahead and abs(ahead) <= MAX_OFFSET:
                return ahead
    return None


def _regions(stories: Sequence[Story], domain: str, language: str) -> list[str]:
    """Return the countries of a site, the likeliest first: domain, tags of language, language."""
    ending = domain.rpartition(".")[2].upper()
    tags = [story.document.tree.get("lang") or "" for story in stories]
    tags += [tag for story in stories for tag in story.head.all("og:locale")]
    said = [match["region"] for tag in tags if (match := _REGION.match(tag))]
    own = [region for region in said if not (language == "id" and region == "US")]
    likely = get_global("likely_subtags").get(language, "").rpartition("_")[2]
    regions = dict.fromkeys([ending, *own, likely])
    return [region for region in regions if region in get_global("territory_zones")]


def _zones(region: str) -> list[str]:
    """Return the time zones of a country; of Indonesia's the western one first."""
    zones = list(get_global("territory_zones").get(region, ()))
    return sorted(zones, key=lambda zone: zone != "Asia/Jakarta")


def dateline_of(stories: Sequence[Story], names: Sequence[str]) -> tuple[str, bool]:
    """Return the pattern of what opens the texts, and whether it must be bold; empty for none."""
    openings = [story.reading.blocks[0] for story in stories if story.reading.blocks]
    own_names = {name.lower(): name for name in names if name not in _ROLES}
    longest = sorted(own_names.values(), key=lambda name: (-len(name), name))
    own = "|".join(re.escape(name).replace(r"\ ", " ") for name in longest)
    own = rf"(?i:(?:www\.)?(?:{own})(?:\.(?:com|co\.id|id|net|news))?)"
    dashed = (
        rf"^{own}(?:\s*[,/(]?\s*(?P<place>{_PLACE})\)?)?{_DASH}",
        rf"^(?P<place>{_PLACE})(?:\s*[,/(]\s*{own}\)?)?{_DASH}",
    )
    for pattern in dashed:
        if sum(re.match(pattern, block.text) is not None for block in openings) >= MIN_OPENINGS:
            return pattern, False
    colon = rf"^(?P<place>{_PLACE})\s*:\s*"
    matches = [(re.match(colon, block.text), block.opening) for block in openings]
    bold = [match for match, opening in matches if match and match["place"] in opening]
    return (colon, True) if len(bold) >= MIN_OPENINGS else ("", False)
