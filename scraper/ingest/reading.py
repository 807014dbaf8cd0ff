"""Reading a story in a worker, with what its text is compared by."""

from archive.records import Page
from archive.syndication.texts import Fingerprint
from scraper.extraction.article import StoryReading, read_story
from scraper.sites.site import Site


def read_with_fingerprint(page: Page, site: Site) -> tuple[StoryReading, Fingerprint | None]:
    """Read a story in the worker, and its text as other texts are compared with it.

    The process that writes the archive, which is the busier one, then need not.
    """
    reading = read_story(page, site)
    if reading.refusal is not None:
        return reading, None
    return reading, Fingerprint.of(reading.article.body)
