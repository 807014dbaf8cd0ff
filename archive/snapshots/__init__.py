"""The bytes of fetched pages, compressed with a dictionary per site.

May import `database` and what is below it.
"""
