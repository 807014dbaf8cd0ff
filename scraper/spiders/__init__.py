"""One file a site; Scrapy's loader finds them."""
