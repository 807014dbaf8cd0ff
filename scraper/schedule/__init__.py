"""Unattended crawling: when each site is due, and the long process that sees to it."""
