"""Metadata of the article: headline, section, tags, by-lines and dates.

May import `locate` and all below it.
"""
