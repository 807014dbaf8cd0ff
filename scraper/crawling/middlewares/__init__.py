"""One component a file, as in Scrapy itself."""
