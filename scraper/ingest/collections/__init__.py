"""Collections of articles that somebody already scraped: their files, rows, columns and dates."""
