"""The crawl: spider, stories, discovery, pipelines, middlewares.

May import `ingest`, `schedule` and what is below them, not `monitoring`.
"""
