"""Whether a fleet is well: its incidents, the alerts about them, its metrics, and outages of its
database.
"""
