"""What is wrong with an archive's crawls: coverage, drift, health, and the log of alerts.

Imports Archive and everything below it; never the corpus.
"""
