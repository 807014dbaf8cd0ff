"""Commands that crawl unattended."""
