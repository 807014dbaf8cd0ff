"""Newsroom furniture inside texts, as rules: each takes a line or an edge only on strong evidence.

A site's own rules (scraper/spiders) come first. How to add one: CONTRIBUTING.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from scraper.extraction.blocks import Block
from scraper.sites.site import Rule

COMMON_RULES: tuple[Rule, ...] = (
    # Links to other stories. A label with a colon is a formula; without one it takes a link to
    # believe it.
    Rule(
        name="related_label",
        pattern=r"^(?:baca|simak|lihat|tonton)(?: juga| selengkapnya| artikel lainnya)?\s*:?$|^berita terkait\s*:?$",
    ),
    Rule(
        name="related_colon",
        pattern=r"^(?:baca juga|simak juga|lihat juga|tonton juga|berita terkait|artikel terkait)\s*:(?!\s*(?-i:[a-z]))",
    ),
    Rule(
        name="related_link",
        pattern=r"^(?:baca|klik|simak|lihat|tonton)(?: juga| pula)?\b.{0,12}:|^(?:baca|simak|lihat|tonton) juga\b",
        linked=True,
    ),
    Rule(
        name="read_more_link",
        pattern=r"^(?:baca|simak)? ?(?:selengkapnya|lebih lanjut)\b.{0,40}$|^(?:cek|klik)\b.{0,30}\bdi sini\b",
        linked=True,
    ),
    # Adverts and widgets that left their words behind.
    Rule(
        name="advert_label",
        pattern=r"^(?:advertisement|advertising|iklan|pariwara|sponsored|ads?|scroll (?:untuk|to) .{0,40})$",
    ),
    Rule(name="no_advert", pattern=r"^tidak ada kode iklan yang tersedia\.?$"),
    Rule(name="loading", pattern=r"^(?:loading[.…]*\s*)+$"),
    Rule(
        name="loading_tail",
        pattern=r"\s{0,9}(?:loading\.{2,9}\s{0,9}){1,9}$",
        where="end",
        part=True,
    ),
    Rule(
        name="reaction_widget",
        pattern=r"^bagaimana tanggapan anda mengenai artikel ini\?$|^(?:happy|inspire|confuse|sad)$",
    ),
    Rule(
        name="share_widget",
        pattern=r"^(?:share|bagikan|komentar|comments?|tag|tags|print|\d+ ?(?:shares?|komentar)|copy link)\s*:?$",
    ),
    # Plugs for the newsroom's other channels.
    Rule(
        name="google_news",
        pattern=r"^(?:cek|temukan|ikuti|dapatkan|baca|simak)\b.{0,120}\bgoogle news\b.{0,40}$",
    ),
    Rule(name="google_news_open", pattern=r"^cek berita dan artikel yang lain di$|^google news$"),
    Rule(
        name="whatsapp",
        pattern=(
            r"^(?:jangan lupa |yuk,? )?(?:ikuti|dapatkan|gabung|simak|baca)\b.{0,60}"
            r"(?:\b(?:channel|saluran|kanal|grup|group)\b.{0,15}\b(?:whatsapp|telegram)|\b(?:whatsapp|telegram)\b.{0,5}\b(?:channel|saluran|kanal|grup|group))"
            r"\b.{0,100}$"
        ),
    ),
    Rule(
        name="follow_us",
        pattern=r"^(?:ikuti media sosial|follow us|jangan lupa ikuti update|untuk mengikuti silakan klik)\b.{0,160}$",
    ),
    # What stands below a story on its page.
    Rule(
        name="page_below",
        where="after",
        pattern=(
            r"^(?:tags?|berita terkait|berita lainnya|berita terpopuler|terpopuler|populer|pilihan|terkini|update|artikel lainnya"
            r"|artikel terkait|terkait|rekomendasi|top seven|trending tag|follow us|related|comments?|komentar)\s*:?$"
        ),
    ),
    # Labels of the people and sources that some pages repeat below the text.
    Rule(
        name="people_label",
        pattern=r"^(?:penulis|editor|reporter|redaktur|sumber|source|foto|kontributor)\s*:\s*.{1,60}$",
        where="end",
    ),
)

BYLINE_RULES = frozenset(("people_label", "repeated_byline", "column_author"))
"""Rules that take a line which names people: it is read before it is forgotten."""

AGENCIES: dict[str, str] = {
    "antara": "ANTARA",
    "antara foto": "ANTARA",
    "antaranews": "ANTARA",
    "antara news": "ANTARA",
    "ant": "ANTARA",
    "lkbn antara": "ANTARA",
    "xinhua": "Xinhua",
    "afp": "AFP",
    "ap": "AP",
    "associated press": "AP",
    "reuters": "Reuters",
    "anadolu": "Anadolu",
    "anadolu agency": "Anadolu",
    "aa": "Anadolu",
    "bernama": "Bernama",
    "kyodo": "Kyodo",
    "dpa": "dpa",
    "voa": "VOA",
}
"""Wire services by the names that credits give them."""

MIN_PROSE = 80
"""Characters; a shorter paragraph alone is no proof that the story has begun."""

_STATEMENT = re.compile(
    r"\.[\"'”’)\]]*$"
)  # a headline may end with a question, hardly with a full stop
_SPEECH = re.compile(r"\b(?:kata|ujar|tutur|jelas|ungkap|ucap|imbuh)(?:nya)?\b", re.IGNORECASE)
_SOURCE_WITHIN = re.compile(
    r"sumber\s*:\s*(?P<names>[\w ]{2,30}?)\s*(?:advertisement)?$", re.IGNORECASE
)
MAX_CREDIT = 120
"""Characters at the end of a text in which a credit is looked for."""
MAX_TURNS = 30
"""Lines taken off the end of a text at most."""
_CREDIT = re.compile(r"\s*[(\[](?P<names>[^()\[\]]{2,40})[)\]]\s*$")
_CLOSES = ".!?…\"'”’)]"
_SOURCE_LINE = re.compile(r"^(?:sumber|source)\s*:\s*(?P<names>.{2,40})$", re.IGNORECASE)


@dataclass(slots=True)
class Trimmed:
    """What is left of a text's paragraphs, what was read at its edges, and which rule took what."""

    blocks: list[Block]
    agency: str | None = None
    editors: tuple[str, ...] = ()
    taken: list[tuple[str, str]] = field(default_factory=list)
    """(rule, text) in the order of the text."""


def agency_of(names: str) -> str | None:
    """The wire service that a credit names; None where it names none.

    >>> agency_of("Antara/Xinhua"), agency_of("KPK")
    ('ANTARA', None)
    """
    for name in re.split(r"[/,;-]| dan ", names):
        found = AGENCIES.get(name.strip().lower())
        if found:
            return found
    return None


def _only_agencies(names: str) -> bool:
    """Every name of a bracket is a wire service's: "(Antara/Xinhua)", not "(IMF, AP)"."""
    return all(part.strip().lower() in AGENCIES for part in re.split(r"[/,;-]| dan ", names))


def trim(
    blocks: Sequence[Block],
    rules: Sequence[Rule],
    *,
    end_credit: str = "",
    is_story: Callable[[str], bool] | None = None,
    whole_page: bool = False,
) -> Trimmed:
    """Take furniture out of paragraphs: `rules` first, then the common ones, then credits at the
    end.

    `is_story` tells whether an address is that of a story at the same site: a paragraph that is
    nothing but a link to one is a related link, unless it is a heading.
    """
    result = Trimmed(blocks=[])
    ordered = (*rules, *COMMON_RULES)
    furniture = _any_whole(ordered)
    for block in _before_the_rest(blocks, ordered, result) if whole_page else blocks:
        taken_by = _linked_story(block, is_story) or (
            _whole(block, ordered) if furniture.search(block.text) else None
        )
        if taken_by:
            result.taken.append((taken_by, block.text))
            source = _SOURCE_WITHIN.search(block.text)
            result.agency = result.agency or (agency_of(source["names"]) if source else None)
        else:
            result.blocks.append(_without_parts(block, ordered, result))
    _trim_start(result, ordered)
    _trim_end(result, ordered, end_credit)
    return result


def is_after(text: str, rules: Sequence[Rule]) -> bool:
    """Whether a line heads what stands below a story on its page."""
    return any(
        rule.where == "after" and _matches(rule, Block(text=text))
        for rule in (*rules, *COMMON_RULES)
    )


def _before_the_rest(
    blocks: Sequence[Block], rules: Sequence[Rule], result: Trimmed
) -> Sequence[Block]:
    """The blocks up to the first that heads what stands below a story; a menu above the story heads
    nothing.
    """
    prose = 0
    for place, block in enumerate(blocks):
        rule = next(
            (rule for rule in rules if rule.where == "after" and _matches(rule, block)), None
        )
        if rule is not None and prose and not _goes_on(blocks[place + 1 :], prose):
            result.taken += [(rule.name, taken.text) for taken in blocks[place:]]
            return blocks[:place]
        prose += len(block.text) >= MIN_PROSE
    return blocks


def _goes_on(rest: Sequence[Block], prose: int) -> bool:
    """Whether the story goes on behind a box of links that stood in its middle."""
    further = sum(
        1
        for block in rest
        if len(block.text) >= MIN_PROSE and not block.links and _STATEMENT.search(block.text)
    )
    return further >= max(1, prose // 4)


def _linked_story(block: Block, is_story: Callable[[str], bool] | None) -> str | None:
    bare = block.kind == "p" and block.is_link and not block.text[0].isdigit()
    return (
        "linked_story"
        if bare and is_story is not None and all(is_story(link) for link in block.links)
        else None
    )


@lru_cache(maxsize=64)
def _any_whole(rules: tuple[Rule, ...]) -> re.Pattern[str]:
    """All rules for whole paragraphs at once: nearly every paragraph is prose, and one search
    tells.
    """
    patterns = [
        f"(?:{rule.pattern})" for rule in rules if rule.where == "anywhere" and not rule.part
    ]
    return re.compile("|".join(patterns), re.IGNORECASE)


def _whole(block: Block, rules: Sequence[Rule]) -> str | None:
    """Name of the rule that takes the whole paragraph wherever it stands; what somebody says is
    prose, whatever it sounds like.
    """
    if not block.links and _STATEMENT.search(block.text) and _SPEECH.search(block.text):
        return None
    return next(
        (
            rule.name
            for rule in rules
            if rule.where == "anywhere" and not rule.part and _matches(rule, block)
        ),
        None,
    )


def _without_parts(block: Block, rules: Sequence[Rule], result: Trimmed) -> Block:
    for rule in rules:
        if rule.part and rule.where == "anywhere":
            block = _cut(block, rule, result)
    return block


def _trim_start(result: Trimmed, rules: Sequence[Rule]) -> None:
    while result.blocks:
        block = result.blocks[0]
        rule = next((r for r in rules if r.where == "start" and _matches(r, block)), None)
        if rule is None:
            return
        if rule.part:
            cut = _cut(block, rule, result)
            result.blocks[0:1] = [cut] if cut.text else []
            return
        result.taken.append((rule.name, result.blocks.pop(0).text))


def _trim_end(result: Trimmed, rules: Sequence[Rule], end_credit: str) -> None:
    """From the last paragraph backwards, until one is prose to its end."""
    for _turn in range(MAX_TURNS):
        if not result.blocks:
            return
        block = result.blocks[-1]
        agency = _agency_line(block.text)
        rule = next((r for r in rules if r.where == "end" and _matches(r, block)), None)
        shorter = replace(block, text=_credit(block.text, result, end_credit))
        if agency:
            result.agency = result.agency or agency
            result.taken.append(("agency_line", result.blocks.pop().text))
        elif rule is not None and not rule.part:
            result.taken.append((rule.name, result.blocks.pop().text))
        elif rule is not None:
            result.blocks[-1] = _cut(block, rule, result)
        elif shorter.text != block.text:
            result.blocks[-1] = shorter
        else:
            return
        if result.blocks and not result.blocks[-1].text:
            result.blocks.pop()


def _agency_line(text: str) -> str | None:
    match = _SOURCE_LINE.match(text)
    return agency_of(match["names"]) if match else None


def _credit(text: str, result: Trimmed, end_credit: str) -> str:
    """The text without the agency's or the editor's mark that closes it."""
    offset = max(0, len(text) - MAX_CREDIT)
    match = _CREDIT.search(text, offset)
    agency = agency_of(match["names"]) if match and _only_agencies(match["names"]) else None
    closed = match is not None and (
        not text[: match.start()] or text[: match.start()].rstrip()[-1] in _CLOSES
    )
    if match and agency and closed:
        result.agency = result.agency or agency
        result.taken.append(("agency_credit", match[0].strip()))
        return text[: match.start()].rstrip()
    match = _compiled(end_credit, 0).search(text) if end_credit and not result.editors else None
    if match:
        editor = match.groupdict().get("editor")
        if editor and editor not in result.editors:
            result.editors = (editor, *result.editors)
        result.taken.append(("end_credit", match[0].strip()))
        return text[: match.start()].rstrip()
    return text


def _cut(block: Block, rule: Rule, result: Trimmed) -> Block:
    match = _compiled(rule.pattern).search(block.text)
    if match is None or (rule.linked and not block.links):
        return block
    result.taken.append((rule.name, match[0].strip()))
    credit = match.groupdict().get("agency")
    if credit and result.agency is None:
        result.agency = agency_of(credit)
    return replace(
        block, text=(block.text[: match.start()] + " " + block.text[match.end() :]).strip()
    )


def _matches(rule: Rule, block: Block) -> bool:
    return (not rule.linked or bool(block.links)) and _compiled(rule.pattern).search(
        block.text
    ) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(pattern, flags)
