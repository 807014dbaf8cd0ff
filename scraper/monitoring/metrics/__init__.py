"""Prometheus metrics of an archive, served on loopback or written to a file."""
