"""Saved pages of a publisher: kept in a folder, read with its profile, made into test cases."""
