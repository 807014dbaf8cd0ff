"""Collections of already scraped articles: their files, rows, columns and dates."""
