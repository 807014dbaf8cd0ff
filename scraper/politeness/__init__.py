"""How sites are treated: delays, robots.txt, site locks, public addresses, the time of a recheck.

May import `sites`, `configuration` and `archive`.
"""
