"""Whether a page is whole: by its end, and by the length of its story so far."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from archive.archive import Archive
from archive.errors import ArchiveDamaged
from archive.records import Article, Page

AT_THE_END = 4_096
"""Bytes at the end of a page in which its end tag is: some servers add comments after it."""
USUAL = 10
"""Newest snapshots of a site that show whether it sends the end tag always."""
SHORTER = 0.5
"""Share of a story's length below which a page is requested once more before it is believed."""
MIN_STORY = 500
"""Characters of a story of which half is no correction."""

_END = re.compile(rb"</(?:html|body)\s*>", re.IGNORECASE)


def ends_as_html(body: bytes) -> bool:
    """Return whether a page has the end tag that nearly all sites send."""
    return _END.search(body, max(0, len(body) - AT_THE_END)) is not None


def misses_its_end(archive: Archive, page: Page) -> bool:
    """Return whether a page has no end tag although its site always sends one."""
    if ends_as_html(page.body):
        return False
    usual = archive.history.newest_snapshots(page.site, USUAL)
    if len(usual) < USUAL:
        return False
    with suppress(ArchiveDamaged):
        return all(ends_as_html(archive.snapshots.page(number).body) for number in usual)
    return False


def is_much_shorter(newest: Mapping[str, Any] | None, article: Article) -> bool:
    """Return whether a text is less than half of its story's newest revision."""
    before = len(newest["body"]) if newest is not None else 0
    return before >= MIN_STORY and len(article.body) < SHORTER * before
