"""`python -m tests.scraper.ingest.reextraction.new_layout COMMAND ...`: warta with a profile of
rmol.id that knows its new layout.
"""

from __future__ import annotations

from dataclasses import replace

from scraper.sites.site import Layout
from scraper.spiders import rmol
from tests.scraper.crawling.pages.redesign import renamed

LAYOUT = Layout(
    name="R5",
    body=f"#{renamed('fontResizableText')}",
    headline=(f".{renamed('single_post_heading')} h1",),
    authors=(f".{renamed('author')} a",),
)
rmol.SITE = replace(rmol.SITE, layouts=(LAYOUT, *rmol.SITE.layouts))

if __name__ == "__main__":
    from scraper.cli.main import main

    main()
