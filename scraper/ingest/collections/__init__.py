"""Collections of articles that were scraped before: their files, rows, columns and dates."""
