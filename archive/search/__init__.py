"""Questions across the archive: which articles, by words, site, section, author and time.

May import archive.database and the rooms below it.
"""
