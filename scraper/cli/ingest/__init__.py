"""Commands that turn saved pages and scraped texts into articles."""
