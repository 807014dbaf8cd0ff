"""Metrics for Prometheus; imports only the archive."""
