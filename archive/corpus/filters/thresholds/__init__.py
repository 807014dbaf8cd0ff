"""Thresholds of the corpus filters: the published sets as TOML files, and their validation.

Imports only `archive.errors`.
"""
