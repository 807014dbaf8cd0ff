"""Unattended crawling: when each site is due, and the daemon that starts its crawls.

May import `configuration`, `politeness`, `spiders` and `archive`.
"""
