"""Articles as files of other programs: CSV, JSON lines, Parquet, Excel.

May import archive.frames, archive.search and the rooms below them.
"""
