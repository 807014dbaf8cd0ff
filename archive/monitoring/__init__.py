"""What is read from the archive about its own state: health, incidents, coverage and drift.

May import every room below; not `maintenance`, not `corpus`.
"""
