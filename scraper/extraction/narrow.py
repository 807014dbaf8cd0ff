"""Which generation of a site's pages is this, and where in it is the article?"""

from __future__ import annotations

from dataclasses import dataclass

from scraper.extraction.selectors import Element
from scraper.extraction.tree import Document, clean
from scraper.site import Layout, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """The article's node, in the layout that matched."""

    layout: Layout
    node: Element


def narrow(page: Document, site: Site) -> Narrowed | None:
    """The newest layout of the profile that the page shows, with the node of its prose; None after a redesign."""
    for layout in site.layouts:
        if layout.requires and not page.all(layout.requires):
            continue
        for node in page.all(layout.body):
            if clean(node.text_content()):
                return Narrowed(layout=layout, node=node)
    return None
