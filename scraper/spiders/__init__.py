"""One file per site: its profile and its spider; found by Scrapy's loader, may import all rooms."""
