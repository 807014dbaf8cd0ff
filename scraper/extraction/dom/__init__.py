"""A page as a tree: parsing within limits, selectors, JSON-LD, and what mark-up says of a node.

May import `sites`; the rest of `extraction` is built on it.
"""
