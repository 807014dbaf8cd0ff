"""The five sites, one file each, found by Scrapy's spider loader.

May import `crawling` and `sites`; nothing imports this package.
"""
