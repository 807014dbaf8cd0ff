"""From pages and records to revisions, shared by crawl, import and re-extraction.

May import `extraction`, `spiders`, `sites` and `archive`.
"""
