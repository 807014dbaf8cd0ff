"""The commands that need Scrapy or a profile, one a file."""
