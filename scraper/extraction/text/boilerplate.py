"""Boilerplate inside texts, as rules: each removes a line or an edge only on strong evidence.

A site's own rules (scraper/spiders) are tried first. How to add one: CONTRIBUTING.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

from scraper.extraction.dom.unread import CLOSING, COUNTS, FULL_STOPS, reading_length
from scraper.extraction.text.blocks import Block
from scraper.sites.site import Rule

COMMENTS_BELOW = "comments_below"
"""The rule of the heading of readers' comments, which may be longer than the story."""

COMMON_RULES: tuple[Rule, ...] = (
    # Links to other stories. A label with a colon is enough; without one a link must prove it.
    Rule(
        name="related_label",
        pattern=r"^(?:baca|simak|lihat|tonton)(?: juga| selengkapnya| artikel lainnya)?\s*:?$"
        r"|^berita terkait\s*:?$|^jangan (?:lewatkan|terlewatkan)(?: juga)?\s?[:!]?$",
    ),
    Rule(
        name="related_colon",
        pattern=r"^(?:baca juga|simak juga|lihat juga|tonton juga|berita terkait|artikel terkait)"
        r"\s*:(?!\s*(?-i:[a-z]))",
    ),
    Rule(
        name="related_link",
        pattern=r"^(?:baca|klik|simak|lihat|tonton)(?: juga| pula)?\b.{0,12}:"
        r"|^(?:baca|simak|lihat|tonton) juga\b",
        linked=True,
    ),
    Rule(
        name="read_more_link",
        pattern=r"^(?:baca|simak)? ?(?:selengkapnya|lebih lanjut)\b.{0,40}$"
        r"|^(?:cek|klik)\b.{0,30}\bdi sini\b",
        linked=True,
    ),
    # Adverts and widgets that left their words behind.
    Rule(
        name="advert_label",
        pattern=r"^(?:advertisement|advertising|iklan|pariwara|sponsored|ads?"
        r"|scroll (?:untuk|to) .{0,40})$",
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
        pattern=r"^bagaimana tanggapan anda mengenai artikel ini\?$"
        r"|^(?:happy|inspire|confuse|sad)$",
    ),
    Rule(
        name="share_widget",
        pattern=r"^(?:share|bagikan|komentar|comments?|tag|tags|print|\d+ ?(?:shares?|komentar)"
        r"|copy link)\s*:?$",
    ),
    # Plugs for the publisher's other channels.
    Rule(
        name="google_news",
        pattern=r"^(?:cek|temukan|ikuti|dapatkan|baca|simak)\b.{0,120}\bgoogle news\b.{0,40}$",
    ),
    Rule(name="google_news_open", pattern=r"^cek berita dan artikel yang lain di$|^google news$"),
    Rule(
        name="whatsapp",
        pattern=r"^(?:jangan lupa |yuk,? )?(?:ikuti|dapatkan|gabung|simak|baca)\b.{0,60}"
        r"(?:\b(?:channel|saluran|kanal|grup|group)\b.{0,15}\b(?:whatsapp|telegram)"
        r"|\b(?:whatsapp|telegram)\b.{0,5}\b(?:channel|saluran|kanal|grup|group))"
        r"\b.{0,100}$",
    ),
    Rule(
        name="follow_us",
        pattern=r"^(?:ikuti media sosial|follow us|jangan lupa ikuti update"
        r"|untuk mengikuti silakan klik)\b.{0,160}$",
    ),
    Rule(
        name="channel_note",
        pattern=r"^(?:(?:dapatkan|ikuti|follow)\b.{0,400}|(?:simak|yuk|mari|jangan)\b.{0,300}"
        r"\b(?:gabung|bergabung(?:lah)?|ikuti|follow|join)\b[^.!?]{0,80})"
        r"\b(?:whatsapp channel|(?:grup|saluran|kanal|channel) (?:[^.!?]{1,40} di )?"
        r"(?:whatsapp|telegram))\b",
        linked=True,
    ),
    Rule(
        name="follow_channel",
        pattern=r"^follow (?:whatsapp channel|channel whatsapp|akun|instagram|google news)"
        r"\b.{0,100}$",
    ),
    Rule(
        name="syndicated_note",
        pattern=r"^(?:artikel|berita|tulisan) ini (?:telah|sudah|pernah) (?:tayang|terbit|dimuat"
        r"|dipublikasikan) (?:di|sebelumnya)\b.{0,60}\bjudul\W{1,4}(?-i:[A-Z0-9]).{0,250}$",
    ),
    Rule(name="next_page", pattern=r"^(?:ke )?halaman (?:selanjutnya|berikutnya)\W{0,6}$"),
    Rule(
        name="video_note",
        pattern=r"^(?:simak|saksikan|tonton|lihat)(?: juga)? video"
        r"(?:\s?:[^.!?]{1,120}|(?: pilihan| menarik)?(?: berikut)?(?: (?:di bawah )?ini)?\s?:?)$"
        r"|^video (?:terpopuler|pilihan|terkini)(?: hari ini)?\s?:?$",
    ),
    Rule(name="embed_code", pattern=r"^\[gambas\s?:\s?[^\[\]]{1,40}\]$"),
    Rule(
        name="editor_choice",
        pattern=r"^jangan sampai (?:ketinggalan|terlewat)\b.{0,30}"
        r"\b(?:editor|redaksi|berita|artikel|video|update)\b.{0,40}!$",
    ),
    Rule(
        name="crawling_ban",
        pattern=r"^dilarang keras (?:mengambil|menyalin|mengutip|melakukan)\b[^.!?]{0,80}"
        r"\b(?:konten|artikel|berita|situs|laman|website|crawling)\b.{0,160}\btanpa (?:se)?izin\b",
    ),
    Rule(
        name="google_news_glued",
        pattern=r"(?<=[.!?\"”])\s*(?:temukan|ikuti|dapatkan|cek|simak)\b[^.]{0,120}"
        r"\bgoogle news\b.{0,40}$",
        where="end",
        part=True,
    ),
    Rule(name="load_more", pattern=r"^(?:load more|muat lebih banyak|selengkapnya|comscore)\.*$"),
    # What counts readers and changes with every request.
    Rule(name="counter", pattern=rf"^{COUNTS}$"),
    Rule(name="counter_tail", pattern=rf"\s*[(\[]\s*{COUNTS}\s*[)\]]\s*$", where="end", part=True),
    # What stands below a story on its page.
    Rule(
        name=COMMENTS_BELOW,
        where="after",
        pattern=r"^(?:\W{0,3}(?:\d+\s+)?(?:komentar|comments?|tanggapan)\s*(?:pembaca|anda)?\s*"
        r"(?:[(\[]?\s*\d+\s*[)\]]?)?\s*:?|(?:tulis|beri|kirim|tinggalkan|tambahkan)\s+"
        r"(?:komentar|balasan).{0,20}"
        r"|leave a (?:reply|comment)|post a comment)$",
    ),
    Rule(
        name="page_below",
        where="after",
        pattern=r"^(?:tags?|berita terkait|berita lainnya|berita terpopuler|terpopuler|populer"
        r"|pilihan|terkini|update|artikel lainnya|artikel terkait|terkait|rekomendasi|top seven"
        r"|trending tag|follow us|related(?: (?:articles|news|posts|stories))?|comments?|komentar"
        r"|(?:you (?:may|might) (?:also )?(?:like|be interested)|anda mungkin (?:juga )?suka"
        r"|mungkin anda (?:juga )?suka|você (?:também )?pode gostar|te puede interesar"
        r"|das könnte (?:sie|dich) (?:auch )?interessieren|vous aimerez aussi)(?: in)?"
        r")\W{0,3}$",
    ),
    # Time and people, which stand between headline and text.
    Rule(
        name="time_line",
        where="start",
        pattern=r"^(?:[^\d•|:.]{3,60} [•|–-] )?(?:[a-z'’]{3,9}\W{1,3})?\d{1,2} [a-z]{3,10}\.?"
        r" \d{4}[\s,|•·()/–—-]{1,6}(?:pukul |pkl )?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?"
        r"(?: ?WI(?:B|T|TA))?(?!\w)[^.!?]{0,60}$",
    ),
    Rule(
        name="date_line",
        where="start",
        pattern=r"^(?:[a-z'’]{3,9}\W{1,3})?\d{1,2} [a-z]{3,10}\.? (?:19|20)\d{2}$",
    ),
    Rule(
        name="people_line",
        where="start",
        pattern=r"^(?:penulis|oleh|reporter|rep|laporan|pewarta|kontributor|editor|redaktur|red|by)"
        r"\s?:\s?[^.!?:]{2,60}(?:[|/,]\s?(?:editor|redaktur|red)\s?:[^.!?:]{2,60})?$",
    ),
    # Labels of the people and sources that some pages repeat below the text.
    Rule(
        name="people_label",
        pattern=r"^(?:penulis|editor|reporter|pewarta|redaktur|sumber|source|foto|kontributor)"
        r"\s*:\s*.{1,60}$",
        where="end",
    ),
    Rule(
        name="fact_check_note",
        pattern=r"^\W{0,4}untuk mengetahui kebenaran informasi\b.{0,60}\bsilakan whatsapp\b",
        where="end",
    ),
    Rule(
        name="copyright_line",
        pattern=r"^(?:copyright|hak cipta)\b(?: ©| \(c\))?.{0,40}\b20\d\d$",
        where="end",
    ),
)

BYLINE_RULES = frozenset(("people_label", "people_line", "repeated_byline", "column_author"))
"""Rules that remove a line which names people; it is read as a byline."""

_ALIASES = {
    "ANTARA": ("antara", "antara foto", "antaranews", "antara news", "ant", "lkbn antara"),
    "AP": ("ap", "associated press"),
    "Anadolu": ("anadolu", "anadolu agency", "aa"),
}
AGENCIES: dict[str, str] = {
    alias: agency for agency, aliases in _ALIASES.items() for alias in aliases
} | {name.lower(): name for name in "Xinhua AFP Reuters Bernama Kyodo dpa VOA".split()}
"""Name in a credit, in lower case -> wire service."""

MIN_STATEMENT = 80
"""Characters; a shorter paragraph alone is no proof that the story has begun."""
MAX_RELATED = 160
"""Characters that are no link in a line about another story; more is prose."""
MAX_CREDIT = 120
"""Characters at the end of a text that are searched for a credit."""
MAX_END = 2_000
"""Characters at the end of a paragraph that are searched for what only stands at the end."""
MAX_TURNS = 30
"""Lines and credits removed from the end of a text at most."""

_STATEMENT = re.compile(rf"[{FULL_STOPS}][{CLOSING}]*$")
_RELATED = ("related", "read_more")
"""How the names of rules begin that remove lines about other stories."""
_SPEECH = re.compile(r"\b(?:kata|ujar|tutur|jelas|ungkap|ucap|imbuh)(?:nya)?\b", re.IGNORECASE)
_SOURCE_WITHIN = re.compile(
    r"sumber\s*:\s*(?P<names>[\w ]{2,30}?)\s*(?:advertisement)?$", re.IGNORECASE
)
_SOURCE_LINE = re.compile(r"^(?:sumber|source)\s*:\s*(?P<names>.{2,40})$", re.IGNORECASE)
_CREDIT = re.compile(r"\s*[(\[](?P<names>[^()\[\]]{2,40})[)\]]\s*$")
_NAME = r"(?-i:(?P<{}>[A-Z]\w+(?:\ [A-Z]\w+)?))"
_REPORTED = re.compile(
    rf"""
    \b (?:begitu|demikian) (?:\ seperti)? \ (?:laporan|dilaporkan|dikutip|diberitakan)
        (?:\ dari|\ oleh)? (?:\ kantor\ berita)? \ {_NAME.format("reporter")}
    | \b kantor\ berita \ (?:[\w,]+\ ){{0,3}}? {_NAME.format("agency")}
        ,?\ (?:melaporkan|memberitakan|mewartakan|melansir)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CLOSES = ".!?…\"'”’)]"
_BETWEEN_NAMES = re.compile(r"[/,;-]| dan ")

IsStory: TypeAlias = Callable[[str], bool]
"""Whether an address is that of another story at the same site."""


@dataclass(slots=True)
class Trimmed:
    """The paragraphs that are left of a text, and what the removed ones say."""

    blocks: list[Block]
    agency: str | None = None
    editors: tuple[str, ...] = ()
    taken: list[tuple[str, str]] = field(default_factory=list)
    """(rule, text) in the order of removal."""


def agency_of(names: str) -> str | None:
    """Return the first wire service that a credit names, else None.

    >>> agency_of("Antara/Xinhua"), agency_of("KPK")
    ('ANTARA', None)
    """
    return next(filter(None, _agencies(names)), None)


def agency_in(text: str) -> str | None:
    """Return the wire service whose report a text says that it is, else None.

    One that is quoted for a fact ("seperti dikutip dari Reuters") did not write the text.

    >>> agency_in("Panen dimulai Senin, begitu laporan ANTARA."), agency_in("Antara desa dan kota.")
    ('ANTARA', None)
    """
    if not any(word in text for word in ("egitu ", "emikian ", "antor berita ")):
        return None  # in a twentieth of the time
    for match in _REPORTED.finditer(text):
        name = match["reporter"] or match["agency"]
        if agency := next(filter(None, map(agency_of, (name, *name.split()))), None):
            return agency
    return None


def _agencies(names: str) -> list[str | None]:
    return [AGENCIES.get(name.strip().lower()) for name in _BETWEEN_NAMES.split(names)]


def trim(
    blocks: Sequence[Block],
    rules: Sequence[Rule],
    *,
    end_credit: str = "",
    is_story: IsStory | None = None,
    whole_page: bool = False,
) -> Trimmed:
    """Remove boilerplate from paragraphs: `rules` first, then the common ones, then end credits.

    With `is_story`, a paragraph (no heading) that is nothing but a link to one is removed, too.
    `whole_page`: what follows the story on its page may be among the blocks.
    """
    result = Trimmed(blocks=[])
    ordered = _ordered(tuple(rules))
    if whole_page:
        blocks = _before_the_rest(blocks, ordered, result)
    for block in blocks:
        rule = _linked_story(block, is_story)
        if rule is None and ordered.any_whole.search(block.text):
            rule = _whole(block, ordered.whole)
        if rule is None:
            for part in ordered.parts:
                block = _cut(block, part, result)
            result.blocks.append(block)
            continue
        result.taken.append((rule, block.text))
        source = _SOURCE_WITHIN.search(block.text)
        if source:
            result.agency = result.agency or agency_of(source["names"])
    _trim_start(result, ordered.at["start"])
    _trim_end(result, ordered.at["end"], end_credit)
    return result


def is_after(text: str, rules: Sequence[Rule]) -> bool:
    """Whether a line heads what follows a story on its page."""
    return _first(_ordered(tuple(rules)).at["after"], Block(text=text)) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ordered:
    """A site's rules and the common ones, by what they remove and where."""

    whole: Sequence[Rule]
    """Those for whole paragraphs anywhere."""
    any_whole: re.Pattern[str]
    """All of these as one: nearly every paragraph is prose."""
    parts: Sequence[Rule]
    """Those for parts of paragraphs anywhere."""
    at: Mapping[str, Sequence[Rule]]
    """`start`, `end` and `after` -> the rules for that place."""


@lru_cache(maxsize=64)
def _ordered(rules: tuple[Rule, ...]) -> _Ordered:
    ordered = (*rules, *COMMON_RULES)
    anywhere = [rule for rule in ordered if rule.where == "anywhere"]
    whole = [rule for rule in anywhere if not rule.part]
    return _Ordered(
        whole=whole,
        any_whole=re.compile("|".join(f"(?:{rule.pattern})" for rule in whole), re.IGNORECASE),
        parts=[rule for rule in anywhere if rule.part],
        at={
            where: [rule for rule in ordered if rule.where == where]
            for where in ("start", "end", "after")
        },
    )


def _before_the_rest(blocks: Sequence[Block], rules: _Ordered, result: Trimmed) -> Sequence[Block]:
    """Return the blocks before the heading of what follows the story; one above it is a menu's."""
    prose = 0
    further = sum(map(is_unlinked_statement, blocks))
    for place, block in enumerate(blocks):
        further -= is_unlinked_statement(block)
        rule = _first(rules.at["after"], block)
        # Where enough prose follows, it is a box of links in the middle of the story.
        is_end = rule is not None and rule.name == COMMENTS_BELOW
        if rule is not None and prose and (is_end or further < max(1, prose // 4)):
            result.taken += [(rule.name, taken.text) for taken in blocks[place:]]
            return blocks[:place]
        prose += reading_length(block.text, MIN_STATEMENT) >= MIN_STATEMENT
    return blocks


def is_unlinked_statement(block: Block) -> bool:
    """Whether a paragraph is long, without links and ends as a statement: prose."""
    if block.links or _STATEMENT.search(block.text) is None:
        return False
    return reading_length(block.text, MIN_STATEMENT) >= MIN_STATEMENT


def _linked_story(block: Block, is_story: IsStory | None) -> str | None:
    """Name the rule for a paragraph that is nothing but a link to another story."""
    if is_story is None or block.kind != "p" or not block.is_link or block.text[0].isdigit():
        return None
    if not all(map(is_story, block.links)):
        return None
    return "linked_story"


def _whole(block: Block, rules: Sequence[Rule]) -> str | None:
    """Name the rule that removes the whole paragraph; what somebody says is always prose."""
    if not block.links and _STATEMENT.search(block.text) and _SPEECH.search(block.text):
        return None
    if (block.is_sentence and _STATEMENT.search(block.text)) or (
        len(block.text) - block.linked > MAX_RELATED and _STATEMENT.search(block.text)
    ):
        rules = [rule for rule in rules if not rule.name.startswith(_RELATED)]
    return next((rule.name for rule in rules if _match(rule, block)), None)


def _first(rules: Iterable[Rule], block: Block) -> Rule | None:
    """Return the first of the rules that matches the paragraph."""
    return next((rule for rule in rules if _match(rule, block)), None)


def _match(rule: Rule, block: Block) -> re.Match[str] | None:
    if rule.linked and not block.links:
        return None
    start = max(0, len(block.text) - MAX_END) if rule.where == "end" else 0
    return _compiled(rule.pattern).search(block.text, start)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _cut(block: Block, rule: Rule, result: Trimmed) -> Block:
    """Remove from a paragraph what the rule matches."""
    match = _match(rule, block)
    if match is None:
        return block
    result.taken.append((rule.name, match[0].strip()))
    credit = match.groupdict().get("agency")
    if credit and result.agency is None:
        result.agency = agency_of(credit)
    before, after = block.text[: match.start()], block.text[match.end() :]
    return replace(block, text=f"{before} {after}".strip())


def _trim_start(result: Trimmed, rules: Sequence[Rule]) -> None:
    while result.blocks:
        block = result.blocks[0]
        rule = _first(rules, block)
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
        left = _shortened(block, rules, end_credit, result)
        if left is block:
            return
        result.blocks.pop()
        if left is not None:
            result.blocks.append(left)
        if result.blocks and not result.blocks[-1].text:
            result.blocks.pop()


def _shortened(
    block: Block, rules: Sequence[Rule], end_credit: str, result: Trimmed
) -> Block | None:
    """Apply one rule to the last paragraph; None where all of it is boilerplate."""
    rule = _first(rules, block)
    text = _without_credit(block.text, result, end_credit)
    source = _SOURCE_LINE.match(block.text)
    if source and (agency := agency_of(source["names"])):
        result.agency = result.agency or agency
        result.taken.append(("agency_line", block.text))
        return None
    if rule is not None and rule.part:
        return _cut(block, rule, result)
    if rule is not None:
        result.taken.append((rule.name, block.text))
        return None
    return replace(block, text=text) if text != block.text else block


def _without_credit(text: str, result: Trimmed, end_credit: str) -> str:
    """Return the text without the agency's or the editor's mark at its end."""
    match = _CREDIT.search(text, max(0, len(text) - MAX_CREDIT))
    if match:
        agencies = _agencies(match["names"])
        before = text[: match.start()].rstrip()
        # Every name must be an agency's: "(Antara/Xinhua)", not "(IMF, AP)".
        if all(agencies) and (not before or before[-1] in _CLOSES):
            result.agency = result.agency or agencies[0]
            result.taken.append(("agency_credit", match[0].strip()))
            return before
    if not end_credit or result.editors:
        return text
    match = re.compile(end_credit).search(text, max(0, len(text) - MAX_END))
    if match is None:
        return text
    editor = match.groupdict().get("editor")
    if editor:
        result.editors = (editor,)
    result.taken.append(("end_credit", match[0].strip()))
    return text[: match.start()].rstrip()
