"""What a site is: its profile, sources and addresses, and the loader that finds them.

May import only `archive.identity` and `archive.errors`.
"""
