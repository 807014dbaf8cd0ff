"""The ledger: each announced URL with its state, checks and reasons; the crawls.

May import `database` and what is below it.
"""
