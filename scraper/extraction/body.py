"""The article's prose: paragraphs without boilerplate, dateline and credits.

trafilatura reads the pages whose layout is unknown and no prose was located on.
"""

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from itertools import dropwhile
from typing import cast

import trafilatura
from lxml import html

from archive.identity import joined_url
from scraper.extraction.dom import sponsored
from scraper.extraction.dom.limits import MAX_PARAGRAPHS, MAX_SEARCHED
from scraper.extraction.dom.selectors import Element, pruned
from scraper.extraction.dom.tree import Document, clean, parse_html, text_of
from scraper.extraction.dom.unread import unread
from scraper.extraction.fields.bylines import Byline, letters_of, read_byline
from scraper.extraction.locate import LayoutMatch, Located, find_article
from scraper.extraction.text import site_furniture
from scraper.extraction.text.apart import without, without_apart
from scraper.extraction.text.blocks import Block, blocks
from scraper.extraction.text.boilerplate import BYLINE_RULES, trim
from scraper.extraction.text.datelines import split_dateline
from scraper.sites.site import Identity, Site

logger = logging.getLogger(__name__)

# What is inside articles of all sites and is no prose.
COMMON_PRUNE = (
    *"blockquote.twitter-tweet blockquote.twitter-video blockquote.instagram-media".split(),
    *".fb-post .fb-video blockquote.tiktok-embed".split(),
    *"[id^=div-gpt-ad] [id^=div-ad] [id^=google_ads] .adsbygoogle .google-auto-placed".split(),
    "[class$=caption]",
    "[class*='caption ']",
)

MAX_LINKED = 0.5
"""Share of an unknown page's text that may be links before it is taken for a list."""
MIN_REPEATED = 60
"""Characters of a paragraph that stands there twice; a shorter one may be prose."""

_WRITTEN = r"\u003cp"
"""How a script has the beginning of a paragraph that it writes into its page."""
_BRACES = re.compile("([{}])")
_ESCAPE = re.compile(r"\\+(u[0-9a-fA-F]{4}|[^\\]|\Z)")
_HTML = html.HTMLParser()

# It logs an error for every page that it finds too short.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The prose of a page and what its edges say."""

    text: str = ""
    """Paragraphs, parted by an empty line; empty where the page has no prose."""
    dateline: str | None = None
    """The place that opens the text; None without one."""
    agency: str | None = None
    """The wire service that it credits; None without one."""
    authors: tuple[str, ...] = ()
    """Those that the text itself names, as columns do."""
    editors: tuple[str, ...] = ()
    """Those that marks and labels at the end of the text name."""
    taken: tuple[tuple[str, str], ...] = ()
    """(rule, text) of every line that a rule removed; what find_article leaves out is not there."""
    sponsored: bool = False
    """Whether the text says of itself that it is an advertorial."""
    cut: tuple[str, ...] = ()
    """Warnings about what was beyond the limits."""
    blocks: tuple[Block, ...] = ()
    """All paragraphs, before anything was removed."""


def read_body(
    page: Document,
    site: Site,
    match: LayoutMatch,
    identity: Identity | None,
    shown: Collection[str | None],
    authors: Sequence[str] = (),
) -> Body:
    """Read the prose of an article in a known layout.

    `shown` are fields of the page that a body may repeat at its top: headline and caption.
    `authors` are those that the page names.
    """
    layout = match.layout
    selectors = (*COMMON_PRUNE, *site.prune, *layout.prune)
    found = [block for lead in page.all(*layout.lead) for block in blocks(lead, set())]
    for node in match.nodes:
        removed = pruned(node, selectors) | unread(node, page.index) | match.furniture
        found += blocks(node, removed, page.unclosed)
    if layout.whole_page:
        found = [block for block in found if not _leads_away(block)]
    found = _below(shown, _without_lead(found))
    return finish(found, site, identity, authors=authors, whole_page=layout.whole_page)


def fallback_body(
    page: Document,
    article: Located | None,
    site: Site,
    identity: Identity | None,
    shown: tuple[str | None, ...],
    authors: Sequence[str] = (),
) -> Body:
    """Read the prose of a page in an unknown layout: of the located node, else by trafilatura.

    `shown`, `authors`: as above, the headline first.
    """
    cut: tuple[str, ...] = ()
    found = [] if article is None else _of_article(page, article, site)
    if not found:
        found = _in_scripts(page.tree, site, shown[0])
    if not found:
        found, cut = _by_trafilatura(page.tree)
    if sum(block.linked for block in found) > MAX_LINKED * sum(len(block.text) for block in found):
        return Body(cut=cut)  # a list of headlines
    prose = [block for block in _below(shown, found) if not _leads_away(block)]
    body = finish(prose, site, identity, authors=authors, whole_page=True)
    return replace(body, cut=(*body.cut, *cut))


def _below(shown: Collection[str | None], found: list[Block]) -> list[Block]:
    """Drop what opens a body and only repeats what its page shows above it."""
    return [*dropwhile(lambda block: block.text in shown, found)]


def _of_article(page: Document, article: Located, site: Site) -> list[Block]:
    """Return the paragraphs of a located article, without those in containers of their own."""
    node = article.node
    removed = (
        pruned(node, (*COMMON_PRUNE, *site.prune)) | unread(node, page.index) | article.furniture
    )
    found = _without_lead(blocks(node, removed, page.unclosed))
    return without(lambda block: block.is_apart, found)[0]


def _in_scripts(tree: Element, site: Site, headline: str | None) -> list[Block]:
    """Return the paragraphs that a script would write below the page's headline, as Next.js does.

    None under a profile: its layouts say where the stories are.
    """
    letters = letters_of(headline or "")
    if not letters or site.layouts:
        return []
    scripts = [script.text for script in tree.iter("script") if _WRITTEN in (script.text or "")]
    objects = (text for script in filter(None, scripts) for text in _objects(script))
    stories = [text[start:] for text, start in objects if letters in letters_of(text[:start])]
    page = parse_html(max(stories, key=len, default=""))
    article = find_article(page, None) if page is not None else None
    if page is None or article is None:
        return []
    return _of_article(page, article, site)


def _objects(script: str) -> Iterator[tuple[str, int]]:
    """Yield the text of each object that writes paragraphs, and where they begin.

    What is in objects within it is theirs: the related stories of a story have bodies, too.
    """
    opened: list[list[str]] = [[]]
    for part in (*_BRACES.split(script), *"}" * script.count("{")):
        if part == "{":
            opened.append([])
        elif part != "}":
            opened[-1].append(part)
        elif len(opened) > 1:
            yield from _written(opened.pop())
    yield from _written(opened.pop())


def _written(parts: list[str]) -> Iterator[tuple[str, int]]:
    """Yield the text of an object without escapes up to its last paragraph, if it has any."""
    units = _ESCAPE.sub(_unescaped, "".join(parts)).encode("utf-16", "surrogatepass")
    text = units.decode("utf-16", "replace")  # an emoji is two escapes
    if (start := text.find("<p")) >= 0:
        yield text[: text.rfind("</p>") + 4], start


def _unescaped(match: re.Match[str]) -> str:
    """Return the character of an escape in a script, a space for those of lines."""
    escape = match[1]
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    return " " if escape in "nrt" else escape


def _without_lead(found: list[Block]) -> list[Block]:
    """Drop a lead or a pull quote at the top that a paragraph of the story holds again."""
    if not 2 <= len(found) < MAX_PARAGRAPHS or len(found[0].text) < MIN_REPEATED:
        return found
    lead = found[0].text.strip(".\"'“”")
    if any(lead in block.text for block in found[1:]):
        return found[1:]
    return found


def _beyond_search(tree: Element) -> list[Element]:
    """Return the nodes of a page that trafilatura does not search, in document order."""
    nodes = list(tree.iter())
    searched = 0
    for place, node in enumerate(nodes):
        searched += 1 + sum(1 for _outer in node.iterancestors())
        if searched > MAX_SEARCHED:
            return nodes[place:]
    return []


def _by_trafilatura(tree: Element) -> tuple[list[Block], tuple[str, ...]]:
    """Return the paragraphs of a page, and warnings about what was not searched."""
    tree = _for_trafilatura(tree)
    beyond = _beyond_search(tree)
    for node in beyond:
        outer = node.getparent()
        if outer is not None:
            outer.remove(node)
    cut = ("cut_page",) if beyond else ()
    titles = {text_of(link) for link in tree.iter("a")}  # before trafilatura renames them
    try:
        document = trafilatura.bare_extraction(
            tree, include_comments=False, with_metadata=False, deduplicate=False
        )
    # What its many steps make of broken mark-up is not ours to know; such a page has no body.
    except Exception:
        logger.exception("trafilatura could not read a page")
        return [], cut
    lines = (getattr(document, "text", None) or "").split("\n")
    texts = filter(None, (clean(line.removeprefix("- ")) for line in lines))
    found = [Block(text=text, linked=len(text) * (text in titles)) for text in texts]
    return found[:MAX_PARAGRAPHS], cut


def _for_trafilatura(tree: Element) -> html.HtmlElement:
    """Return a copy of a page whose elements are of lxml.html's own class."""
    root = _HTML.makeelement(tree.tag)  # XML allows no names in braces
    root.text = tree.text
    for child in tree:
        root.append(cast("html.HtmlElement", deepcopy(child)))
    return root


def _leads_away(block: Block) -> bool:
    """Whether a paragraph of an unknown page is nothing but a link."""
    return block.is_link and block.kind != "heading" and not block.text.startswith("http")


def finish(
    found: list[Block],
    site: Site,
    identity: Identity | None,
    *,
    authors: Sequence[str] = (),
    whole_page: bool = False,
) -> Body:
    """Remove boilerplate, credits and dateline from paragraphs, and read the people they name.

    `authors`: as the page names them; `whole_page`: what follows the story on its page may be among
    the paragraphs.
    """
    is_story = partial(_is_other_story, site, identity)
    stories, furniture = site_furniture.parted(found, site.furniture)
    trimmed = trim(
        stories, site.rules, end_credit=site.end_credit, is_story=is_story, whole_page=whole_page
    )
    opening = split_dateline(trimmed.blocks, site)
    kept, apart = without_apart(opening.blocks, authors)
    first, *others = _bylines(opening.author, trimmed.taken, site)
    return Body(
        text="\n\n".join(block.text for block in kept),
        dateline=opening.place,
        agency=trimmed.agency,
        authors=tuple(name for byline in (first, *others) for name in byline.authors),
        editors=(*trimmed.editors, *(name for byline in others for name in byline.editors)),
        taken=(*furniture, *trimmed.taken, *apart),
        sponsored=sponsored.in_text([block.text for block in found]),
        cut=("cut_paragraphs",) if len(found) >= MAX_PARAGRAPHS else (),
        blocks=tuple(found),
    )


def _bylines(opening: str | None, taken: Sequence[tuple[str, str]], site: Site) -> list[Byline]:
    """Read the people whom the text names: in its opening, then in each line that was removed."""
    removed = (text for rule, text in taken if rule in BYLINE_RULES)
    return [read_byline(text, publisher=site.newsroom_names) for text in (opening, *removed)]


def _is_other_story(site: Site, identity: Identity | None, address: str) -> bool:
    """Whether a link of a story's page leads to another story of the site."""
    url, own = address, None
    if identity is not None:
        url, own = joined_url(identity.url, address) or "", identity.key
    other = site.story(url)
    return other is not None and other.key != own
