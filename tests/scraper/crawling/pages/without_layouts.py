"""`python -m tests.scraper.crawling.pages.without_layouts COMMAND ...`: warta with a profile of
rmol.id that knows its addresses only, as of a publisher that nobody has described.
"""

from __future__ import annotations

from dataclasses import replace

from scraper.spiders import rmol

rmol.SITE = replace(rmol.SITE, layouts=())

if __name__ == "__main__":
    from scraper.cli.main import main

    main()
