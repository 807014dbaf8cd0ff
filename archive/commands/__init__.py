"""The commands that need no Scrapy and no profile, one a file."""
