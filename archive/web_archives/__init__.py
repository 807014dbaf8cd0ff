"""Kept pages as web archives: WARC files, and WACZ packages of them.

May import archive.archive, archive.search and the rooms below them.
"""
