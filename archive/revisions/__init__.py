"""Articles and their numbered revisions: writing, comparison, queries and the search index.

May import `ledger`, `snapshots`, `syndication` and what is below them.
"""
