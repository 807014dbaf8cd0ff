"""Alerts, metrics and the periodic check that feeds them.

May import `schedule` and what is below it, not `crawling`.
"""
