"""Archives of several machines or years as one archive.

May import every room but `corpus`, `export` and `monitoring`.
"""
