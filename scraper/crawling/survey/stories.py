"""Stories of a site without a profile, as the fallback reads them, and what else they suggest."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from archive.records import Article, Page
from scraper.extraction.article import Reading, read, refusal_of_article
from scraper.extraction.body import fallback_body
from scraper.extraction.dom.json_ld import text_of_value
from scraper.extraction.dom.selectors import Element
from scraper.extraction.dom.tree import Document, parse_html
from scraper.extraction.fields.metadata import Head
from scraper.extraction.locate import find_article
from scraper.extraction.text.overlap import f1, words
from scraper.sites.site import UNKNOWN

MIN_BODY = 200
"""Characters of a story."""
MIN_HELD = 0.9
"""Share of a text's words that the node around it must hold."""
_NOT_TEXT = frozenset(("script", "style", "noscript", "template", "head"))


@dataclass(slots=True, kw_only=True)
class Story:
    """A page with its tree and what the fallback reads from it."""

    page: Page
    document: Document
    head: Head
    reading: Reading
    body: str
    """The text that the readers agree on."""
    texts: tuple[str, ...] = field(repr=False)
    """What each of the readers reads."""
    agreement: float
    """F1 of words between the two readers that agree best; 1 where only one reads the page."""
    node: Element = field(repr=False)
    """Holds the article's prose."""

    @property
    def article(self) -> Article:
        """What the fallback reads."""
        return self.reading.article


def story_of_page(page: Page) -> Story | None:
    """Read a page of an unknown site; None where it is no story."""
    content_type = page.headers.get("content-type")
    document = parse_html(page.body, content_type)
    if document is None:
        return None
    reading = read(page.body, page.url, None, content_type=content_type, fetched_at=page.fetched_at)
    article = reading.article
    head = Head(document.tree, page.fetched_at)
    texts = [article.body, *_other_readers(document, head, article)]
    body, agreement = _agreed([text for text in texts if len(text) >= MIN_BODY])
    if not body or not article.headline or refusal_of_article(article) is not None:
        return None
    located = find_article(document, article.headline)
    return Story(
        page=page,
        document=document,
        head=head,
        reading=reading,
        body=body,
        texts=tuple(texts),
        agreement=agreement,
        node=_holder(document, body, located.node if located is not None else None),
    )


def _other_readers(document: Document, head: Head, article: Article) -> list[str]:
    """Return the texts of trafilatura and of JSON-LD."""
    by_trafilatura = fallback_body(document, None, UNKNOWN, None, (article.headline,))
    declared = [text_of_value(data.get("articleBody")) for data in head.json_ld.articles]
    return [by_trafilatura.text, *filter(None, declared)]


def _agreed(texts: list[str]) -> tuple[str, float]:
    """Return the text of the reader that is surest and agrees with another one, and how far."""
    if len(texts) < 2:
        return (texts[0], 1.0) if texts else ("", 0.0)
    best = [
        max(f1(text, other) for other in texts[:place] + texts[place + 1 :])
        for place, text in enumerate(texts)
    ]
    chosen = 0 if best[0] > 0.6 else best.index(max(best))
    return texts[chosen], best[chosen]


def compared(stories: Sequence[Story]) -> list[Story]:
    """Return the stories without the paragraphs that stand on the pages of others, too: teasers,
    notices.
    """
    held = Counter(text for story in stories for text in set(story.body.split("\n\n")))
    for story in stories:
        own = [text for text in story.body.split("\n\n") if held[text] == 1]
        story.body = "\n\n".join(own)
        story.node = _holder(story.document, story.body, story.node)
    return [story for story in stories if len(story.body) >= MIN_BODY]


def _holder(document: Document, body: str, located: Element | None) -> Element:
    """Return the smallest node with nearly all of the text, at or around the located node."""
    wanted, node = words(body), located
    while node is not None and share(node, wanted) <= MIN_HELD:
        node = node.getparent()
    return inmost(document.tree if node is None else node, wanted, MIN_HELD)


def inmost(node: Element, wanted: Counter[str], least: float) -> Element:
    """Return the inmost node at or below one that holds more than a share of the words."""
    while inner := [child for child in node if share(child, wanted) > least]:
        node = inner[0]
    return node


def share(node: Element, wanted: Counter[str]) -> float:
    """Return the share of the words that a node holds, 0 to 1."""
    if not isinstance(node.tag, str) or node.tag in _NOT_TEXT:
        return 0.0
    parts: list[str] = []
    for each in node.iter():
        if isinstance(each.tag, str) and each.tag not in _NOT_TEXT:
            parts.append(each.text or "")
        if each is not node:
            parts.append(each.tail or "")
    return (words(" ".join(parts)) & wanted).total() / max(1, wanted.total())


def most_common(values: Iterable[str | None]) -> str | None:
    """Return the value that occurs most often, the first of several; None without any."""
    counted = Counter(filter(None, values)).most_common(1)
    return counted[0][0] if counted else None
