"""The article's text as blocks: paragraphs, and what is taken out of them.

May import `dom`.
"""
