"""Which containers within an article are widgets: trafilatura's rules, applied to a node alone.

Running its whole extraction on a page made for one container costs two milliseconds, its rules for
the classes and ids of a container a tenth of one.
"""

from collections.abc import Sequence
from functools import lru_cache

from lxml import etree
from trafilatura import xpaths

from scraper.extraction.dom.selectors import set_attribute

_DISCARDED = (*xpaths.RAW_TREE_PRUNE_XPATH, *xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH)
"""Removed from every page."""
_ARTICLES = (xpaths.BODY_XPATH[0],)
"""Taken for the article itself, before the others are looked for."""
_DISCARDED_WITHIN = (
    *xpaths.OVERALL_DISCARD_XPATH,
    *xpaths.DISCARD_IMAGE_ELEMENTS,
    *xpaths.TEASER_DISCARD_XPATH,
)
"""Removed from what was taken for the article."""


@lru_cache(maxsize=4096)
def is_widget(context: str) -> bool:
    """Whether trafilatura discards a container of these classes and ids: an unlisted widget.

    Its rules look at nothing else, and a site has a few dozen such strings: answers are cached.
    """
    article = etree.Element("article")
    set_attribute(etree.SubElement(article, "div"), "class", context)
    if _finds(_DISCARDED, article):
        return True
    return not _finds(_ARTICLES, article) and _finds(_DISCARDED_WITHIN, article)


def _finds(rules: Sequence[etree.XPath], article: etree._Element) -> bool:
    return any(rule(article) for rule in rules)
